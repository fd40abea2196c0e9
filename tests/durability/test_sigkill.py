"""A killed server has lost nothing that it acknowledged, and stored nothing twice."""

import contextlib
import itertools
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.support.otlp_bodies import body_of, span
from tests.support.spanglass_process import ProjectClient, SpanglassProcess

from spanglass_server.store.directory import DEFAULT_PROJECT

ROUNDS = 2
SENDERS = 4
TRACES_BEFORE = 100
"""Acknowledged before the server goes: under load, however fast the machine is."""
SPANS_PER_TRACE = 5


class Senders:
    """Threads that post whole traces as fast as they are acknowledged, until the server is gone."""

    def __init__(self, url: str, numbers: "itertools.count[int]") -> None:
        self.acknowledged: set[str] = set()
        self._url = url
        self._numbers = numbers
        self._threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def await_traces(self, count: int) -> None:
        deadline_s = time.monotonic() + 60
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        with (
            contextlib.suppress(httpx.TransportError),
            httpx.Client(base_url=self._url, trust_env=False, timeout=30) as client,
        ):
            while True:
                trace_ids = [next(self._numbers).to_bytes(16, "big") for _ in range(4)]
                body = b"".join(map(trace_body, trace_ids))
                response = client.post(
                    "/v1/traces", content=body, headers={"content-type": "application/x-protobuf"}
                )
                assert response.status_code == 200
                self.acknowledged.update(trace_id.hex() for trace_id in trace_ids)


def trace_body(trace_id: bytes) -> bytes:
    now_ns = time.time_ns()
    root_id = (1).to_bytes(8, "big")
    return body_of(
        *(
            span(
                i,
                trace_id=trace_id,
                parent_span_id=root_id if i > 1 else b"",
                start_time_unix_nano=now_ns + i,
                end_time_unix_nano=now_ns + 1_000_000,
            )
            for i in range(1, SPANS_PER_TRACE + 1)
        )
    )


def keyed_client(server: SpanglassProcess) -> ProjectClient:
    directory = server.open_directory()
    project = directory.find_project(DEFAULT_PROJECT)
    assert project is not None
    key = directory.create_key(project.id, scopes=frozenset({"read"}))
    directory.close()
    return ProjectClient(server.url, key)


@pytest.mark.slow
def test_every_acknowledged_span_is_there_exactly_once_after_sigkill(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    numbers = itertools.count(1)
    acknowledged: set[str] = set()
    server = SpanglassProcess(data_dir)
    for _ in range(ROUNDS):
        senders = Senders(server.url, numbers)
        senders.await_traces(TRACES_BEFORE)
        server.kill()
        senders.join()
        assert senders.acknowledged
        acknowledged |= senders.acknowledged
        server = SpanglassProcess(data_dir)
    client = keyed_client(server)
    spans = [
        (item["trace_id"], item["span_id"])
        for item in client.iter_items("/spans", limit=1000, payloads="false")
    ]
    traces = {item["trace_id"]: item for item in client.iter_items("/traces", limit=1000)}
    client.close()
    assert server.terminate() == 0
    assert len(spans) == len(set(spans))
    stored = {trace_id for trace_id, _ in spans}
    assert acknowledged <= stored
    per_trace = dict.fromkeys(stored, 0)
    for trace_id, _ in spans:
        per_trace[trace_id] += 1
    for trace_id in acknowledged:
        assert per_trace[trace_id] == SPANS_PER_TRACE
        assert traces[trace_id]["span_count"] == SPANS_PER_TRACE


@pytest.mark.slow
def test_a_terminated_server_answers_what_it_accepted_and_exits_cleanly(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    server = SpanglassProcess(data_dir)
    senders = Senders(server.url, itertools.count(1))
    senders.await_traces(TRACES_BEFORE)
    assert server.terminate() == 0
    senders.join()
    server = SpanglassProcess(data_dir)
    client = keyed_client(server)
    stored = {item["trace_id"] for item in client.iter_items("/traces", limit=1000)}
    client.close()
    assert server.terminate() == 0
    assert senders.acknowledged <= stored
