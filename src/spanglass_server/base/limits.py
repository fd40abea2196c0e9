"""Limits that are no settings: sizes at which something is a bug or an attack rather than telemetry.

Limits that an operator may want to move are settings (app/settings.py); their defaults for code that runs
without settings stand here too.
"""

from typing import Final

ATTRIBUTE_DEPTH_MAX: Final = 32
"""Arrays and key-value lists inside one another in one attribute."""

ATTRIBUTES_PER_SPAN_MAX: Final = 4_000
"""Default of the setting attributes_per_span_max."""

ATTRIBUTE_VALUE_CHARS_MAX: Final = 2_000_000
"""Default of the setting attribute_value_chars_max."""

SPANS_PER_REQUEST_MAX: Final = 50_000
"""Default of the setting spans_per_request_max."""

EVENTS_PER_SPAN_MAX: Final = 4_096
"""Events, and links, kept of one span; more are counted as dropped."""

REJECTION_REASONS_MAX: Final = 20
"""Reasons spelled out in one partial success; more are only counted."""

COMMIT_BYTES_MAX: Final = 16 << 20
"""Decompressed bytes after which a commit waits no longer: its rows take a small multiple of it."""

TRACE_CACHE_SPANS_MAX: Final = 100_000
"""Spans of recent traces whose facts are kept in memory, about 1 KB each."""

INGESTION_BODY_BYTES_MAX: Final = 16 << 20
"""A batch of Langfuse's events. Its SDKs stop at 2.5 MB, its own server at 4.5 MB."""

LANGFUSE_MEMORY_BYTES_MAX: Final = 64 << 20
"""Events of Langfuse's ingestion API kept in memory, of the traces that were told of last."""

FACT_LOAD_ROUNDS_MAX: Final = 4
"""Times that loaded traces may lead to further traces by a shared response id in one commit."""

RESPONSE_ID_REACH_NS: Final = 3_600 * 1_000_000_000
"""How far apart in time two tellings of one model call may start."""

LINKED_TRACES_MAX: Final = 64
"""Traces that may tell one call. What more of them share, such as the constant response id of a stand-in for
a model, tells nothing, and following it would settle everything anew with each commit."""

TRACE_SPANS_MAX: Final = 25_000
"""Spans of one trace; more are rejected. A trace that never ends is a bug of its sender: a context that is
never left."""

FREE_DISK_BYTES_MIN: Final = 512 << 20
"""Free space below which embedded storage takes no more rows. A merge that meets a full disk can leave a part
with unwritten index files, which the next start after a crash sets aside together with its rows; so merges,
and deletions that free space, keep room to work in."""

LABEL_CHARS_MAX: Final = 1_000
"""Characters kept of a name, model, user, tag and the like, which lists and facets show many of. Attributes
are kept as they came."""

LOG_LIST_BODY_CHARS_MAX: Final = 16_384
"""Characters of a log record's body in a list. Messages of models are sent as logs: a page of a hundred could
weigh many megabytes."""

LOG_LIST_ATTRIBUTES_BYTES_MAX: Final = 65_536
"""JSON text of a log record's attributes in a list; longer ones come with the record alone."""

RETENTION_DAYS_MAX: Final = 36_500
"""A hundred years: longer ones reach beyond the times that storage counts in."""

SERIES_MAX: Final = 100_000
"""Default of the setting series_max."""

SAMPLES_PER_REQUEST_MAX: Final = 200_000
"""Default of the setting samples_per_request_max."""

LABELS_PER_SERIES_MAX: Final = 64
"""Default of the setting labels_per_series_max."""

LABEL_NAME_CHARS_MAX: Final = 512
"""Default of the setting label_name_chars_max."""

LABEL_VALUE_CHARS_MAX: Final = 4_096
"""Default of the setting label_value_chars_max."""

COMMIT_DAYS_MAX: Final = 200
"""Days (UTC) that the samples of one project in one commit may lie on: each is looked up in storage."""

EXEMPLAR_CHARS_MAX: Final = 1_024
"""Characters of an exemplar's labels; of one with more only the ids of its trace and span are kept.
OpenMetrics allows 128."""

METADATA_CHARS_MAX: Final = 2_000
"""Characters kept of what is said of a metric."""

DELTA_SERIES_MAX: Final = 200_000
"""Series sent as deltas whose running totals are kept in memory; those of others are read from storage."""

SCORES_PER_REQUEST_MAX: Final = 1_000
"""Scores of one request; more are refused. Senders batch them by the dozen."""

SCORES_OF_TRACE_MAX: Final = 1_000
"""The newest scores that are read with a trace."""

SCORE_CONFIGS_MAX: Final = 2_000
"""Of one project, archived ones included: all are held in memory while its scores come."""

SCORE_BODY_BYTES_MAX: Final = 5 << 20
"""A request of scores. Langfuse's SDKs stop at 1 MB."""

PUBLIC_SCORES_PER_REQUEST_MAX: Final = 20
"""With a public key: what one user says of one answer."""

PUBLIC_SCORE_BODY_BYTES_MAX: Final = 64 << 10
"""With a public key; as much as browsers send while a page closes."""

SCORE_NAME_CHARS_MAX: Final = 200
"""Of a score's name, author and environment."""

SCORE_TEXT_CHARS_MAX: Final = 100_000
"""Of a score's comment, text value or metadata: a corrected answer is the longest of them."""

SCORE_ID_CHARS_MAX: Final = 800
"""Of every id that a score names: as long as those that Langfuse's SDKs let a program choose."""

EVALUATOR_VERSION_MAX: Final = (1 << 31) - 1
"""As a score tells it."""

DOCUMENT_BYTES_MAX: Final = 8 << 20
"""Body of a request that writes a prompt, a dataset or an item of one."""

DOCUMENT_DEPTH_MAX: Final = 200
"""Arrays and objects inside one another in one of them."""

DATASET_ITEMS_MAX: Final = 100_000
"""Of one dataset, archived ones included."""

DATASET_IMPORT_BYTES_MAX: Final = 64 << 20
"""Body of an upload of items."""

DATASET_IMPORT_ERRORS_MAX: Final = 100
"""Lines of an upload whose fault is spelled out; more are only counted."""

DATASET_TRACES_MAX: Final = 1_000
"""Traces or spans that one request makes items of: each is opened whole."""

DATASET_VERSIONS_MAX: Final = 1_000
"""Saved versions of one dataset."""

EXPERIMENT_ITEMS_MAX: Final = 10_000
"""Items of one experiment that are read, the first ones."""

EXPERIMENTS_COMPARED_MAX: Final = 5
"""Side by side."""

MEDIA_UPLOADS_MAX: Final = 4
"""Files received at a time, each whole in memory."""

MEDIA_UPLOADS_WAITING_MAX: Final = 64

MEDIA_UPLOAD_S_MAX: Final = 120.0
"""Within which a file has to arrive: a sender that stalls must not keep others waiting."""

PROMPT_REFERENCES_MAX: Final = 100
"""Prompts that one prompt draws in, those of its references included."""

PROMPT_TEXT_CHARS_MAX: Final = 4_000_000
"""Of a prompt's text with its references in place: a few that refer to each other can multiply."""

BUDGETS_PER_PROJECT_MAX: Final = 200
"""Each is reckoned anew every minute."""

SILENCE_KEPT_MS: Final = 5 * 86_400_000
"""How long a silence is shown after it expired."""

SILENCES_PER_PROJECT_MAX: Final = 2_000
"""Pending and active ones: each is compared with every alert."""

SILENCE_TEXT_CHARS_MAX: Final = 4_000
"""Of a silence's comment, its author, and each matcher."""

ATTEMPTS_KEPT_MS: Final = 14 * 86_400_000
"""How long attempts to deliver a notification are shown."""

ATTEMPTS_PER_PROJECT_MAX: Final = 5_000

NOTIFICATION_LOG_KEPT_MS: Final = 5 * 86_400_000
"""Shortest time for which it is remembered what a receiver was told; Alertmanager's too."""

NOTIFICATION_CONFIG_CHARS_MAX: Final = 256_000
"""Of a notification configuration's YAML."""

NOTIFICATION_ALERTS_MAX: Final = 20_000
"""Alerts of one project that the dispatcher holds; more are refused and counted."""

RECEIVER_INTEGRATIONS_MAX: Final = 20
"""Of one receiver: a message to try them is sent by each in turn."""

MESSAGE_ALERTS_MAX: Final = 100
"""Alerts spelled out in one e-mail or chat message; the rest is counted."""

RECEIVER_RESPONSE_BYTES_MAX: Final = 64 << 10
"""Read of what a receiver answers."""

RULE_FILES_PER_PROJECT_MAX: Final = 200
"""Rule files of one project that are kept in the database."""

EXPRESSION_CHARS_MAX: Final = 100_000
"""Of one PromQL expression."""

EXPRESSION_MATCHERS_MAX: Final = 500
"""Of one selector in it: storage reads all of them in one statement, whose length is bounded too."""

EXPRESSION_DEPTH_MAX: Final = 120
"""PromQL expressions inside one another, those of a long chain of operators among them: each takes a few
frames of Python's stack."""

EVALUATORS_PER_PROJECT_MAX: Final = 100
"""Each asks storage once a second for what is new."""

EVALUATION_FAILURES_MAX: Final = 1_000
"""Of one evaluator: targets that could not be judged and are kept for another try; the newest."""

EVALUATION_FAILURE_CHARS_MAX: Final = 2_000
"""Of the reason that is kept with one."""

EVALUATION_LATE_DAYS_MAX: Final = 7
"""A trace that started longer ago when it arrives is judged by runs over history only."""

EVALUATION_RUNS_OPEN_MAX: Final = 20
"""Runs over history of one project that are not over yet."""

JUDGE_CONNECTIONS_PER_PROJECT_MAX: Final = 50

SAVED_VIEWS_PER_PROJECT_MAX: Final = 2_000
"""Those that people keep to themselves included."""

PUBLIC_LINKS_PER_TRACE_MAX: Final = 50

QUEUES_PER_PROJECT_MAX: Final = 200
"""Annotation queues."""

QUEUE_ITEMS_MAX: Final = 20_000
"""Items of one annotation queue: more than people review."""

QUEUE_FILL_MAX: Final = 5_000
"""Items that one request adds to a queue."""

QUEUE_FILL_SCANNED_MAX: Final = 200_000
"""Traces or spans that are looked through to find them."""

QUEUE_CONFIGS_MAX: Final = 20
"""Scores that a reviewer gives to one item."""

REVIEWERS_WANTED_MAX: Final = 20
"""Reviews that each item of a queue may need."""

REVIEW_LEASE_S: Final = 900
"""How long an item is kept for the reviewer who has it; the web app renews it while it is looked at."""

AGGREGATE_GROUPS_MAX: Final = 1_000
"""Groups of one aggregate; the largest are answered."""

AGGREGATE_BUCKETS_MAX: Final = 11_000
"""Intervals of one aggregate, as many as Prometheus answers steps of a range query."""

KEYS_PER_PROJECT_MAX: Final = 1_000
"""API keys, those whose time is over included."""

DASHBOARDS_PER_PROJECT_MAX: Final = 500

PANELS_PER_DASHBOARD_MAX: Final = 100
"""Each asks a query or more of the server when it comes into sight."""

REDACTION_PATTERNS_MAX: Final = 50
"""Patterns of one's own in one project's redaction."""

REDACTION_PATTERN_CHARS_MAX: Final = 1_000

REDACTION_KEYS_MAX: Final = 100
"""Rules for attributes by their names, of one project."""

REDACTION_TRIAL_CHARS_MAX: Final = 100_000
"""Text that is tried without being stored."""

REDACTION_PREVIEW_TRACES_MAX: Final = 50
"""Stored traces that new rules are tried on."""

SQL_CHARS_MAX: Final = 32_768
"""Of a statement that a user writes."""

SQL_DEPTH_MAX: Final = 60
"""Brackets inside one another in it."""

SQL_PARAMETERS_MAX: Final = 50
SQL_PARAMETERS_CHARS_MAX: Final = 65_536
"""Bound to one statement, and all of their text."""

SQL_SECONDS_MAX: Final = 30
"""After which a statement ends, however far it is."""

SQL_MEMORY_BYTES_MAX: Final = 300_000_000
"""That ClickHouse may use for one statement."""

SQL_ROWS_MAX: Final = 10_000
"""Rows of an answer as JSON; more are cut off."""

SQL_FILE_ROWS_MAX: Final = 1_000_000
"""Rows of a file; a statement with more is refused."""

SQL_ANSWER_BYTES_MAX: Final = 64 << 20
"""Of an answer or a file, before it is written in its format."""

SQL_RUNS_MAX: Final = 3
"""Statements that run at a time on one server: each has a connection and a thread of its own."""

SQL_RUNS_PER_PROJECT_MAX: Final = 2

SQL_RUNS_WAITING_MAX: Final = 24
"""Of one project, before more are answered with 429: a dashboard asks for all of its panels at once."""

OWN_PRICES_PER_PROJECT_MAX: Final = 500
"""Prices that a project sets for itself."""
