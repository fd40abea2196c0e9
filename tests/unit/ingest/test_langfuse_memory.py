"""What Langfuse's events come to across requests, failures and other senders."""

import json
from collections.abc import Iterator

import pytest
from tests.support.langfuse_bench import PROJECT, LangfuseBench
from tests.support.langfuse_events import at, at_ns, batch_of, event, recording
from tests.support.memory_store import OUTAGE, MemoryStore
from tests.support.otlp_bodies import body_of, span

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.store.ports import TraceKey

HEX_TRACE = "0123456789abcdef0123456789abcdef"
ROOT_ID = b"\x00\x00\x00\x00\x00\x00\x00\x01"
HOUR_S = 3_600


@pytest.fixture
def bench() -> Iterator[LangfuseBench]:
    bench = LangfuseBench()
    yield bench
    bench.close()


def otlp_span(number: int, *, parent: bytes = b"", start_s: float = 0.0) -> bytes:
    return body_of(
        span(
            number,
            trace_id=bytes.fromhex(HEX_TRACE),
            parent_span_id=parent,
            start_time_unix_nano=at_ns(start_s),
            end_time_unix_nano=at_ns(start_s + 1),
        )
    )


def test_a_decorated_program_is_one_trace_with_a_root_span(bench: LangfuseBench) -> None:
    assert bench.tell(*recording("v2-001")) == []
    (trace,) = bench.traces().values()
    assert (trace.name, trace.user_id, trace.session_id, trace.tags) == (
        "rag_trace",
        "u1",
        "s1",
        ("t1", "t2"),
    )
    assert (trace.environment, trace.release) == ("staging", "r1")
    assert (trace.input_tokens, trace.output_tokens) == (12, 34)
    assert trace.input_preview == "what?"
    assert trace.output_preview.startswith("answer ")
    spans = {found.name: found for found in bench.spans().values()}
    root = spans["rag_pipeline"]
    assert (root.parent_span_id, root.span_id) == ("", trace.root_span_id)
    # The stray start_time and end_time of its events.
    assert root.end_time_ns - root.start_time_ns == 147_828_000
    assert {name for name, found in spans.items() if found.parent_span_id == root.span_id} == {
        "retrieve",
        "rerank",
        "generate",
        "boom",
    }
    generation = spans["generate"]
    assert (generation.kind, generation.request_model, generation.ttft_ns) == ("llm", "gpt-4o", 608_000)
    assert (spans["boom"].status, spans["boom"].error_message) == ("error", "kaboom")
    judged = {score.name: (score.trace_id, score.span_id) for score in bench.store.scores.values()}
    assert judged == {
        "obs_score": (trace.trace_id, generation.span_id),
        "trace_score": (trace.trace_id, ""),
    }


def test_an_exception_of_the_root_function_is_the_traces(bench: LangfuseBench) -> None:
    bench.tell(*recording("v2-017"))
    (trace,) = bench.traces().values()
    (root,) = bench.spans().values()
    assert trace.status == "error"
    assert (root.error_message, root.end_time_ns - root.start_time_ns) == ("root fail", 7_054_000)


def test_a_trace_whose_times_nobody_told_has_those_of_its_observations(bench: LangfuseBench) -> None:
    bench.tell(event("span-create", 5, id="o", traceId="t", startTime=at(1), endTime=at(4)))
    bench.tell(event("trace-create", 9, id="t", name="late"))
    bench.restart()
    bench.tell(event("span-create", 5, id="p", traceId="t", startTime=at(2), endTime=at(8)))
    root = bench.spans()["t", "t"]
    assert (root.start_time_ns, root.end_time_ns) == (at_ns(1), at_ns(8))


def test_a_trace_that_is_never_created_shows_its_observations(bench: LangfuseBench) -> None:
    bench.tell(event("generation-create", 0, id="g", traceId="t", name="ask", startTime=at(0)))
    (trace,) = bench.traces().values()
    assert (trace.name, trace.span_count, trace.root_span_id) == ("ask", 1, "")


def test_an_update_before_its_creation_leaves_no_span_behind(bench: LangfuseBench) -> None:
    """Its start was taken from the update's own time, an hour later: part of a stored span's key."""
    bench.tell(event("trace-create", 0, id="t"))
    bench.tell(event("span-update", HOUR_S + 5, id="o", traceId="t", output="done"))
    bench.restart()
    bench.tell(event("span-create", 1, id="o", traceId="t", name="slow", startTime=at(1)))
    found = [s for s in bench.store.spans.values() if s.span_id == "o"]
    assert [(s.name, s.start_time_ns, s.output) for s in found] == [("slow", at_ns(1), "done")]
    (trace,) = bench.traces().values()
    assert trace.span_count == 2


def test_an_observation_without_a_trace_is_one(bench: LangfuseBench) -> None:
    bench.tell(event("generation-create", 0, id="g", name="ask", startTime=at(0)))
    (trace,) = bench.traces().values()
    assert (trace.trace_id, trace.root_span_id, trace.name) == ("g", "g", "ask")
    assert bench.spans()["g", "g"].kind == "llm"


@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_update_without_a_trace_finds_its_observation(bench: LangfuseBench, *, is_restarted: bool) -> None:
    bench.tell(event("span-create", 0, id="o", traceId="t", name="work", startTime=at(0)))
    if is_restarted:
        bench.restart()
    bench.tell(event("span-update", 1, id="o", output="done"))
    assert [(key, s.output) for key, s in bench.spans().items()] == [(("t", "o"), "done")]
    assert bench.traces().keys() == {"t"}


def test_an_observation_moves_to_the_trace_it_is_told_of_later(bench: LangfuseBench) -> None:
    bench.tell(event("span-update", 1, id="o", output="done"))
    assert bench.traces().keys() == {"o"}
    bench.tell(event("span-create", 0, id="o", traceId="t", name="work", startTime=at(0)))
    assert [(key, s.name, s.output) for key, s in bench.spans().items()] == [(("t", "o"), "work", "done")]
    assert bench.traces().keys() == {"t"}
    bench.restart()
    bench.tell(event("span-update", 2, id="o", traceId="t", level="ERROR"))
    assert bench.spans().keys() == {("t", "o")}
    assert bench.spans()["t", "o"].output == "done"


def test_an_event_sent_again_changes_nothing(bench: LangfuseBench) -> None:
    events = recording("v2-015")
    bench.tell(*events)
    spans, stored = bench.spans(), dict(bench.store.langfuse_events)
    bench.tell(*events)
    bench.restart()
    bench.tell(*events)
    assert bench.spans() == spans
    assert bench.store.langfuse_events == stored


def test_an_event_without_an_id_sent_again_changes_nothing(bench: LangfuseBench) -> None:
    told = event("span-create", 0, traceId="t", name="work", startTime=at(0))
    del told["id"]
    bench.tell(told)
    bench.tell(told)
    assert len(bench.spans()) == 1


def test_a_commit_that_fails_is_told_anew(bench: LangfuseBench) -> None:
    bench.tell(event("trace-create", 0, id="t", name="a", timestamp=at(0)))
    bench.store.failures_left = 1
    update = event("trace-create", 1, id="t", output="done", tags=["x"])
    with pytest.raises(StorageUnavailable):
        bench.tell(update)
    assert bench.spans()["t", "t"].output == ""
    bench.tell(event("span-create", 2, id="o", traceId="t", startTime=at(1)))
    assert bench.spans()["t", "t"].output == ""
    bench.tell(update)
    assert (bench.spans()["t", "t"].output, bench.traces()["t"].tags) == ("done", ("x",))


def test_events_stay_out_of_memory_while_the_store_cannot_be_read(bench: LangfuseBench) -> None:
    bench.store.failure = OUTAGE
    with pytest.raises(StorageUnavailable):
        bench.tell(event("trace-create", 0, id="t", name="lost"))
    bench.store.failure = None
    bench.tell(event("trace-create", 1, id="t", name="kept"))
    assert bench.spans()["t", "t"].name == "kept"


def test_requests_in_flight_together_tell_one_trace(bench: LangfuseBench) -> None:
    bench.store.gate.clear()
    replies = [
        bench.submit(batch_of(event("trace-create", 0, id="t", name="a", timestamp=at(0)))),
        *(
            bench.submit(batch_of(event("span-create", n, id=f"o{n}", traceId="t", startTime=at(n))))
            for n in range(1, 20)
        ),
    ]
    bench.store.gate.set()
    for reply in replies:
        assert reply.result(10) == []
    (trace,) = bench.traces().values()
    assert (trace.span_count, trace.end_time_ns) == (20, at_ns(19))


def test_memory_is_bounded_and_the_store_makes_up_for_it() -> None:
    bench = LangfuseBench({"langfuse_memory_bytes_max": 3_000})
    for n in range(20):
        bench.tell(event("trace-create", n, id=f"t{n}", name=f"n{n}", timestamp=at(n), input="i" * 500))
    for n in range(20):
        bench.tell(event("trace-create", n + 30, id=f"t{n}", output="done"))
    spans = bench.spans()
    assert {(spans[f"t{n}", f"t{n}"].name, spans[f"t{n}", f"t{n}"].output) for n in range(20)} == {
        (f"n{n}", "done") for n in range(20)
    }
    assert bench.pipeline.counters()["langfuse_memory_bytes"] <= 3_000
    bench.close()


def test_a_trace_of_many_observations_is_not_loaded_whole(bench: LangfuseBench) -> None:
    bench.tell(
        event("trace-create", 0, id="t", timestamp=at(0)),
        *(event("span-create", n, id=f"o{n}", traceId="t", startTime=at(n)) for n in range(1, 100)),
    )
    bench.restart()
    bench.store.loaded_event_count = 0
    bench.tell(event("span-update", 200, id="o7", traceId="t", endTime=at(200)))
    assert bench.store.loaded_event_count == 2
    assert bench.spans()["t", "t"].end_time_ns == at_ns(200)


def test_servers_that_share_a_store_merge_what_each_was_told() -> None:
    one = LangfuseBench(shared=MemoryStore())
    other = LangfuseBench(shared=one.store)
    one.tell(event("span-create", 0, id="o", traceId="t", name="work", startTime=at(0)))
    other.tell(event("span-update", 1, id="o", traceId="t", output="done"))
    one.tell(event("span-update", 2, id="o", traceId="t", metadata={"k": 1}))
    other.tell(event("span-update", 3, id="o", traceId="t", endTime=at(3)))
    told = one.spans()["t", "o"]
    assert (told.name, told.output, told.metadata, told.end_time_ns) == ("work", "done", '{"k":1}', at_ns(3))
    one.close()
    other.close()


def test_a_deleted_trace_is_forgotten(bench: LangfuseBench) -> None:
    bench.tell(event("trace-create", 0, id="t", name="secret", input="secret", timestamp=at(0)))
    bench.store.spans.clear()
    bench.store.traces.clear()
    bench.store.langfuse_events.clear()
    bench.pipeline.forget_traces([TraceKey(PROJECT, "t")])
    bench.tell(event("trace-create", 1, id="t", output="new", timestamp=at(0)))
    assert (bench.spans()["t", "t"].name, bench.spans()["t", "t"].input) == ("trace", "")


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("is_root_first", [False, True])
def test_a_trace_told_by_opentelemetry_too_keeps_one_root(
    bench: LangfuseBench, *, is_root_first: bool, is_restarted: bool
) -> None:
    tellings = [
        lambda: bench.tell_otlp(otlp_span(1)),
        lambda: bench.tell(
            event("trace-create", 0, id=HEX_TRACE, name="checkout", userId="u", tags=["x"], timestamp=at(0))
        ),
    ]
    for tell in tellings if is_root_first else reversed(tellings):
        tell()
        if is_restarted:
            bench.restart()
    bench.tell(event("trace-create", 1, id=HEX_TRACE, sessionId="s"))
    trace = bench.traces()[HEX_TRACE]
    assert (trace.name, trace.user_id, trace.session_id, trace.tags) == ("checkout", "u", "s", ("x",))
    roots = [found.span_id for found in bench.spans().values() if not found.parent_span_id]
    assert roots == [ROOT_ID.hex()] == [trace.root_span_id]
    assert bench.spans()[HEX_TRACE, HEX_TRACE].parent_span_id == ROOT_ID.hex()


def test_a_trace_that_is_too_large_refuses_its_events_by_position(
    bench: LangfuseBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.pipeline._cache, "_trace_spans_max", 2)
    bench.tell(event("trace-create", 0, id="t", timestamp=at(0)))
    (rejection,) = bench.tell(
        event("span-create", 1, id="o1", traceId="t", startTime=at(1)),
        event("span-create", 2, id="o2", traceId="t", startTime=at(2)),
    )
    assert rejection.item == "batch[1]"


def test_metadata_is_bounded_as_attributes_are(bench: LangfuseBench) -> None:
    many = {f"k{n}": n for n in range(5_000)}
    bench.tell(event("trace-create", 0, id="t", timestamp=at(0), metadata=many, input="x" * 3_000_000))
    found = bench.spans()["t", "t"]
    assert len(json.loads(found.attributes)) <= 4_000
    assert "dropped_by_sender" in found.warnings
    assert len(found.input) == 2_000_000
