CREATE MATERIALIZED VIEW IF NOT EXISTS span_facts_from_spans @on_cluster
TO @table(span_facts)
AS SELECT
    project_id,
    intDiv(start_time_ns, 3600000000000) AS hour,
    halfMD5(trace_id) AS trace_hash,
    halfMD5(span_id) AS span_hash,
    end_time_ns,
    greatest(end_time_ns - start_time_ns, 0) AS duration_ns,
    sipHash64(toString(kind), toString(name), toString(service), toString(environment)) AS span_labels,
    if(is_call OR is_billable, sipHash64(toString(if(response_model = '', request_model, response_model)), toString(provider), toString(feature), toString(team), toString(service), toString(environment)), 0) AS call_labels,
    if(kind = 'cache' AND isNotNull(s.cache_hit), sipHash64(toString(name), toString(feature), toString(service), toString(environment)), 0) AS cache_labels,
    status = 'error' AS is_error,
    is_call,
    is_billable,
    ifNull(s.cache_hit, false) AS is_hit,
    ifNull(if(s.ttft_ns < 0, 0, s.ttft_ns), -1) AS ttft_ns,
    ifNull(if(s.input_tokens < 0, 0, s.input_tokens), -1) AS input_tokens,
    ifNull(if(s.output_tokens < 0, 0, s.output_tokens), -1) AS output_tokens,
    ifNull(if(s.cache_read_tokens < 0, 0, s.cache_read_tokens), -1) AS cache_read_tokens,
    ifNull(if(s.cache_write_tokens < 0, 0, s.cache_write_tokens), -1) AS cache_write_tokens,
    ifNull(if(s.reasoning_tokens < 0, 0, s.reasoning_tokens), -1) AS reasoning_tokens,
    ifNull(if(s.cost_usd < 0, 0, s.cost_usd), nan) AS cost_usd,
    version
FROM @table(spans) AS s
