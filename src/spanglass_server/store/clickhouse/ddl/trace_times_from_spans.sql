CREATE MATERIALIZED VIEW IF NOT EXISTS trace_times_from_spans @on_cluster
TO @table(trace_times)
AS SELECT
    project_id,
    halfMD5(trace_id) AS trace_hash,
    min(start_time_ns) AS first_start_ns,
    max(start_time_ns) AS last_start_ns
FROM @table(spans)
GROUP BY project_id, trace_hash
