-- Turns a trace id into a bounded range of the tables above: when its first and its last span started. The id is
-- hashed, which halves the time to look for many of them; two ids of one hash would only be read more widely.
CREATE TABLE IF NOT EXISTS @table(trace_times) @on_cluster
(
    project_id LowCardinality(String),
    trace_hash UInt64 CODEC(NONE),
    first_start_ns SimpleAggregateFunction(min, Int64) CODEC(ZSTD(1)),
    last_start_ns SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1))
)
ENGINE = @engine(AggregatingMergeTree)
ORDER BY (project_id, trace_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
