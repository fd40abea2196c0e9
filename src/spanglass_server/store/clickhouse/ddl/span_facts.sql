-- One narrow row a span: what the llm_* metrics count. `spans` keyed by hashes, so that counting a day reads no text;
-- rows of one key replace each other as there, the highest version wins. Label sets are hashes of metric_labels.
-- Absent numbers are -1, an unknown cost is NaN.
CREATE TABLE IF NOT EXISTS @table(span_facts) @on_cluster
(
    project_id LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    trace_hash UInt64 CODEC(ZSTD(1)),
    span_hash UInt64 CODEC(NONE),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    duration_ns Int64 CODEC(T64, ZSTD(1)),
    span_labels UInt64 CODEC(ZSTD(1)),
    call_labels UInt64 CODEC(ZSTD(1)),
    cache_labels UInt64 CODEC(ZSTD(1)),
    is_error Bool CODEC(ZSTD(1)),
    is_call Bool CODEC(ZSTD(1)),
    is_billable Bool CODEC(ZSTD(1)),
    is_hit Bool CODEC(ZSTD(1)),
    ttft_ns Int64 CODEC(T64, ZSTD(1)),
    input_tokens Int64 CODEC(T64, ZSTD(1)),
    output_tokens Int64 CODEC(T64, ZSTD(1)),
    cache_read_tokens Int64 CODEC(T64, ZSTD(1)),
    cache_write_tokens Int64 CODEC(T64, ZSTD(1)),
    reasoning_tokens Int64 CODEC(T64, ZSTD(1)),
    cost_usd Float64 CODEC(ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY positiveModulo(intDiv(hour, 168), 256)
ORDER BY (project_id, hour, trace_hash, span_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 4096,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
