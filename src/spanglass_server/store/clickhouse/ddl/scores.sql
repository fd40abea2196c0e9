-- One row a score: the fields of model.score.Score, in its order. A score is one by its id: where a later version
-- of it has another time or trace (both part of the key), the writer leaves a tombstone (is_deleted) under the old.
CREATE TABLE IF NOT EXISTS @table(scores) @on_cluster
(
    project_id LowCardinality(String),
    score_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    time_ns Int64 CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    dataset_run_id String CODEC(ZSTD(1)),
    data_type LowCardinality(String),
    value Nullable(Float64) CODEC(ZSTD(1)),
    string_value String CODEC(ZSTD(1)),
    source LowCardinality(String),
    comment String CODEC(ZSTD(3)),
    author LowCardinality(String),
    config_id LowCardinality(String),
    queue_id LowCardinality(String),
    environment LowCardinality(String),
    metadata String CODEC(ZSTD(3)),
    created_at_ns Int64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_score_id score_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(time_ns, 3600000000000), trace_id, score_id)
SETTINGS index_granularity = 256,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
