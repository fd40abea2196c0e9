-- How many days each project keeps its data. No row, or days = 0: for ever.
CREATE TABLE IF NOT EXISTS @table(retention) @on_cluster
(
    project_id String,
    days UInt32,
    version UInt64
)
ENGINE = @engine(ReplacingMergeTree, version)
ORDER BY project_id
