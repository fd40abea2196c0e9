-- The label sets that facts name by hash: values in the order of llm_metrics.LABELS[family]. A set stays when its
-- last span goes; what has no fact is no series.
CREATE TABLE IF NOT EXISTS @table(metric_labels) @on_cluster
(
    project_id LowCardinality(String),
    family LowCardinality(String),
    labels_hash UInt64 DEFAULT multiIf(
        family IN ('span', 'cache'), sipHash64(label_values[1], label_values[2], label_values[3], label_values[4]),
        family = 'score', sipHash64(label_values[1], label_values[2], label_values[3], label_values[4], label_values[5]),
        sipHash64(label_values[1], label_values[2], label_values[3], label_values[4], label_values[5], label_values[6])
    ) CODEC(NONE),
    label_values Array(String) CODEC(ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree)
ORDER BY (project_id, family, labels_hash)
SETTINGS min_parts_to_merge_at_once = 16, index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
