"""A trace as a turn of a conversation: which question, which answer, what in between."""

from typing import Any

import orjson
from tests.support.spans import SECOND_NS, SpanFactory

from spanglass_server.insight.turns import STEPS_MAX, Turn, turn_of
from spanglass_server.model.span import Span
from spanglass_server.normalize.messages.conversation import text_of

FACTORY = SpanFactory("p")


def chain(**fields: Any) -> Span:
    return FACTORY.span(
        **{
            "trace_id": "t",
            "kind": "chain",
            "input_key": "input.value",
            "output_key": "output.value",
            **fields,
        }
    )


def call(*messages: tuple[str, str], answer: str = "", **fields: Any) -> Span:
    said = orjson.dumps([_message(*message) for message in messages]).decode()
    told = orjson.dumps([_message("assistant", answer)]).decode() if answer else ""
    return FACTORY.call(**{"trace_id": "t", "input": said, "output": told, **fields})


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def turn(*spans: Span) -> Turn:
    rows = [span._asdict() for span in spans]
    return turn_of({"root_span_id": spans[0].span_id}, rows)


def said(found: Turn) -> tuple[str | None, str | None]:
    return (
        text_of(found.question) if found.question else None,
        text_of(found.answer) if found.answer else None,
    )


def test_the_root_tells_what_was_asked_and_answered() -> None:
    root = chain(input="How?", output="So.")
    model = call(("user", "Context: x\nHow?"), answer="So!", parent_span_id=root.span_id)
    assert said(turn(root, model)) == ("How?", "So.")


def test_a_root_that_is_silent_leaves_it_to_the_model_call() -> None:
    root = chain(input="", output="", input_key="", output_key="")
    first = call(("user", "How?"), answer="Let me look.", parent_span_id=root.span_id)
    last = call(
        ("user", "How?"), ("assistant", "Let me look."), answer="So.", parent_span_id=root.span_id,
        end_time_ns=first.end_time_ns + SECOND_NS,
    )  # fmt: skip
    assert said(turn(root, first, last)) == ("How?", "So.")


def test_a_structure_without_a_text_of_its_own_is_no_answer_where_the_model_gave_one() -> None:
    root = chain(input="How?", output='{"ids":[1,2],"took":3}')
    model = call(("user", "How?"), answer="So.", parent_span_id=root.span_id)
    assert said(turn(root, model)) == ("How?", "So.")
    assert said(turn(root)) == ("How?", '{"ids":[1,2],"took":3}')


def test_what_a_judge_asked_is_no_part_of_the_conversation() -> None:
    root = chain(input="How?", output="", output_key="")
    model = call(("user", "How?"), answer="So.", parent_span_id=root.span_id)
    judge = FACTORY.span(trace_id="t", kind="evaluator", parent_span_id=root.span_id)
    judging = call(
        ("user", "Is it good?"), answer="Yes: 5", parent_span_id=judge.span_id,
        end_time_ns=model.end_time_ns + SECOND_NS,
    )  # fmt: skip
    assert said(turn(root, model, judge, judging)) == ("How?", "So.")


def test_the_history_is_counted_and_not_repeated() -> None:
    messages = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"), ("user", "How?")]
    found = turn(call(*messages, answer="So."))
    assert said(found) == ("How?", "So.")
    assert (found.system, found.earlier_count) == ("Be brief.", 2)


def test_many_steps_are_cut_and_it_is_said() -> None:
    root = chain(input="How?", output="So.")
    tools = [
        FACTORY.span(trace_id="t", kind="tool", tool_name=f"tool-{n}", parent_span_id=root.span_id)
        for n in range(STEPS_MAX + 1)
    ]
    found = turn(root, *tools)
    assert len(found.steps) == STEPS_MAX
    assert found.is_steps_cut


def test_a_failure_is_told_by_the_root_else_by_what_failed() -> None:
    root = chain(input="How?", output="", output_key="", status="error", error_message="")
    model = call(("user", "How?"), parent_span_id=root.span_id, status="error", error_message="overloaded")
    found = turn(root, model)
    assert found.error_message == "overloaded"
    assert found.answer is None


def test_a_trace_without_spans_is_an_empty_turn() -> None:
    found = turn_of({"root_span_id": ""}, [])
    assert said(found) == (None, None)
    assert not found.steps
