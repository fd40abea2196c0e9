"""Stored traces as evaluators see them."""

from typing import Any

import orjson
from tests.support.spans import EPOCH_NS, SpanFactory

from spanglass_server.model.evaluation import EvaluatorDefinition
from spanglass_server.model.span import Span
from spanglass_server.quality.targets import target_of
from spanglass_server.store.ports import OpenTrace

DEFINITION = EvaluatorDefinition(
    project_id="p", id="e1", name="stars", version=1, kind="length", options="{}", target_type="trace",
    filter="", sampling_rate=1.0, delay_s=0.0, is_enabled=True, concurrency_max=4, calls_per_minute_max=None,
    budget_usd_per_day=None, notice=None, created_at_ns=EPOCH_NS, updated_at_ns=EPOCH_NS,
)  # fmt: skip


def make() -> SpanFactory:
    return SpanFactory("p")


def opened(factory: SpanFactory, spans: list[Span], **summary: Any) -> OpenTrace:
    row = factory.summary(spans, **summary)
    return OpenTrace(row._asdict(), [span._asdict() for span in spans], [])


def documents(*texts: str) -> dict[str, str]:
    found = [{"id": f"d{n}", "content": text, "score": 0.9} for n, text in enumerate(texts)]
    return {"attributes": orjson.dumps({"gen_ai.retrieval.documents": orjson.dumps(found).decode()}).decode()}


def test_a_rag_trace_is_its_question_its_answer_and_what_was_retrieved() -> None:
    factory = make()
    root, retriever, reranker, call, check = factory.rag_trace(feature="search")
    retriever = retriever._replace(**documents("Refunds take 30 days.", "Unrelated."))
    target = target_of(opened(factory, [root, retriever, reranker, call, check]))
    assert target is not None
    assert (target.input, target.output) == ("How do refunds work?", "Within 30 days.")
    assert [document.content for document in target.documents] == ["Refunds take 30 days.", "Unrelated."]
    assert [(message.role, message.text) for message in target.messages] == [
        ("user", "How do refunds work?"),
        ("assistant", "Within 30 days."),
    ]
    assert (target.feature, target.model, target.duration_ms) == ("search", "claude-haiku-4-5", 1000.0)
    assert [span.name for span in target.spans][:2] == ["rag_pipeline", "vector_retrieve"]


def test_what_a_reranker_kept_stands_for_what_was_retrieved() -> None:
    factory = make()
    root, retriever, reranker, call, check = factory.rag_trace()
    spans = [
        root,
        retriever._replace(**documents("a", "b", "c")),
        reranker._replace(**documents("b")),
        call,
        check,
    ]
    target = target_of(opened(factory, spans))
    assert target is not None
    assert [document.content for document in target.documents] == ["b"]


def test_a_root_that_says_nothing_leaves_it_to_its_model_calls() -> None:
    factory = make()
    root = factory.span(name="POST /ask", end_time_ns=EPOCH_NS * 2)
    first = factory.call(trace_id=root.trace_id, parent_span_id=root.span_id)
    said = '[{"role":"assistant","parts":[{"type":"text","content":"Finally."}]}]'
    last = factory.call(trace_id=root.trace_id, parent_span_id=root.span_id, output=said)
    target = target_of(opened(factory, [root, first, last]))
    assert target is not None
    assert (target.input, target.output) == ("How do refunds work?", "Finally.")


def test_arguments_and_results_of_functions_are_read() -> None:
    factory = make()
    root = factory.span(
        input='{"frage":"Wie lange?"}', output='{"answer":"30 Tage","sources":[1]}',
        input_key="spanglass.input", output_key="spanglass.output",
    )  # fmt: skip
    target = target_of(opened(factory, [root]))
    assert target is not None
    assert (target.input, target.output, target.documents) == ("Wie lange?", "30 Tage", ())


def test_what_a_guardrail_asked_a_model_is_no_answer() -> None:
    factory = make()
    root = factory.span(name="POST /ask")
    call = factory.call(trace_id=root.trace_id, parent_span_id=root.span_id)
    guard = factory.span(trace_id=root.trace_id, parent_span_id=root.span_id, kind="guardrail")
    said = '[{"role":"assistant","parts":[{"type":"text","content":"SAFE"}]}]'
    asked = factory.call(trace_id=root.trace_id, parent_span_id=guard.span_id, output=said)
    target = target_of(opened(factory, [root, call, guard, asked]))
    assert target is not None
    assert target.output == "Within 30 days."


def test_one_span_is_judged_with_what_was_retrieved_before_it() -> None:
    factory = make()
    root, retriever, reranker, call, check = factory.rag_trace()
    spans = [root, retriever._replace(**documents("a")), reranker, call, check]
    target = target_of(opened(factory, spans), call.span_id)
    assert target is not None
    assert (target.span_id, target.name) == (call.span_id, call.name)
    assert (target.input, target.output) == ("How do refunds work?", "Within 30 days.")
    assert [document.content for document in target.documents] == ["a"]
    assert target.duration_ms == 700.0
    assert target_of(opened(factory, spans), "none") is None


def test_what_an_evaluator_did_is_not_judged() -> None:
    factory = make()
    root = factory.span(kind="evaluator")
    call = factory.call(trace_id=root.trace_id, parent_span_id=root.span_id)
    assert target_of(opened(factory, [root, call])) is None
    inside = factory.span()
    judge = factory.span(trace_id=inside.trace_id, parent_span_id=inside.span_id, kind="evaluator")
    assert target_of(opened(factory, [inside, judge])) is not None
    assert target_of(opened(factory, [inside, judge]), judge.span_id) is None


def test_the_reference_is_what_somebody_says_the_answer_should_be() -> None:
    factory = make()
    span = factory.span()
    by_metadata = target_of(opened(factory, [span], metadata='{"reference":"42","tier":3}'))
    attributes = '{"langfuse.experiment.item.expected_output":"{\\"answer\\":\\"43\\"}"}'
    of_experiment = target_of(opened(factory, [span._replace(attributes=attributes)]))
    assert by_metadata is not None
    assert of_experiment is not None
    assert (by_metadata.reference, of_experiment.reference) == ("42", "43")
    assert by_metadata.metadata == {"reference": "42", "tier": "3"}


def test_spans_that_are_each_others_parents_do_not_hang_it() -> None:
    factory = make()
    one = factory.span(span_id="a" * 16, parent_span_id="b" * 16)
    other = factory.span(
        trace_id=one.trace_id, span_id="b" * 16, parent_span_id="a" * 16, kind="guardrail", output="x"
    )
    assert target_of(opened(factory, [one, other])) is not None
