CREATE MATERIALIZED VIEW IF NOT EXISTS fact_hours_from_traces @on_cluster
TO @table(fact_hours)
AS SELECT
    project_id,
    'trace' AS source,
    intDiv(start_time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(end_time_ns) AS first_end_ns,
    max(end_time_ns) AS last_end_ns
FROM @table(traces)
GROUP BY project_id, hour
