"""OTLP over HTTP as exporters meet it."""

import contextlib
import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import zstandard
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.support.memory_store import OUTAGE
from tests.support.otlp_bodies import SPAN_ID, START_NS, TRACE_ID, body_of, request_with, span
from tests.support.otlp_server import OtlpServer

from spanglass_server.store.directory import DEFAULT_PROJECT
from spanglass_server.wire.schema import RpcStatus

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OtlpServer]:
    server = OtlpServer(tmp_path)
    yield server
    server.store.gate.set()
    server.close()
    assert server.budget.used == 0


@pytest.fixture
def client(server: OtlpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=15) as client:
        yield client


def status_of(response: httpx.Response) -> RpcStatus:
    """The error, read as the official protobuf message."""
    assert response.headers["content-type"] == "application/x-protobuf"
    return RpcStatus.FromString(response.content)


def test_protobuf_spans_are_stored_before_the_answer(server: OtlpServer, client: httpx.Client) -> None:
    response = client.post("/v1/traces", content=body_of(span(1), span(2)), headers=PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/x-protobuf"
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 2


def test_json_is_answered_in_json(server: OtlpServer, client: httpx.Client) -> None:
    body = MessageToJson(request_with(span(1))).encode()
    response = client.post(
        "/v1/traces", content=body, headers={"content-type": "application/json; charset=utf-8"}
    )
    assert (response.status_code, response.json()) == (200, {})
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1


def test_logs_are_stored(server: OtlpServer, client: httpx.Client) -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=START_NS)
    record.body.string_value = "hello"
    response = client.post("/v1/logs", content=request.SerializeToString(), headers=PROTOBUF)
    assert response.status_code == 200
    assert [log.body for log in server.store.logs.values()] == ["hello"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/public/otel/v1/traces",
        "//api/public/otel/v1/traces",
        "//v1/traces",
        "///v1/traces",
        "/v1/traces/",
    ],
)
def test_langfuse_sdks_and_addresses_with_a_trailing_slash_find_their_path(
    server: OtlpServer, client: httpx.Client, path: str
) -> None:
    response = client.post(f"{server.url}{path}", content=body_of(span(1)), headers=PROTOBUF)
    assert response.status_code == 200
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
@pytest.mark.parametrize("count", [1, 2000])
def test_compressed_bodies_are_read(
    server: OtlpServer, client: httpx.Client, encoding: str, compress: Callable[[bytes], bytes], count: int
) -> None:
    body = body_of(*(span(i) for i in range(1, count + 1)))
    headers = {**PROTOBUF, "content-encoding": encoding}
    response = client.post("/v1/traces", content=compress(body), headers=headers)
    assert response.status_code == 200
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == count


def test_a_chunked_body_is_read(server: OtlpServer, client: httpx.Client) -> None:
    body = body_of(*(span(i) for i in range(1, 100)))
    pieces = (body[i : i + 100] for i in range(0, len(body), 100))
    response = client.post("/v1/traces", content=pieces, headers=PROTOBUF)
    assert response.status_code == 200
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 99


def test_bad_spans_are_told_in_partial_success_and_the_rest_is_stored(
    server: OtlpServer, client: httpx.Client
) -> None:
    body = body_of(span(1), span(2, trace_id=b"bad"), span(3, start_time_unix_nano=0))
    response = client.post("/v1/traces", content=body, headers=PROTOBUF)
    assert response.status_code == 200
    partial = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert partial.rejected_spans == 2
    assert "trace_id has 3 bytes, not 16" in partial.error_message
    assert f"{TRACE_ID.hex()}/0000000000000003: start_time_unix_nano is missing" in partial.error_message
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1
    assert (server.count("accepted_spans"), server.count("rejected_spans")) == (1, 2)


def test_an_empty_request_is_fine(client: httpx.Client) -> None:
    assert client.post("/v1/traces", content=b"", headers=PROTOBUF).status_code == 200


def test_a_malformed_body_is_answered_400_with_a_status(server: OtlpServer, client: httpx.Client) -> None:
    response = client.post("/v1/traces", content=b"hello?", headers=PROTOBUF)
    assert response.status_code == 400
    assert status_of(response).code == 3
    assert "not an OTLP ExportTraceServiceRequest" in status_of(response).message
    in_json = client.post("/v1/traces", content=b"{", headers=JSON)
    assert in_json.status_code == 400
    assert "not JSON" in in_json.json()["message"]
    assert server.count("malformed_requests") == 2


def test_an_unknown_content_type_is_answered_415(client: httpx.Client) -> None:
    for headers in ({"content-type": "text/plain"}, {}):
        response = client.post("/v1/traces", content=b"x", headers=headers)
        assert response.status_code == 415
        assert "application/x-protobuf" in response.json()["message"]


def test_an_unknown_content_encoding_is_answered_415(client: httpx.Client) -> None:
    response = client.post("/v1/traces", content=b"x", headers={**PROTOBUF, "content-encoding": "br"})
    assert response.status_code == 415
    assert "'br'" in status_of(response).message


def test_another_method_is_answered_405(client: httpx.Client) -> None:
    response = client.get("/v1/traces")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_a_body_over_the_limit_is_answered_413_with_the_settings_name(client: httpx.Client) -> None:
    response = client.post("/v1/traces", content=bytes(5 << 20), headers=PROTOBUF)
    assert response.status_code == 413
    assert "body_bytes_max" in status_of(response).message


def test_a_chunked_body_over_the_limit_is_answered_413(client: httpx.Client) -> None:
    pieces = (bytes(1 << 20) for _ in range(6))
    response = client.post("/v1/traces", content=pieces, headers=PROTOBUF)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress), ("deflate", zlib.compress)],
)
def test_a_zip_bomb_is_answered_413_and_leaves_nothing(
    server: OtlpServer, client: httpx.Client, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    bomb = compress(bytes(100_000_000))
    response = client.post("/v1/traces", content=bomb, headers={**PROTOBUF, "content-encoding": encoding})
    # The queue is not larger than the largest body here: either limit may end it.
    assert response.status_code in (413, 503)
    assert server.budget.used == 0
    assert client.post("/v1/traces", content=body_of(span(1)), headers=PROTOBUF).status_code == 200


def test_a_full_queue_is_answered_503_at_once_and_empties(server: OtlpServer, client: httpx.Client) -> None:
    server.store.gate.clear()
    held = [
        threading.Thread(
            target=httpx.post,
            args=(f"{server.url}/v1/traces",),
            kwargs={
                "content": body_of(*(span(i, name="x" * 20_000) for i in range(1, 51))),
                "headers": PROTOBUF,
                "timeout": 15,
            },
        )
        for _ in range(5)
    ]
    for thread in held:
        thread.start()
    while server.budget.used < 5_000_000:
        time.sleep(0.01)
    started_s = time.monotonic()
    answers = [client.post("/v1/traces", content=bytes(4 << 20), headers=PROTOBUF) for _ in range(3)]
    assert time.monotonic() - started_s < 3
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert "queue_bytes_max" in status_of(refused[0]).message
    assert server.budget.used <= 8 << 20
    server.store.gate.set()
    for thread in held:
        thread.join()
    assert client.post("/v1/traces", content=body_of(span(1)), headers=PROTOBUF).status_code == 200


def test_an_outage_is_answered_503_with_retry_after_and_passes(
    server: OtlpServer, client: httpx.Client
) -> None:
    server.store.failure = OUTAGE
    response = client.post("/v1/traces", content=body_of(span(1)), headers=PROTOBUF)
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")
    assert status_of(response).code == 14
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    server.store.failure = None
    assert client.post("/v1/traces", content=body_of(span(1)), headers=PROTOBUF).status_code == 200
    assert client.get("/readyz").json() == {"status": "ok"}


def test_a_store_that_hangs_is_answered_503_after_the_timeout(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, ack_timeout_s=0.3)
    try:
        server.store.gate.clear()
        response = httpx.post(f"{server.url}/v1/traces", content=body_of(span(1)), headers=PROTOBUF)
        assert response.status_code == 503
        assert "ack_timeout_s" in status_of(response).message
        assert server.count("timed_out_requests") == 1
        server.store.gate.set()
        again = httpx.post(f"{server.url}/v1/traces", content=body_of(span(1)), headers=PROTOBUF)
        assert again.status_code == 200
    finally:
        server.store.gate.set()
        server.close()
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1


def test_a_body_that_never_ends_is_given_up(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, ack_timeout_s=0.3)
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(
                b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                b"Content-Type: application/x-protobuf\r\n\r\nabc"
            )
            assert b"400" in connection.recv(1000).split(b"\r\n")[0]
        assert server.budget.used == 0
    finally:
        server.close()


def test_a_client_that_goes_away_leaves_nothing(server: OtlpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
            b"Content-Type: application/x-protobuf\r\n\r\n" + bytes(50_000)
        )
        while not server.budget.used:
            time.sleep(0.01)
    deadline_s = time.monotonic() + 5
    while server.budget.used and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert server.budget.used == 0


def test_spans_beyond_the_limit_of_a_request_are_rejected(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, spans_per_request_max=3)
    try:
        body = body_of(*(span(i) for i in range(1, 6)))
        response = httpx.post(f"{server.url}/v1/traces", content=body, headers=PROTOBUF)
        partial = ExportTraceServiceResponse.FromString(response.content).partial_success
        assert partial.rejected_spans == 2
        assert "spans_per_request_max" in partial.error_message
    finally:
        server.close()
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 3


def test_keys_choose_the_project(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, auth_mode="required")
    try:
        project = server.directory.create_project("team-a")
        key = server.directory.create_key(project.id, scopes=frozenset({"ingest"}))
        reader = server.directory.create_key(project.id, scopes=frozenset({"read"}))
        url, body = f"{server.url}/v1/traces", body_of(span(1))

        none = httpx.post(url, content=body, headers=PROTOBUF)
        assert none.status_code == 401
        assert status_of(none).code == 16
        assert "www-authenticate" in none.headers
        wrong = httpx.post(url, content=body, headers={**PROTOBUF, "authorization": "Bearer sk-sg-nope"})
        assert wrong.status_code == 401
        bearer = {**PROTOBUF, "authorization": f"Bearer {reader.secret_key}"}
        assert httpx.post(url, content=body, headers=bearer).status_code == 403
        basic = httpx.BasicAuth(key.info.public_key, key.secret_key)
        assert httpx.post(url, content=body, headers=PROTOBUF, auth=basic).status_code == 200
        assert len(server.store.list_spans(project.id)) == 1
        assert server.store.list_spans(DEFAULT_PROJECT) == {}
    finally:
        server.close()


def test_a_wrong_key_is_refused_even_where_none_is_needed(client: httpx.Client) -> None:
    headers = {**PROTOBUF, "authorization": "Bearer sk-sg-wrong"}
    assert client.post("/v1/traces", content=body_of(span(1)), headers=headers).status_code == 401


def test_keys_of_langfuse_are_as_good_as_none_where_none_is_needed(
    server: OtlpServer, client: httpx.Client
) -> None:
    auth = httpx.BasicAuth("pk-lf-1234", "sk-lf-1234")
    path = "/api/public/otel/v1/traces"
    assert client.post(path, content=body_of(span(1)), headers=PROTOBUF, auth=auth).status_code == 200
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1


def test_keys_of_langfuse_open_nothing_where_keys_are_required(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, auth_mode="required")
    try:
        auth = httpx.BasicAuth("pk-lf-1234", "sk-lf-1234")
        answer = httpx.post(f"{server.url}/v1/traces", content=body_of(span(1)), headers=PROTOBUF, auth=auth)
        assert answer.status_code == 401
    finally:
        server.close()


def test_a_page_of_another_site_cannot_send(client: httpx.Client) -> None:
    headers = {**JSON, "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert client.post("/v1/traces", content=b"{}", headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["localhost:4318", "127.0.0.1", "[::1]:4318", "app.localhost"])
def test_own_names_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:4318", "192.168.1.5", ""])
def test_a_name_pointed_here_by_a_stranger_is_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 421


def test_stopping_answers_what_was_accepted(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path)
    server.store.delay_s = 0.3
    answers: list[int] = []

    def post(index: int) -> None:
        body = body_of(span(index, trace_id=index.to_bytes(16, "big")))
        # Who knocks after the door is closed is not answered, and was not accepted.
        with contextlib.suppress(httpx.TransportError):
            answers.append(httpx.post(f"{server.url}/v1/traces", content=body, headers=PROTOBUF).status_code)

    threads = [threading.Thread(target=post, args=(index,)) for index in range(1, 9)]
    for thread in threads:
        thread.start()
    while server.budget.used == 0:
        time.sleep(0.005)
    server.close()
    for thread in threads:
        thread.join()
    assert answers.count(200) == len(server.store.list_spans(DEFAULT_PROJECT))
    assert answers.count(200) > 0


def test_the_same_request_twice_is_stored_once(server: OtlpServer, client: httpx.Client) -> None:
    body = body_of(span(1), span(2, parent_span_id=SPAN_ID))
    for _ in range(3):
        assert client.post("/v1/traces", content=body, headers=PROTOBUF).status_code == 200
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 2
    (trace,) = server.store.list_traces(DEFAULT_PROJECT).values()
    assert trace.span_count == 2
    assert server.count("duplicate_spans") == 4


def test_errors_in_json_name_when_to_try_again(server: OtlpServer, client: httpx.Client) -> None:
    server.store.failure = OUTAGE
    body = MessageToJson(request_with(span(1))).encode()
    answer = json.loads(client.post("/v1/traces", content=body, headers=JSON).content)
    assert answer["code"] == 14
    assert answer["details"][0]["retryDelay"] == "3s"
    server.store.failure = None
