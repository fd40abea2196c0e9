-- For rows from before the index; in the background, of one column.
ALTER TABLE @table(traces) @on_cluster
    MATERIALIZE INDEX index_version
