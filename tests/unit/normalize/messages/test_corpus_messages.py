"""Every recording: what the model API heard and said is shown, wherever the payload holds it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from spanglass_server.model.message import Message, Reasoning, Rendered, ToolResult
from spanglass_server.normalize.messages import RenderLog, render
from spanglass_server.normalize.messages.conversation import text_of
from spanglass_server.wire.otlp import decode_logs, decode_traces
from spanglass_server.wire.records import SpanRecord

CORPUS = Path(__file__).parents[3] / "corpus"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in CORPUS.glob("*.expected.json"))


class Call(NamedTuple):
    truth: dict[str, Any]
    rendered: Sequence[Rendered]
    """Of every span that describes the call."""
    raw: str
    """All that these spans and their logs carry, texts decoded out of JSON as often as they are in it."""

    def holds(self, text: str) -> bool:
        return text in self.raw


def read(name: str) -> Iterator[Call]:
    expected = json.loads((CORPUS / f"{name}.expected.json").read_text())
    records = {r.span_id: r for r in decode_traces((CORPUS / f"{name}.pb").read_bytes()).records}
    kinds = {span["span_id"]: span["canonical_kind"] for span in expected["spans"]}
    log_file = CORPUS / f"{name}.logs.pb"
    logs: dict[str, list[RenderLog]] = {}
    for log in decode_logs(log_file.read_bytes()).records if log_file.exists() else ():
        logs.setdefault(log.span_id, []).append(RenderLog(log.event_name, log.body, log.attributes))
    for truth in expected["llm_calls"]:
        ids = truth["span_ids_describing_this_call"]
        rendered = [render_record(records[i], logs.get(i, []), kinds[i]) for i in ids]
        raw = "\n".join(unfolded([records[i].attributes, records[i].events, logs.get(i, [])]) for i in ids)
        yield Call(truth, rendered, raw)


def render_record(record: SpanRecord, logs: Sequence[RenderLog], kind: str) -> Rendered:
    return render(attributes=record.attributes, events=record.events, logs=logs, kind=kind, name=record.name)


def unfolded(value: Any) -> str:
    if isinstance(value, str):
        try:
            inner = orjson.loads(value)
        except ValueError:
            return value
        return value if not isinstance(inner, str | list | dict) else value + "\n" + unfolded(inner)
    if isinstance(value, dict):
        return "\n".join(f"{key}\n{unfolded(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(unfolded(item) for item in value)
    return str(value)


def said(messages: Sequence[Message], role: str) -> str:
    return "\n".join(text_of(message) for message in messages if message.role == role)


def last_heard(messages: Sequence[Message]) -> str:
    """What the model was asked last: the text, or the tool's answer."""
    last = messages[-1] if messages else Message(role="user", parts=())
    return text_of(last) or "\n".join(str(part.result) for part in last.parts if isinstance(part, ToolResult))


@pytest.mark.parametrize("name", NAMES)
def test_messages_of_a_recorded_call_are_what_the_model_api_heard_and_said(name: str) -> None:
    for call in read(name):
        truth, shown = call.truth, call.rendered
        answer, heard, system = truth.get("output_text"), truth["input_text"], truth["input_system"]
        if answer and call.holds(answer):
            assert answer in [text_of(r.output_messages[0]) for r in shown if r.output_messages]
        if system and call.holds(system):
            assert system in [said(r.input_messages, "system") for r in shown]
        if isinstance(heard, str) and call.holds(heard):
            assert heard in [last_heard(r.input_messages) for r in shown]
        if isinstance(heard, list) and all(map(call.holds, heard)):
            assert "\n".join(heard) in [said(r.input_messages, "user") for r in shown]
        if (thought := truth.get("thinking_text")) and call.holds(thought):
            parts = [part for r in shown for m in r.output_messages for part in m.parts]
            assert Reasoning(text=thought) in parts


@pytest.mark.parametrize("name", NAMES)
def test_tool_calls_of_a_recorded_call_are_those_the_model_made(name: str) -> None:
    for call in read(name):
        calls = [[(c.name, c.arguments) for c in r.tool_calls] for r in call.rendered]
        ids = [[c.id for c in r.tool_calls] for r in call.rendered]
        truth = call.truth.get("tool_calls") or []
        if truth and call.holds('"city"') and any(r.output_messages for r in call.rendered):
            assert [(t["name"], t["arguments"]) for t in truth] in calls
            if all(call.holds(t["id"]) for t in truth):
                assert [t["id"] for t in truth] in ids
        elif not truth:
            assert not any(calls)


@pytest.mark.parametrize("name", NAMES)
def test_tools_offered_in_a_recorded_call_are_listed(name: str) -> None:
    for call in read(name):
        offered = call.truth.get("tools_offered") or []
        if offered and call.holds("Get the weather for a city"):
            assert offered in [[tool.name for tool in r.tools] for r in call.rendered]


def test_the_recordings_really_exercise_the_renderer() -> None:
    calls = [call for name in NAMES for call in read(name)]
    assert len(calls) > 180
    assert sum(1 for call in calls if any(r.output_messages for r in call.rendered)) > 130
