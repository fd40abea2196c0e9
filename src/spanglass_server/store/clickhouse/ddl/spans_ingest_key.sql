-- The public key of the API key that a span was last sent with; empty where none was asked for, and in older rows.
ALTER TABLE @table(spans) @on_cluster
    ADD COLUMN IF NOT EXISTS ingest_key LowCardinality(String) AFTER version
