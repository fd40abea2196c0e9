"""No body makes the server fail: it is stored, or refused with a reason."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import zstandard
from google.protobuf.json_format import MessageToJson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.otlp_bodies import body_of, span
from tests.support.otlp_server import OtlpServer

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.pb"))
TRACES = [path.read_bytes() for path in CORPUS if path.name.count(".") == 1]
LOGS = [path.read_bytes() for path in CORPUS if path.name.endswith(".logs.pb")]
TRACES_JSON = [MessageToJson(ExportTraceServiceRequest.FromString(body)).encode() for body in TRACES[::12]]
COMPRESS = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
FINE = {200, 400, 413, 415}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtlpServer]:
    server = OtlpServer(tmp_path_factory.mktemp("hostile"))
    yield server
    server.close()
    assert server.budget.used == 0
    assert server.count("failed_requests") == 0


@pytest.fixture(scope="module")
def client(server: OtlpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


@st.composite
def damaged(draw: st.DrawFn, bodies: list[bytes]) -> bytes:
    body = bytearray(draw(st.sampled_from(bodies)))
    for _ in range(draw(st.integers(0, 6))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del body[draw(st.integers(0, len(body))) :]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(body)))
        body[at:at] = draw(st.binary(max_size=20))
    return bytes(body)


requests = st.one_of(
    st.tuples(st.just("/v1/traces"), st.just("application/x-protobuf"), damaged(TRACES)),
    st.tuples(st.just("/v1/logs"), st.just("application/x-protobuf"), damaged(LOGS)),
    st.tuples(st.just("/v1/traces"), st.just("application/json"), damaged(TRACES_JSON)),
    st.tuples(
        st.sampled_from(["/v1/traces", "/v1/logs"]),
        st.sampled_from(["application/x-protobuf", "application/json", "text/html", "\x80"]),
        st.binary(max_size=500),
    ),
)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(request=requests, encoding=st.sampled_from(list(COMPRESS)), cut=st.integers(0, 12))
def test_any_body_is_stored_or_refused(
    client: httpx.Client, request: tuple[str, str, bytes], encoding: str, cut: int
) -> None:
    path, content_type, body = request
    sent = COMPRESS[encoding](body)
    sent = sent[:-cut] if cut > 8 else sent
    headers = {"content-type": content_type.encode("latin-1"), "content-encoding": encoding.encode()}
    response = client.post(path, content=sent, headers=headers)
    assert response.status_code in FINE, response.content
    if response.status_code != 200:
        assert response.content


def test_the_server_still_takes_good_spans_afterwards(client: httpx.Client) -> None:
    headers = {"content-type": "application/x-protobuf"}
    assert client.post("/v1/traces", content=body_of(span(1)), headers=headers).status_code == 200
