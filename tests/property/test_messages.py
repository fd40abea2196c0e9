"""Whatever a sender sends: nothing raises, all can be stored and shown, and nothing that was said is lost."""

import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass_server.model.message import Rendered
from spanglass_server.normalize.messages import RenderLog, render
from spanglass_server.normalize.messages.preview import PREVIEW_CHARS_MAX
from spanglass_server.normalize.messages.tools import ARGUMENT_KEYS, RESULT_KEYS
from spanglass_server.normalize.payload import INPUT_KEYS, OUTPUT_KEYS, extract_payload, readable
from spanglass_server.wire.records import EventRecord, Resource, Scope, SpanRecord

RESOURCE = Resource(attributes={})
SCOPE = Scope(name="", version="", attributes={})


def words(text: str) -> list[str]:
    return text.split()


WORDS = st.sampled_from(
    words(
        """
        role content parts type text user assistant tool messages input output choices message
        tool_calls function name arguments id kwargs args lc data generations candidates contents
        system toolUse toolResult functionCall reasoning thinking image image_url source url documents
        node score metadata ai human tool_call tool_result blob file summary value query inputs tags
        part_kind event.name gen_ai.choice gen_ai.user.message embedding finish_reason tools config
        """
    )
)
ODD = st.sampled_from(["[", "{", '"', '"\\ud83d"', "\ud83d", "null", "NaN", "\x00", "'"])
TEXTS = st.one_of(WORDS, st.text(max_size=12), ODD)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(WORDS, TEXTS), inner, max_size=5)
    ),
    max_leaves=20,
)
VALUES = st.one_of(JSON, JSON.map(lambda value: json.dumps(value)), st.binary(max_size=8))
FLATTENED = st.builds(
    "{}{}.{}".format,
    st.sampled_from(
        words("""llm.input_messages. llm.output_messages. gen_ai.prompt. gen_ai.completion.
        retrieval.documents. llm.tools. embedding.embeddings. llm.request.functions.""")
    ),
    st.sampled_from(["0", "1", "10", "x", "", "٣", "99999999999"]),
    st.sampled_from(
        words("""message.role message.content message.contents.0.message_content.text role content
        document.content message.tool_calls.0.tool_call.function.arguments tool_calls.0.arguments
        document.score document.metadata tool.json_schema embedding.text name""")
    ),
)
KEYS = st.one_of(
    st.sampled_from(sorted({*INPUT_KEYS, *OUTPUT_KEYS, *ARGUMENT_KEYS, *RESULT_KEYS})),
    st.sampled_from(
        words("""gen_ai.system_instructions gen_ai.tool.definitions gen_ai.retrieval.documents ai.prompt.tools
        ai.response.reasoning ai.response.finishReason model_request_parameters request_data name""")
    ),
    FLATTENED,
    st.text(max_size=8),
)  # fmt: skip
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=6)
EVENT_NAMES = words(
    "gen_ai.user.message gen_ai.choice gen_ai.content.prompt gen_ai.tool.message db.query.result"
)
EVENTS = st.lists(
    st.builds(
        EventRecord,
        st.integers(0, 10),
        st.sampled_from(EVENT_NAMES),
        st.dictionaries(st.one_of(WORDS, KEYS, st.just("gen_ai.prompt")), VALUES, max_size=4),
    ),
    max_size=3,
)  # fmt: skip
LOGS = st.lists(
    st.builds(RenderLog, st.sampled_from(["gen_ai.user.message", "gen_ai.choice", "x"]), VALUES, ATTRIBUTES),
    max_size=3,
)
KINDS = st.sampled_from(["llm", "embedding", "retriever", "reranker", "tool", "agent", "chain", "span"])


def as_json(rendered: Rendered) -> dict[str, Any]:
    return {
        "input": [message.to_json() for message in rendered.input_messages],
        "output": [message.to_json() for message in rendered.output_messages],
        "calls": [call.to_paired_json() for call in rendered.tool_calls],
        "documents": [document.to_json() for document in rendered.documents],
        "tools": [tool.to_json() for tool in rendered.tools],
    }


@settings(max_examples=200, deadline=None)
@given(attributes=ATTRIBUTES, events=EVENTS, logs=LOGS, kind=KINDS)
def test_any_telemetry_renders_to_something_that_can_be_shown(
    attributes: dict[str, Any], events: list[EventRecord], logs: list[RenderLog], kind: str
) -> None:
    rendered = render(attributes=attributes, events=events, logs=logs, kind=kind, name="span")
    assert orjson.dumps(as_json(rendered))
    assert render(attributes=attributes, events=events, logs=logs, kind=kind, name="span") == rendered


@settings(max_examples=200, deadline=None)
@given(attributes=ATTRIBUTES, events=EVENTS)
def test_any_telemetry_has_a_payload_that_can_be_stored(
    attributes: dict[str, Any], events: list[EventRecord]
) -> None:
    record = SpanRecord("t", "s", "", "n", 1, 1, 2, 0, "", attributes, tuple(events), (), RESOURCE, SCOPE)
    payload = extract_payload(record)
    assert all(text.encode().decode() == text for text in payload)
    assert len(payload.input_preview) <= PREVIEW_CHARS_MAX
    assert len(payload.output_preview) <= PREVIEW_CHARS_MAX
    for key in (payload.input_key, payload.output_key):
        assert not key or isinstance(attributes[key], str)


PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
PLAIN_JSON = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@given(value=PLAIN_JSON)
def test_unescaping_changes_no_data(value: Any) -> None:
    text = json.dumps(value)
    assert json.loads(readable(text)) == value
    assert readable(readable(text)) == readable(text)


ROLES = st.sampled_from(["system", "user", "assistant"])
SAID = st.text(min_size=1, max_size=30).filter(lambda text: text.strip())


@given(turns=st.lists(st.tuples(ROLES, SAID), min_size=1, max_size=6))
def test_the_same_turns_read_the_same_from_parts_content_and_flattened_attributes(
    turns: list[tuple[str, str]],
) -> None:
    parts = [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in turns]
    content = [{"role": role, "content": text} for role, text in turns]
    flattened: dict[str, Any] = {}
    for number, (role, text) in enumerate(turns):
        flattened[f"llm.input_messages.{number}.message.role"] = role
        flattened[f"llm.input_messages.{number}.message.content"] = text
    expected = [{"role": role, "parts": [{"type": "text", "text": text}]} for role, text in turns]
    for attributes in (
        {"gen_ai.input.messages": json.dumps(parts)},
        {"gen_ai.input.messages": parts},
        {"langfuse.observation.input": json.dumps(content)},
        {"input.value": json.dumps({"model": "m", "messages": content})},
        flattened,
    ):
        rendered = render(attributes=attributes, kind="llm")
        assert [message.to_json() for message in rendered.input_messages] == expected
