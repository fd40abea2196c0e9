"""The processor within an application: it never raises, never blocks, and gives up memory in time."""

import logging
import threading
import time
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from tests.unit.sdk_calls.ended_spans import ListenedTo, ended, replay

from spanglass import _call_processor
from spanglass._call_processor import CallProcessor, make
from spanglass._calls import Call

CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1}


class Broken(ListenedTo):
    def tell_call(self, call: Call, cost_usd: float | None, context: Any) -> None:
        raise RuntimeError("broken")


def test_a_sink_that_fails_is_told_of_once_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    listener = ListenedTo()
    processor = CallProcessor([Broken(), listener], listener)

    replay(processor, [ended(CALL, span_id=n, start_ns=n, end_ns=n + 1) for n in (1, 2, 3)])
    processor.shutdown()

    assert len(listener.calls) == 3
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "Broken" in caplog.text


def test_prices_that_fail_leave_calls_unpriced() -> None:
    class Failing(ListenedTo):
        def cost_usd(self, call: Call) -> float | None:
            raise RuntimeError("no list")

    listener = Failing()
    processor = CallProcessor([listener], listener)
    replay(processor, [ended(CALL, span_id=n, start_ns=n, end_ns=n + 1) for n in (1, 2)])
    processor.shutdown()

    assert [call.span_id for call in listener.calls] == [1, 2]
    assert listener.costs == [None, None]


def test_a_burst_beyond_the_queue_is_dropped_and_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_call_processor, "QUEUED_MAX", 10)
    enter = threading.Event()

    class Slow(ListenedTo):
        def tell_call(self, call: Call, cost_usd: float | None, context: Any) -> None:
            enter.wait(10)
            super().tell_call(call, cost_usd, context)

    listener = Slow()
    processor = CallProcessor([listener], listener)
    replay(processor, [ended(CALL, span_id=n, start_ns=n, end_ns=n + 1) for n in range(1, 101)])
    enter.set()
    processor.shutdown()

    assert len(listener.calls) + processor.dropped_count == 100
    assert 10 <= len(listener.calls) <= 13
    assert caplog.text.count("more model calls than can be counted") == 1


def test_spans_that_never_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_call_processor, "OPEN_SPANS_MAX", 100)
    listener = ListenedTo()
    processor = CallProcessor([listener], listener)

    for number in range(1, 1001):
        processor.on_start(ended({}, span_id=number))  # type: ignore[arg-type]

    assert len(processor._open) <= 101


def test_plain_spans_start_no_thread() -> None:
    listener = ListenedTo()
    processor = CallProcessor([listener], listener)
    replay(processor, [ended({"http.request.method": "GET"}, name="GET /")])

    assert processor._thread is None
    assert processor.force_flush()


def test_spans_of_many_threads_are_all_told() -> None:
    listener = ListenedTo()
    processor = CallProcessor([listener], listener)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("library")

    def work() -> None:
        for _ in range(200):
            with tracer.start_as_current_span("step", attributes={"spanglass.kind": "chain"}):
                tracer.start_span("chat", attributes=CALL).end()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert processor.force_flush()

    assert len(listener.calls) == 800
    assert len(listener.steps) == 1600
    assert processor._open == {}
    processor.shutdown()


def test_a_call_told_by_two_libraries_is_told_by_itself_soon() -> None:
    listener = ListenedTo()
    processor = CallProcessor([listener], listener)
    outer = ended(CALL, span_id=1, scope="framework", start_ns=1, end_ns=9)
    replay(processor, [outer, ended(CALL, span_id=2, parent=1, scope="client", start_ns=2, end_ns=8)])

    end = time.monotonic() + 10
    while not listener.calls and time.monotonic() < end:
        time.sleep(0.01)

    assert [call.span_id for call in listener.calls] == [1]
    processor.shutdown()


def test_nothing_asked_for_is_no_processor() -> None:
    assert make(prometheus=False, log_calls=False) is None


def test_what_init_names_wins_over_the_spans_resource() -> None:
    listener = ListenedTo()
    processor = CallProcessor([listener], listener, resource={"service.name": "named"})
    replay(processor, [ended(CALL, resource={"service.name": "other", "deployment.environment": "prod"})])
    processor.shutdown()

    assert (listener.calls[0].service, listener.calls[0].environment) == ("named", "prod")
