CREATE TABLE IF NOT EXISTS schema_migrations_local ON CLUSTER `prod`
(
    number UInt32,
    name String,
    applied_at_ns Int64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY number;

CREATE TABLE IF NOT EXISTS schema_migrations ON CLUSTER `prod` AS schema_migrations_local
ENGINE = Distributed(`prod`, currentDatabase(), schema_migrations_local, number);

CREATE TABLE IF NOT EXISTS spans_local ON CLUSTER `prod`
(
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id String CODEC(ZSTD(1)),
    start_time_ns Int64 CODEC(Delta, ZSTD(1)),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String),
    kind LowCardinality(String),
    otlp_kind LowCardinality(String),
    dialect LowCardinality(String),
    service LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    status LowCardinality(String),
    error_type LowCardinality(String),
    error_message String CODEC(ZSTD(3)),
    operation LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    response_id String CODEC(ZSTD(1)),
    request_parameters String CODEC(ZSTD(3)),
    input_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    output_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_read_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_write_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_write_1h_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    reasoning_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    audio_input_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    audio_output_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    is_batch Bool,
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    cost_details Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    cost_source LowCardinality(String),
    price_version LowCardinality(String),
    reported_cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    streaming Nullable(Bool),
    ttft_ns Nullable(Int64) CODEC(T64, ZSTD(1)),
    finish_reasons Array(LowCardinality(String)),
    cache_hit Nullable(Bool),
    feature LowCardinality(String),
    team LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    inherited UInt8,
    tags Array(LowCardinality(String)),
    metadata String CODEC(ZSTD(3)),
    trace_name LowCardinality(String),
    tool_name LowCardinality(String),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    input String CODEC(ZSTD(3)),
    output String CODEC(ZSTD(3)),
    input_key LowCardinality(String),
    output_key LowCardinality(String),
    input_preview String CODEC(ZSTD(3)),
    output_preview String CODEC(ZSTD(3)),
    attributes String CODEC(ZSTD(3)),
    attribute_index Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource LowCardinality(String) CODEC(ZSTD(3)),
    scope LowCardinality(String) CODEC(ZSTD(3)),
    events String CODEC(ZSTD(3)),
    links String CODEC(ZSTD(3)),
    warnings Array(LowCardinality(String)),
    is_call Bool,
    is_billable Bool,
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_session_id session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_user_id user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_response_id response_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_attribute_keys mapKeys(attribute_index) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_attribute_values mapValues(attribute_index) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_input input TYPE text(tokenizer = 'unicodeWord', posting_list_codec = 'bitpacking', preprocessor = lowerUTF8(input)),
    INDEX index_output output TYPE text(tokenizer = 'unicodeWord', posting_list_codec = 'bitpacking', preprocessor = lowerUTF8(output))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
PARTITION BY positiveModulo(intDiv(start_time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(start_time_ns, 3600000000000), trace_id, span_id)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 2048, index_granularity_bytes = 67108864,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS spans ON CLUSTER `prod` AS spans_local
ENGINE = Distributed(`prod`, currentDatabase(), spans_local, sipHash64(project_id, trace_id));

CREATE TABLE IF NOT EXISTS traces_local ON CLUSTER `prod`
(
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    start_time_ns Int64 CODEC(Delta, ZSTD(1)),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String),
    status LowCardinality(String),
    service LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    feature LowCardinality(String),
    team LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    tags Array(LowCardinality(String)),
    metadata String CODEC(ZSTD(3)),
    span_count UInt32 CODEC(T64, ZSTD(1)),
    error_count UInt32 CODEC(T64, ZSTD(1)),
    llm_call_count UInt32 CODEC(T64, ZSTD(1)),
    input_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    output_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_read_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cache_write_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    reasoning_tokens Nullable(Int64) CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    unpriced_count UInt32 CODEC(T64, ZSTD(1)),
    models Array(LowCardinality(String)),
    providers Array(LowCardinality(String)),
    kinds Array(LowCardinality(String)),
    error_types Array(LowCardinality(String)),
    packed String CODEC(ZSTD(3)),
    is_deleted UInt8,
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_session_id session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX index_user_id user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
PARTITION BY positiveModulo(intDiv(start_time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(start_time_ns, 3600000000000), trace_id)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS traces ON CLUSTER `prod` AS traces_local
ENGINE = Distributed(`prod`, currentDatabase(), traces_local, sipHash64(project_id, trace_id));

CREATE TABLE IF NOT EXISTS trace_times_local ON CLUSTER `prod`
(
    project_id LowCardinality(String),
    trace_hash UInt64 CODEC(NONE),
    first_start_ns SimpleAggregateFunction(min, Int64) CODEC(ZSTD(1)),
    last_start_ns SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (project_id, trace_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS trace_times ON CLUSTER `prod` AS trace_times_local
ENGINE = Distributed(`prod`, currentDatabase(), trace_times_local, sipHash64(project_id, trace_hash));

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_times_from_spans ON CLUSTER `prod`
TO trace_times_local
AS SELECT
    project_id,
    halfMD5(trace_id) AS trace_hash,
    min(start_time_ns) AS first_start_ns,
    max(start_time_ns) AS last_start_ns
FROM spans_local
GROUP BY project_id, trace_hash;

CREATE TABLE IF NOT EXISTS logs_local ON CLUSTER `prod`
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, time_ns, log_id)
SETTINGS index_granularity = 2048, index_granularity_bytes = 67108864,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS logs ON CLUSTER `prod` AS logs_local
ENGINE = Distributed(`prod`, currentDatabase(), logs_local, sipHash64(project_id, trace_id));

CREATE TABLE IF NOT EXISTS retention_local ON CLUSTER `prod`
(
    project_id String,
    days UInt32,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
ORDER BY project_id;

CREATE TABLE IF NOT EXISTS retention ON CLUSTER `prod` AS retention_local
ENGINE = Distributed(`prod`, currentDatabase(), retention_local, sipHash64(project_id));

CREATE TABLE IF NOT EXISTS scores_local ON CLUSTER `prod`
(
    project_id LowCardinality(String),
    score_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    time_ns Int64 CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    dataset_run_id String CODEC(ZSTD(1)),
    data_type LowCardinality(String),
    value Nullable(Float64) CODEC(ZSTD(1)),
    string_value String CODEC(ZSTD(1)),
    source LowCardinality(String),
    comment String CODEC(ZSTD(3)),
    author LowCardinality(String),
    config_id LowCardinality(String),
    queue_id LowCardinality(String),
    environment LowCardinality(String),
    metadata String CODEC(ZSTD(3)),
    created_at_ns Int64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    version UInt64 CODEC(Delta, ZSTD(1)),

    INDEX index_score_id score_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(time_ns, 3600000000000), trace_id, score_id)
SETTINGS index_granularity = 256,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS scores ON CLUSTER `prod` AS scores_local
ENGINE = Distributed(`prod`, currentDatabase(), scores_local, sipHash64(project_id, trace_id));

CREATE TABLE IF NOT EXISTS score_hours_local ON CLUSTER `prod`
(
    project_id LowCardinality(String),
    key_hash UInt64 CODEC(NONE),
    hour Int32 CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (project_id, key_hash, hour)
SETTINGS index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS score_hours ON CLUSTER `prod` AS score_hours_local
ENGINE = Distributed(`prod`, currentDatabase(), score_hours_local, sipHash64(project_id, key_hash));

CREATE MATERIALIZED VIEW IF NOT EXISTS score_hours_from_scores ON CLUSTER `prod`
TO score_hours_local
AS SELECT DISTINCT
    project_id,
    halfMD5(arrayJoin(arrayFilter(key -> length(key) > 2, [
        concat('i:', score_id), concat('t:', trace_id), concat('s:', session_id), concat('r:', dataset_run_id)
    ]))) AS key_hash,
    toInt32(intDiv(time_ns, 3600000000000)) AS hour
FROM scores_local
WHERE is_deleted = 0;

CREATE TABLE IF NOT EXISTS langfuse_events_local ON CLUSTER `prod`
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, trace_id, entity_type, entity_id, event_id)
SETTINGS index_granularity = 512, index_granularity_bytes = 4194304,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS langfuse_events ON CLUSTER `prod` AS langfuse_events_local
ENGINE = Distributed(`prod`, currentDatabase(), langfuse_events_local, sipHash64(project_id, trace_id));

ALTER TABLE spans_local ON CLUSTER `prod`
    ADD COLUMN IF NOT EXISTS trace_metadata String AFTER metadata;

ALTER TABLE spans ON CLUSTER `prod`
    ADD COLUMN IF NOT EXISTS trace_metadata String AFTER metadata;

