-- One row a sample. Of the same series and time the one that was written last counts. Two hours of a metric lie
-- together, and in them each series: what a selector reads is one stretch of each two hours. Values keep their
-- bits, stale markers among them.
CREATE TABLE IF NOT EXISTS @table(samples) @on_cluster
(
    project_id LowCardinality(String),
    name LowCardinality(String),
    series_id UInt64 CODEC(ZSTD(1)),
    time_ms Int64 CODEC(DoubleDelta, ZSTD(1)),
    value Float64 CODEC(Gorilla, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree)
PARTITION BY positiveModulo(intDiv(time_ms, 604800000), 256)
ORDER BY (project_id, intDiv(time_ms, 7200000), name, series_id, time_ms)
SETTINGS index_granularity = 2048,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
