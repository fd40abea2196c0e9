"""The llm_* metrics counted by hand: what the views over stored spans have to equal."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from spanglass_server.model.score import Score
from spanglass_server.model.series import Labels, labels_of
from spanglass_server.model.span import Span, TraceSummary

SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
TENTHS = tuple(tenth / 10 for tenth in range(11))
TOKEN_TYPES = ("input", "output", "cache_read", "cache_write", "reasoning")


class Event(NamedTuple):
    """Something that adds to a series at a moment."""

    labels: Labels
    at_ns: int
    amount: float


def events_of(
    spans: Iterable[Span], traces: Iterable[TraceSummary], scores: Iterable[Score]
) -> Iterator[Event]:
    by_trace = {trace.trace_id: trace for trace in traces if not trace.is_deleted}
    for span in spans:
        yield from _of_span(span)
    for trace in by_trace.values():
        yield from _of_trace(trace)
    for score in scores:
        if score.quality is not None:
            yield from _of_score(score, score.quality, by_trace.get(score.trace_id))


def totals_at(events: Iterable[Event], at_ns: int) -> Mapping[Labels, float]:
    """Every series that has begun, with its value."""
    found: dict[Labels, float] = defaultdict(float)
    for event in events:
        if event.at_ns <= at_ns:
            found[event.labels] += event.amount
    return found


def begins_ms(events: Iterable[Event]) -> Mapping[Labels, int]:
    """When each series has its sample of zero: the last multiple of 15 s before its first event."""
    found: dict[Labels, int] = {}
    for event in events:
        begin = (-(-event.at_ns // 15_000_000_000) - 1) * 15_000
        found[event.labels] = min(begin, found.get(event.labels, begin))
    return found


def _of_span(span: Span) -> Iterator[Event]:
    at_ns, seconds = span.end_time_ns, max(0, span.end_time_ns - span.start_time_ns) / 1e9
    place = {"service": span.service, "environment": span.environment}
    model = {"model": span.response_model or span.request_model, "provider": span.provider}
    call = {**model, "feature": span.feature, "team": span.team, **place}
    yield from _histogram(
        "llm_span_duration_seconds", {"kind": span.kind, "name": span.name, **place}, SECONDS, seconds, at_ns
    )
    if span.is_call:
        status = "error" if span.status == "error" else "success"
        yield Event(_labels("llm_requests_total", {**call, "status": status}), at_ns, 1)
        yield from _histogram("llm_latency_seconds", call, SECONDS, seconds, at_ns)
        if span.ttft_ns is not None:
            yield from _histogram("llm_ttft_seconds", call, SECONDS, span.ttft_ns / 1e9, at_ns)
    if span.is_billable:
        for kind in TOKEN_TYPES:
            count = getattr(span, f"{kind}_tokens")
            if count is not None:
                yield Event(_labels("llm_tokens_total", {**call, "type": kind}), at_ns, count)
        if span.cost_usd is not None:
            yield Event(_labels("llm_cost_usd_total", call), at_ns, span.cost_usd)
        else:
            yield Event(_labels("llm_unpriced_requests_total", model), at_ns, 1)
    if span.kind == "cache" and span.cache_hit is not None:
        result = "hit" if span.cache_hit else "miss"
        lookup = {"cache": span.name, "feature": span.feature, "result": result, **place}
        yield Event(_labels("llm_cache_lookups_total", lookup), at_ns, 1)


def _of_trace(trace: TraceSummary) -> Iterator[Event]:
    labels = {
        name: getattr(trace, name) for name in ("name", "status", "feature", "team", "service", "environment")
    }
    seconds = (trace.end_time_ns - trace.start_time_ns) / 1e9
    yield Event(_labels("llm_traces_total", labels), trace.end_time_ns, 1)
    yield from _histogram("llm_trace_duration_seconds", labels, SECONDS, seconds, trace.end_time_ns)


def _of_score(score: Score, value: float, trace: TraceSummary | None) -> Iterator[Event]:
    labels = {
        "score": score.name,
        "evaluator": score.author or score.source,
        "feature": trace.feature if trace else "",
        "service": trace.service if trace else "",
        "environment": score.environment or (trace.environment if trace else ""),
    }
    yield from _histogram("llm_quality_score", labels, TENTHS, value, score.time_ns)


def _histogram(
    name: str, labels: dict[str, str], bounds: tuple[float, ...], value: float, at_ns: int
) -> Iterator[Event]:
    yield Event(_labels(f"{name}_sum", labels), at_ns, value)
    yield Event(_labels(f"{name}_count", labels), at_ns, 1)
    for bound in (*bounds, float("inf")):
        le = "+Inf" if bound == float("inf") else f"{bound:g}"
        yield Event(_labels(f"{name}_bucket", {**labels, "le": le}), at_ns, float(value <= bound))


def _labels(name: str, labels: dict[str, str]) -> Labels:
    return labels_of({"__name__": name, **labels})
