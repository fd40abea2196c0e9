"""What was said in a trace, as one turn of a conversation: the question, what was done, the answer.

A model is told the whole conversation anew with every call. Here each turn shows what is new in it: what the
user said last, and what came of it. Pure over fetched rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from spanglass_server.model.message import Message, Rendered, Text, ToolCall
from spanglass_server.normalize.messages.conversation import text_of
from spanglass_server.normalize.messages.readable import answered_text, asked_text
from spanglass_server.normalize.messages.render import render
from spanglass_server.normalize.messages.source import RenderLog
from spanglass_server.wire.records import EventRecord

Row: TypeAlias = Mapping[str, Any]

_CALLS: Final = ("llm", "agent")
_JUDGES: Final = ("evaluator", "guardrail")
_STEPS: Final = ("tool", "retriever", "guardrail")
STEPS_MAX: Final = 50
"""Of one turn; of more the first are told."""


class Step(NamedTuple):
    """Something that was done between the question and the answer."""

    kind: str
    """`tool`, `retriever` or `guardrail`."""
    name: str
    span_id: str
    """Empty where only a model's answer tells of the call."""
    status: str
    duration_ns: int | None
    call: ToolCall | None
    """Of a tool."""
    document_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    question: Message | None
    answer: Message | None
    system: str
    """Instructions that the model was given; empty where none are told."""
    earlier_count: int
    """Messages of the conversation that the model was told besides, instructions left out."""
    steps: Sequence[Step]
    is_steps_cut: bool
    error_message: str


class _Told(NamedTuple):
    row: Row
    rendered: Rendered


def turn_of(trace: Row, spans: Sequence[Row], logs: Sequence[Row] = ()) -> Turn:
    """`trace` is a row of a list; `spans` are its root and what was called, whole, in start order; `logs` are
    those of its logs that a convention tells messages by. What is not understood is left out."""
    told = _without_judges([_Told(row, _render(row, logs)) for row in spans])
    root = next((each for each in told if each.row["span_id"] == trace["root_span_id"]), None)
    calls = [each for each in told if each.row["kind"] in _CALLS]
    first = next((each for each in calls if each.rendered.input_messages), None)
    last = _last_answering(calls)
    steps = _steps([_Told(row, _render(row, logs)) for row in spans if row["kind"] in _STEPS], calls)
    return Turn(
        question=(_asked(root) if root else None) or (_asked(first) if first else None),
        answer=_answer(root, last),
        system=_system(last or first),
        earlier_count=_earlier_count(first),
        steps=steps[:STEPS_MAX],
        is_steps_cut=len(steps) > STEPS_MAX,
        error_message=_error(root, told),
    )


def _without_judges(told: Sequence[_Told]) -> Sequence[_Told]:
    """What a guardrail or an evaluator asked a model is no part of the conversation."""
    judges = {each.row["span_id"] for each in told if each.row["kind"] in _JUDGES}
    if not judges:
        return told
    parents = {each.row["span_id"]: each.row["parent_span_id"] for each in told}

    def is_judging(span_id: str) -> bool:
        seen: set[str] = set()
        while span_id and span_id not in seen:
            if span_id in judges:
                return True
            seen.add(span_id)
            span_id = parents.get(span_id, "")
        return False

    return [each for each in told if not is_judging(each.row["span_id"])]


def _last_answering(calls: Sequence[_Told]) -> _Told | None:
    """The model call whose answer came last; an agent's where no call is told."""
    for kind in _CALLS:
        found = [each for each in calls if each.row["kind"] == kind and each.rendered.output_messages]
        if found:
            return max(found, key=lambda each: each.row["end_time_ns"])
    return None


def _asked(told: _Told) -> Message | None:
    """What the user said last."""
    for message in reversed(told.rendered.input_messages):
        if message.role == "user" and message.parts:
            return message
    text = asked_text(told.row["input"])
    return Message(role="user", parts=(Text(text=text),)) if text and not _is_raw(text) else None


def _answer(root: _Told | None, last: _Told | None) -> Message | None:
    """What the root gave back; the model's last answer where the root's is a structure, or silent."""
    if root is not None and (found := _answered(root)) is not None:
        return found
    if last is not None and (found := _answered(last)) is not None:
        return found
    text = answered_text(root.row["output"]) if root is not None else ""
    return Message(role="assistant", parts=(Text(text=text),)) if text else None


def _answered(told: _Told) -> Message | None:
    for message in reversed(told.rendered.output_messages):
        if message.role == "assistant" and message.parts:
            return message
    text = answered_text(told.row["output"])
    return Message(role="assistant", parts=(Text(text=text),)) if text and not _is_raw(text) else None


def _is_raw(text: str) -> bool:
    """A structure that has no text of its own."""
    return text[:1] in ("{", "[") and text[-1:] in ("}", "]")


def _system(told: _Told | None) -> str:
    if told is None:
        return ""
    said = [text_of(message) for message in told.rendered.input_messages if message.role == "system"]
    return "\n\n".join(text for text in said if text)


def _earlier_count(told: _Told | None) -> int:
    if told is None:
        return 0
    spoken = [message.role for message in told.rendered.input_messages if message.role != "system"]
    return max((place for place, role in enumerate(spoken) if role == "user"), default=0)


def _steps(done: Sequence[_Told], calls: Sequence[_Told]) -> list[Step]:
    """Spans of tools and the like; without spans of tools, the calls that the model asked for."""
    steps = [_step(each) for each in done]
    if any(step.kind == "tool" for step in steps):
        return steps
    asked = [
        Step("tool", call.name, "", "unset", None, call, 0)
        for each in calls
        if each.row["kind"] == "llm"
        for call in each.rendered.tool_calls
    ]
    return [*steps, *asked]


def _step(told: _Told) -> Step:
    row, rendered = told
    return Step(
        row["kind"],
        row["tool_name"] or row["name"],
        row["span_id"],
        row["status"],
        row["end_time_ns"] - row["start_time_ns"],
        rendered.tool_calls[0] if row["kind"] == "tool" and rendered.tool_calls else None,
        len(rendered.documents),
    )


def _error(root: _Told | None, told: Sequence[_Told]) -> str:
    of_root = str(root.row["error_message"]) if root is not None else ""
    return of_root or next((str(each.row["error_message"]) for each in told if each.row["error_message"]), "")


def _render(row: Row, logs: Sequence[Row]) -> Rendered:
    attributes = _object(row["attributes"])
    for key, value in ((row["input_key"], row["input"]), (row["output_key"], row["output"])):
        if key:
            attributes[key] = value
    own = [log for log in logs if log["span_id"] == row["span_id"]]
    return render(
        attributes=attributes,
        events=[EventRecord(e["time_ns"], e["name"], e["attributes"]) for e in _list(row["events"])],
        logs=[RenderLog(log["event_name"], log["body"], _object(log["attributes"])) for log in own],
        kind=row["kind"],
        dialect=row["dialect"],
        name=row["name"],
    )


def _object(text: str) -> dict[str, Any]:
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _list(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(text) if text else []
    return found
