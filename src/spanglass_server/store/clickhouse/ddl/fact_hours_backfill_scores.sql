-- What was stored before there were metrics.
INSERT INTO fact_hours
SELECT
    project_id,
    'score' AS source,
    intDiv(time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(time_ns) AS first_end_ns,
    max(time_ns) AS last_end_ns
FROM scores
GROUP BY project_id, hour
