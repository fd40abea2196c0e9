-- What a span says of its whole trace; empty where that is all of its metadata, as in every older row.
ALTER TABLE @table(spans) @on_cluster
    ADD COLUMN IF NOT EXISTS trace_metadata String AFTER metadata
