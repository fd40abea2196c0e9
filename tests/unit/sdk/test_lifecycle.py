"""init, flush and shutdown; joining what an application has; context for threads."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import baggage, propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from tests.support.collector import Collector

import spanglass
from spanglass import _client, _log
from spanglass.testing import Capture


@pytest.fixture
def collector() -> Iterator[Collector]:
    _log.forget_all()
    made = Collector()
    yield made
    spanglass.shutdown()
    made.close()


def joined(collector: Collector, provider: TracerProvider, **options: object) -> None:
    spanglass.init(endpoint=collector.url, tracer_provider=provider, **options)  # type: ignore[arg-type]


@spanglass.observe
def work(n: int = 0) -> int:
    return n


def test_an_applications_provider_is_joined(collector: Collector) -> None:
    provider = TracerProvider(
        resource=Resource({"service.name": "theirs", "team": "t"}), shutdown_on_exit=False
    )
    joined(collector, provider, environment="prod")
    with provider.get_tracer("theirs").start_as_current_span("outer"):
        work()
    assert spanglass.flush()
    inner, outer = collector.spans()
    assert (inner.name, outer.name) == ("work", "outer")
    assert inner.parent_span_id == outer.span_id
    assert inner.resource.attributes["service.name"] == "theirs"
    assert inner.resource.attributes["deployment.environment.name"] == "prod"
    assert (inner.scope.name, outer.scope.name) == ("spanglass", "theirs")


def test_init_again_changes_nothing(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    joined(collector, provider)
    joined(collector, provider)
    assert not caplog.records
    spanglass.init(endpoint="http://elsewhere:1")
    assert "again" in caplog.text
    work()
    spanglass.flush()
    assert collector.names() == ["work"]


def test_after_shutdown_nothing_is_recorded_until_init(collector: Collector) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    joined(collector, provider)
    work(1)
    spanglass.shutdown()
    spanglass.shutdown()
    work(2)
    provider.get_tracer("theirs").start_span("theirs").end()
    joined(collector, provider)
    work(3)
    spanglass.flush()
    assert [span.attributes["spanglass.input"] for span in collector.spans()] == ['{"n":1}', '{"n":3}']


def test_the_providers_own_shutdown_flushes_us(collector: Collector) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    joined(collector, provider, interval_s=60)
    work()
    provider.shutdown()
    assert collector.names() == ["work"]


def test_otel_sdk_disabled_is_heeded_without_a_hint(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, collector: Collector
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    spanglass.init(endpoint=collector.url)
    assert work(5) == 5
    assert _client.current_client() is None
    assert not caplog.records


def test_what_is_not_sampled_costs_nothing_and_goes_nowhere(collector: Collector) -> None:
    joined(collector, TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False))
    with spanglass.span("root") as root:
        assert spanglass.current_trace_id() == root.trace_id
        work()
        spanglass.update_current_trace(user_id="u")
        assert spanglass.score("quality", 1) is None
    spanglass.flush()
    assert collector.requests == []


def test_init_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    _log.forget_all()
    spanglass.init(tracer_provider=object(), endpoint="::::", headers={"a": "é\U0001f600"})  # type: ignore[arg-type]
    work()
    spanglass.shutdown()


def test_a_broken_processor_loses_a_span_and_nothing_else(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from spanglass import _export

    joined(collector, TracerProvider(shutdown_on_exit=False))

    def broken(*args: object) -> bytes:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(_export, "encode_span", broken)
        assert work(1) == 1
        spanglass.flush()
    assert work(2) == 2
    spanglass.flush()
    assert len(collector.spans()) == 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_threads_get_the_context_by_a_helper(captured: Capture) -> None:
    with spanglass.span("root"):
        thread = threading.Thread(target=spanglass.in_context(work), args=(1,))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(2) as plain:
            list(plain.map(spanglass.in_context(work), [2, 3]))
        with spanglass.ContextThreadPoolExecutor(2) as carrying:
            assert carrying.submit(work, n=4).result() == 4
            assert list(carrying.map(work, [5, 6])) == [5, 6]
    assert {span.parent and span.parent.name for span in captured.named("work")} == {"root"}


def test_to_thread_and_run_in_executor_work_too(captured: Capture) -> None:
    async def run() -> None:
        with spanglass.span("root"):
            await asyncio.to_thread(work, 1)
            await asyncio.get_running_loop().run_in_executor(None, spanglass.in_context(work), 2)

    asyncio.run(run())
    assert [span.parent and span.parent.name for span in captured.named("work")] == ["root", "root"]


def test_what_a_trace_is_for_leaves_as_baggage_and_arrives(captured: Capture) -> None:
    carrier: dict[str, str] = {}
    with spanglass.span("here"):
        spanglass.update_current_trace(
            user_id="u 1", session_id="s=1;2", feature="suche,ä", team="t", tags=["a,b", "c"]
        )
        propagate.inject(carrier)
    context = propagate.extract(carrier)
    tracer = trace.get_tracer_provider().get_tracer("other service")
    with tracer.start_as_current_span("there", context), spanglass.span("inside"):
        pass
    for name in ("there", "inside"):
        span = captured.span(name)
        assert (span.user_id, span.session_id, span.feature, span.team) == ("u 1", "s=1;2", "suche,ä", "t")
        assert span.tags == ("a,b", "c")
    assert captured.span("there").trace_id == captured.span("here").trace_id


def test_baggage_can_be_switched_off() -> None:
    carrier: dict[str, str] = {}
    with spanglass.testing.capture(baggage=False) as kept, spanglass.span("here"):
        spanglass.update_current_trace(user_id="u1")
        propagate.inject(carrier)
    with spanglass.testing.capture(baggage=False) as later:
        received = baggage.set_baggage("spanglass.user_id", "u2")
        trace.get_tracer_provider().get_tracer("x").start_span("there", received).end()
    assert kept.span("here").user_id == "u1"
    assert "baggage" not in carrier
    assert "traceparent" in carrier
    assert later.span("there").user_id is None


def test_traces_that_end_are_forgotten(captured: Capture) -> None:
    from spanglass._traces import OPEN_TRACES_MAX, traces

    before = len(traces._by_id)
    for _ in range(100):
        with spanglass.span("root"):
            spanglass.update_current_trace(user_id="u")
    assert len(traces._by_id) == before
    left_open = [trace.get_tracer("x").start_span("open") for _ in range(OPEN_TRACES_MAX + 100)]
    assert len(traces._by_id) <= OPEN_TRACES_MAX
    for span in left_open:
        span.end()
    assert len(traces._by_id) <= before


def test_the_public_names_are_those_that_are_told() -> None:
    for name in spanglass.__all__:
        assert getattr(spanglass, name) is not None, name
    assert sorted(spanglass.__all__) == spanglass.__all__
    assert set(spanglass.__all__) <= set(dir(spanglass))


class Slow:
    """An extra that takes all the time it is given."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def shutdown(self, timeout_millis: int = 5_000) -> None:
        time.sleep(timeout_millis / 1000)


def test_shutdown_leaves_time_to_send_to_whatever_ends_slowly_beside_it(collector: Collector) -> None:
    joined(collector, TracerProvider(), interval_s=60)
    client = _client.current_client()
    assert client is not None
    client.extras.append(Slow())
    work()
    started = time.monotonic()
    spanglass.shutdown(2)
    assert time.monotonic() - started < 2
    assert [span.name for span in collector.spans()] == ["work"]
