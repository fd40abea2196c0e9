-- What senders say of their metrics: type, help and unit. The version is the nanosecond at which it was said.
CREATE TABLE IF NOT EXISTS @table(metric_metadata) @on_cluster
(
    project_id LowCardinality(String),
    name String,
    type LowCardinality(String),
    help String CODEC(ZSTD(1)),
    unit LowCardinality(String),
    version UInt64
)
ENGINE = @engine(ReplacingMergeTree, version)
ORDER BY (project_id, name)
SETTINGS enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
