"""What messages say about an alert beyond its labels, looked up in spans and series: store/ports.py's
SpanReader and the QueryRunner as notify/context.py's AlertContext."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import structlog

from spanglass_server.base.errors import SpanglassError
from spanglass_server.metrics.runner import Cancellation, QueryRunner
from spanglass_server.model.alert import Alert
from spanglass_server.model.series import Labels, Matcher, Series
from spanglass_server.notify.context import AlertDetails, Difference, TraceExample
from spanglass_server.notify.matchers import print_matchers
from spanglass_server.promql.ast import Binary, Expression, Number, Unary, without_parentheses
from spanglass_server.promql.parse import parse
from spanglass_server.promql.print import format_number, print_expression
from spanglass_server.query.ast import Expression as Filter
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.ports import PageRequest, SpanReader, TimeRange

log = structlog.get_logger(__name__)

_MS_NS: Final = 1_000_000
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_SECONDS_MAX: Final = 5.0
"""For everything that is looked up of one alert."""
_STEP_MS: Final = 2 * _MINUTE_MS
_COMPARISONS: Final = frozenset({">", "<", ">=", "<=", "==", "!="})
_FLIPPED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_CALL_LABELS: Final = frozenset({"model", "provider"})
"""Fields of spans alone."""
_FIELD_LABELS: Final = _CALL_LABELS | {"service", "environment", "feature", "team", "name"}
"""Labels that are fields of the filter language."""
_OF_TRACES: Final = ("llm_trace_", "llm_traces_", "llm_quality_")
"""Metrics whose labels are those of the trace."""
_FIELDS: Final = (
    "model",
    "feature",
    "release",
    "environment",
    "service",
    "team",
    "name",
    "provider",
    "user_id",
)
"""Where a difference is looked for, in this order."""
_VALUES_MAX: Final = 20
_SHOWN: Final = 3
_SHARE_GAIN_MIN: Final = 0.1
"""A value has to gain so much of all traces to be worth a line."""
_TRACES_MIN: Final = 5
"""Fewer traces differ by chance."""
_BEFORE_START_MS: Final = 5 * _MINUTE_MS
"""What made an alert fire lies before it did: the range of its rates, and its `for`."""


class _Comparison(NamedTuple):
    value: Expression
    op: str
    threshold: float


class StoredContext:
    """Looks things up in the stored spans and series. Safe from many threads."""

    def __init__(
        self,
        reader: SpanReader,
        runner: QueryRunner,
        *,
        external_url: str,
        project_name: Callable[[str], str],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._runner = runner
        self._external_url = external_url.rstrip("/")
        self._project_name = project_name
        self._monotonic_s = monotonic_s

    def describe(self, alert: Alert, *, now_ms: int) -> AlertDetails:
        try:
            return self._describe(alert, now_ms)
        except SpanglassError as problem:
            log.info("alert_context_missing", reason=problem.message)
        except Exception:
            # The edge of a courtesy: whatever it met, the message has to go out.
            log.exception("alert_context_failed")
        return AlertDetails(rule_url=alert.generator_url)

    def _describe(self, alert: Alert, now_ms: int) -> AlertDetails:
        deadline_s = self._monotonic_s() + _SECONDS_MAX
        comparison = _comparison_of(alert.expression)
        points = self._softly(lambda: self._points(alert, comparison, now_ms))
        filter_text = _filter_of(alert, comparison)
        window = _window_of(alert, now_ms)
        where = parse_filter(filter_text, "traces")
        differences = self._softly(lambda: self._differences(alert, where, window, deadline_s))
        examples = self._softly(lambda: self._examples(alert, where, window, deadline_s))
        project = quote(self._project_name(alert.project_id), safe="")
        return AlertDetails(
            threshold=f"{comparison.op} {format_number(comparison.threshold)}" if comparison else "",
            points=points,
            differences=differences,
            examples=examples,
            traces_url=self._traces_url(filter_text, window, project),
            silence_url=self._silence_url(alert.labels, project),
            rule_url=alert.generator_url,
        )

    def _softly(self, look: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """Each part may be missing by itself."""
        try:
            return look()
        except SpanglassError as problem:
            log.info("alert_context_missing", reason=problem.message)
            return ()

    # The expression

    def _points(self, alert: Alert, comparison: _Comparison | None, now_ms: int) -> Sequence[float]:
        text = print_expression(comparison.value) if comparison else alert.expression
        result = self._runner.run_range(
            alert.project_id,
            text,
            start_ms=now_ms - _HOUR_MS,
            end_ms=now_ms,
            step_ms=_STEP_MS,
            cancellation=Cancellation(timeout_s=_SECONDS_MAX / 2),
        )
        series = _series_of(result.matrix, alert.labels)
        if series is None:
            return ()
        points = [math.nan] * (_HOUR_MS // _STEP_MS + 1)
        for time_ms, value in zip(series.times_ms, series.values, strict=True):
            points[int(time_ms - (now_ms - _HOUR_MS)) // _STEP_MS] = float(value)
        return points

    # The traces

    def _differences(
        self, alert: Alert, where: Filter | None, window: TimeRange, deadline_s: float
    ) -> Sequence[Difference]:
        """Values that gained most among the traces that match, against all of the hour before."""
        told = {name for name, _ in alert.labels}
        before = TimeRange(max(0, window.from_ns - _HOUR_MS * _MS_NS), window.from_ns)
        usual = parse_filter(_filter_of(alert, None, is_narrowed=False), "traces")
        found: list[Difference] = []
        for field in _FIELDS:
            if field in told or self._monotonic_s() > deadline_s:
                continue
            found += _gains(
                field,
                self._facets(alert.project_id, window, where, field),
                self._facets(alert.project_id, before, usual, field),
            )
        found.sort(key=lambda difference: difference.share_before - difference.share)
        return found[:_SHOWN]

    def _facets(
        self, project_id: str, during: TimeRange, where: Filter | None, field: str
    ) -> Mapping[str, int]:
        return dict(
            self._reader.facets(
                project_id, during, where, field=field, prefix="", limit=_VALUES_MAX, target="traces"
            )
        )

    def _examples(
        self, alert: Alert, where: Filter | None, window: TimeRange, deadline_s: float
    ) -> Sequence[TraceExample]:
        if self._monotonic_s() > deadline_s:
            return ()
        order = "-duration" if _is_about_time(alert.expression) else "-start_time"
        page = self._reader.list_traces(alert.project_id, window, where, PageRequest(_SHOWN, "", order))
        project = quote(self._project_name(alert.project_id), safe="")
        return [
            TraceExample(
                trace_id=row["trace_id"],
                name=row["name"] or "",
                duration_ms=(row["end_time_ns"] - row["start_time_ns"]) / _MS_NS,
                is_error=row["status"] == "error",
                url=f"{self._external_url}/traces/{quote(row['trace_id'], safe='')}?project={project}",
            )
            for row in page.items
        ]

    # Links

    def _traces_url(self, filter_text: str, window: TimeRange, project: str) -> str:
        begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ns / 1e9)) for ns in window)
        return (
            f"{self._external_url}/traces?project={project}&filter={quote(filter_text, safe='')}"
            f"&from={quote(begin)}&to={quote(end)}"
        )

    def _silence_url(self, labels: Labels, project: str) -> str:
        matchers = [Matcher(name, "=", value) for name, value in labels if name != "project"]
        return (
            f"{self._external_url}/alerts/silences?project={project}"
            f"&matchers={quote(print_matchers(matchers), safe='')}"
        )


def _comparison_of(expression: str) -> _Comparison | None:
    """The value, the operator and the number of an expression that compares with a number; None of others.
    What stands behind `and` and `unless`, such as a floor of traffic, gives no values."""
    try:
        node = without_parentheses(parse(expression))
    except SpanglassError:
        return None
    while isinstance(node, Binary) and node.op in ("and", "unless"):
        node = without_parentheses(node.left)
    if not isinstance(node, Binary) or node.op not in _COMPARISONS:
        return None
    right, left = _number_of(node.right), _number_of(node.left)
    if right is not None:
        return _Comparison(node.left, node.op, right)
    if left is not None:
        return _Comparison(node.right, _FLIPPED.get(node.op, node.op), left)
    return None


def _number_of(node: Expression) -> float | None:
    inner = without_parentheses(node)
    if isinstance(inner, Number):
        return inner.value
    if isinstance(inner, Unary):
        number = _number_of(inner.expression)
        return None if number is None else (-number if inner.op == "-" else number)
    return None


def _series_of(matrix: Sequence[Series], labels: Labels) -> Series | None:
    """The one whose labels are all the alert's; the most of them, where several are."""
    mine = set(labels)
    found = [series for series in matrix if {pair for pair in series.labels if pair[0] != "__name__"} <= mine]
    return max(found, key=lambda series: len(series.labels), default=None)


def _filter_of(alert: Alert, comparison: _Comparison | None, *, is_narrowed: bool = True) -> str:
    """The traces that an alert is about: those with its labels; of an alert about errors those in which that
    failed, of one about durations those in which that took longer than its threshold."""
    whose = _whose_labels(alert.expression)
    terms = [
        f"{'' if name in _CALL_LABELS else whose}{name}:{_quoted(value)}"
        for name, value in alert.labels
        if name in _FIELD_LABELS
    ]
    if is_narrowed and 'status="error"' in alert.expression.replace(" ", ""):
        terms.append(f"{whose}status:error")
    elif is_narrowed and comparison and comparison.op in (">", ">=") and _is_about_time(alert.expression):
        terms.append(f"{whose}duration>{max(comparison.threshold, 0):.3f}s")
    return " ".join(terms)


def _whose_labels(expression: str) -> str:
    """`span.` where series carry what their spans say: a call's service is rarely that of the trace, which is
    the one that was asked first."""
    return "" if any(word in expression for word in _OF_TRACES) else "span."


def _is_about_time(expression: str) -> bool:
    return any(word in expression for word in ("latency_seconds", "duration_seconds", "ttft_seconds"))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _window_of(alert: Alert, now_ms: int) -> TimeRange:
    """While it fires, and a little before; at most an hour."""
    from_ms = max(alert.starts_at_ms - _BEFORE_START_MS, now_ms - _HOUR_MS)
    return TimeRange(min(from_ms, now_ms - _MINUTE_MS) * _MS_NS, (now_ms + 1) * _MS_NS)


def _gains(field: str, now: Mapping[str, int], before: Mapping[str, int]) -> Sequence[Difference]:
    now_count, before_count = sum(now.values()), sum(before.values())
    if min(now_count, before_count) < _TRACES_MIN:
        return []
    shares = ((value, count / now_count, before.get(value, 0) / before_count) for value, count in now.items())
    return [
        Difference(field, value, share, share_before)
        for value, share, share_before in shares
        if value and share - share_before >= _SHARE_GAIN_MIN
    ]
