"""Langfuse's events survive crashes in between: what was acknowledged is merged with what comes after."""

import itertools
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.support.langfuse_events import Event, batch_of
from tests.support.spanglass_process import SpanglassProcess

ROUNDS = 2
SENDERS = 3
TRACES_BEFORE = 40
"""Acknowledged before the server goes."""


def now(offset_s: float = 0.0) -> str:
    whole, fraction = divmod(time.time() + offset_s, 1)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{round(fraction * 1e6):06d}Z"


def told(kind: str, event_id: str, **body: object) -> Event:
    return {"id": event_id, "type": kind, "timestamp": now(), "body": body}


def parts_of(trace_id: str) -> tuple[list[Event], list[Event]]:
    """A trace as two requests bring it: begun, and ended."""
    begun = [
        told("trace-create", f"{trace_id}-a", id=trace_id, name="pipeline", tags=["x"], start_time=now(-2)),
        told("generation-create", f"{trace_id}-b", id=f"{trace_id}-g", traceId=trace_id, startTime=now(-1)),
    ]
    ended = [
        told(
            "generation-update",
            f"{trace_id}-c",
            id=f"{trace_id}-g",
            traceId=trace_id,
            model="gpt-4o",
            usage={"input": 3, "output": 4},
            endTime=now(),
        ),
        told("trace-create", f"{trace_id}-d", id=trace_id, output="done", tags=["y"], end_time=now()),
    ]
    return begun, ended


class Senders:
    """Threads that post both parts of traces, each as soon as the one before is acknowledged."""

    def __init__(self, url: str, numbers: "itertools.count[int]") -> None:
        self.acknowledged: dict[str, int] = {}
        self.unfinished: dict[str, list[Event]] = {}
        self._url = url
        self._numbers = numbers
        self._threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def await_traces(self, count: int) -> None:
        deadline_s = time.monotonic() + 90
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        with httpx.Client(base_url=self._url, trust_env=False, timeout=30) as client:
            while True:
                trace_id = f"trace/{next(self._numbers)}"
                begun, ended = parts_of(trace_id)
                try:
                    post(client, begun)
                    self.unfinished[trace_id] = ended
                    self.acknowledged[trace_id] = 1
                    post(client, ended)
                    self.acknowledged[trace_id] = 2
                    del self.unfinished[trace_id]
                except httpx.TransportError:
                    return


def post(client: httpx.Client, events: list[Event]) -> None:
    answer = client.post("/api/public/ingestion", content=batch_of(*events))
    assert answer.status_code == 207
    assert answer.json()["errors"] == []


@pytest.mark.slow
def test_acknowledged_events_are_merged_with_those_that_come_after_a_sigkill(tmp_path: Path) -> None:
    numbers = itertools.count(1)
    acknowledged: dict[str, int] = {}
    server = SpanglassProcess(tmp_path / "data")
    for _ in range(ROUNDS):
        senders = Senders(server.url, numbers)
        senders.await_traces(TRACES_BEFORE)
        server.kill()
        senders.join()
        acknowledged |= senders.acknowledged
        server = SpanglassProcess(tmp_path / "data")
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
            for trace_id, ended in senders.unfinished.items():
                # Maybe stored before, without an answer: the SDK sends it again.
                post(client, ended)
                acknowledged[trace_id] = 2
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        stored = list_traces(client)
    assert server.terminate() == 0
    assert set(acknowledged.values()) == {2}
    for trace_id in acknowledged:
        trace = stored[trace_id]
        assert (trace["name"], trace["tags"], trace["output_preview"]) == ("pipeline", ["x", "y"], "done")
        assert (trace["span_count"], trace["total_tokens"], trace["llm_call_count"]) == (2, 7, 1)
        assert trace["duration_ms"] >= 2_000


def list_traces(client: httpx.Client) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/api/v1/traces", params={"limit": 1000, "cursor": cursor}).json()
        for trace in page["items"]:
            assert trace["trace_id"] not in found
            found[trace["trace_id"]] = trace
        cursor = page["next_cursor"]
    return found
