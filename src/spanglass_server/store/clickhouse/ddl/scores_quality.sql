-- How good what was judged is, what share of traces was judged, by which evaluator, and whether by anyone. A row from before counts as it
-- always did: numbers from 0 to 1, and booleans.
ALTER TABLE @table(scores) @on_cluster
    ADD COLUMN IF NOT EXISTS quality Nullable(Float64)
        DEFAULT if(data_type IN ('numeric', 'boolean') AND value >= 0 AND value <= 1, value, NULL)
        CODEC(ZSTD(1)) AFTER metadata,
    ADD COLUMN IF NOT EXISTS sampling_rate Float64 DEFAULT 1 CODEC(ZSTD(1)) AFTER quality,
    ADD COLUMN IF NOT EXISTS evaluator_id LowCardinality(String) AFTER sampling_rate,
    ADD COLUMN IF NOT EXISTS evaluator_version UInt32 CODEC(ZSTD(1)) AFTER evaluator_id,
    ADD COLUMN IF NOT EXISTS is_public UInt8 CODEC(ZSTD(1)) AFTER evaluator_version
