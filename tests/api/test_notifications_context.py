"""What messages say of the traces behind an alert, looked up in the embedded engine."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.app.alert_context import StoredContext
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.model.alert import Alert
from spanglass_server.model.series import Series, SeriesSelection, labels_of
from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter

_NOW_MS = EPOCH_NS // 1_000_000 + 2 * 3_600_000
_NOW_NS = _NOW_MS * 1_000_000
_EXPRESSION = 'sum by (feature) (rate(llm_requests_total{status="error"}[5m])) > 0.05'


class _Series:
    """A series of the feature `search` that rises through the hour."""

    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        times = np.arange(_NOW_MS - 7_200_000, _NOW_MS + 1, 60_000, dtype=np.int64)
        labels = labels_of({"__name__": "llm_requests_total", "status": "error", "feature": "search"})
        values = np.arange(len(times), dtype=np.float64) ** 2
        kept = (times > selection.from_ms) & (times <= selection.to_ms)
        return [Series(labels, times[kept], values[kept])]

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        return [self.select(project_id, selection) for selection in selections]


def _alert(project_id: str, expression: str = _EXPRESSION, **labels: str) -> Alert:
    return Alert(
        project_id=project_id,
        labels=labels_of({"alertname": "Errors", "project": "shop", **labels}),
        annotations=(),
        starts_at_ms=_NOW_MS - 600_000,
        ends_at_ms=0,
        updated_at_ms=_NOW_MS,
        value=0.2,
        expression=expression,
        generator_url="http://spanglass.example/explore?expr=x",
    )


def _store(engine: EmbeddedEngine, factory: SpanFactory, *traces: list[Span]) -> None:
    ClickHouseWriter(engine).write_batch(
        spans=[span for spans in traces for span in spans],
        traces=[factory.summary(spans) for spans in traces],
        logs=[],
    )


def _context(engine: EmbeddedEngine, reader: Any = None, series: Any = None) -> StoredContext:
    return StoredContext(
        reader or ClickHouseReader(engine),
        QueryRunner(series or _Series()),
        external_url="http://spanglass.example/",
        project_name=lambda _project_id: "the shop",
    )


@pytest.fixture
def incident(embedded_engine: EmbeddedEngine, span_factory: SpanFactory) -> str:
    """An hour of good traces of two releases, then ten minutes in which release 2 fails for search."""
    traces = [
        span_factory.rag_trace(
            start_time_ns=_NOW_NS - 3_600 * SECOND_NS + n * 60 * SECOND_NS,
            feature="search",
            release="1" if n % 4 else "2",
        )
        for n in range(40)
    ]
    traces += [
        span_factory.rag_trace(
            start_time_ns=_NOW_NS - (600 - n * 20) * SECOND_NS,
            feature="search",
            release="2",
            status="error",
            error_type="RateLimited",
        )
        for n in range(12)
    ]
    _store(embedded_engine, span_factory, *traces)
    return span_factory.project_id


def test_an_alert_about_errors_tells_what_the_failed_traces_have_in_common(
    embedded_engine: EmbeddedEngine, incident: str
) -> None:
    details = _context(embedded_engine).describe(_alert(incident, feature="search"), now_ms=_NOW_MS)
    assert details.threshold == "> 0.05"
    assert len(details.points) == 31
    assert list(details.points[5:]) == sorted(details.points[5:])
    found = details.differences[0]
    assert (found.field, found.value, found.share) == ("release", "2", 1.0)
    assert 0.2 < found.share_before < 0.3
    assert len(details.examples) == 3
    assert all(example.is_error for example in details.examples)
    assert details.examples[0].url.startswith("http://spanglass.example/traces/")
    assert details.examples[0].url.endswith("?project=the%20shop")
    traces = parse_qs(urlsplit(details.traces_url).query)
    assert traces["filter"] == ['span.feature:"search" span.status:error']
    silence = parse_qs(urlsplit(details.silence_url).query)
    assert silence == {"project": ["the shop"], "matchers": ['{alertname="Errors",feature="search"}']}
    assert details.rule_url == "http://spanglass.example/explore?expr=x"


def test_an_alert_about_latency_shows_the_slowest_beyond_its_threshold(
    embedded_engine: EmbeddedEngine, span_factory: SpanFactory
) -> None:
    slow = [span_factory.rag_trace(start_time_ns=_NOW_NS - n * 10 * SECOND_NS) for n in range(1, 8)]
    slow = [
        [trace[0]._replace(end_time_ns=trace[0].start_time_ns + n * SECOND_NS), *trace[1:]]
        for n, trace in enumerate(slow, 1)
    ]
    _store(embedded_engine, span_factory, *slow)
    expression = "histogram_quantile(0.99, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 3"
    details = _context(embedded_engine).describe(_alert(span_factory.project_id, expression), now_ms=_NOW_MS)
    assert [example.duration_ms for example in details.examples] == [7000, 6000, 5000]
    assert details.threshold == "> 3"


@pytest.fixture
def two_services(embedded_engine: EmbeddedEngine, span_factory: SpanFactory) -> str:
    """Traces that a gateway began and a service behind it went on with; in half of them a call failed, and
    was tried again."""
    traces = []
    for n in range(8):
        root, *parts = span_factory.rag_trace(
            start_time_ns=_NOW_NS - (n + 1) * 10 * SECOND_NS, service="rag-service"
        )
        if n % 2:
            parts[2] = parts[2]._replace(status="error")
        traces.append([root._replace(service="gateway"), *parts])
    _store(embedded_engine, span_factory, *traces)
    return span_factory.project_id


def test_examples_of_a_service_in_the_middle_of_its_traces_are_found(
    embedded_engine: EmbeddedEngine, two_services: str
) -> None:
    alert = _alert(two_services, "sum by (service) (rate(llm_requests_total[5m])) > 1", service="rag-service")
    details = _context(embedded_engine).describe(alert, now_ms=_NOW_MS)
    assert len(details.examples) == 3
    alert = _alert(two_services, service="rag-service")
    failed = _context(embedded_engine).describe(alert, now_ms=_NOW_MS)
    assert len(failed.examples) == 3
    assert {example.trace_id for example in failed.examples} != {one.trace_id for one in details.examples}


def test_series_of_traces_lead_to_the_traces_that_carry_their_labels(
    embedded_engine: EmbeddedEngine, two_services: str
) -> None:
    expression = "sum by (service) (rate(llm_traces_total[5m])) > 1"
    for service, count in (("gateway", 3), ("rag-service", 0)):
        alert = _alert(two_services, expression, service=service)
        assert len(_context(embedded_engine).describe(alert, now_ms=_NOW_MS).examples) == count


@pytest.mark.parametrize(
    ("expression", "threshold"),
    [
        ("5 < sum(x)", "> 5"),
        ("(sum(x)) <= -0.5", "<= -0.5"),
        ("sum(x) > 5 and sum(y) >= 20", "> 5"),
        ("(sum(x) > 5 unless on () y) and z", "> 5"),
        ("sum(x) > 5 or sum(y) > 2", ""),
        ("sum(x) > 2 * y", ""),
        ("absent(x)", ""),
        ("not promql ((", ""),
    ],
)
def test_the_threshold_is_the_number_that_the_expression_compares_with(
    embedded_engine: EmbeddedEngine, project_id: str, expression: str, threshold: str
) -> None:
    details = _context(embedded_engine).describe(_alert(project_id, expression), now_ms=_NOW_MS)
    assert details.threshold == threshold


def test_a_label_with_marks_of_the_filter_language_stays_a_value(
    embedded_engine: EmbeddedEngine, project_id: str
) -> None:
    odd = 'a"b\\ or status:error*'
    details = _context(embedded_engine).describe(_alert(project_id, feature=odd), now_ms=_NOW_MS)
    assert details.examples == []
    assert details.traces_url


def test_what_storage_cannot_tell_is_left_out(embedded_engine: EmbeddedEngine, incident: str) -> None:
    class Down:
        def __getattr__(self, name: str) -> Any:
            def fail(*_: object, **__: object) -> Any:
                raise StorageUnavailable("storage is down")

            return fail

    details = _context(embedded_engine, reader=Down()).describe(
        _alert(incident, feature="search"), now_ms=_NOW_MS
    )
    assert details.threshold == "> 0.05"
    assert details.points
    assert not details.differences
    assert not details.examples
    details = _context(embedded_engine, series=Down()).describe(
        _alert(incident, feature="search"), now_ms=_NOW_MS
    )
    assert not details.points
    assert details.differences
