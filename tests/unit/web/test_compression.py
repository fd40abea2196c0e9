"""Answers of the API as they travel."""

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from spanglass_server.web.compression import Gzip

ROWS = [{"span_id": f"{number:016x}", "kind": "llm"} for number in range(5_000)]


def _answer(request: Request) -> Response:
    count = int(request.query_params["rows"])
    return Response(json.dumps(ROWS[:count]), media_type="application/json")


def _stream(_: Request) -> Response:
    return StreamingResponse((f"{row}\n" for row in ROWS), media_type="application/x-ndjson")


def _nothing(_: Request) -> Response:
    return Response(status_code=204)


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[
            Route("/", _answer),
            Route("/stream", _stream),
            Route("/nothing", _nothing, methods=["DELETE"]),
        ]
    )
    return TestClient(Gzip(app))


@pytest.mark.parametrize("count", [100, 5_000])
def test_a_long_answer_is_compressed_and_reads_the_same(client: TestClient, count: int) -> None:
    response = client.get("/", params={"rows": count}, headers={"accept-encoding": "br, gzip;q=0.8"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "accept-encoding"
    assert int(response.headers["content-length"]) < len(response.content) / 4
    assert response.json() == ROWS[:count]


@pytest.mark.parametrize(
    ("count", "accepted"), [(1, "gzip"), (100, "identity"), (100, "gzip;q=0"), (100, "")]
)
def test_other_answers_are_left_alone(client: TestClient, count: int, accepted: str) -> None:
    response = client.get("/", params={"rows": count}, headers={"accept-encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.json() == ROWS[:count]


def test_a_stream_is_not_held_back(client: TestClient) -> None:
    response = client.get("/stream", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in response.headers
    assert len(response.text.splitlines()) == len(ROWS)


def test_an_empty_answer_stays_empty(client: TestClient) -> None:
    response = client.delete("/nothing", headers={"accept-encoding": "gzip"})
    assert response.status_code == 204
    assert response.content == b""
