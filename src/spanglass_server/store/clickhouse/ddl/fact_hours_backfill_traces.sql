-- What was stored before there were metrics.
INSERT INTO fact_hours
SELECT
    project_id,
    'trace' AS source,
    intDiv(start_time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(end_time_ns) AS first_end_ns,
    max(end_time_ns) AS last_end_ns
FROM traces
GROUP BY project_id, hour
