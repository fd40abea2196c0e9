-- What was stored before there were metrics.
INSERT INTO metric_labels
SELECT DISTINCT
    project_id,
    'trace' AS family,
    sipHash64(toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)) AS labels_hash,
    [toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)] AS label_values
FROM traces FINAL
WHERE is_deleted = 0
