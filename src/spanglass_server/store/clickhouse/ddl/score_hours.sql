-- The hours in which a trace, a session, a dataset run or a score id has scores: what makes reading them a bounded
-- read of `scores`, however long after the trace somebody judged it. Keys are hashed with their kind before them.
CREATE TABLE IF NOT EXISTS @table(score_hours) @on_cluster
(
    project_id LowCardinality(String),
    key_hash UInt64 CODEC(NONE),
    hour Int32 CODEC(ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree)
ORDER BY (project_id, key_hash, hour)
SETTINGS index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
