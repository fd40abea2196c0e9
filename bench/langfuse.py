"""What Langfuse's ingestion events cost: `python -m bench.langfuse --traces 5000`.

Traces as a program on version 2 of its SDK tells them (a root function over three steps, one of them a model
call: eight events, four spans) are posted to a server over several connections, some traces a request. Prints
events a second, the time of an acknowledgement, and what the server's processes and disk paid, as JSON.
"""

import argparse
import http.client
import json
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.measure import percentile, process_cost, wait_until
from bench.payload import Words
from bench.targets import Spanglass

EVENTS_PER_TRACE = 8
SPANS_PER_TRACE = 4
TEXT_CHARS = 1000

Event = dict[str, Any]


def make_trace(rng: random.Random, words: Words, at: datetime) -> list[Event]:
    trace_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def event(kind: str, after_ms: int, **body: object) -> Event:
        timestamp = _time(at + timedelta(milliseconds=after_ms))
        return {
            "id": str(uuid.UUID(int=rng.getrandbits(128))),
            "type": kind,
            "timestamp": timestamp,
            "body": body,
        }

    def step(name: str, kind: str, start_ms: int, end_ms: int, **update: object) -> Iterator[Event]:
        step_id = str(uuid.UUID(int=rng.getrandbits(128)))
        start, end = (_time(at + timedelta(milliseconds=ms)) for ms in (start_ms, end_ms))
        given = {"id": step_id, "traceId": trace_id}
        yield event(
            f"{kind}-create",
            start_ms,
            **given,
            name=name,
            startTime=start,
            input={"args": [words.text(TEXT_CHARS)]},
        )
        yield event(f"{kind}-update", end_ms, **given, endTime=end, output=words.text(TEXT_CHARS), **update)

    question = words.text(20)
    usage = {"input": rng.randint(200, 4000), "output": rng.randint(20, 600), "unit": "TOKENS"}
    return [
        event("trace-create", 0, id=trace_id, name="rag_pipeline", timestamp=_time(at), input=question),
        *step("retrieve", "span", 5, 120),
        *step("rerank", "span", 121, 150),
        *step("generate", "generation", 151, 1600, model="claude-sonnet-4-6", usage=usage),
        event("trace-create", 1601, id=trace_id, output=words.text(80), userId=f"user-{rng.randint(1, 500)}"),
    ]


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def make_requests(traces: int, per_request: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    words = Words(rng)
    begin = datetime.now(UTC) - timedelta(seconds=traces / 10)
    made = [make_trace(rng, words, begin + timedelta(milliseconds=100 * number)) for number in range(traces)]
    return [
        json.dumps(
            {"batch": [event for trace in made[start : start + per_request] for event in trace]}
        ).encode()
        for start in range(0, traces, per_request)
    ]


def post_all(url: str, requests: list[bytes], connections: int) -> list[float]:
    """Milliseconds of each acknowledgement."""
    waiting, lock, times = iter(requests), threading.Lock(), list[float]()
    address = urlsplit(url)

    def post() -> None:
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            started = time.perf_counter()
            connection.request("POST", "/api/public/ingestion", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
            if answer.status != 207 or told["errors"]:
                raise RuntimeError(f"{answer.status}: {str(told)[:500]}")
            with lock:
                times.append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=post) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(times) != len(requests):
        raise RuntimeError("a connection failed")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.langfuse", description=__doc__)
    parser.add_argument("--traces", type=int, default=5000)
    parser.add_argument("--per-request", type=int, default=16, help="traces in one request")
    parser.add_argument("--connections", type=int, default=8)
    arguments = parser.parse_args()
    requests = make_requests(arguments.traces, arguments.per_request, seed=1)
    server = Spanglass()
    with tempfile.TemporaryDirectory(prefix="spanglass-bench-") as folder:
        server.start(Path(folder) / "data")
        try:
            post_all(server.base_url, make_requests(64, 16, seed=2), 1)
            before, empty = process_cost(server.pid), server.stored_bytes()
            started = time.perf_counter()
            times = post_all(server.base_url, requests, arguments.connections)
            seconds = time.perf_counter() - started
            wanted = (arguments.traces + 64) * SPANS_PER_TRACE
            wait_until(lambda: server.queryable_spans() == wanted, timeout_s=60)
            after = process_cost(server.pid)
            stored = server.stored_bytes() - empty
        finally:
            server.stop()
    events = arguments.traces * EVENTS_PER_TRACE
    print(
        json.dumps(
            {
                "events_per_s": round(events / seconds),
                "spans_per_s": round(arguments.traces * SPANS_PER_TRACE / seconds),
                "ack_ms_p50": round(percentile(times, 0.5)),
                "ack_ms_p99": round(percentile(times, 0.99)),
                "cpu_us_per_event": round((after.cpu_s - before.cpu_s) / events * 1e6),
                "peak_rss_mb": after.peak_rss_bytes >> 20,
                "request_bytes_per_event": round(sum(map(len, requests)) / events),
                "stored_bytes_per_event": round(stored / events),
                "stored_bytes_per_span": round(stored / arguments.traces / SPANS_PER_TRACE),
            }
        )
    )


if __name__ == "__main__":
    main()
