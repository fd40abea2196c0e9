"""The load: a few connections that post stamped requests as fast as they are answered, or at a pace."""

import http.client
import random
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from bench.payload import RequestTemplate

RETRYABLE = (429, 502, 503, 504)
SETTLED_NS = 3_000_000_000
"""A trace is sent after it has ended."""
SPREAD_NS = 5_000_000_000
"""An exporter sends what ended within its interval."""


@dataclass(slots=True)
class LoadResult:
    spans: int = 0
    seconds: float = 0.0
    ack_ms: list[float] = field(default_factory=list)
    """From the first byte sent to the answer, for requests that were acknowledged at once."""
    retries: int = 0
    body_bytes: int = 0
    trace_ids: list[str] = field(default_factory=list)
    """A sample, for opening traces afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    url: str
    headers: dict[str, str]
    pool: list[RequestTemplate]
    spans: int
    connections: int
    history_s: float
    """The load tells this many seconds in order, the last of them now, as they would have arrived."""
    spans_per_s: float | None = None
    """None: as fast as answered."""
    seed: int = 1

    def run(self) -> LoadResult:
        result, lock, counter = LoadResult(), threading.Lock(), iter(range(10**9))
        per_request = self.pool[0].spans
        requests = max(1, self.spans // per_request)
        started = time.perf_counter()

        def post_all(worker: int) -> None:
            rng = np.random.default_rng((self.seed, worker))
            # Templates are stamped in place, so each connection has copies of its own.
            pool = [template.copy() for template in self.pool[worker :: self.connections] or self.pool[:1]]
            sender = _Sender(self.url, self.headers)
            while (turn := next(counter)) < requests:
                if self.spans_per_s:
                    due = started + turn * per_request / self.spans_per_s
                    time.sleep(max(0.0, due - time.perf_counter()))
                template = pool[turn // self.connections % len(pool)]
                body, trace_ids = template.stamp(rng, self._starts(rng, turn / requests, template.traces))
                elapsed_ms, retries = sender.post(body)
                with lock:
                    result.spans += template.spans
                    result.body_bytes += len(body)
                    result.retries += retries
                    if not retries:
                        result.ack_ms.append(elapsed_ms)
                    if len(result.trace_ids) < 20_000:
                        result.trace_ids.extend(trace_ids[:4])

        failures: list[BaseException] = []

        def guarded(worker: int) -> None:
            try:
                post_all(worker)
            except BaseException as error:  # noqa: BLE001 -- handed to the main thread, which raises it
                failures.append(error)

        threads = [threading.Thread(target=guarded, args=(worker,)) for worker in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        result.seconds = time.perf_counter() - started
        return result

    def _starts(self, rng: np.random.Generator, progress: float, traces: int) -> NDArray[np.int64]:
        """When the traces of a request start: around the moment that the load has reached, ns."""
        around_ns = time.time_ns() - SETTLED_NS - int(self.history_s * 1e9 * (1 - progress))
        return around_ns - rng.integers(0, SPREAD_NS, size=traces)


class _Sender:
    """One kept-alive connection; retries what OTLP says is retryable, as an exporter would."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = urlsplit(url)
        self._headers = {"Content-Type": "application/x-protobuf", **headers}
        self._connection = self._connect()
        self._rng = random.Random(5)

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=120)

    def post(self, body: bytes) -> tuple[float, int]:
        retries = 0
        while True:
            started = time.perf_counter()
            try:
                self._connection.request("POST", self._url.path, body, self._headers)
                response = self._connection.getresponse()
                answer = response.read()
            except (http.client.HTTPException, ConnectionError):
                self._connection.close()
                self._connection = self._connect()
                retries += 1
                if retries > 20:
                    raise
                continue
            if response.status == 200:
                return (time.perf_counter() - started) * 1000, retries
            if response.status not in RETRYABLE:
                raise RuntimeError(f"{self._url.geturl()} answered {response.status}: {answer[:300]!r}")
            retries += 1
            time.sleep(min(5.0, float(response.headers.get("Retry-After", 0.2))) * (0.5 + self._rng.random()))
