-- Of each hour in which spans or traces start or scores were given: how many rows were ever written (a rollup holds
-- while that number is the one it was made at), when the last came, and between when they end.
CREATE TABLE IF NOT EXISTS @table(fact_hours) @on_cluster
(
    project_id LowCardinality(String),
    source LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    revisions SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    touched_at_s SimpleAggregateFunction(max, UInt64) DEFAULT toUInt64(toUnixTimestamp(now())) CODEC(ZSTD(1)),
    first_end_ns SimpleAggregateFunction(min, Int64) CODEC(ZSTD(1)),
    last_end_ns SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1))
)
ENGINE = @engine(AggregatingMergeTree)
ORDER BY (project_id, source, hour)
SETTINGS min_parts_to_merge_at_once = 16, index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
