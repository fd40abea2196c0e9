"""The example as a program: history, then live traffic, until it is told to stop."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final, NamedTuple, Self

import httpx2
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from spanglass_examples.clock import RealClock, SkippingClock
from spanglass_examples.conditions import World
from spanglass_examples.fake_models import ModelServer
from spanglass_examples.rag_service.application import running, sending
from spanglass_examples.rag_service.gateway import Gateway
from spanglass_examples.rag_service.history import Library, Retelling, record, tell
from spanglass_examples.rag_service.incidents import INCIDENTS, NORMAL, Incident, in_live
from spanglass_examples.rag_service.quality import set_up_quality
from spanglass_examples.rag_service.traffic import busyness, choose_visit

_HISTORY_PER_HOUR: Final = 160
_GAP_S_MIN: Final = 300.0
_SPANS_PER_REQUEST: Final = 800
_SENDERS: Final = 2
_VISITS_AT_ONCE_MAX: Final = 32
_READY_POLL_S: Final = 0.2
_HISTORY_TIMEOUT_S: Final = 30.0
_LIVE_TIMEOUT_S: Final = 3.0
"""Also what stopping may take, where the server has gone first."""


class Options(NamedTuple):
    rate: float
    """Live requests a second, on average over a day."""
    history_hours: float
    seed: int
    api_key: str
    incident: str = ""
    """The one that live traffic is in all the time; empty for each in its turn."""


class SendingError(Exception):
    """The server did not take the history."""


def run(
    options: Options, *, find_endpoint: Callable[[], str], stop: threading.Event, say: Callable[[str], None]
) -> None:
    """Record, wait for the endpoint, send the history, then live traffic until `stop` is set.

    `find_endpoint` blocks until the server's base URL is known; empty when it never will be. `say` is told
    what goes on, a line at a time.
    """
    # When the server goes away first, the senders' complaints are of no use to anyone.
    for name in ("opentelemetry", "spanglass"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    library = _record_library(options) if options.history_hours > 0 else {}
    endpoint = find_endpoint()
    if not endpoint or not _is_ready(endpoint, stop):
        return
    headers = {"authorization": f"Bearer {options.api_key}"} if options.api_key else {}
    started_s = time.time()
    if library:
        count = _send_history(library, endpoint, headers, options, started_s, stop)
        if count:
            say(f"sent a history of {count} requests in {time.time() - started_s:.0f} s")
    # Incidents are the application's: its judges are somebody else's models.
    judges = World(clock=RealClock(stop), conditions=NORMAL)
    with ModelServer(judges, seed=options.seed + 13).running() as judge_url:
        _set_up_quality(endpoint, headers, judge_url, options, say)
        _send_live(endpoint, headers, options, started_s, stop)


def _set_up_quality(
    endpoint: str, headers: Mapping[str, str], judge_url: str, options: Options, say: Callable[[str], None]
) -> None:
    """A key that may only send still gets a demo, without evaluators."""
    try:
        set_up_quality(endpoint, headers, judge_url=judge_url, history_hours=options.history_hours)
    except httpx2.HTTPError as error:
        say(f"nothing is evaluated: {error}")


def _record_library(options: Options) -> Library:
    clock = SkippingClock()
    world = World(clock=clock, conditions=NORMAL)
    with running(world, seed=options.seed) as application:
        return record(application, world, clock, seed=options.seed)


def _is_ready(endpoint: str, stop: threading.Event) -> bool:
    """Waits until the server is; False when stopped before."""
    with httpx2.Client(trust_env=False, timeout=5.0) as client:
        while not stop.is_set():
            try:
                if client.get(f"{endpoint}/readyz").status_code == 200:
                    return True
            except httpx2.TransportError:
                pass  # Not listening yet.
            stop.wait(_READY_POLL_S)
    return False


def _send_history(
    library: Library,
    endpoint: str,
    headers: Mapping[str, str],
    options: Options,
    started_s: float,
    stop: threading.Event,
) -> int:
    """How many requests were told. Begins where an earlier demo on the same server ended."""
    earliest_s = started_s - options.history_hours * 3600
    from_s = max(earliest_s, _find_newest_s(endpoint, headers, earliest_s) or earliest_s)
    if started_s - from_s < _GAP_S_MIN:
        return 0
    count = int((started_s - from_s) / 3600 * _HISTORY_PER_HOUR)
    told = tell(library, count=count, from_s=from_s, to_s=started_s, started_s=started_s, seed=options.seed)
    with _Sender(endpoint, headers) as sender, ThreadPoolExecutor(_SENDERS) as threads:
        sent: deque[Future[bool]] = deque()
        for batch in _batches(told):
            sent.append(threads.submit(sender.send, batch))
            if len(sent) > _SENDERS:
                _check(sent.popleft(), endpoint)
            if stop.is_set():
                break
        for result in sent:
            _check(result, endpoint)
    return count


class _Sender:
    """Sends the past: spans and logs by OpenTelemetry's own exporters, scores by the API."""

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        self._spans = _exporter(endpoint, headers, _HISTORY_TIMEOUT_S)
        self._logs = OTLPLogExporter(f"{endpoint}/v1/logs", headers=headers, timeout=_HISTORY_TIMEOUT_S)
        self._api = httpx2.Client(
            base_url=endpoint, headers=dict(headers), timeout=_HISTORY_TIMEOUT_S, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._spans.shutdown()  # type: ignore[no-untyped-call]
        self._logs.shutdown()  # type: ignore[no-untyped-call]
        self._api.close()

    def send(self, batch: Sequence[Retelling]) -> bool:
        """Whether the server took all of it."""
        spans = [span for told in batch for span in told.spans]
        logs = [record for told in batch for record in told.logs]
        scores = [score for told in batch for score in told.scores]
        return (
            self._spans.export(spans) is SpanExportResult.SUCCESS
            and (not logs or self._logs.export(logs) is LogRecordExportResult.SUCCESS)
            and (not scores or self._api.post("/api/v1/scores", json=scores).status_code == 200)
        )


def _check(sent: Future[bool], endpoint: str) -> None:
    if not sent.result():
        raise SendingError(f"{endpoint} did not take the history")


def _batches(told: Iterator[Retelling]) -> Iterator[Sequence[Retelling]]:
    batch: list[Retelling] = []
    for retelling in told:
        batch.append(retelling)
        if sum(len(one.spans) for one in batch) >= _SPANS_PER_REQUEST:
            yield batch
            batch = []
    if batch:
        yield batch


def _find_newest_s(endpoint: str, headers: Mapping[str, str], earliest_s: float) -> float | None:
    """When the newest trace of an earlier demo started; None where there is none, or the key may not read."""
    query = {
        "from": datetime.fromtimestamp(earliest_s).astimezone().isoformat(),
        "filter": "service:gateway",
        "order": "-start_time",
        "limit": "1",
    }
    answer = httpx2.get(
        f"{endpoint}/api/v1/traces", params=query, headers=dict(headers), timeout=10.0, trust_env=False
    )
    items = answer.json()["items"] if answer.status_code == 200 else []
    return datetime.fromisoformat(items[0]["start_time"]).timestamp() if items else None


def _send_live(
    endpoint: str, headers: Mapping[str, str], options: Options, started_s: float, stop: threading.Event
) -> None:
    world = World(clock=RealClock(stop), conditions=NORMAL)
    batches = BatchSpanProcessor(_exporter(endpoint, headers, _LIVE_TIMEOUT_S), schedule_delay_millis=1000)
    try:
        with sending(
            world,
            endpoint=endpoint,
            api_key=options.api_key,
            gateway_spans=batches.on_end,
            seed=options.seed + 7,
        ) as gateway:
            _visit(gateway, world, options, started_s, stop)
    finally:
        batches.shutdown()  # type: ignore[no-untyped-call]


def _visit(gateway: Gateway, world: World, options: Options, started_s: float, stop: threading.Event) -> None:
    """People come by chance, whether or not the ones before them have their answers."""
    chance = random.Random(options.seed + 11)
    at_once = threading.Semaphore(_VISITS_AT_ONCE_MAX)
    lasting: Incident | None = next((one for one in INCIDENTS if one.name == options.incident), None)

    def visit(moment_s: float, seed: int) -> None:
        try:
            gateway.ask(choose_visit(moment_s, random.Random(seed)))
        finally:
            at_once.release()

    with ThreadPoolExecutor(_VISITS_AT_ONCE_MAX) as threads:
        while not stop.wait(chance.expovariate(options.rate * busyness(time.time()))):
            now_s = time.time()
            incident = lasting or in_live(now_s, started_s=started_s)
            world.conditions = incident.conditions if incident else NORMAL
            if at_once.acquire(blocking=False):
                threads.submit(visit, now_s, chance.getrandbits(32))


def _exporter(endpoint: str, headers: Mapping[str, str], timeout_s: float) -> OTLPSpanExporter:
    return OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", headers=dict(headers), timeout=timeout_s)
