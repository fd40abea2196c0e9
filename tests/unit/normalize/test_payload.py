"""Where a span's input and output are, what of them is readable, and that search can find it."""

import json
from typing import Any

import orjson
import pytest

from spanglass_server.normalize.payload import NO_PAYLOAD, Payload, extract_payload, readable
from spanglass_server.wire.records import EventRecord, Resource, Scope, SpanRecord

RESOURCE = Resource(attributes={})
SCOPE = Scope(name="test", version="", attributes={})


def payload(attributes: dict[str, Any], events: tuple[EventRecord, ...] = ()) -> Payload:
    return extract_payload(
        SpanRecord("a" * 32, "b" * 16, "", "span", 1, 1, 2, 0, "", attributes, events, (), RESOURCE, SCOPE)
    )


ASKED = '[{"role":"user","parts":[{"type":"text","content":"What is  the capital?"}]}]'
ANSWERED = '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"stop"}]'


def test_a_span_without_payload_has_none() -> None:
    assert payload({"http.route": "/ask", "http.status_code": 200}) == NO_PAYLOAD
    assert payload({"input.value": "", "gen_ai.output.messages": None}) == NO_PAYLOAD


def test_the_attributes_that_hold_input_and_output_are_named_and_their_text_is_kept_as_sent() -> None:
    found = payload({"gen_ai.input.messages": ASKED, "gen_ai.output.messages": ANSWERED})
    assert found == Payload(
        input=ASKED,
        output=ANSWERED,
        input_key="gen_ai.input.messages",
        output_key="gen_ai.output.messages",
        input_preview="What is the capital?",
        output_preview="Paris.",
    )


PREFERENCES = [
    (["gen_ai.input.messages", "langfuse.observation.input", "input.value"], "input_key"),
    (["langfuse.observation.input", "ai.prompt.messages"], "input_key"),
    (["ai.prompt.messages", "ai.prompt", "input.value"], "input_key"),
    (["input.value", "traceloop.entity.input", "mlflow.spanInputs"], "input_key"),
    (["mlflow.spanInputs", "gen_ai.tool.call.arguments"], "input_key"),
    (["gen_ai.output.messages", "output.value"], "output_key"),
    (["ai.response.text", "ai.response.toolCalls"], "output_key"),
    (["output.value", "mlflow.spanOutputs", "gen_ai.tool.call.result"], "output_key"),
]


@pytest.mark.parametrize(("keys", "side"), PREFERENCES)
def test_of_several_encodings_the_more_trusted_is_kept(keys: list[str], side: str) -> None:
    assert getattr(payload(dict.fromkeys(reversed(keys), "text")), side) == keys[0]


def test_an_empty_attribute_does_not_hide_a_full_one() -> None:
    found = payload({"ai.response.text": "", "ai.response.toolCalls": '[{"toolName":"f","input":{"a":1}}]'})
    assert found.output_key == "ai.response.toolCalls"
    assert found.output_preview == 'f({"a":1})'


PREVIEWS: list[tuple[str, str, str]] = [
    ("OpenAI's request",
     '{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}]}', "q"),
    ("the last question, not the tool's answer after it",
     '[{"role":"user","content":"q"},{"role":"user","content":[{"type":"tool_result","content":"r"}]}]', "q"),
    ("the last of several questions", '[{"role":"user","content":"a"},{"role":"user","content":"b"}]', "b"),
    ("a traced function's one argument", '{"args": ["q"], "kwargs": {}}', "q"),
    ("a traced function without arguments", '{"args": [], "kwargs": {}}', ""),
    ("LangChain's objects", '{"messages":[[{"lc":1,"id":["HumanMessage"],"kwargs":{"content":"q"}}]]}', "q"),
    ("any other JSON, as it is", '{"city": "Paris", "days": 3}', '{"city": "Paris", "days": 3}'),
    ("what only begins like JSON", "{not json", "{not json"),
    ("a quoted text", '"q"', "q"),
    ("plain text, blanks squeezed", "  a \n\n b\t c ", "a b c"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [row[1:] for row in PREVIEWS], ids=[row[0] for row in PREVIEWS]
)
def test_the_input_s_preview_is_what_was_asked(text: str, expected: str) -> None:
    assert payload({"input.value": text}).input_preview == expected


ANSWERS: list[tuple[str, str, str]] = [
    ("OpenAI's response", '{"choices":[{"message":{"role":"assistant","content":"a"}}]}', "a"),
    ("Anthropic's response", '{"role":"assistant","content":[{"type":"text","text":"a"}]}', "a"),
    ("a call where there is no text",
     '[{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"f","arguments":{"x":1}}]}]',
     'f({"x":1})'),
    ("retrieved documents",
     '[{"id":"1","content":"Paris."},{"id":"2","page_content":"Berlin."}]', "Paris. · Berlin."),
    ("embeddings, without their numbers",
     '{"data":[{"embedding":[0.1,0.2,0.3]},{"embedding":[1,2,3]}]}', "2 × 3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_the_output_s_preview_is_what_was_answered(text: str, expected: str) -> None:
    assert payload({"output.value": text}).output_preview == expected


def test_previews_are_at_most_256_characters() -> None:
    found = payload({"input.value": "word " * 10_000, "output.value": json.dumps({"x": "y" * 10_000})})
    assert len(found.input_preview) == 256
    assert len(found.output_preview) == 256


def test_escaped_characters_become_themselves_so_that_search_finds_them() -> None:
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "환불 정책 알려줘 🙂"}]}])
    assert "\\u" in messages
    found = payload({"gen_ai.input.messages": messages})
    assert "환불 정책 알려줘 🙂" in found.input
    assert found.input_key == "gen_ai.input.messages"
    assert found.input_preview == "환불 정책 알려줘 🙂"
    assert orjson.loads(found.input) == orjson.loads(messages)


UNTOUCHED = ['"\\ud83d alone"', "C:\\users\\unknown", '{"broken": "\\u00', '["\\u0000"]', '"\\\\u0041"']


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_cannot_be_written_better_stays_as_it_was(text: str) -> None:
    assert readable(text) == text


def test_unescaping_loses_no_digits_and_keeps_nan() -> None:
    text = '{"id": 123456789012345678901234567890, "x": NaN, "city": "\\ud30c\\ub9ac"}'
    assert readable(text) == '{"id":123456789012345678901234567890,"x":NaN,"city":"파리"}'


def test_lone_surrogates_never_reach_storage() -> None:
    found = payload({"input.value": "broken \ud83d text"})
    assert found.input.encode()
    assert found.input_preview.encode()


def test_flattened_messages_are_joined_for_search_and_stay_where_they_are() -> None:
    found = payload(
        {
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be terse.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "What is the capital?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.tool_calls.0.name": "lookup",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"country": "France"}',
        }
    )
    assert found == Payload(
        input="Be terse.\nWhat is the capital?",
        output='lookup({"country":"France"})',
        input_key="",
        output_key="",
        input_preview="What is the capital?",
        output_preview='lookup({"country":"France"})',
    )


def test_messages_in_events_are_joined_for_search() -> None:
    events = (
        EventRecord(1, "gen_ai.user.message", {"content": '[{"text": "What is the capital?"}]'}),
        EventRecord(2, "gen_ai.choice", {"message": '[{"text": "Paris."}]', "finish_reason": "end_turn"}),
    )
    found = payload({"gen_ai.system": "strands-agents"}, events)
    assert (found.input, found.output) == ("What is the capital?", "Paris.")
    assert (found.input_preview, found.output_preview) == ("What is the capital?", "Paris.")


def test_a_history_that_holds_the_answer_gives_both_sides() -> None:
    history = json.dumps(
        [
            {"event.name": "gen_ai.user.message", "content": "What is the capital?", "role": "user"},
            {"event.name": "gen_ai.choice", "message": {"role": "assistant", "content": "Paris."}},
        ]
    )
    found = payload({"events": history})
    assert (found.input, found.input_key) == (history, "events")
    assert (found.output, found.output_key, found.output_preview) == ("Paris.", "", "Paris.")


def test_a_python_object_written_down_gives_way_to_the_flattened_answer() -> None:
    found = payload(
        {
            "output.value": '{"messages": "<x._stream._Accumulator object at 0x7f667d6d26e0>"}',
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "Paris.",
        }
    )
    assert (found.output, found.output_key) == ("Paris.", "")


def test_structured_attributes_are_kept_as_json_and_stay_where_they_are() -> None:
    value = [{"role": "user", "parts": [{"type": "text", "content": "도시?"}]}]
    found = payload({"gen_ai.input.messages": value})
    assert orjson.loads(found.input) == value
    assert (found.input_key, found.input_preview) == ("", "도시?")


def test_logfire_s_request_is_the_input_only_where_it_holds_messages() -> None:
    request = '{"model":"m","messages":[{"role":"user","content":"q"}]}'
    assert payload({"request_data": request}).input_key == "request_data"
    assert payload({"request_data": '{"model":"m"}'}) == NO_PAYLOAD


@pytest.mark.parametrize("text", ['{"task": "q", "stream": false}', '{"question": "q", "k": 3}'])
def test_an_object_s_preview_is_the_text_that_says_most(text: str) -> None:
    assert payload({"input.value": text}).input_preview == "q"
