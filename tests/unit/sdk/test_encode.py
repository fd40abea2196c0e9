"""Spans are encoded as OpenTelemetry's own encoder would."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace.span import TraceState

from spanglass._encode import encode_resource, encode_scope, encode_span, frame, schema_url, varint

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
SCALARS = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXTS.filter(bool), inner, max_size=4)
    ),
    max_leaves=12,
)
ATTRIBUTES = st.dictionaries(TEXTS.filter(bool), VALUES, max_size=6)
IDS = st.integers(1, 2**64 - 1)
TIMES = st.integers(0, 2**63)
CONTEXTS = st.builds(
    SpanContext,
    trace_id=st.integers(1, 2**128 - 1),
    span_id=IDS,
    is_remote=st.booleans(),
    trace_flags=st.just(TraceFlags(1)),
    trace_state=st.one_of(st.just(TraceState()), st.just(TraceState([("vendor", "a=b"), ("other", "c")]))),
)


class Ended(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def provider(*, attributes_max: int = 128) -> tuple[TracerProvider, Ended]:
    ended = Ended()
    limits = SpanLimits(max_span_attributes=attributes_max, max_events=3, max_links=2)
    made = TracerProvider(
        resource=Resource({"service.name": "s", "host.cpus": [1, 2]}, "https://schema/resource"),
        shutdown_on_exit=False,
        span_limits=limits,
    )
    made.add_span_processor(ended)
    return made, ended


def normal(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """Without statuses that say nothing, which are the same present or absent."""
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                if not span.status.code and not span.status.message:
                    span.ClearField("status")
    return request


def ours(spans: list[ReadableSpan]) -> ExportTraceServiceRequest:
    def origin(span: ReadableSpan) -> tuple[bytes, bytes, bytes, bytes]:
        scope = span.instrumentation_scope
        return (
            encode_resource(span.resource, {}),
            schema_url(span.resource.schema_url),
            encode_scope(scope),
            schema_url(scope.schema_url if scope else None),
        )

    return ExportTraceServiceRequest.FromString(frame((origin(span), encode_span(span)) for span in spans))


@given(
    name=TEXTS,
    attributes=ATTRIBUTES,
    parent=st.one_of(st.none(), CONTEXTS),
    kind=st.sampled_from(SpanKind),
    times=st.tuples(TIMES, TIMES),
    status=st.one_of(st.none(), st.just((StatusCode.OK, None)), st.tuples(st.just(StatusCode.ERROR), TEXTS)),
    events=st.lists(st.tuples(TEXTS, ATTRIBUTES, TIMES), max_size=5),
    links=st.lists(st.tuples(CONTEXTS, ATTRIBUTES), max_size=3),
    attributes_max=st.sampled_from([128, 2]),
)
def test_our_bytes_say_what_opentelemetrys_do(
    name: str,
    attributes: dict[str, Any],
    parent: SpanContext | None,
    kind: SpanKind,
    times: tuple[int, int],
    status: tuple[StatusCode, str | None] | None,
    events: list[tuple[str, dict[str, Any], int]],
    links: list[tuple[SpanContext, dict[str, Any]]],
    attributes_max: int,
) -> None:
    tracers, ended = provider(attributes_max=attributes_max)
    span = tracers.get_tracer("scope", "1.0", "https://schema/scope", {"a": 1}).start_span(
        name,
        None if parent is None else set_span_in_context(NonRecordingSpan(parent)),
        kind,
        attributes,
        [Link(context, given) for context, given in links],
        start_time=times[0],
    )
    for event, given_attributes, moment in events:
        span.add_event(event, given_attributes, moment)
    if status is not None:
        span.set_status(*status)
    span.end(times[1])
    assert ours(ended.spans) == normal(encode_spans(ended.spans))


def test_spans_are_grouped_by_resource_and_scope() -> None:
    first, ended = provider()
    second, others = provider()
    for tracer in (first.get_tracer("a"), first.get_tracer("b"), first.get_tracer("a")):
        tracer.start_span("x").end()
    second.get_tracer("a").start_span("y").end()
    request = ours(ended.spans + others.spans)
    (only,) = request.resource_spans
    assert [(group.scope.name, len(group.spans)) for group in only.scope_spans] == [("a", 3), ("b", 1)]


@given(st.integers(0, 2**64 - 1))
def test_varints_are_base_128(number: int) -> None:
    encoded = varint(number)
    assert sum((byte & 0x7F) << (7 * at) for at, byte in enumerate(encoded)) == number
    assert all(byte & 0x80 for byte in encoded[:-1])
    assert not encoded[-1] & 0x80


def test_text_that_utf_8_cannot_hold_and_numbers_beyond_64_bits_are_sent_as_well_as_possible() -> None:
    tracers, ended = provider()
    tracers.get_tracer("t").start_span("half \ud83d", attributes={"k\ud83d": "v\ud83d", "big": 2**70}).end()
    (span,) = ours(ended.spans).resource_spans[0].scope_spans[0].spans
    assert span.name == "half ?"
    assert {a.key: a.value.string_value for a in span.attributes} == {"k?": "v?", "big": hex(2**70)}


def test_a_mask_sees_every_text_and_what_it_fails_on_stays_hidden() -> None:
    tracers, ended = provider()
    span = tracers.get_tracer("t").start_span(
        "s",
        attributes={"plain": "call 555", "list": ["555", "ok"], "map": {"a": "555"}, "n": 555, "gone": "x"},
    )
    span.add_event("exception", {"exception.message": "no 555"})
    span.set_status(StatusCode.ERROR, "status 555")
    span.end()
    seen: list[str] = []

    def mask(text: str, key: str) -> object:
        seen.append(key)
        if key == "gone":
            return None
        if key == "map":
            raise RuntimeError(text)
        return text.replace("555", "***")

    encoded = encode_span(ended.spans[0], mask)
    assert b"555" not in encoded.replace(varint(555), b"")
    assert b"call ***" in encoded
    assert b"no ***" in encoded
    assert b"status ***" in encoded
    assert b"gone" not in encoded
    assert b"[mask failed]" in encoded
    assert set(seen) == {"plain", "list", "map", "gone", "exception.message", "status.message"}


@pytest.mark.parametrize("value", [0.0, -0.0, float("inf"), float("nan"), 1e-310])
def test_every_float_survives(value: float) -> None:
    tracers, ended = provider()
    tracers.get_tracer("t").start_span("s", attributes={"f": value}).end()
    (span,) = ours(ended.spans).resource_spans[0].scope_spans[0].spans
    assert repr(span.attributes[0].value.double_value) == repr(value)


def test_names_that_are_no_text_are_sent_as_their_text() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    span = provider.get_tracer("t").start_span(5)  # type: ignore[arg-type]
    span.end()
    assert isinstance(span, ReadableSpan)
    assert b"\x2a\x015" in encode_span(span)
