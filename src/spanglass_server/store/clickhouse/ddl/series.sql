-- One row a series and day (UTC) on which it has samples, so that labels of a range of time are looked for among
-- few rows. A series is one by its label set, whose hash is series_id; `labels` holds its name too.
CREATE TABLE IF NOT EXISTS @table(series) @on_cluster
(
    project_id LowCardinality(String),
    day Int32 CODEC(ZSTD(1)),
    name LowCardinality(String),
    series_id UInt64 CODEC(ZSTD(1)),
    labels Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree)
PARTITION BY positiveModulo(intDiv(day, 7), 256)
ORDER BY (project_id, day, name, series_id)
SETTINGS index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
