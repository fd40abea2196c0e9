"""Counts over many rows: the values of a field, and how traces or spans spread over time."""

from collections.abc import Mapping
from typing import Any

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import Expression
from spanglass_server.query.fields import ResolvedField, Target, get_field
from spanglass_server.store.clickhouse.compile import SUMMARIZED
from spanglass_server.store.clickhouse.compile_fields import EXPRESSIONS, Binder, value_sql
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_lists import SPANS_OF_TRACES, condition_of, range_params
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.ports import TimeRange

_KEYS = {
    "attributes": "mapKeys(attribute_index)",
    "resource": "JSONExtractKeys(resource)",
    "metadata": "JSONExtractKeys(metadata)",
}
"""Open fields: their facet is their keys."""

OPEN_FACET_ROWS: Mapping[Target, int] = {"traces": 10_000, "spans": 50_000, "logs": 50_000}
"""Facets of open fields look at this many of the newest rows: they read a map of each span."""

LISTED = {**SUMMARIZED, "model": "models", "provider": "providers"}
"""Span fields whose values a trace's summary lists; models and providers are those of calls."""

_DURATION = EXPRESSIONS["duration_ns"]
_SUMS: Mapping[Target, tuple[str, str, str, str]] = {
    "traces": (
        "countIf(status = 'error')", f"sum({EXPRESSIONS['total_tokens']})",
        "sum(cost_usd)", "sum(unpriced_count)",
    ),
    "spans": (
        "countIf(status = 'error')", f"sumIf({EXPRESSIONS['total_tokens']}, is_billable)",
        "sumIf(cost_usd, is_billable)", "countIf(is_call AND isNull(cost_usd))",
    ),
}  # fmt: skip
"""Errors, tokens, cost and unpriced calls."""


def count_values(
    engine: Engine,
    project_id: str,
    during: TimeRange,
    where: Expression | None,
    *,
    field: str,
    prefix: str,
    limit: int,
    target: Target,
) -> list[tuple[str, int]]:
    bind = Binder()
    values, asks_spans = _facet_values(field, target, bind)
    if _is_open(field, target):
        during = _newest(engine, project_id, during, where, target)
    wanted = condition_of(where, target, bind)
    if asks_spans and target == "traces":
        traces = f"SELECT trace_id FROM traces FINAL WHERE {wanted}"
        source = f"spans FINAL\nWHERE {SPANS_OF_TRACES}\nAND trace_id IN ({traces})"
        counted = "uniqExact(sipHash64(trace_id))"
    else:
        source, counted = f"{target} FINAL\nWHERE {wanted}", "count()"
    starts = f" AND startsWith(lowerUTF8(value), lowerUTF8({bind(prefix)}))" if prefix else ""
    sql = (
        f"SELECT {values} AS value, {counted} AS number\nFROM {source} AND value != ''{starts}\n"
        f"GROUP BY value\nORDER BY number DESC, value ASC\nLIMIT {limit:d}"
    )
    rows = read_rows(engine, sql, {**range_params(project_id, during), **bind.params})
    return [(row["value"], row["number"]) for row in rows]


def _is_open(field: str, target: Target) -> bool:
    return field in _KEYS or get_field(field, target).field.is_open


def _newest(
    engine: Engine, project_id: str, during: TimeRange, where: Expression | None, target: Target
) -> TimeRange:
    """The part of the range that holds its newest `OPEN_FACET_ROWS` rows."""
    bind = Binder()
    wanted = condition_of(where, target, bind)
    at = "time_ns" if target == "logs" else "start_time_ns"
    sql = (
        f"SELECT {at} AS start_ns FROM {target} FINAL\nWHERE {wanted}\n"
        f"ORDER BY {at} DESC LIMIT 1 OFFSET {OPEN_FACET_ROWS[target] - 1:d}"
    )
    rows = read_rows(engine, sql, {**range_params(project_id, during), **bind.params})
    return TimeRange(rows[0]["start_ns"], during.to_ns) if rows else during


def _facet_values(field: str, target: Target, bind: Binder) -> tuple[str, bool]:
    """The values as text, one a row, and whether they are the spans'."""
    if field in _KEYS:
        get_field(f"{field}.key", target)  # Logs have no metadata.
        return f"arrayJoin({_KEYS[field]})", field != "metadata" or target == "spans"
    resolved = get_field(field, target)
    if target == "traces" and resolved.name in LISTED:
        return f"arrayJoin({LISTED[resolved.name]})", False
    is_counted = resolved.field.is_facet or (resolved.field.is_open and resolved.field.column != "scores")
    if not is_counted:
        raise QueryInvalid(
            f"`{field}` has no list of values", hint="fields with is_facet at /api/v1/fields have"
        )
    return _as_text(resolved, value_sql(resolved, bind)), resolved.field.of_span


def _as_text(resolved: ResolvedField, value: str) -> str:
    match resolved.field.type:
        case "list":
            return f"arrayJoin({value})"
        case "bool":
            return f"ifNull(toString({value}), '')"
        case _:
            return f"toString({value})"


def histogram(
    engine: Engine,
    project_id: str,
    during: TimeRange,
    where: Expression | None,
    *,
    buckets: int,
    target: Target,
) -> list[Mapping[str, Any]]:
    bind = Binder()
    wanted = condition_of(where, target, bind)
    width = bucket_width_ns(during, buckets)
    errors, tokens, cost, unpriced = _SUMS[target]
    sql = (
        f"SELECT intDiv(start_time_ns - {{from_ns:Int64}}, {width:d}) AS bucket, count() AS rows,\n"
        f"{errors} AS errors, quantilesExact(0.5, 0.9, 0.99)({_DURATION}) AS durations,\n"
        f"{tokens} AS tokens, {cost} AS cost, {unpriced} AS unpriced\n"
        f"FROM {target} FINAL\nWHERE {wanted}\nGROUP BY bucket"
    )
    rows = read_rows(engine, sql, {**range_params(project_id, during), **bind.params})
    found = {row["bucket"]: row for row in rows}
    count = -(-(during.to_ns - during.from_ns) // width)
    return [_bucket(during.from_ns + number * width, found.get(number)) for number in range(count)]


def bucket_width_ns(during: TimeRange, buckets: int) -> int:
    """Whole milliseconds, such that `buckets` of them cover the range."""
    milliseconds = -(-(during.to_ns - during.from_ns) // (buckets * 1_000_000))
    return max(1, milliseconds) * 1_000_000


def _bucket(start_ns: int, row: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if row is None:
        return {"start_ns": start_ns, **_EMPTY_BUCKET}
    p50, p90, p99 = row["durations"]
    return {
        "start_ns": start_ns,
        "count": row["rows"],
        "error_count": row["errors"],
        "duration_p50_ns": p50,
        "duration_p90_ns": p90,
        "duration_p99_ns": p99,
        "total_tokens": row["tokens"],
        "cost_usd": row["cost"],
        "unpriced_count": row["unpriced"],
    }


_EMPTY_BUCKET: Mapping[str, Any] = {
    "count": 0,
    "error_count": 0,
    "duration_p50_ns": None,
    "duration_p90_ns": None,
    "duration_p99_ns": None,
    "total_tokens": None,
    "cost_usd": None,
    "unpriced_count": 0,
}
