-- What was stored before there were metrics.
INSERT INTO trace_facts
SELECT
    project_id,
    intDiv(start_time_ns, 3600000000000) AS hour,
    halfMD5(trace_id) AS trace_hash,
    end_time_ns,
    greatest(end_time_ns - start_time_ns, 0) AS duration_ns,
    sipHash64(toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)) AS trace_labels,
    is_deleted,
    version
FROM traces FINAL
