-- One row an event of Langfuse's ingestion API: the fields of model.langfuse_event.LangfuseEvent, in its order. Spans are
-- made of all events of their trace, so what is read is always a whole trace.
CREATE TABLE IF NOT EXISTS @table(langfuse_events) @on_cluster
(
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    entity_type LowCardinality(String),
    entity_id String CODEC(ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    event_type LowCardinality(String),
    time_ns Int64 CODEC(Delta, ZSTD(1)),
    names_trace Bool,
    body String CODEC(ZSTD(3)),
    sdk_version LowCardinality(String),
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_entity_id entity_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, trace_id, entity_type, entity_id, event_id)
SETTINGS index_granularity = 512, index_granularity_bytes = 4194304,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
