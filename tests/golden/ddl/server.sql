CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32,
    name String,
    applied_at_ns Int64
)
ENGINE = ReplacingMergeTree()
ORDER BY number;

CREATE TABLE IF NOT EXISTS spans
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
ENGINE = ReplacingMergeTree(version)
PARTITION BY positiveModulo(intDiv(start_time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(start_time_ns, 3600000000000), trace_id, span_id)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 2048, index_granularity_bytes = 67108864,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS traces
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
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY positiveModulo(intDiv(start_time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(start_time_ns, 3600000000000), trace_id)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS trace_times
(
    project_id LowCardinality(String),
    trace_hash UInt64 CODEC(NONE),
    first_start_ns SimpleAggregateFunction(min, Int64) CODEC(ZSTD(1)),
    last_start_ns SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree()
ORDER BY (project_id, trace_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_times_from_spans
TO trace_times
AS SELECT
    project_id,
    halfMD5(trace_id) AS trace_hash,
    min(start_time_ns) AS first_start_ns,
    max(start_time_ns) AS last_start_ns
FROM spans
GROUP BY project_id, trace_hash;

CREATE TABLE IF NOT EXISTS logs
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
ENGINE = ReplacingMergeTree(version)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, time_ns, log_id)
SETTINGS index_granularity = 2048, index_granularity_bytes = 67108864,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS retention
(
    project_id String,
    days UInt32,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY project_id;

CREATE TABLE IF NOT EXISTS scores
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
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, intDiv(time_ns, 3600000000000), trace_id, score_id)
SETTINGS index_granularity = 256,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS score_hours
(
    project_id LowCardinality(String),
    key_hash UInt64 CODEC(NONE),
    hour Int32 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree()
ORDER BY (project_id, key_hash, hour)
SETTINGS index_granularity = 128,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS score_hours_from_scores
TO score_hours
AS SELECT DISTINCT
    project_id,
    halfMD5(arrayJoin(arrayFilter(key -> length(key) > 2, [
        concat('i:', score_id), concat('t:', trace_id), concat('s:', session_id), concat('r:', dataset_run_id)
    ]))) AS key_hash,
    toInt32(intDiv(time_ns, 3600000000000)) AS hour
FROM scores
WHERE is_deleted = 0;

CREATE TABLE IF NOT EXISTS langfuse_events
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
ENGINE = ReplacingMergeTree(version)
PARTITION BY positiveModulo(intDiv(time_ns, 604800000000000), 256)
ORDER BY (project_id, trace_id, entity_type, entity_id, event_id)
SETTINGS index_granularity = 512, index_granularity_bytes = 4194304,
    enable_block_number_column = 1, enable_block_offset_column = 1;

ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS trace_metadata String AFTER metadata;

CREATE TABLE IF NOT EXISTS span_facts
(
    project_id LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    trace_hash UInt64 CODEC(ZSTD(1)),
    span_hash UInt64 CODEC(NONE),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    duration_ns Int64 CODEC(T64, ZSTD(1)),
    span_labels UInt64 CODEC(ZSTD(1)),
    call_labels UInt64 CODEC(ZSTD(1)),
    cache_labels UInt64 CODEC(ZSTD(1)),
    is_error Bool CODEC(ZSTD(1)),
    is_call Bool CODEC(ZSTD(1)),
    is_billable Bool CODEC(ZSTD(1)),
    is_hit Bool CODEC(ZSTD(1)),
    ttft_ns Int64 CODEC(T64, ZSTD(1)),
    input_tokens Int64 CODEC(T64, ZSTD(1)),
    output_tokens Int64 CODEC(T64, ZSTD(1)),
    cache_read_tokens Int64 CODEC(T64, ZSTD(1)),
    cache_write_tokens Int64 CODEC(T64, ZSTD(1)),
    reasoning_tokens Int64 CODEC(T64, ZSTD(1)),
    cost_usd Float64 CODEC(ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY positiveModulo(intDiv(hour, 168), 256)
ORDER BY (project_id, hour, trace_hash, span_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 4096,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS trace_facts
(
    project_id LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    trace_hash UInt64 CODEC(NONE),
    end_time_ns Int64 CODEC(Delta, ZSTD(1)),
    duration_ns Int64 CODEC(T64, ZSTD(1)),
    trace_labels UInt64 CODEC(ZSTD(1)),
    is_deleted UInt8,
    version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY positiveModulo(intDiv(hour, 168), 256)
ORDER BY (project_id, hour, trace_hash)
SETTINGS min_parts_to_merge_at_once = 8, index_granularity = 4096,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS metric_labels
(
    project_id LowCardinality(String),
    family LowCardinality(String),
    labels_hash UInt64 DEFAULT multiIf(
        family IN ('span', 'cache'), sipHash64(label_values[1], label_values[2], label_values[3], label_values[4]),
        family = 'score', sipHash64(label_values[1], label_values[2], label_values[3], label_values[4], label_values[5]),
        sipHash64(label_values[1], label_values[2], label_values[3], label_values[4], label_values[5], label_values[6])
    ) CODEC(NONE),
    label_values Array(String) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree()
ORDER BY (project_id, family, labels_hash)
SETTINGS min_parts_to_merge_at_once = 16, index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS fact_hours
(
    project_id LowCardinality(String),
    source LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    revisions SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    touched_at_s SimpleAggregateFunction(max, UInt64) DEFAULT toUInt64(toUnixTimestamp(now())) CODEC(ZSTD(1)),
    first_end_ns SimpleAggregateFunction(min, Int64) CODEC(ZSTD(1)),
    last_end_ns SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree()
ORDER BY (project_id, source, hour)
SETTINGS min_parts_to_merge_at_once = 16, index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS fact_rollups
(
    project_id LowCardinality(String),
    family LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    labels_hash UInt64 CODEC(ZSTD(1)),
    part UInt8 CODEC(ZSTD(1)),
    end_mark_ns Int64 CODEC(Delta, ZSTD(1)),
    events UInt64 CODEC(T64, ZSTD(1)),
    total Float64 CODEC(ZSTD(1)),
    first_end_ns Int64 CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY positiveModulo(intDiv(hour, 168), 256)
ORDER BY (project_id, family, hour, labels_hash, part, end_mark_ns)
SETTINGS index_granularity = 4096,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS fact_rollup_states
(
    project_id LowCardinality(String),
    source LowCardinality(String),
    hour Int64 CODEC(Delta, ZSTD(1)),
    revisions UInt64 CODEC(ZSTD(1)),
    is_archived UInt8,
    version UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, source, hour)
SETTINGS min_parts_to_merge_at_once = 16, index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS span_facts_from_spans
TO span_facts
AS SELECT
    project_id,
    intDiv(start_time_ns, 3600000000000) AS hour,
    halfMD5(trace_id) AS trace_hash,
    halfMD5(span_id) AS span_hash,
    end_time_ns,
    greatest(end_time_ns - start_time_ns, 0) AS duration_ns,
    sipHash64(toString(kind), toString(name), toString(service), toString(environment)) AS span_labels,
    if(is_call OR is_billable, sipHash64(toString(if(response_model = '', request_model, response_model)), toString(provider), toString(feature), toString(team), toString(service), toString(environment)), 0) AS call_labels,
    if(kind = 'cache' AND isNotNull(s.cache_hit), sipHash64(toString(name), toString(feature), toString(service), toString(environment)), 0) AS cache_labels,
    status = 'error' AS is_error,
    is_call,
    is_billable,
    ifNull(s.cache_hit, false) AS is_hit,
    ifNull(if(s.ttft_ns < 0, 0, s.ttft_ns), -1) AS ttft_ns,
    ifNull(if(s.input_tokens < 0, 0, s.input_tokens), -1) AS input_tokens,
    ifNull(if(s.output_tokens < 0, 0, s.output_tokens), -1) AS output_tokens,
    ifNull(if(s.cache_read_tokens < 0, 0, s.cache_read_tokens), -1) AS cache_read_tokens,
    ifNull(if(s.cache_write_tokens < 0, 0, s.cache_write_tokens), -1) AS cache_write_tokens,
    ifNull(if(s.reasoning_tokens < 0, 0, s.reasoning_tokens), -1) AS reasoning_tokens,
    ifNull(if(s.cost_usd < 0, 0, s.cost_usd), nan) AS cost_usd,
    version
FROM spans AS s;

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_facts_from_traces
TO trace_facts
AS SELECT
    project_id,
    intDiv(start_time_ns, 3600000000000) AS hour,
    halfMD5(trace_id) AS trace_hash,
    end_time_ns,
    greatest(end_time_ns - start_time_ns, 0) AS duration_ns,
    sipHash64(toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)) AS trace_labels,
    is_deleted,
    version
FROM traces;

INSERT INTO span_facts
SELECT
    project_id,
    intDiv(start_time_ns, 3600000000000) AS hour,
    halfMD5(trace_id) AS trace_hash,
    halfMD5(span_id) AS span_hash,
    end_time_ns,
    greatest(end_time_ns - start_time_ns, 0) AS duration_ns,
    sipHash64(toString(kind), toString(name), toString(service), toString(environment)) AS span_labels,
    if(is_call OR is_billable, sipHash64(toString(if(response_model = '', request_model, response_model)), toString(provider), toString(feature), toString(team), toString(service), toString(environment)), 0) AS call_labels,
    if(kind = 'cache' AND isNotNull(s.cache_hit), sipHash64(toString(name), toString(feature), toString(service), toString(environment)), 0) AS cache_labels,
    status = 'error' AS is_error,
    is_call,
    is_billable,
    ifNull(s.cache_hit, false) AS is_hit,
    ifNull(if(s.ttft_ns < 0, 0, s.ttft_ns), -1) AS ttft_ns,
    ifNull(if(s.input_tokens < 0, 0, s.input_tokens), -1) AS input_tokens,
    ifNull(if(s.output_tokens < 0, 0, s.output_tokens), -1) AS output_tokens,
    ifNull(if(s.cache_read_tokens < 0, 0, s.cache_read_tokens), -1) AS cache_read_tokens,
    ifNull(if(s.cache_write_tokens < 0, 0, s.cache_write_tokens), -1) AS cache_write_tokens,
    ifNull(if(s.reasoning_tokens < 0, 0, s.reasoning_tokens), -1) AS reasoning_tokens,
    ifNull(if(s.cost_usd < 0, 0, s.cost_usd), nan) AS cost_usd,
    version
FROM spans AS s FINAL;

INSERT INTO trace_facts
SELECT
    project_id,
    intDiv(start_time_ns, 3600000000000) AS hour,
    halfMD5(trace_id) AS trace_hash,
    end_time_ns,
    greatest(end_time_ns - start_time_ns, 0) AS duration_ns,
    sipHash64(toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)) AS trace_labels,
    is_deleted,
    version
FROM traces FINAL;

INSERT INTO metric_labels
SELECT DISTINCT
    project_id,
    label.1 AS family,
    label.2 AS labels_hash,
    label.3 AS label_values
FROM
(
    SELECT DISTINCT
        project_id, toString(kind) AS kind, toString(name) AS name, toString(service) AS service,
        toString(environment) AS environment, toString(feature) AS feature, toString(team) AS team,
        toString(provider) AS provider, toString(if(response_model = '', request_model, response_model)) AS model,
        is_call OR is_billable AS is_counted, s.kind = 'cache' AND isNotNull(cache_hit) AS is_lookup
    FROM spans AS s FINAL
)
ARRAY JOIN arrayConcat(
    [('span', sipHash64(kind, name, service, environment), [kind, name, service, environment])],
    if(is_counted, [('call', sipHash64(model, provider, feature, team, service, environment), [model, provider, feature, team, service, environment])], []),
    if(is_lookup, [('cache', sipHash64(name, feature, service, environment), [name, feature, service, environment])], [])
) AS label;

INSERT INTO metric_labels
SELECT DISTINCT
    project_id,
    'trace' AS family,
    sipHash64(toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)) AS labels_hash,
    [toString(name), toString(status), toString(feature), toString(team), toString(service), toString(environment)] AS label_values
FROM traces FINAL
WHERE is_deleted = 0;

INSERT INTO fact_hours
SELECT
    project_id,
    'span' AS source,
    intDiv(start_time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(end_time_ns) AS first_end_ns,
    max(end_time_ns) AS last_end_ns
FROM spans
GROUP BY project_id, hour;

INSERT INTO fact_hours
SELECT
    project_id,
    'trace' AS source,
    intDiv(start_time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(end_time_ns) AS first_end_ns,
    max(end_time_ns) AS last_end_ns
FROM traces
GROUP BY project_id, hour;

INSERT INTO fact_hours
SELECT
    project_id,
    'score' AS source,
    intDiv(time_ns, 3600000000000) AS hour,
    count() AS revisions,
    toUInt64(toUnixTimestamp(now())) AS touched_at_s,
    min(time_ns) AS first_end_ns,
    max(time_ns) AS last_end_ns
FROM scores
GROUP BY project_id, hour;

CREATE TABLE IF NOT EXISTS series
(
    project_id LowCardinality(String),
    day Int32 CODEC(ZSTD(1)),
    name LowCardinality(String),
    series_id UInt64 CODEC(ZSTD(1)),
    labels Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree()
PARTITION BY positiveModulo(intDiv(day, 7), 256)
ORDER BY (project_id, day, name, series_id)
SETTINGS index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS samples
(
    project_id LowCardinality(String),
    name LowCardinality(String),
    series_id UInt64 CODEC(ZSTD(1)),
    time_ms Int64 CODEC(DoubleDelta, ZSTD(1)),
    value Float64 CODEC(Gorilla, ZSTD(1))
)
ENGINE = ReplacingMergeTree()
PARTITION BY positiveModulo(intDiv(time_ms, 604800000), 256)
ORDER BY (project_id, intDiv(time_ms, 7200000), name, series_id, time_ms)
SETTINGS index_granularity = 2048,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS series_exemplars
(
    project_id LowCardinality(String),
    name LowCardinality(String),
    series_id UInt64 CODEC(ZSTD(1)),
    time_ms Int64 CODEC(Delta, ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    labels Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree()
PARTITION BY positiveModulo(intDiv(time_ms, 604800000), 256)
ORDER BY (project_id, intDiv(time_ms, 7200000), name, series_id, time_ms)
SETTINGS index_granularity = 1024,
    enable_block_number_column = 1, enable_block_offset_column = 1;

CREATE TABLE IF NOT EXISTS metric_metadata
(
    project_id LowCardinality(String),
    name String,
    type LowCardinality(String),
    help String CODEC(ZSTD(1)),
    unit LowCardinality(String),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, name)
SETTINGS enable_block_number_column = 1, enable_block_offset_column = 1;

ALTER TABLE scores
    ADD COLUMN IF NOT EXISTS quality Nullable(Float64)
        DEFAULT if(data_type IN ('numeric', 'boolean') AND value >= 0 AND value <= 1, value, NULL)
        CODEC(ZSTD(1)) AFTER metadata,
    ADD COLUMN IF NOT EXISTS sampling_rate Float64 DEFAULT 1 CODEC(ZSTD(1)) AFTER quality,
    ADD COLUMN IF NOT EXISTS evaluator_id LowCardinality(String) AFTER sampling_rate,
    ADD COLUMN IF NOT EXISTS evaluator_version UInt32 CODEC(ZSTD(1)) AFTER evaluator_id,
    ADD COLUMN IF NOT EXISTS is_public UInt8 CODEC(ZSTD(1)) AFTER evaluator_version;

ALTER TABLE traces
    ADD INDEX IF NOT EXISTS index_version version TYPE minmax GRANULARITY 64;

ALTER TABLE traces
    MATERIALIZE INDEX index_version;

ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS ingest_key LowCardinality(String) AFTER version;

