"""Sums stay exact whatever order, split, repetition or memory the spans of a trace meet."""

from collections.abc import Iterable, Sequence

from tests.support.memory_store import MemoryStore
from tests.support.spans import EPOCH_NS, SpanFactory

from spanglass_server.ingest.trace_cache import Settled, TraceCache
from spanglass_server.model.span import Span

PROJECT = "p"
LONG_AGO_NS = EPOCH_NS - 86_400 * 10**9
HOUR_NS = 3_600 * 10**9


class Ingest:
    """A cache before a store, committing one batch after the other."""

    def __init__(
        self, store: MemoryStore, *, spans_max: int = 1000, started_at_ns: int = LONG_AGO_NS
    ) -> None:
        self.store = store
        self.version = 10
        self.spans_max = spans_max
        self.restart(started_at_ns)

    def restart(self, started_at_ns: int) -> None:
        self.cache = TraceCache(
            self.store.load_facts,
            spans_max=self.spans_max,
            started_at_ns=started_at_ns,
            is_only_writer=True,
        )

    def commit(self, spans: Iterable[Span]) -> Settled:
        self.version += 1
        rows = [span._replace(version=self.version, is_call=False, is_billable=False) for span in spans]
        settled = self.cache.settle(rows, version=self.version)
        self.store.revise_spans(settled.revisions, version=self.version)
        self.store.write_batch(spans=settled.spans, traces=settled.summaries, logs=[])
        self.cache.trim(stored_version=self.version)
        return settled

    def billable(self) -> set[str]:
        return {span.span_id for span in self.store.list_spans(PROJECT).values() if span.is_billable}


def wrapped_call(factory: SpanFactory, **fields: object) -> Sequence[Span]:
    """A root, a wrapper that repeats the usage, and the call itself."""
    root = factory.span(kind="chain", **fields)
    wrapper = factory.call(
        kind="agent",
        trace_id=root.trace_id,
        parent_span_id=root.span_id,
        start_time_ns=root.start_time_ns + 10,
        response_id="",
    )
    call = wrapper._replace(
        kind="llm",
        span_id="c" * 16,
        parent_span_id=wrapper.span_id,
        start_time_ns=wrapper.start_time_ns + 10,
        end_time_ns=wrapper.end_time_ns - 10,
    )
    return root, wrapper, call


def test_a_whole_trace_is_settled_without_asking_the_store() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    spans = SpanFactory(PROJECT).rag_trace()
    settled = ingest.commit(spans)
    assert store.load_count == 0
    (summary,) = settled.summaries
    assert summary.span_count == 5
    assert (summary.input_tokens, summary.output_tokens) == (600, 150)
    assert spans[3].span_id in ingest.billable()


def test_children_first_and_root_later_make_one_trace() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    root, *children = SpanFactory(PROJECT).rag_trace()
    ingest.commit(children)
    ingest.commit([root])
    (trace,) = store.list_traces(PROJECT).values()
    assert (trace.span_count, trace.name, trace.root_span_id) == (5, root.name, root.span_id)
    assert trace.start_time_ns == root.start_time_ns


def test_a_wrapper_stops_being_billable_when_the_call_it_wraps_arrives() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    root, wrapper, call = wrapped_call(SpanFactory(PROJECT))
    ingest.commit([root, wrapper])
    assert ingest.billable() == {wrapper.span_id}
    settled = ingest.commit([call])
    assert [(start_ns, of.span_id) for _, start_ns, of in settled.revisions] == [
        (wrapper.start_time_ns, wrapper.span_id)
    ]
    assert len(ingest.billable()) == 1
    (trace,) = store.list_traces(PROJECT).values()
    assert (trace.llm_call_count, trace.input_tokens) == (1, 600)


def test_a_trace_that_spans_a_restart_is_one_trace() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    root, wrapper, call = wrapped_call(SpanFactory(PROJECT))
    ingest.commit([root, wrapper])
    # The new process starts later than everything it has to know of.
    ingest.restart(call.end_time_ns)
    ingest.commit([call])
    (trace,) = store.list_traces(PROJECT).values()
    assert (trace.span_count, trace.llm_call_count) == (3, 1)
    assert len(ingest.billable()) == 1


def test_a_late_child_after_a_restart_finds_its_trace_though_it_started_after_it() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    root, *children = SpanFactory(PROJECT).rag_trace()
    ingest.commit([root, *children[:3]])
    ingest.restart(root.start_time_ns - HOUR_NS)
    late = children[3]._replace(start_time_ns=root.start_time_ns + 60 * 10**9)
    ingest.commit([late])
    (trace,) = store.list_traces(PROJECT).values()
    assert (trace.span_count, trace.name) == (5, root.name)


def test_an_evicted_trace_is_loaded_when_its_next_span_arrives() -> None:
    store = MemoryStore()
    ingest = Ingest(store, spans_max=5)
    factory = SpanFactory(PROJECT)
    root, *children = factory.rag_trace()
    ingest.commit([root, *children[:2]])
    for _ in range(5):
        ingest.commit(factory.rag_trace())
    assert ingest.cache.span_count <= 5
    ingest.commit(children[2:])
    traces = store.list_traces(PROJECT)
    assert traces[root.trace_id].span_count == 5
    assert all(trace.input_tokens == 600 for trace in traces.values())


def test_a_span_sent_again_changes_nothing() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    spans = SpanFactory(PROJECT).rag_trace()
    ingest.commit(spans)
    before = (store.list_spans(PROJECT), store.list_traces(PROJECT))
    settled = ingest.commit(spans)
    assert settled.duplicate_count == 5
    assert settled.revisions == []
    after = (store.list_spans(PROJECT), store.list_traces(PROJECT))
    for old, new in zip(before, after, strict=True):
        assert {key: row._replace(version=0) for key, row in old.items()} == {
            key: row._replace(version=0) for key, row in new.items()
        }


def test_a_span_sent_again_with_more_replaces_the_first() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    *others, call, _guardrail = SpanFactory(PROJECT).rag_trace()
    ingest.commit([*others, call])
    ingest.commit([call._replace(output_tokens=999)])
    (trace,) = store.list_traces(PROJECT).values()
    assert (trace.span_count, trace.output_tokens) == (4, 999)


def test_a_trace_whose_start_moves_to_another_hour_is_listed_once() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    factory = SpanFactory(PROJECT)
    noon_ns = EPOCH_NS - EPOCH_NS % HOUR_NS
    child = factory.span(start_time_ns=noon_ns + 1, parent_span_id="a" * 16)
    root = factory.span(span_id="a" * 16, trace_id=child.trace_id, start_time_ns=noon_ns - 1)
    ingest.commit([child])
    settled = ingest.commit([root])
    assert [summary.is_deleted for summary in settled.summaries] == [True, False]
    (trace,) = store.list_traces(PROJECT).values()
    assert (trace.start_time_ns, trace.span_count) == (noon_ns - 1, 2)


def test_the_same_response_told_by_two_traces_is_billed_once() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    factory = SpanFactory(PROJECT)
    first = factory.call(response_id="msg_1")
    ingest.commit([first])
    second = first._replace(trace_id="f" * 32, span_id="f" * 16)
    ingest.commit([second])
    assert len(ingest.billable()) == 1
    traces = store.list_traces(PROJECT)
    assert sorted(trace.llm_call_count for trace in traces.values()) == [0, 1]


def test_the_same_response_told_before_and_after_a_restart_is_billed_once() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    factory = SpanFactory(PROJECT)
    first = factory.call(response_id="msg_1")
    ingest.commit([first])
    ingest.restart(first.end_time_ns)
    ingest.commit([first._replace(trace_id="f" * 32, span_id="f" * 16)])
    assert len(ingest.billable()) == 1


def test_projects_do_not_share_responses() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    call = SpanFactory(PROJECT).call(response_id="msg_1")
    ingest.commit([call, call._replace(project_id="q")])
    assert all(span.is_billable for span in store.spans.values())
    assert len(store.spans) == 2


def test_what_is_not_stored_yet_is_not_let_go() -> None:
    store = MemoryStore()
    ingest = Ingest(store, spans_max=1)
    spans = SpanFactory(PROJECT).rag_trace()
    ingest.cache.settle(spans, version=50)
    ingest.cache.trim(stored_version=49)
    assert ingest.cache.span_count == 5
    ingest.cache.trim(stored_version=50)
    assert ingest.cache.span_count == 0


def test_a_forgotten_project_starts_from_nothing() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    root, *children = SpanFactory(PROJECT).rag_trace()
    ingest.commit([root, *children[:2]])
    store.spans.clear()
    store.traces.clear()
    ingest.cache.forget_project(PROJECT)
    ingest.commit(children[2:])
    (trace,) = store.list_traces(PROJECT).values()
    assert trace.span_count == 2


def test_with_other_writers_memory_is_no_proof() -> None:
    store = MemoryStore()
    cache = TraceCache(store.load_facts, spans_max=100, started_at_ns=LONG_AGO_NS, is_only_writer=False)
    cache.settle(SpanFactory(PROJECT).rag_trace(), version=1)
    assert store.load_count == 1


def test_a_trace_that_never_ends_is_cut_off_and_its_known_spans_still_replace_themselves() -> None:
    store = MemoryStore()
    cache = TraceCache(
        store.load_facts, spans_max=1000, started_at_ns=LONG_AGO_NS, is_only_writer=True, trace_spans_max=3
    )
    factory = SpanFactory(PROJECT)
    root = factory.span()
    children = [factory.span(trace_id=root.trace_id, parent_span_id=root.span_id) for _ in range(4)]
    other = factory.span()
    first = cache.settle([root, *children[:1], other], version=1)
    assert first.refused == frozenset()
    second = cache.settle([*children, root], version=2)
    assert {span_id for _, _, span_id in second.refused} == {span.span_id for span in children[2:]}
    assert [span.span_id for span in second.spans] == [span.span_id for span in (*children[:2], root)]
    assert second.summaries[0].span_count == 3
    third = cache.settle(children[2:], version=3)
    assert (third.spans, third.summaries, len(third.refused)) == ([], [], 2)


def test_a_response_id_that_everything_shares_connects_nothing() -> None:
    """A stand-in for a model answers with a constant id: settling must not grow with what went before."""
    store = MemoryStore()
    ingest = Ingest(store)
    factory = SpanFactory(PROJECT)
    for minute in range(200):
        start_ns = EPOCH_NS + minute * 60 * 10**9
        ingest.commit([factory.call(response_id="chatcmpl-mock", start_time_ns=start_ns)])
    assert len(ingest.commit([factory.call(response_id="chatcmpl-mock")]).summaries) == 1
    assert len(ingest.billable()) == 201


def test_a_span_whose_response_changes_is_found_by_its_new_one() -> None:
    store = MemoryStore()
    ingest = Ingest(store)
    factory = SpanFactory(PROJECT)
    first = factory.call(response_id="")
    ingest.commit([first])
    ingest.commit([first._replace(response_id="msg_1")])
    ingest.commit([first._replace(trace_id="f" * 32, span_id="f" * 16, response_id="msg_1")])
    assert len(ingest.billable()) == 1
