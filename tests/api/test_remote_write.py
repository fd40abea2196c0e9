"""Prometheus' remote write as its senders meet it, 1.0 and 2.0."""

import math
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.support.memory_store import OUTAGE
from tests.support.otlp_server import OtlpServer
from tests.support.remote_write import (
    V1,
    V2,
    WriteV2,
    field,
    metadata_v1,
    packed,
    series_v1,
    snappy,
    varint,
    write_v1,
)

from spanglass_server.model.series import Exemplar, MetricMetadata, is_stale, labels_of, stale_marker
from spanglass_server.normalize.sample_groups import SampleLimits
from spanglass_server.store.directory import DEFAULT_PROJECT

T0 = 1_800_000_000_000
WRITTEN = "x-prometheus-remote-write-{}-written"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OtlpServer]:
    server = OtlpServer(
        tmp_path,
        series_max=20,
        sample_limits=SampleLimits(samples=50, labels=5, name_chars=20, value_chars=30),
    )
    yield server
    server.close()
    assert server.budget.used == 0


@pytest.fixture
def client(server: OtlpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client:
        yield client


def write(client: httpx.Client, body: bytes, headers: dict[str, str] = V1) -> httpx.Response:
    return client.post("/prometheus/api/v1/write", content=body, headers=headers)


def stored(server: OtlpServer) -> dict[str, dict[int, float]]:
    """By the values of the labels, in their order."""
    return {
        " ".join(value for _, value in labels): samples
        for labels, samples in server.samples.samples.get(DEFAULT_PROJECT, {}).items()
    }


def written(response: httpx.Response) -> tuple[int, int, int]:
    names = ("samples", "histograms", "exemplars")
    counts = [int(response.headers[WRITTEN.format(name)]) for name in names]
    return counts[0], counts[1], counts[2]


def test_samples_are_stored_before_the_answer(server: OtlpServer, client: httpx.Client) -> None:
    body = write_v1(
        series_v1({"__name__": "up", "job": "a"}, (T0, 1.0), (T0 + 1000, 0.0)),
        series_v1({"__name__": "up", "job": "b"}, (T0, math.inf)),
        metadata=[metadata_v1(2, "up", "Whether it is up.", ""), metadata_v1(1, "req_total", "Requests.")],
    )
    response = write(client, body)
    assert (response.status_code, response.content) == (204, b"")
    assert written(response) == (3, 0, 0)
    assert stored(server) == {"up a": {T0: 1.0, T0 + 1000: 0.0}, "up b": {T0: math.inf}}
    assert server.samples.metadata == {
        "up": MetricMetadata("up", "gauge", "Whether it is up.", ""),
        "req_total": MetricMetadata("req_total", "counter", "Requests.", ""),
    }
    assert server.count("accepted_samples") == 3


def test_version_two_refers_to_a_table_of_symbols(server: OtlpServer, client: httpx.Client) -> None:
    request = WriteV2()
    request.add(
        {"__name__": "req_seconds_bucket", "le": "1"},
        (T0, 4.0),
        (T0 + 1, 5.0),
        exemplars=[({"trace_id": "abc"}, 0.25, T0)],
        metadata=(3, "How long.", "seconds"),
    )
    request.add({"__name__": "up", "job": "a"}, (T0, 1.0), metadata=(2, "", ""))
    response = write(client, request.body(), V2)
    assert response.status_code == 204
    assert written(response) == (3, 0, 1)
    assert stored(server) == {"req_seconds_bucket 1": {T0: 4.0, T0 + 1: 5.0}, "up a": {T0: 1.0}}
    labels = labels_of({"__name__": "req_seconds_bucket", "le": "1"})
    assert server.samples.exemplars == {labels: [Exemplar((("trace_id", "abc"),), 0.25, T0)]}
    assert server.samples.metadata["req_seconds"] == MetricMetadata(
        "req_seconds", "histogram", "How long.", "seconds"
    )


@pytest.mark.parametrize("headers", [V1, V2], ids=["1.0", "2.0"])
def test_stale_markers_keep_their_bits(
    server: OtlpServer, client: httpx.Client, headers: dict[str, str]
) -> None:
    labels = {"__name__": "up"}
    body = (
        write_v1(series_v1(labels, (T0, stale_marker()), (T0 + 1, math.nan)))
        if headers is V1
        else WriteV2().add(labels, (T0, stale_marker()), (T0 + 1, math.nan)).body()
    )
    assert write(client, body, headers).status_code == 204
    (samples,) = stored(server).values()
    assert is_stale(np.array([samples[T0], samples[T0 + 1]])).tolist() == [True, False]


def test_exemplars_of_version_one_come_without_samples_too(server: OtlpServer, client: httpx.Client) -> None:
    exemplar = ({"trace_id": "t", "span_id": "s"}, 2.5, T0)
    response = write(client, write_v1(series_v1({"__name__": "req"}, exemplars=[exemplar])))
    assert response.status_code == 204
    assert written(response) == (0, 0, 1)
    (stored_exemplars,) = server.samples.exemplars.values()
    assert stored_exemplars == [Exemplar((("span_id", "s"), ("trace_id", "t")), 2.5, T0)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (series_v1({"job": "a"}, (T0, 1.0)), "no metric name"),
        (series_v1([("__name__", "x"), ("a", "1"), ("a", "2")], (T0, 1.0)), "the label a stands twice"),
        (series_v1({"__name__": "x", "": "v"}, (T0, 1.0)), "a label has no name"),
        (series_v1({"__name__": "x", **dict.fromkeys("abcde", "1")}, (T0, 1.0)), "labels_per_series_max"),
        (series_v1({"__name__": "x", "n" * 21: "1"}, (T0, 1.0)), "label_name_chars_max"),
        (series_v1({"__name__": "x", "n": "v" * 31}, (T0, 1.0)), "label_value_chars_max"),
        (series_v1({"__name__": "x"}, (0, 1.0)), "before 1970"),
        (series_v1({"__name__": "x"}, (-5, 1.0)), "before 1970"),
        (series_v1({"__name__": "x"}, (2**62, 1.0)), "past the year 2262"),
        (series_v1({"__name__": "llm_requests_total"}, (T0, 1.0)), "computed from spans"),
        (series_v1({"__name__": "spanglass_spans"}, (T0, 1.0)), "this server's own metrics"),
        (b"\xff\xff", "not valid protobuf"),
        (field(1, b"\xff") + field(2, field(2, T0)), "not valid protobuf"),
    ],
)
def test_a_bad_series_is_told_and_the_others_are_stored(
    server: OtlpServer, client: httpx.Client, bad: bytes, reason: str
) -> None:
    response = write(client, write_v1(series_v1({"__name__": "good"}, (T0, 1.0)), bad))
    assert response.status_code == 400
    assert reason in response.text
    assert response.text.startswith("1 samples were rejected, 1 stored:")
    assert written(response) == (1, 0, 0)
    assert stored(server) == {"good": {T0: 1.0}}
    assert server.count("rejected_samples") == 1


def test_native_histograms_are_refused_and_counted(server: OtlpServer, client: httpx.Client) -> None:
    for body, headers in (
        (write_v1(series_v1({"__name__": "h"}, histograms=2), series_v1({"__name__": "a"}, (T0, 1.0))), V1),
        (WriteV2().add({"__name__": "h"}, histograms=2).add({"__name__": "b"}, (T0, 1.0)).body(), V2),
    ):
        response = write(client, body, headers)
        assert response.status_code == 400
        assert "native histograms are not stored" in response.text
        assert written(response) == (1, 0, 0)
    assert set(stored(server)) == {"a", "b"}
    assert server.count("rejected_samples") == 4


def test_series_beyond_the_limit_are_refused_and_old_ones_go_on(
    server: OtlpServer, client: httpx.Client
) -> None:
    def series(index: int, value: float) -> bytes:
        return series_v1({"__name__": "up", "i": str(index)}, (T0 + int(value), value))

    assert write(client, write_v1(*(series(i, 1.0) for i in range(18)))).status_code == 204
    response = write(client, write_v1(*(series(i, 2.0) for i in range(10, 25))))
    assert response.status_code == 400
    assert "setting series_max" in response.text
    assert response.text.startswith("5 samples were rejected, 10 stored:")
    assert len(stored(server)) == 20
    assert stored(server)["up 10"] == {T0 + 1: 1.0, T0 + 2: 2.0}


def test_samples_beyond_the_request_limit_are_refused(server: OtlpServer, client: httpx.Client) -> None:
    body = write_v1(*(series_v1({"__name__": "m", "i": str(i // 3)}, (T0 + i, 1.0)) for i in range(60)))
    response = write(client, body)
    assert response.status_code == 400
    assert "setting samples_per_request_max" in response.text
    assert written(response) == (50, 0, 0)


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({**V1, "content-type": "application/json"}, 415, "proto=io.prometheus.write.v2.Request"),
        ({**V1, "content-type": "application/x-protobuf;proto=some.Thing"}, 415, "not supported"),
        ({**V1, "content-encoding": "gzip"}, 415, "snappy"),
        ({**V1, "authorization": "Bearer wrong"}, 401, "API key"),
        ({**V1, "sec-fetch-site": "cross-site"}, 403, "another site"),
    ],
)
def test_what_is_not_served_is_refused(
    client: httpx.Client, headers: dict[str, str], status: int, reason: str
) -> None:
    response = write(client, write_v1(series_v1({"__name__": "x"}, (T0, 1.0))), headers)
    assert response.status_code == status
    assert reason in response.text
    assert written(response) == (0, 0, 0)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-protobuf",
        "application/x-protobuf; proto=prometheus.WriteRequest",
        "Application/X-Protobuf",
    ],
)
def test_all_spellings_of_version_one_are_understood(client: httpx.Client, content_type: str) -> None:
    body = write_v1(series_v1({"__name__": "x"}, (T0, 1.0)))
    headers = {"content-type": content_type}
    assert write(client, body, headers).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x05abc",
        b"\xff\xff\xff\xff\xff\xff",
        snappy(b"\xff\xff\xff"),
        snappy(b"") + b"x",
    ],
)
@pytest.mark.parametrize("headers", [V1, V2], ids=["1.0", "2.0"])
def test_malformed_bodies_are_answered_400(
    server: OtlpServer, client: httpx.Client, body: bytes, headers: dict[str, str]
) -> None:
    assert write(client, body, headers).status_code == 400
    assert stored(server) == {}


def test_an_empty_request_is_fine(client: httpx.Client) -> None:
    """Prometheus' own tests send one to see whether an endpoint takes writes."""
    assert write(client, snappy(b"")).status_code == 204
    assert write(client, WriteV2().body(), V2).status_code == 204


@pytest.mark.parametrize(
    "fields",
    [
        [packed(1, [1, 99])],
        [packed(1, [1, 2, 1])],
        [packed(1, [1, 2]), field(5, field(3, 77))],
    ],
    ids=["unknown symbol", "odd references", "metadata's symbol"],
)
def test_broken_references_cost_their_series_only(
    server: OtlpServer, client: httpx.Client, fields: list[bytes]
) -> None:
    request = WriteV2().add({"__name__": "good"}, (T0, 1.0))
    request.add_raw(*fields, field(2, field(1, 1.0) + field(2, T0)))
    response = write(client, request.body(), V2)
    assert response.status_code == 400
    assert written(response) == (1, 0, 0)
    assert set(stored(server)) == {"good"}


def test_the_first_symbol_must_be_empty(client: httpx.Client) -> None:
    response = write(client, snappy(field(4, "x")), V2)
    assert response.status_code == 400
    assert "first symbol" in response.text


def test_a_bomb_is_refused_before_it_is_made(server: OtlpServer, client: httpx.Client) -> None:
    lying = varint(1 << 30) + bytes(1000)
    response = write(client, lying)
    assert response.status_code == 400
    assert "cannot hold" in response.text
    large = snappy(bytes(9 << 20))
    assert len(large) < 1 << 20
    response = write(client, large)
    assert response.status_code == 413
    assert "decompressed_bytes_max" in response.text
    response = write(client, bytes(5 << 20))
    assert response.status_code == 413
    assert "body_bytes_max" in response.text
    assert server.budget.used == 0


def test_an_outage_is_answered_503_and_nothing_is_lost(server: OtlpServer, client: httpx.Client) -> None:
    body = write_v1(series_v1({"__name__": "up"}, (T0, 1.0)))
    server.samples.failure = OUTAGE
    response = write(client, body)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "3"
    server.samples.failure = None
    assert write(client, body).status_code == 204
    assert stored(server) == {"up": {T0: 1.0}}


def test_a_full_queue_is_answered_503(server: OtlpServer, client: httpx.Client) -> None:
    reservation = server.budget.open()
    reservation.grow(server.budget.bytes_max)
    response = write(client, write_v1(series_v1({"__name__": "up"}, (T0, 1.0))))
    reservation.release()
    assert response.status_code == 503
    assert "queue_bytes_max" in response.text


def test_other_methods_are_answered_405(client: httpx.Client) -> None:
    response = client.get("/prometheus/api/v1/write")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
