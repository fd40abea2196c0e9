-- Which hours are rolled up, and at which count of fact_hours. Of an archived hour the facts are gone by retention:
-- its rollup holds for ever.
CREATE TABLE IF NOT EXISTS @table(fact_rollup_states) @on_cluster
(
    project_id LowCardinality(String),
    source LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    revisions UInt64 CODEC(ZSTD(1)),
    is_archived UInt8,
    version UInt64 CODEC(ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, version)
ORDER BY (project_id, source, hour)
SETTINGS min_parts_to_merge_at_once = 16, index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
