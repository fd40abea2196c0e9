CREATE MATERIALIZED VIEW IF NOT EXISTS metric_labels_from_traces @on_cluster
TO @table(metric_labels)
AS SELECT DISTINCT
    project_id,
    'trace' AS family,
    sipHash64(toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)) AS labels_hash,
    [toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)] AS label_values
FROM @table(traces)
WHERE is_deleted = 0
