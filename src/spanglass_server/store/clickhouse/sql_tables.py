"""The tables that users' SQL sees: how each is read from ours, for one project and stretch of time.

The project's condition stands in PREWHERE, which runs before anything that users write: a granule at a
project's border holds rows of its neighbour too, and an expression that fails on one of those would tell of
it. PREWHERE holds nothing but parts of the sorting key, which no version of a row changes: it runs before
FINAL has chosen the last one.
"""

from typing import Final, NamedTuple

from spanglass_server.store.ports import TimeRange
from spanglass_server.store.sql import SqlColumn, SqlTable

_HOUR_NS: Final = 3_600_000_000_000


class SqlView(NamedTuple):
    name: str
    meaning: str
    columns: tuple[tuple[str, str, str, str], ...]
    """Name, expression over ours (empty: the column of that name), type, meaning."""
    time: str
    """Our column that the stretch of time cuts."""
    nanos_per_unit: int = 1
    units_per_block: int | None = _HOUR_NS
    """Units of `time` that the sorting key rounds to. None: the key holds `time` itself."""


_TEXT: Final = "String"
_COUNT: Final = "Nullable(Int64)"
_MAP: Final = "Map(String, String)"
_LIST: Final = "Array(String)"
_TIME: Final = "DateTime64(9, 'UTC')"


def _time(column: str) -> str:
    return f"fromUnixTimestamp64Nano({column}, 'UTC')"


_METADATA: Final = "JSONExtract(source.metadata, 'Map(String, String)')"
_WHO: Final = (
    ("service", "", _TEXT, "Service that sent it (service.name)"),
    ("environment", "", _TEXT, "Where it ran, such as prod; empty where unknown"),
    ("release", "", _TEXT, "Version of the application"),
    ("feature", "", _TEXT, "Part of the product"),
    ("team", "", _TEXT, "Who owns it"),
    ("user_id", "", _TEXT, "Whom it was done for; empty where unknown"),
    ("session_id", "", _TEXT, "Conversation it belongs to; empty where none"),
    ("tags", "", _LIST, "Labels set by the application"),
    ("metadata", _METADATA, _MAP, "Set by the application: metadata['key']; values as text"),
)

SPANS: Final = SqlView(
    "spans",
    "One row a span: a model call, a retrieval, a tool, a step. Add up tokens and cost WHERE is_billable.",
    (
        ("trace_id", "", _TEXT, "Trace it belongs to"),
        ("span_id", "", _TEXT, "Its own id, unique in the trace"),
        ("parent_span_id", "", _TEXT, "Span that caused it; empty for a root"),
        ("start_time", _time("start_time_ns"), _TIME, "When it began, UTC"),
        ("end_time", _time("end_time_ns"), _TIME, "When it ended, UTC"),
        ("duration_ms", "(end_time_ns - start_time_ns) / 1e6", "Float64", "How long it took, milliseconds"),
        ("name", "", _TEXT, "Its name"),
        (
            "kind",
            "",
            _TEXT,
            "llm, embedding, retriever, reranker, tool, agent, chain, guardrail, evaluator, cache, span",
        ),
        ("status", "", _TEXT, "ok, error or unset"),
        ("error_type", "", _TEXT, "Class of the error; empty where none"),
        ("error_message", "", _TEXT, "What the error said"),
        ("operation", "", _TEXT, "GenAI operation, such as chat"),
        ("provider", "", _TEXT, "Who runs the model, such as openai"),
        (
            "model",
            "if(response_model != '', response_model, request_model)",
            _TEXT,
            "Model that answered, else the one asked for",
        ),
        ("request_model", "", _TEXT, "Model that was asked for"),
        ("response_model", "", _TEXT, "Model that answered"),
        ("request_parameters", "", _TEXT, "JSON object: temperature and the like"),
        ("input_tokens", "", _COUNT, "All input tokens, cached ones included"),
        ("output_tokens", "", _COUNT, "All output tokens, reasoning included"),
        (
            "total_tokens",
            "if(isNull(input_tokens) AND isNull(output_tokens), NULL,"
            " ifNull(input_tokens, 0) + ifNull(output_tokens, 0))",
            _COUNT,
            "Input and output tokens",
        ),
        ("cache_read_tokens", "", _COUNT, "Input tokens read from the provider's prompt cache"),
        ("cache_write_tokens", "", _COUNT, "Input tokens written to it"),
        ("reasoning_tokens", "", _COUNT, "Output tokens spent on reasoning"),
        ("cost_usd", "", "Nullable(Float64)", "USD; NULL where no price is known"),
        ("cost_details", "", "Map(String, Float64)", "USD by token class"),
        ("cost_source", "", _TEXT, "catalog, custom, reported or unpriced"),
        ("is_billable", "", "Bool", "The one span that carries a call's tokens and cost"),
        ("is_call", "", "Bool", "The one span that stands for a model call"),
        ("streaming", "", "Nullable(Bool)", "Whether the answer was streamed"),
        ("ttft_ms", "ttft_ns / 1e6", "Nullable(Float64)", "Time to first token, milliseconds"),
        ("finish_reasons", "", _LIST, "Why the model stopped"),
        ("cache_hit", "", "Nullable(Bool)", "Of the application's own cache"),
        *_WHO,
        ("tool_name", "", _TEXT, "Tool that was called"),
        ("prompt_name", "", _TEXT, "Managed prompt that was used"),
        ("prompt_version", "", _TEXT, "Its version"),
        ("input", "", _TEXT, "What went in, as sent: text or JSON"),
        ("output", "", _TEXT, "What came out, as sent: text or JSON"),
        ("input_preview", "", _TEXT, "First readable characters of the input"),
        ("output_preview", "", _TEXT, "First readable characters of the output"),
        ("attributes", "attribute_index", _MAP, "Scalar attributes as text: attributes['key']"),
        ("resource", "", _TEXT, "JSON object: what OpenTelemetry says of the sender"),
        ("events", "", _TEXT, "JSON array of span events"),
        ("links", "", _TEXT, "JSON array of links"),
        ("warnings", "", _LIST, "What was odd about its telemetry"),
    ),
    time="start_time_ns",
)

TRACES: Final = SqlView(
    "traces",
    "One row a trace: a request from its first span to its last, added up.",
    (
        ("trace_id", "", _TEXT, "Its id"),
        ("start_time", _time("start_time_ns"), _TIME, "When it began, UTC"),
        ("end_time", _time("end_time_ns"), _TIME, "When its last span ended, UTC"),
        ("duration_ms", "(end_time_ns - start_time_ns) / 1e6", "Float64", "How long it took, milliseconds"),
        ("name", "", _TEXT, "Name of its root"),
        ("status", "", _TEXT, "ok, error or unset"),
        *_WHO,
        ("span_count", "", "UInt32", "Spans"),
        ("error_count", "", "UInt32", "Spans with an error"),
        ("llm_call_count", "", "UInt32", "Model calls"),
        ("input_tokens", "", _COUNT, "Input tokens of its billable calls"),
        ("output_tokens", "", _COUNT, "Output tokens of its billable calls"),
        (
            "total_tokens",
            "if(isNull(input_tokens) AND isNull(output_tokens), NULL,"
            " ifNull(input_tokens, 0) + ifNull(output_tokens, 0))",
            _COUNT,
            "Input and output tokens",
        ),
        ("cache_read_tokens", "", _COUNT, "Input tokens read from the provider's prompt cache"),
        ("cache_write_tokens", "", _COUNT, "Input tokens written to it"),
        ("reasoning_tokens", "", _COUNT, "Output tokens spent on reasoning"),
        ("cost_usd", "", "Nullable(Float64)", "USD of its priced calls; NULL where none is"),
        ("unpriced_count", "", "UInt32", "Calls without a known price or usage"),
        ("models", "", _LIST, "Models that answered"),
        ("providers", "", _LIST, "Providers that were called"),
        ("kinds", "", _LIST, "Kinds of its spans"),
        ("error_types", "", _LIST, "Classes of its errors"),
    ),
    time="start_time_ns",
)

SCORES: Final = SqlView(
    "scores",
    "One row a score: a named judgement of a trace, a span or a session.",
    (
        ("score_id", "", _TEXT, "Its id"),
        ("time", _time("time_ns"), _TIME, "When it was given, UTC"),
        ("name", "", _TEXT, "What was judged, such as quality"),
        ("trace_id", "", _TEXT, "Trace that was judged"),
        ("span_id", "", _TEXT, "Span that was judged; empty for the whole trace"),
        ("session_id", "", _TEXT, "Session that was judged; empty where none"),
        ("data_type", "", _TEXT, "numeric, categorical, boolean, text or correction"),
        ("value", "", "Nullable(Float64)", "The number; 0 or 1 for a boolean"),
        ("string_value", "", _TEXT, "The category or text"),
        ("quality", "", "Nullable(Float64)", "How good it is, 0 to 1; NULL where the score does not say"),
        ("sampling_rate", "", "Float64", "Share of traces that were looked at: each stands for 1 / rate"),
        ("source", "", _TEXT, "api, evaluator or person"),
        ("author", "", _TEXT, "Person or evaluator, where known"),
        ("comment", "", _TEXT, "Why"),
        ("evaluator_id", "", _TEXT, "Evaluator that gave it; empty where none"),
        ("evaluator_version", "", "UInt32", "Its version; 0 where none"),
        ("environment", "", _TEXT, "Where the judged application ran"),
        ("metadata", _METADATA, _MAP, "Sent with it: metadata['key']; values as text"),
        (
            "is_public",
            "toBool(source.is_public)",
            "Bool",
            "Sent from a web page with a public key: by anyone",
        ),
    ),
    time="time_ns",
)

LOGS: Final = SqlView(
    "logs",
    "One row a log record.",
    (
        ("time", _time("time_ns"), _TIME, "When it happened, UTC"),
        ("trace_id", "", _TEXT, "Trace it belongs to; empty where none"),
        ("span_id", "", _TEXT, "Span it belongs to; empty where none"),
        ("severity_number", "", "UInt8", "OpenTelemetry's: 9 info, 13 warn, 17 error, 21 fatal; 0 unknown"),
        ("severity_text", "", _TEXT, "As sent"),
        ("service", "", _TEXT, "Service that sent it"),
        ("environment", "", _TEXT, "Where it ran"),
        ("event_name", "", _TEXT, "Name of the event, where it is one"),
        ("body", "", _TEXT, "Text, or JSON for a structured record"),
        ("attributes", "attribute_index", _MAP, "Attributes and fields as text: attributes['key']"),
        ("resource", "", _TEXT, "JSON object: what OpenTelemetry says of the sender"),
    ),
    time="time_ns",
    units_per_block=None,
)

SAMPLES: Final = SqlView(
    "samples",
    "One row a sample of a metric that was sent (OTLP metrics, remote write).",
    (
        ("metric", "name", _TEXT, "Name of the metric"),
        ("time", "fromUnixTimestamp64Milli(time_ms, 'UTC')", "DateTime64(3, 'UTC')", "When, UTC"),
        ("value", "", "Float64", "Its value; NaN marks a series that ended"),
        ("series_id", "", "UInt64", "Hash of name and labels"),
    ),
    time="time_ms",
    nanos_per_unit=1_000_000,
    units_per_block=None,
)

SERIES: Final = SqlView(
    "series",
    "One row a series and day on which it has samples: the labels of `samples`, by series_id.",
    (
        ("metric", "name", _TEXT, "Name of the metric"),
        ("day", "toDate32(source.day)", "Date32", "Day, UTC"),
        ("series_id", "", "UInt64", "Hash of name and labels"),
        ("labels", "", _MAP, "Labels: labels['service']"),
    ),
    time="day",
    nanos_per_unit=24 * _HOUR_NS,
    units_per_block=None,
)

VIEWS: Final = (SPANS, TRACES, SCORES, LOGS, SAMPLES, SERIES)
VIEW_OF: Final = {view.name: view for view in VIEWS}


def describe(view: SqlView) -> SqlTable:
    columns = tuple(SqlColumn(name, kind, meaning) for name, _, kind, meaning in view.columns)
    return SqlTable(view.name, view.meaning, columns)


def definition(view: SqlView, database: str, project: str, during: TimeRange | None) -> str:
    """The SELECT that stands for the table. `project`: the project's id as a SQL expression, such as a bound
    parameter."""
    # Ours by its qualified name: an alias of the same name would stand for it.
    columns = ", ".join(f"{sql or f'source.{name}'} AS {name}" for name, sql, _, _ in view.columns)
    key, exact = _time_conditions(view, during)
    return (
        f"SELECT {columns} FROM `{database}`.{view.name} AS source FINAL"
        f" PREWHERE source.project_id = {project}{key}{exact}"
    )


def _time_conditions(view: SqlView, during: TimeRange | None) -> tuple[str, str]:
    """Of the sorting key, for PREWHERE, and of the very time, for WHERE."""
    if during is None:
        return "", ""
    column = f"source.{view.time}"
    # A unit that lies partly inside counts.
    start, end = during.from_ns // view.nanos_per_unit, -(-during.to_ns // view.nanos_per_unit)
    if view.units_per_block is None:
        return f" AND {column} >= {start:d} AND {column} < {end:d}", ""
    block = f"intDiv({column}, {view.units_per_block:d})"
    first, last = start // view.units_per_block, end // view.units_per_block
    return (
        f" AND {block} >= {first:d} AND {block} <= {last:d}",
        f" WHERE {column} >= {start:d} AND {column} < {end:d}",
    )
