"""What leaves the process, over a real socket: batches, retries, refusals, limits."""

import gzip
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from tests.support.collector import Collector, Reply
from tests.support.spanglass_process import free_port

from spanglass import _log, _sender
from spanglass._export import Exporter, SpanglassProcessor, read_partial_success
from spanglass._settings import resolve


class Outlet:
    """A tracer whose spans go to a collector, and the exporter between."""

    def __init__(self, url: str, **options: Any) -> None:
        _log.forget_all()
        settings = resolve(endpoint=url, env={}, **{"interval_s": 0.05, **options})
        self.exporter = Exporter(settings)
        provider = TracerProvider(shutdown_on_exit=False)
        processor = SpanglassProcessor()
        processor.exporter = self.exporter
        provider.add_span_processor(processor)
        self.tracer = provider.get_tracer("test")

    def record(self, count: int, size: int = 10) -> None:
        for at in range(count):
            self.tracer.start_span(f"s{at}", attributes={"text": "x" * size}).end()

    @property
    def dropped(self) -> int:
        return self.exporter.sender.dropped


@pytest.fixture
def collectors() -> Iterator[Callable[..., Collector]]:
    made: list[Collector] = []

    def make(*replies: Reply, **options: Any) -> Collector:
        made.append(Collector(*replies, **options))
        return made[-1]

    yield make
    for collector in made:
        collector.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sender, "BACKOFF_S", 0.02)


def test_spans_come_in_order_by_themselves_and_once(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    outlet = Outlet(collector.url)
    outlet.record(100)
    collector.await_spans(100)
    assert outlet.exporter.close(5)
    assert collector.names() == [f"s{at}" for at in range(100)]


def test_flush_waits_until_everything_is_delivered(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    outlet = Outlet(collector.url, interval_s=60)
    outlet.record(3)
    assert outlet.exporter.flush(5)
    assert len(collector.spans()) == 3
    outlet.record(2000, size=10_000)
    assert outlet.exporter.flush(20)
    assert len(collector.spans()) == 2003
    assert len(collector.requests) < 60
    outlet.exporter.close(5)


def test_spans_and_scores_that_come_mixed_are_sent_together(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    outlet = Outlet(collector.url, interval_s=60)
    for at in range(500):
        outlet.record(1)
        outlet.exporter.send_score({"name": f"n{at}"})
    assert outlet.exporter.flush(20)
    assert len(collector.requests) < 20
    assert len(collector.spans()) == 500
    assert [score["name"] for score in collector.scores()] == [f"n{at}" for at in range(500)]
    outlet.exporter.close(5)


def test_flush_waits_for_what_others_have_passed(collectors: Callable[..., Collector]) -> None:
    collector = collectors(answer=lambda request: Reply(delay_s=0.3 if "scores" in request.path else 0))
    outlet = Outlet(collector.url, interval_s=60)
    outlet.record(1)
    outlet.exporter.send_score({"name": "n"})
    threading.Timer(0.1, lambda: outlet.record(100)).start()
    assert outlet.exporter.flush(20)
    assert len(collector.scores()) == 1
    outlet.exporter.close(5)


def test_flush_gives_up_in_time(collectors: Callable[..., Collector]) -> None:
    outlet = Outlet(collectors(Reply(delay_s=3)).url)
    outlet.record(1)
    started = time.monotonic()
    assert not outlet.exporter.flush(0.2)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_overload_is_tried_again(collectors: Callable[..., Collector], status: int) -> None:
    collector = collectors(Reply(status), Reply(status))
    outlet = Outlet(collector.url)
    outlet.record(2)
    assert outlet.exporter.flush(10)
    assert collector.names() == ["s0", "s1"] * 3
    assert outlet.dropped == 0
    outlet.exporter.close(5)


def test_retry_after_is_heeded(collectors: Callable[..., Collector]) -> None:
    collector = collectors(Reply(429, headers={"Retry-After": "0.6"}))
    outlet = Outlet(collector.url)
    outlet.record(1)
    started = time.monotonic()
    assert outlet.exporter.flush(10)
    assert time.monotonic() - started >= 0.6
    outlet.exporter.close(5)


def test_what_is_recorded_while_the_server_is_down_comes_when_it_is_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    outlet = Outlet(f"http://127.0.0.1:{port}")
    outlet.record(5)
    time.sleep(0.3)
    collector = _at(port)
    assert outlet.exporter.flush(10)
    assert collector.names() == [f"s{at}" for at in range(5)]
    outlet.exporter.close(5)
    collector.close()
    assert [r.levelno for r in caplog.records if "cannot send" in r.message] == [logging.WARNING]


def _at(port: int) -> Collector:
    from tests.support import collector as module

    class AtPort(module._Server):
        def __init__(self, address: tuple[str, int], handler: Any) -> None:
            super().__init__((address[0], port), handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_Server", AtPort)
        return Collector()


REFUSALS = [(401, "SPANGLASS_SECRET_KEY"), (403, "SPANGLASS_SECRET_KEY"), (404, "endpoint"), (400, "too odd")]


@pytest.mark.parametrize(("status", "hint"), REFUSALS)
def test_a_refusal_is_explained_once_and_does_not_stop_the_rest(
    collectors: Callable[..., Collector], caplog: pytest.LogCaptureFixture, status: int, hint: str
) -> None:
    collector = collectors(*[Reply(status, b"too odd")] * 3)
    outlet = Outlet(collector.url)
    for _ in range(4):
        outlet.record(2)
        assert outlet.exporter.flush(5)
    assert outlet.dropped == 6
    (line,) = [record.getMessage() for record in caplog.records if str(status) in record.getMessage()]
    assert hint in line
    assert len(collector.requests) == 4
    outlet.exporter.close(5)


@pytest.mark.parametrize("url", [f"http://{'a' * 70}.example", "http://127.0.0.1:1/ü"])
def test_an_address_that_cannot_be_asked_is_told_with_the_reason(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    outlet = Outlet(url)
    outlet.record(2)
    assert not outlet.exporter.flush(0.2)
    (line,) = [record.getMessage() for record in caplog.records if "cannot send" in record.getMessage()]
    assert "codec" in line
    outlet.exporter.close(0.1)


def test_a_request_that_is_too_large_is_halved(collectors: Callable[..., Collector]) -> None:
    collector = collectors(answer=lambda request: Reply(413 if len(request.body) > 5000 else 200))
    outlet = Outlet(collector.url, interval_s=0.2)
    outlet.record(20, size=1000)
    outlet.record(1, size=10_000)
    assert outlet.exporter.flush(10)
    small = [request for request in collector.requests if len(request.body) <= 5000]
    assert sum(len(_decoded(request.body)) for request in small) == 20
    assert outlet.dropped == 1
    outlet.exporter.close(5)


def _decoded(body: bytes) -> list[Any]:
    from spanglass_server.wire.otlp import decode_traces

    return decode_traces(body).records


def test_partial_success_is_told(
    collectors: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    partial = ExportTracePartialSuccess(rejected_spans=300, error_message="span 2: no id")
    body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    outlet = Outlet(collectors(Reply(200, body)).url)
    outlet.record(1)
    assert outlet.exporter.flush(5)
    assert outlet.dropped == 300
    assert "span 2: no id" in caplog.text
    outlet.exporter.close(5)


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xff", b"<html>", b"\x0a\x05\x08", b"\x0a\x02\x08\x00"])
def test_other_answers_are_no_partial_success(body: bytes) -> None:
    assert read_partial_success(body) == (0, "")


def test_a_full_queue_drops_and_counts_and_never_waits(
    collectors: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()

    def answer(request: object) -> Reply:
        gate.wait(60)
        return Reply()

    collector = collectors(answer=answer)
    outlet = Outlet(collector.url, queue_bytes_max=50_000)
    started = time.monotonic()
    outlet.record(1000, size=1000)
    assert time.monotonic() - started < 20
    gate.set()
    assert outlet.exporter.flush(30)
    delivered = len(collector.spans())
    assert 30 <= delivered <= 50
    assert outlet.dropped == 1000 - delivered
    assert len([r for r in caplog.records if "queue is full" in r.message]) == 1
    outlet.exporter.close(5)


def test_the_connection_is_kept_and_renewed_where_the_server_closed_it(
    collectors: Callable[..., Collector],
) -> None:
    collector = collectors(Reply(), Reply(200, headers={"connection": "close"}))
    outlet = Outlet(collector.url)
    for _ in range(4):
        outlet.record(1)
        assert outlet.exporter.flush(5)
    assert len(collector.spans()) == 4
    outlet.exporter.close(5)


def test_closing_sends_what_is_queued_and_can_be_done_twice(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    outlet = Outlet(collector.url, interval_s=60)
    outlet.record(7)
    assert outlet.exporter.close(5)
    assert outlet.exporter.close(5)
    outlet.record(1)
    assert len(collector.spans()) == 7


def test_closing_does_not_wait_for_a_server_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    outlet = Outlet(f"http://127.0.0.1:{free_port()}", interval_s=60)
    outlet.record(3)
    started = time.monotonic()
    assert not outlet.exporter.close(5)
    assert time.monotonic() - started < 1
    assert "3 records could not be sent" in caplog.text


def test_closing_does_not_wait_out_the_pause_after_a_refusal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_sender, "BACKOFF_S", 8.0)  # A pause of 4 to 8 seconds.
    outlet = Outlet(f"http://127.0.0.1:{free_port()}")
    outlet.record(3)
    assert not outlet.exporter.flush(0.5)
    assert "connection refused" in caplog.text
    started = time.monotonic()
    assert not outlet.exporter.close(10)
    assert time.monotonic() - started < 1


def test_closing_waits_for_a_slow_server_only_so_long(collectors: Callable[..., Collector]) -> None:
    outlet = Outlet(collectors(Reply(delay_s=5)).url, interval_s=60)
    outlet.record(3)
    started = time.monotonic()
    assert not outlet.exporter.close(0.5)
    assert time.monotonic() - started < 2


def test_bodies_are_compressed_where_asked_for(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    for compression in ("none", "gzip"):
        outlet = Outlet(collector.url, compression=compression)
        outlet.record(1, size=10_000)
        assert outlet.exporter.close(5)
    plain, compressed = collector.requests
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < 1000
    assert len(gzip.compress(compressed.body)) < 1000
    assert len(_decoded(compressed.body)) == 1


def test_many_threads_lose_nothing(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    outlet = Outlet(collector.url, interval_s=0.01)
    threads = [threading.Thread(target=outlet.record, args=(500, 500)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outlet.exporter.close(20)
    assert len({span.span_id for span in collector.spans()}) == len(collector.spans()) == 4000


def test_headers_carry_the_key(collectors: Callable[..., Collector]) -> None:
    collector = collectors()
    for options in (
        {"public_key": "pk", "secret_key": "sk"},
        {"api_key": "pk:sk"},
        {"api_key": "sk"},
        {"headers": {"X-Tenant": "a"}},
    ):
        outlet = Outlet(collector.url, **options)
        outlet.record(1)
        assert outlet.exporter.close(5)
    given = [request.headers.get("authorization") for request in collector.requests]
    assert given == ["Basic cGs6c2s=", "Basic cGs6c2s=", "Bearer sk", None]
    assert collector.requests[-1].headers["x-tenant"] == "a"


def test_a_span_that_ends_within_the_queue_does_not_lock_itself_up(
    collectors: Callable[..., Collector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the garbage collector, or a signal's handler, closes a generator at that moment."""
    collector = collectors()
    outlet = Outlet(collector.url)
    queued, depth = _sender._Queued, 0

    def nested(*values: Any) -> Any:
        nonlocal depth
        depth += 1
        if depth == 1:
            outlet.record(1)
        return queued(*values)

    monkeypatch.setattr(_sender, "_Queued", nested)
    outlet.record(1)
    assert outlet.exporter.flush(5)
    assert len(collector.spans()) == 2
    assert outlet.exporter.close(5)
