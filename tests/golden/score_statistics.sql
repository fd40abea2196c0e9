-- names of scores
SELECT toString(name) AS name, toString(data_type) AS data_type, toInt64(count()) AS count,
arraySort(groupUniqArray(10)(toString(source))) AS sources,
arraySort(groupUniqArrayIf(20)((evaluator_id, toString(author), toInt64(evaluator_version)), evaluator_id != '')) AS evaluators,
arraySort(groupUniqArrayIf(50)(toString(author), author != '')) AS authors,
toString(argMax(config_id, time_ns)) AS config_id, max(time_ns) AS last_ns
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)}
    AND cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM traces FINAL WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND feature = {p6:String})
GROUP BY name, data_type
ORDER BY count DESC, name, data_type
LIMIT 1000;

-- one sum
SELECT toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version, bucket, rate,
toInt64(count(value)) AS n_value, ifNull(avg(value), 0) AS mean_value, ifNull(varPopStable(value), 0) AS var_value,
toInt64(count(quality)) AS n_quality, ifNull(avg(quality), 0) AS mean_quality, ifNull(varPopStable(quality), 0) AS var_quality,
toInt64(countIf(string_value != '')) AS n_categories, CAST([], 'Array(Int64)') AS categories,
toInt64(count()) AS scores, toInt64(uniqExact(unit)) AS units
FROM (
SELECT s.name AS name, s.data_type AS data_type, ('', '') AS key,
toInt64(0) AS bucket, s.rate AS rate, s.unit AS unit,
s.value AS value, s.quality AS quality, s.string_value AS string_value
FROM (SELECT name, data_type, value, quality, string_value, time_ns, environment, author, source, evaluator_version, if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.) AS rate, multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id), dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id)) AS unit, cityHash64(trace_id) AS trace_hash, cityHash64(trace_id, span_id) AS span_hash
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')) AS s
)
GROUP BY name, data_type, key, bucket, rate
ORDER BY name, data_type, key, bucket, rate;

-- by feature and day, of filtered traces, by the traces' time
SELECT toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version, bucket, rate,
toInt64(count(value)) AS n_value, ifNull(avg(value), 0) AS mean_value, ifNull(varPopStable(value), 0) AS var_value,
toInt64(count(quality)) AS n_quality, ifNull(avg(quality), 0) AS mean_quality, ifNull(varPopStable(quality), 0) AS var_quality,
toInt64(countIf(string_value != '')) AS n_categories, CAST([], 'Array(Int64)') AS categories,
toInt64(count()) AS scores, toInt64(uniqExact(unit)) AS units
FROM (
SELECT s.name AS name, s.data_type AS data_type, arrayJoin([(toString(t.feature), '')]) AS key,
toInt64(intDiv(t.start_time_ns - {p8:Int64}, 86400000000000)) AS bucket, s.rate AS rate, s.unit AS unit,
s.value AS value, s.quality AS quality, s.string_value AS string_value
FROM (SELECT name, data_type, value, quality, string_value, time_ns, environment, author, source, evaluator_version, if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.) AS rate, multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id), dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id)) AS unit, cityHash64(trace_id) AS trace_hash, cityHash64(trace_id, span_id) AS span_hash
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)}
    AND evaluator_id IN {p6:Array(String)}
    AND evaluator_version IN {p7:Array(UInt32)}
    AND data_type IN ('numeric', 'categorical', 'boolean')) AS s
INNER ANY JOIN (SELECT cityHash64(trace_id) AS trace_hash, start_time_ns, name, feature, team, service,
    environment, release, models, providers
FROM traces FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND feature = {p9:String}
    AND cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)}
    AND evaluator_id IN {p6:Array(String)}
    AND evaluator_version IN {p7:Array(UInt32)})) AS t ON s.trace_hash = t.trace_hash
)
GROUP BY name, data_type, key, bucket, rate
ORDER BY name, data_type, key, bucket, rate;

-- by model
SELECT toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version, bucket, rate,
toInt64(count(value)) AS n_value, ifNull(avg(value), 0) AS mean_value, ifNull(varPopStable(value), 0) AS var_value,
toInt64(count(quality)) AS n_quality, ifNull(avg(quality), 0) AS mean_quality, ifNull(varPopStable(quality), 0) AS var_quality,
toInt64(countIf(string_value != '')) AS n_categories, CAST([], 'Array(Int64)') AS categories,
toInt64(count()) AS scores, toInt64(uniqExact(unit)) AS units
FROM (
SELECT s.name AS name, s.data_type AS data_type, arrayJoin(arrayMap(word -> (toString(word), ''), if(c.model != '', [toString(c.model)], if(empty(t.models), [''], t.models)))) AS key,
toInt64(0) AS bucket, s.rate AS rate, s.unit AS unit,
s.value AS value, s.quality AS quality, s.string_value AS string_value
FROM (SELECT name, data_type, value, quality, string_value, time_ns, environment, author, source, evaluator_version, if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.) AS rate, multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id), dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id)) AS unit, cityHash64(trace_id) AS trace_hash, cityHash64(trace_id, span_id) AS span_hash
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')) AS s
INNER ANY JOIN (SELECT cityHash64(trace_id) AS trace_hash, start_time_ns, name, feature, team, service,
    environment, release, models, providers
FROM traces FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND feature = {p6:String}
    AND cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)})) AS t ON s.trace_hash = t.trace_hash
LEFT ANY JOIN (SELECT cityHash64(trace_id, span_id) AS span_hash, if(response_model != '', response_model, request_model) AS model, provider, prompt_name, prompt_version
FROM spans FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns <= (SELECT max(end_time_ns) FROM traces WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64})
    AND cityHash64(trace_id, span_id) IN (SELECT cityHash64(trace_id, span_id) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)} AND span_id != '')) AS c ON s.span_hash = c.span_hash
)
GROUP BY name, data_type, key, bucket, rate
ORDER BY name, data_type, key, bucket, rate;

-- by prompt
SELECT toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version, bucket, rate,
toInt64(count(value)) AS n_value, ifNull(avg(value), 0) AS mean_value, ifNull(varPopStable(value), 0) AS var_value,
toInt64(count(quality)) AS n_quality, ifNull(avg(quality), 0) AS mean_quality, ifNull(varPopStable(quality), 0) AS var_quality,
toInt64(countIf(string_value != '')) AS n_categories, CAST([], 'Array(Int64)') AS categories,
toInt64(count()) AS scores, toInt64(uniqExact(unit)) AS units
FROM (
SELECT s.name AS name, s.data_type AS data_type, arrayJoin(if(c.prompt_name != '', [(toString(c.prompt_name), toString(c.prompt_version))], if(empty(p.prompts), [('', '')], p.prompts))) AS key,
toInt64(0) AS bucket, s.rate AS rate, s.unit AS unit,
s.value AS value, s.quality AS quality, s.string_value AS string_value
FROM (SELECT name, data_type, value, quality, string_value, time_ns, environment, author, source, evaluator_version, if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.) AS rate, multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id), dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id)) AS unit, cityHash64(trace_id) AS trace_hash, cityHash64(trace_id, span_id) AS span_hash
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')) AS s
LEFT ANY JOIN (SELECT cityHash64(trace_id, span_id) AS span_hash, if(response_model != '', response_model, request_model) AS model, provider, prompt_name, prompt_version
FROM spans FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns <= (SELECT max(end_time_ns) FROM traces WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64})
    AND cityHash64(trace_id, span_id) IN (SELECT cityHash64(trace_id, span_id) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)} AND span_id != '')) AS c ON s.span_hash = c.span_hash
LEFT ANY JOIN (SELECT cityHash64(trace_id) AS trace_hash, groupUniqArray((toString(prompt_name), toString(prompt_version))) AS prompts
FROM spans FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns <= (SELECT max(end_time_ns) FROM traces WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64}) AND prompt_name != ''
    AND cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)})
GROUP BY trace_hash) AS p ON s.trace_hash = p.trace_hash
)
GROUP BY name, data_type, key, bucket, rate
ORDER BY name, data_type, key, bucket, rate;

-- several scores a trace, with categories
SELECT toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version, bucket, rate,
[toFloat64(countIf(n_v > 0)), toFloat64(sum(toFloat64(n_v))), toFloat64(sum(toFloat64(n_v)*toFloat64(n_v))), toFloat64(sum(toFloat64(n_v)*toFloat64(n_v)*toFloat64(n_v))), toFloat64(sum(toFloat64(n_v)*toFloat64(n_v)*toFloat64(n_v)*toFloat64(n_v))), toFloat64(varPopStableIf(n_v, n_v > 0)), toFloat64(avgIf(s_v, n_v > 0)), toFloat64(varPopStableIf(s_v, n_v > 0)), toFloat64(covarPopStableIf(s_v, n_v, n_v > 0))] AS m0,
[toFloat64(countIf(n_q > 0)), toFloat64(sum(toFloat64(n_q))), toFloat64(sum(toFloat64(n_q)*toFloat64(n_q))), toFloat64(sum(toFloat64(n_q)*toFloat64(n_q)*toFloat64(n_q))), toFloat64(sum(toFloat64(n_q)*toFloat64(n_q)*toFloat64(n_q)*toFloat64(n_q))), toFloat64(varPopStableIf(n_q, n_q > 0)), toFloat64(avgIf(s_q, n_q > 0)), toFloat64(varPopStableIf(s_q, n_q > 0)), toFloat64(covarPopStableIf(s_q, n_q, n_q > 0))] AS m1,
[toFloat64(countIf(n_c > 0)), toFloat64(sum(toFloat64(n_c))), toFloat64(sum(toFloat64(n_c)*toFloat64(n_c))), toFloat64(sum(toFloat64(n_c)*toFloat64(n_c)*toFloat64(n_c))), toFloat64(sum(toFloat64(n_c)*toFloat64(n_c)*toFloat64(n_c)*toFloat64(n_c))), toFloat64(varPopStableIf(n_c, n_c > 0)), toFloat64(avgIf(s_c0, n_c > 0)), toFloat64(varPopStableIf(s_c0, n_c > 0)), toFloat64(covarPopStableIf(s_c0, n_c, n_c > 0))] AS m2,
[toFloat64(countIf(n_c > 0)), toFloat64(sum(toFloat64(n_c))), toFloat64(sum(toFloat64(n_c)*toFloat64(n_c))), toFloat64(sum(toFloat64(n_c)*toFloat64(n_c)*toFloat64(n_c))), toFloat64(sum(toFloat64(n_c)*toFloat64(n_c)*toFloat64(n_c)*toFloat64(n_c))), toFloat64(varPopStableIf(n_c, n_c > 0)), toFloat64(avgIf(s_c1, n_c > 0)), toFloat64(varPopStableIf(s_c1, n_c > 0)), toFloat64(covarPopStableIf(s_c1, n_c, n_c > 0))] AS m3,
toInt64(sum(n_all)) AS scores, toInt64(count()) AS units
FROM (SELECT name, data_type, key, bucket, rate, unit, count() AS n_all, count(value) AS n_v, ifNull(sum(value), 0) AS s_v, count(quality) AS n_q, ifNull(sum(quality), 0) AS s_q, countIf(string_value != '') AS n_c, countIf(string_value = {p5:String}) AS s_c0, countIf(string_value = {p6:String}) AS s_c1
FROM (
SELECT s.name AS name, s.data_type AS data_type, ('', '') AS key,
toInt64(0) AS bucket, s.rate AS rate, s.unit AS unit,
s.value AS value, s.quality AS quality, s.string_value AS string_value
FROM (SELECT name, data_type, value, quality, string_value, time_ns, environment, author, source, evaluator_version, if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.) AS rate, multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id), dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id)) AS unit, cityHash64(trace_id) AS trace_hash, cityHash64(trace_id, span_id) AS span_hash
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')) AS s
)
GROUP BY name, data_type, key, bucket, rate, unit)
GROUP BY name, data_type, key, bucket, rate
ORDER BY name, data_type, key, bucket, rate;

-- quantiles
SELECT key.1 AS grp, key.2 AS version,
quantilesExactWeighted(0.25, 0.5)(assumeNotNull(value), toUInt32(round(100 / greatest(rate, 1e-7)))) AS quantiles
FROM (
SELECT s.name AS name, s.data_type AS data_type, ('', '') AS key,
toInt64(0) AS bucket, s.rate AS rate, s.unit AS unit,
s.value AS value, s.quality AS quality, s.string_value AS string_value
FROM (SELECT name, data_type, value, quality, string_value, time_ns, environment, author, source, evaluator_version, if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.) AS rate, multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id), dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id)) AS unit, cityHash64(trace_id) AS trace_hash, cityHash64(trace_id, span_id) AS span_hash
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')) AS s
)
WHERE isNotNull(value)
GROUP BY key
ORDER BY count() DESC, key
LIMIT 200;

-- extent
SELECT min(value) AS least, max(value) AS greatest
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')
    AND isNotNull(value);

-- bins
SELECT toInt64(least(19, greatest(0, floor((assumeNotNull(value) - {p0:Float64}) / {p1:Float64})))) AS number,
toInt64(count()) AS count, sum(1 / if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.)) AS weight
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p2:Int64} AND time_ns < {p3:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p4:Int64} AND intDiv(time_ns, 3600000000000) <= {p5:Int64}
    AND name IN {p6:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')
    AND isNotNull(value)
GROUP BY number
ORDER BY number;

-- categories
SELECT string_value AS category, toInt64(count()) AS count
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND name IN {p4:Array(String)}
    AND source IN {p5:Array(String)}
    AND data_type IN ('numeric', 'categorical', 'boolean')
    AND cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM traces FINAL WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND feature = {p6:String})
    AND string_value != ''
GROUP BY category
ORDER BY count DESC, category
LIMIT 20;

-- pairs
SELECT target.1 AS trace_id, target.2 AS span_id, target.3 AS session_id, at_ns,
first.1 AS first_value, first.2 AS first_quality, first.3 AS first_label, first.4 AS first_comment,
second.1 AS second_value, second.2 AS second_quality, second.3 AS second_label, second.4 AS second_comment
FROM (SELECT target, max(time_ns) AS at_ns,
argMaxIf(told, (time_ns, score_id), is_first) AS first, argMaxIf(told, (time_ns, score_id), is_second) AS second
FROM (SELECT (trace_id, if(trace_id != '', span_id, ''), if(trace_id = '', session_id, '')) AS target, time_ns, score_id,
    (value, quality, if(data_type = 'numeric', '', string_value), substringUTF8(comment, 1, 500)) AS told, (name IN {p4:Array(String)} AND source IN {p5:Array(String)}) AS is_first, (name IN {p6:Array(String)} AND source IN {p7:Array(String)}) AS is_second
FROM scores FINAL
WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND data_type IN ('numeric', 'categorical', 'boolean')
    AND (trace_id != '' OR session_id != '') AND (is_first OR is_second)
    AND cityHash64(trace_id, if(trace_id != '', span_id, ''), if(trace_id = '', session_id, '')) IN (SELECT cityHash64(trace_id, if(trace_id != '', span_id, ''), if(trace_id = '', session_id, '')) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND data_type IN ('numeric', 'categorical', 'boolean')
    AND (trace_id != '' OR session_id != '') AND (name IN {p4:Array(String)} AND source IN {p5:Array(String)}))
    AND cityHash64(trace_id, if(trace_id != '', span_id, ''), if(trace_id = '', session_id, '')) IN (SELECT cityHash64(trace_id, if(trace_id != '', span_id, ''), if(trace_id = '', session_id, '')) FROM scores WHERE project_id = {project:String}
    AND time_ns >= {p0:Int64} AND time_ns < {p1:Int64}
    AND intDiv(time_ns, 3600000000000) >= {p2:Int64} AND intDiv(time_ns, 3600000000000) <= {p3:Int64}
    AND data_type IN ('numeric', 'categorical', 'boolean')
    AND (trace_id != '' OR session_id != '') AND (name IN {p6:Array(String)} AND source IN {p7:Array(String)})))
GROUP BY target HAVING countIf(is_first) > 0 AND countIf(is_second) > 0)
ORDER BY at_ns DESC, target
LIMIT 1000;

