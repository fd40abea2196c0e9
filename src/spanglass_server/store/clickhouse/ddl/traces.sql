-- One row a trace: the fields of model.span.TraceSummary, in its order, each a column that lists filter, sort or
-- count by; what they show is read from `packed` (rows.py). A trace whose start moved to another hour leaves a
-- tombstone (is_deleted) under its old key.
CREATE TABLE IF NOT EXISTS @table(traces) @on_cluster
(
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    start_time_ns Int64 CODEC(Delta, ZSTD(1)),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String),
    status LowCardinality(String),
    service LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    feature LowCardinality(String),
    team LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    tags Array(LowCardinality(String)),
    metadata String CODEC(ZSTD(3)),
    span_count UInt32 CODEC(T64, ZSTD(1)),
    error_count UInt32 CODEC(T64, ZSTD(1)),
    llm_call_count UInt32 CODEC(T64, ZSTD(1)),
    input_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    output_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_read_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_write_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    reasoning_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    unpriced_count UInt32 CODEC(T64, ZSTD(1)),
    models Array(LowCardinality(String)),
    providers Array(LowCardinality(String)),
    kinds Array(LowCardinality(String)),
    error_types Array(LowCardinality(String)),
    packed String CODEC(ZSTD(3)),
    is_deleted UInt8,
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_session_id session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_user_id user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
PARTITION BY positiveModulo(intDiv(start_time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(start_time_ns, 3600000000000), trace_id)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
