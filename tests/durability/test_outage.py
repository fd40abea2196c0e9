"""Storage that fails and is slow under load: told at once, bounded in memory, over without a restart."""

import contextlib
import itertools
import random
import threading
import time
from pathlib import Path

import httpx
from tests.support.memory_store import OUTAGE
from tests.support.otlp_bodies import body_of, span
from tests.support.otlp_server import OtlpServer

from spanglass_server.store.directory import DEFAULT_PROJECT

QUEUE_BYTES_MAX = 1 << 20
PROTOBUF = {"content-type": "application/x-protobuf"}


class Exporters:
    """Threads that export like an SDK: each batch again until acknowledged, waiting as they are told."""

    def __init__(self, url: str, count: int) -> None:
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.waits_s: list[float] = []
        self._stopping = threading.Event()
        self._numbers = itertools.count(1)
        self._url = url
        self._threads = [threading.Thread(target=self._run, args=(seed,)) for seed in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed: int) -> None:
        jitter = random.Random(seed)
        with httpx.Client(base_url=self._url, trust_env=False, timeout=30) as client:
            while not self._stopping.is_set():
                self._export(client, next(self._numbers).to_bytes(16, "big"), jitter)

    def _export(self, client: httpx.Client, trace_id: bytes, jitter: random.Random) -> None:
        body = body_of(*(span(i, trace_id=trace_id, name="x" * 2_000) for i in range(1, 21)))
        while True:
            started_s = time.monotonic()
            response = client.post("/v1/traces", content=body, headers=PROTOBUF)
            if response.status_code == 200:
                self.acknowledged.add(trace_id.hex())
                return
            assert response.status_code == 503, response.status_code
            self.waits_s.append(time.monotonic() - started_s)
            self.refused += 1
            assert int(response.headers["retry-after"]) >= 1
            # A hundredth of what it asks for, so that the test is over soon.
            self._stopping.wait(int(response.headers["retry-after"]) * jitter.random() / 50)
            if self._stopping.is_set():
                return


def test_nothing_acknowledged_is_lost_while_storage_fails_and_recovers(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, queue_bytes_max=QUEUE_BYTES_MAX)
    peaks: list[int] = []
    try:
        exporters = Exporters(server.url, 8)
        for _ in range(6):
            time.sleep(0.2)
            peaks.append(server.budget.used)
            server.store.failure = OUTAGE
            time.sleep(0.2)
            peaks.append(server.budget.used)
            server.store.failure = None
        before = len(exporters.acknowledged)
        time.sleep(0.5)
        after = len(exporters.acknowledged)
        exporters.stop()
    finally:
        server.close()
    assert exporters.refused
    assert after > before, "it recovers by itself"
    assert max(peaks) <= QUEUE_BYTES_MAX
    assert server.budget.used == 0
    stored = server.store.list_spans(DEFAULT_PROJECT)
    traces = server.store.list_traces(DEFAULT_PROJECT)
    for trace_id in exporters.acknowledged:
        assert traces[trace_id].span_count == 20
    assert len(stored) >= 20 * len(exporters.acknowledged)


def test_slow_storage_fills_the_queue_and_no_more(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, queue_bytes_max=QUEUE_BYTES_MAX, ack_timeout_s=20)
    peaks: list[int] = []
    try:
        server.store.gate.clear()
        exporters = Exporters(server.url, 40)
        deadline_s = time.monotonic() + 10
        while not exporters.refused and time.monotonic() < deadline_s:
            peaks.append(server.budget.used)
            time.sleep(0.01)
        assert exporters.refused, "a full queue refuses"
        assert max(exporters.waits_s) < 5, "at once, not after a timeout"
        server.store.gate.set()
        server.store.delay_s = 0.02
        time.sleep(0.5)
        peaks.append(server.budget.used)
        exporters.stop()
    finally:
        server.store.gate.set()
        server.close()
    assert max(peaks) <= QUEUE_BYTES_MAX
    traces = server.store.list_traces(DEFAULT_PROJECT)
    assert exporters.acknowledged
    assert all(traces[trace_id].span_count == 20 for trace_id in exporters.acknowledged)


def test_a_sender_that_gives_up_does_not_leave_its_bytes_behind(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path)
    try:
        server.store.gate.clear()
        for i in range(1, 6):
            with contextlib.suppress(httpx.TimeoutException):
                httpx.post(
                    f"{server.url}/v1/traces",
                    content=body_of(span(i)),
                    headers=PROTOBUF,
                    timeout=0.1,
                )
    finally:
        server.store.gate.set()
        server.close()
    assert server.budget.used == 0
