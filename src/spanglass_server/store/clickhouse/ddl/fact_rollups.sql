-- Facts of an hour, added up: what ended up to end_mark_ns and after the mark before it. Marks stand at each full
-- hour and 15 s after it. Rows of an hour whose label set or part is gone stay as zeros.
CREATE TABLE IF NOT EXISTS @table(fact_rollups) @on_cluster
(
    project_id LowCardinality(String),
    family LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    labels_hash UInt64 CODEC(ZSTD(1)),
    part UInt8 CODEC(ZSTD(1)),
    end_mark_ns Int64 CODEC(Delta, ZSTD(1)),
    events UInt64 CODEC(T64, ZSTD(1)),
    total Float64 CODEC(ZSTD(1)),
    first_end_ns Int64 CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY positiveModulo(intDiv(hour, 168), 256)
ORDER BY (project_id, family, hour, labels_hash, part, end_mark_ns)
SETTINGS index_granularity = 4096,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
