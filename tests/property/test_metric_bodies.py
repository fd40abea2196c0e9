"""Bodies of metrics, whole and broken: they are read alike in every encoding, and never end in a crash."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cramjam
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from tests.support.remote_write import WriteV2, metadata_v1, series_v1, write_v1

from spanglass_server.base.errors import MalformedBody
from spanglass_server.normalize import metric_points, remote_series
from spanglass_server.normalize.sample_groups import DEFAULT_SAMPLE_LIMITS, SampleBatch
from spanglass_server.wire.otlp_metrics import decode_metrics
from spanglass_server.wire.otlp_metrics_json import decode_metrics_json
from spanglass_server.wire.remote_write import decode_remote_write

T0 = 1_800_000_000_000
EXPORTS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "corpus").glob("*.metrics.pb"))]
EXEMPLARS = [({"trace_id": "x"}, 1.0, T0)]
V1 = write_v1(
    series_v1({"__name__": "a", "b": "c"}, (T0, 1.0), exemplars=EXEMPLARS, histograms=1),
    metadata=[metadata_v1(1, "a", "help", "unit")],
)
V2 = (
    WriteV2()
    .add({"__name__": "a", "b": "c"}, (T0, 1.0), exemplars=EXEMPLARS, metadata=(3, "h", "u"), histograms=1)
    .body()
)


def of_protobuf(body: bytes) -> SampleBatch:
    return metric_points.to_samples(decode_metrics(body), DEFAULT_SAMPLE_LIMITS)


def of_json(body: bytes) -> SampleBatch:
    return metric_points.to_samples(decode_metrics_json(body), DEFAULT_SAMPLE_LIMITS)


def of_v1(body: bytes) -> SampleBatch:
    return remote_series.to_samples(decode_remote_write(body, 1), DEFAULT_SAMPLE_LIMITS)


def of_v2(body: bytes) -> SampleBatch:
    return remote_series.to_samples(decode_remote_write(body, 2), DEFAULT_SAMPLE_LIMITS)


def as_json(body: bytes) -> Any:
    """OTLP/JSON, which writes ids in hex where protobuf's own mapping writes base64."""
    return MessageToDict(ExportMetricsServiceRequest.FromString(body))


@pytest.mark.parametrize("body", EXPORTS)
def test_protobuf_and_json_say_the_same(body: bytes) -> None:
    found = of_protobuf(body)
    assert found.groups
    assert found.rejections == []
    assert of_json(json.dumps(as_json(body)).encode()) == found


def test_both_versions_of_remote_write_say_the_same() -> None:
    one, two = (bytes(cramjam.snappy.decompress_raw(body)) for body in (V1, V2))
    first, second = of_v1(one), of_v2(two)
    assert (first.groups, len(first.rejections)) == (second.groups, len(second.rejections))


BROKEN: list[tuple[Callable[[bytes], SampleBatch], bytes]] = [
    *((of_protobuf, body) for body in EXPORTS),
    (of_v1, bytes(cramjam.snappy.decompress_raw(V1))),
    (of_v2, bytes(cramjam.snappy.decompress_raw(V2))),
]


@pytest.mark.parametrize(("decode", "body"), BROKEN)
def test_broken_bytes_are_refused_or_read(decode: Callable[[bytes], SampleBatch], body: bytes) -> None:
    rng = random.Random(7)
    for _ in range(400):
        broken = bytearray(body)
        for _ in range(rng.choice((1, 1, 3))):
            at, choice = rng.randrange(len(broken)), rng.randrange(3)
            if choice == 0:
                broken[at] = rng.randrange(256)
            elif choice == 1:
                del broken[at : at + rng.randrange(1, 9)]
            else:
                broken[at:at] = rng.randbytes(rng.randrange(1, 9))
        try:
            batch = decode(bytes(broken))
        except MalformedBody:
            continue
        for group in batch.groups:
            for sample in group.samples:
                assert list(sample.labels) == sorted(dict(sample.labels).items())
                assert all(value for _, value in sample.labels)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [path, *(one for key, item in items for one in paths(item, (*path, key)))]
    return [path]


STRANGE: list[Any] = [
    *(None, 1, -1, "x", "", [], {}, [1], {"a": 1}, 1e308, True, "9" * 30, 2**63, float("nan"), [None]),
]


@pytest.mark.parametrize("body", EXPORTS)
def test_json_of_any_shape_is_refused_or_read(body: bytes) -> None:
    rng = random.Random(11)
    text = json.dumps(as_json(body))
    places = [path for path in paths(json.loads(text)) if path]
    for _ in range(300):
        changed = json.loads(text)
        *outer, last = rng.choice(places)
        holder = changed
        for key in outer:
            holder = holder[key]
        holder[last] = rng.choice(STRANGE)
        try:
            of_json(json.dumps(changed).encode())
        except MalformedBody:
            continue


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(body: bytes) -> None:
    for decode in (of_protobuf, of_json, of_v1, of_v2):
        try:
            decode(body)
        except MalformedBody:
            continue
