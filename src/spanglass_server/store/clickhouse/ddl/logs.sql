-- One row a log record: the fields of model.span.Log, in its order. log_id is a hash of the content, so a record
-- sent twice replaces itself. Sorted by time, because lists are: a page of the newest reads its own rows and no
-- others. A trace's records are found by a bloom filter within the trace's time, what a tail has not seen yet by
-- the version.
CREATE TABLE IF NOT EXISTS @table(logs) @on_cluster
(
    project_id LowCardinality(String),
    time_ns Int64 CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    log_id String CODEC(ZSTD(1)),
    severity_number UInt8,
    severity_text LowCardinality(String),
    service LowCardinality(String),
    environment LowCardinality(String),
    event_name LowCardinality(String),
    body String CODEC(ZSTD(3)),
    attributes String CODEC(ZSTD(3)),
    attribute_index Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource LowCardinality(String) CODEC(ZSTD(3)),
    scope LowCardinality(String) CODEC(ZSTD(3)),
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_trace_id trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_event_name event_name TYPE set(64) GRANULARITY 1,
    INDEX index_version version TYPE minmax GRANULARITY 1,
    INDEX index_attribute_keys mapKeys(attribute_index) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_attribute_values mapValues(attribute_index) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_body body TYPE text(tokenizer = 'unicodeWord', posting_list_codec = 'bitpacking', preprocessor = lowerUTF8(body)),
    INDEX index_raised if(position(attributes, 'exception.') > 0, attributes, '') TYPE text(tokenizer = 'unicodeWord', posting_list_codec = 'bitpacking', preprocessor = lowerUTF8(if(position(attributes, 'exception.') > 0, attributes, '')))
)
ENGINE = @engine(ReplacingMergeTree, version)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, time_ns, log_id)
SETTINGS index_granularity = 2048, index_granularity_bytes = 67108864,
    enable_block_number_column = 1, enable_block_offset_column = 1 @table_settings
