CREATE MATERIALIZED VIEW IF NOT EXISTS fact_hours_from_scores @on_cluster
TO @table(fact_hours)
AS SELECT
    project_id,
    'score' AS source,
    intDiv(time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(time_ns) AS first_end_ns,
    max(time_ns) AS last_end_ns
FROM @table(scores)
GROUP BY project_id, hour
