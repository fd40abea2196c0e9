-- One narrow row a trace: what the llm_* metrics of traces count; see span_facts.
CREATE TABLE IF NOT EXISTS @table(trace_facts) @on_cluster
(
    project_id LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    trace_hash UInt64 CODEC(NONE),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    duration_ns Int64 CODEC(T64, ZSTD(1)),
    trace_labels UInt64 CODEC(ZSTD(1)),
    is_deleted UInt8,
    version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
PARTITION BY positiveModulo(intDiv(hour, 168), 256)
ORDER BY (project_id, hour, trace_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 4096,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
