"""Bytes of any kind are read or refused; nothing else happens."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from tests.support.otlp_bodies import body_of, span

from spanglass_server.base.errors import BadInput, MalformedBody
from spanglass_server.wire.compression import ContentEncoding, decompress
from spanglass_server.wire.otlp import decode_logs, decode_traces
from spanglass_server.wire.otlp_json import decode_logs_json, decode_traces_json

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.pb"))
TRACE_BODIES = [path.read_bytes() for path in CORPUS if path.name.count(".") == 1]
DECODERS: list[Callable[[bytes], Any]] = [decode_traces, decode_logs, decode_traces_json, decode_logs_json]


def read_or_refuse(decode: Callable[[bytes], Any], body: bytes) -> None:
    try:
        records, rejections, _ = decode(body)
    except MalformedBody:
        return
    assert isinstance(records, list)
    assert all(rejection.reason and rejection.item for rejection in rejections)


@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
@given(st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(decode: Callable[[bytes], Any], body: bytes) -> None:
    read_or_refuse(decode, body)


@st.composite
def mutated_recordings(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(st.sampled_from(TRACE_BODIES)))
    for _ in range(draw(st.integers(1, 8))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body)


@settings(max_examples=300)
@given(mutated_recordings())
def test_damaged_recordings_are_read_or_refused(body: bytes) -> None:
    read_or_refuse(decode_traces, body)


JSON_NAMES = (
    *("resourceSpans", "resource_spans", "scopeSpans", "spans", "traceId", "spanId", "startTimeUnixNano"),
    *("kind", "status", "code", "attributes", "key", "value", "stringValue", "intValue", "arrayValue"),
    *("values", "kvlistValue", "events", "links"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(JSON_NAMES), inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(max_examples=300)
@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    body = json.dumps(value).encode()
    read_or_refuse(decode_traces_json, body)
    read_or_refuse(decode_logs_json, body)
    in_span = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [value]}]}]}).encode()
    records, rejections, _ = decode_traces_json(in_span)
    assert len(records) + len(rejections) == 1


scalars = (
    st.text(max_size=300)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=50)
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def to_any_value(value: Any) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value={"values": [to_any_value(item) for item in value]})
        case _:
            pairs = [KeyValue(key=key, value=to_any_value(item)) for key, item in value.items()]
            return AnyValue(kvlist_value={"values": pairs})


@given(st.dictionaries(st.text(max_size=200), values, max_size=8))
def test_what_the_official_encoder_writes_comes_back(attributes: dict[str, Any]) -> None:
    pairs = [KeyValue(key=key, value=to_any_value(value)) for key, value in attributes.items()]
    (record,), rejections, _ = decode_traces(body_of(span(attributes=pairs)))
    assert rejections == []
    assert record.attributes == attributes


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_decompress_or_are_refused(
    encoding: ContentEncoding, body: bytes, with_header: bool
) -> None:
    if with_header:
        body = gzip.compress(b"x")[:10] + body
    try:
        decompress(body, encoding, bytes_max=1_000_000, grow=lambda size: None)
    except BadInput:
        return
