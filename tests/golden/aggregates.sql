-- calls by model
SELECT toString(if(response_model != '', response_model, request_model)) AS g0, count() AS m0, quantileExactOrNull(0.95)((end_time_ns - start_time_ns)) AS m1, sum(if(is_billable, cost_usd, NULL)) AS m2
FROM spans FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND kind = {p0:String}
GROUP BY g0
ORDER BY m0 DESC NULLS LAST, g0
LIMIT 21;

-- calls of two models by hour
SELECT toString(if(response_model != '', response_model, request_model)) AS g0, intDiv(start_time_ns, 3600000000000) * 3600000000000 AS start_ns, count() AS m0, quantileExactOrNull(0.95)((end_time_ns - start_time_ns)) AS m1, sum(if(is_billable, cost_usd, NULL)) AS m2
FROM spans FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND kind = {p0:String}
AND tuple(g0) IN {p1:Array(Tuple(String))}
GROUP BY g0, start_ns
ORDER BY start_ns;

-- traces by their tags and their spans' prompts
SELECT toString(arrayJoin(if(empty(tags), [''], tags))) AS g0, toString(arrayJoin(if(empty(arrayFilter(one -> one != '', values0)), [''], arrayFilter(one -> one != '', values0)))) AS g1, uniqExactIf(sipHash64(toString(user_id)), toString(user_id) != '') AS m0, avg(status = 'error') AS m1
FROM traces FINAL
LEFT ANY JOIN (SELECT trace_id AS k0, groupUniqArray(toString(prompt_name)) AS values0
FROM spans FINAL WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns <= (SELECT max(end_time_ns) FROM traces WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64}) GROUP BY k0) AS jk0 ON trace_id = k0
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64}
GROUP BY g0, g1
ORDER BY m0 DESC NULLS LAST, g0, g1
LIMIT 21;

-- scores by model
SELECT toString(arrayJoin(if(empty(models), [''], models))) AS g0, avg(score0) AS m0
FROM traces FINAL
LEFT ANY JOIN (SELECT trace_id AS k0, avg(value) AS score0
FROM scores FINAL WHERE project_id = {project:String} AND time_ns >= {from_ns:Int64} - 86400000000000 AND trace_id != '' AND name = {p0:String} AND isNotNull(value)
GROUP BY k0) AS jk0 ON trace_id = k0
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND feature = {p1:String}
GROUP BY g0
ORDER BY m0 DESC NULLS LAST, g0
LIMIT 21;

-- a heat map
SELECT ifNull(toString(roundDown(toFloat64((end_time_ns - start_time_ns)), [0, 1e-07, 1.5e-07, 2e-07, 3e-07, 5e-07, 7e-07, 1e-06, 1.5e-06, 2e-06, 3e-06, 5e-06, 7e-06, 1e-05, 1.5e-05, 2e-05, 3e-05, 5e-05, 7e-05, 0.0001, 0.00015, 0.0002, 0.0003, 0.0005, 0.0007, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 30000, 50000, 70000, 100000, 150000, 200000, 300000, 500000, 700000, 1e+06, 1.5e+06, 2e+06, 3e+06, 5e+06, 7e+06, 1e+07, 1.5e+07, 2e+07, 3e+07, 5e+07, 7e+07, 1e+08, 1.5e+08, 2e+08, 3e+08, 5e+08, 7e+08, 1e+09, 1.5e+09, 2e+09, 3e+09, 5e+09, 7e+09, 1e+10, 1.5e+10, 2e+10, 3e+10, 5e+10, 7e+10, 1e+11, 1.5e+11, 2e+11, 3e+11, 5e+11, 7e+11, 1e+12, 1.5e+12, 2e+12, 3e+12, 5e+12, 7e+12, 1e+13, 1.5e+13, 2e+13, 3e+13, 5e+13, 7e+13, 1e+14, 1.5e+14, 2e+14, 3e+14, 5e+14, 7e+14, 1e+15, 1.5e+15, 2e+15, 3e+15, 5e+15, 7e+15])), '') AS g0, intDiv(start_time_ns, 3600000000000) * 3600000000000 AS start_ns, count() AS m0
FROM spans FINAL
WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM spans WHERE project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64} AND (hasAllTokens(output, {p0:String}) AND positionCaseInsensitiveUTF8(output, {p1:String}) > 0))
AND tuple(g0) IN {p2:Array(Tuple(String))}
GROUP BY g0, start_ns
ORDER BY start_ns;

-- logs by hour
SELECT intDiv(time_ns, 3600000000000) * 3600000000000 AS start_ns, count() AS m0
FROM logs FINAL
WHERE project_id = {project:String} AND time_ns >= {from_ns:Int64} AND time_ns < {to_ns:Int64} AND (severity_number BETWEEN {p0:UInt8} AND {p1:UInt8})
GROUP BY start_ns
ORDER BY start_ns;

