-- What has been applied. Rows of the same number replace each other: applying twice is harmless.
CREATE TABLE IF NOT EXISTS @table(schema_migrations) @on_cluster
(
    number UInt32,
    name String,
    applied_at_ns Int64
)
ENGINE = @engine(ReplacingMergeTree)
ORDER BY number
