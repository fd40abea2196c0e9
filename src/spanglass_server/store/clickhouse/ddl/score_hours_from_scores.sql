CREATE MATERIALIZED VIEW IF NOT EXISTS score_hours_from_scores @on_cluster
TO @table(score_hours)
AS SELECT DISTINCT
    project_id,
    halfMD5(arrayJoin(arrayFilter(key -> length(key) > 2, [
        concat('i:', score_id), concat('t:', trace_id), concat('s:', session_id), concat('r:', dataset_run_id)
    ]))) AS key_hash,
    toInt32(intDiv(time_ns, 3600000000000)) AS hour
FROM @table(scores)
WHERE is_deleted = 0
