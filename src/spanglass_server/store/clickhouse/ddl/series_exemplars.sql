-- One row an exemplar of a series: an observation that stands for many, with the trace it is of in `labels`.
CREATE TABLE IF NOT EXISTS @table(series_exemplars) @on_cluster
(
    project_id LowCardinality(String),
    name LowCardinality(String),
    series_id UInt64 CODEC(ZSTD(1)),
    time_ms Int64 CODEC(Delta, ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    labels Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree)
PARTITION BY positiveModulo(intDiv(time_ms, 604800000), 256)
ORDER BY (project_id, intDiv(time_ms, 7200000), name, series_id, time_ms)
SETTINGS index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
