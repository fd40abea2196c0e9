"""One row per shape that a convention or provider uses, beyond what the recordings hold."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from spanglass_server.model.message import Rendered
from spanglass_server.normalize.messages import RenderLog, render
from spanglass_server.wire.records import EventRecord

PARIS = {"city": "Paris"}
USER = {"role": "user", "parts": [{"type": "text", "text": "Weather in Paris?"}]}
SYSTEM = {"role": "system", "parts": [{"type": "text", "text": "Be terse."}]}
ANSWER = {"role": "assistant", "parts": [{"type": "text", "text": "Sunny."}]}
CALL_PART = {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}}
CALL = {"role": "assistant", "parts": [CALL_PART]}
RESULT = {"role": "tool", "parts": [{"type": "tool_result", "id": "c1", "result": "21C"}]}


def shown(
    attributes: Mapping[str, Any],
    events: Sequence[tuple[str, Mapping[str, Any]]] = (),
    logs: Sequence[RenderLog] = (),
    kind: str = "llm",
    name: str = "",
) -> Rendered:
    records = [EventRecord(i, event, dict(fields)) for i, (event, fields) in enumerate(events)]
    return render(attributes=attributes, events=records, logs=logs, kind=kind, name=name)


def turns(rendered: Rendered) -> tuple[list[Any], list[Any]]:
    return (
        [message.to_json() for message in rendered.input_messages],
        [message.to_json() for message in rendered.output_messages],
    )


def plain(rendered: Rendered) -> tuple[list[Any], list[Any]]:
    """Without finish reasons and names."""
    asked, answered = turns(rendered)
    return [_plain(m) for m in asked], [_plain(m) for m in answered]


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    return {key: message[key] for key in ("role", "parts")}


CONVERSATIONS: dict[str, dict[str, Any]] = {
    "openllmetry to 0.50, flattened and out of order": {
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Weather in Paris?",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be terse.",
        "gen_ai.prompt.10.role": "tool",
        "gen_ai.prompt.10.content": "21C",
        "gen_ai.prompt.10.tool_call_id": "c1",
        "gen_ai.prompt.2.role": "assistant",
        "gen_ai.prompt.2.tool_calls.0.id": "c1",
        "gen_ai.prompt.2.tool_calls.0.name": "get_weather",
        "gen_ai.prompt.2.tool_calls.0.arguments": '{"city": "Paris"}',
        "gen_ai.completion.0.content": "Sunny.",
        "gen_ai.completion.0.finish_reason": "stop",
    },
    "openllmetry to 0.50 with Anthropic's blocks as text": {
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be terse.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": '[{"type": "text", "text": "Weather in Paris?"}]',
        "gen_ai.prompt.2.role": "assistant",
        "gen_ai.prompt.2.content": (
            '[{"type":"tool_use","id":"c1","name":"get_weather","input":{"city":"Paris"}}]'
        ),
        "gen_ai.prompt.3.role": "user",
        "gen_ai.prompt.3.content": '[{"type": "tool_result", "tool_use_id": "c1", "content": "21C"}]',
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Sunny.",
    },
    "openinference, flattened": {
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be terse.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "Weather in Paris?",
        "llm.input_messages.2.message.role": "assistant",
        "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "get_weather",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"city": "Paris"}',
        "llm.input_messages.3.message.role": "tool",
        "llm.input_messages.3.message.tool_call_id": "c1",
        "llm.input_messages.3.message.content": "21C",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Sunny.",
    },
    "langfuse with OpenAI's messages": {
        "langfuse.observation.input": json.dumps(
            [
                {"role": "developer", "content": "Be terse."},
                {"role": "user", "content": "Weather in Paris?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "c1",
                            "type": "function",
                            "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "21C"},
            ]
        ),
        "langfuse.observation.output": '{"role": "assistant", "content": "Sunny."}',
    },
    "mlflow with Anthropic's request and response": {
        "mlflow.spanInputs": json.dumps(
            {
                "model": "claude",
                "system": "Be terse.",
                "messages": [
                    {"role": "user", "content": "Weather in Paris?"},
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "tool_use", "id": "c1", "name": "get_weather", "input": PARIS}
                        ],
                    },
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "tool_result",
                                "tool_use_id": "c1",
                                "content": [{"type": "text", "text": "21C"}],
                            }
                        ],
                    },
                ],
            }
        ),
        "mlflow.spanOutputs": '{"id":"m","role":"assistant","content":[{"type":"text","text":"Sunny."}]}',
    },
    "OpenAI's Responses API, request and response": {
        "input.value": json.dumps(
            {
                "model": "gpt",
                "instructions": "Be terse.",
                "input": [
                    {"role": "user", "content": [{"type": "input_text", "text": "Weather in Paris?"}]},
                    {
                        "type": "function_call",
                        "call_id": "c1",
                        "id": "fc1",
                        "name": "get_weather",
                        "arguments": '{"city": "Paris"}',
                    },
                    {"type": "function_call_output", "call_id": "c1", "output": "21C"},
                ],
            }
        ),
        "output.value": json.dumps(
            {
                "object": "response",
                "output": [
                    {
                        "type": "message",
                        "role": "assistant",
                        "status": "completed",
                        "content": [{"type": "output_text", "text": "Sunny.", "annotations": []}],
                    }
                ],
            }
        ),
    },
    "Gemini's request and response": {
        "input.value": json.dumps(
            {
                "systemInstruction": {"parts": [{"text": "Be terse."}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "Weather in Paris?"}]},
                    {
                        "role": "model",
                        "parts": [
                            {"functionCall": {"id": "c1", "name": "get_weather", "args": {"city": "Paris"}}}
                        ],
                    },
                    {
                        "role": "function",
                        "parts": [
                            {"functionResponse": {"id": "c1", "name": "get_weather", "response": "21C"}}
                        ],
                    },
                ],
            }
        ),
        "output.value": '{"candidates": [{"content": {"role": "model", "parts": [{"text": "Sunny."}]}}]}',
    },
    "Bedrock's Converse, request and response": {
        "input.value": json.dumps(
            {
                "modelId": "x",
                "system": [{"text": "Be terse."}],
                "messages": [
                    {"role": "user", "content": [{"text": "Weather in Paris?"}]},
                    {
                        "role": "assistant",
                        "content": [
                            {"toolUse": {"toolUseId": "c1", "name": "get_weather", "input": PARIS}}
                        ],
                    },
                    {
                        "role": "user",
                        "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "21C"}]}}],
                    },
                ],
            }
        ),
        "output.value": '{"output": {"message": {"role": "assistant", "content": [{"text": "Sunny."}]}}}',
    },
    "langsmith with LangChain's serialized objects": {
        "gen_ai.prompt": json.dumps(
            {
                "messages": [
                    [
                        {"lc": 1, "type": "constructor", "id": ["l", "SystemMessage"],
                         "kwargs": {"content": "Be terse.", "type": "system"}},
                        {"lc": 1, "type": "constructor", "id": ["l", "HumanMessage"],
                         "kwargs": {"content": "Weather in Paris?", "type": "human"}},
                        {"lc": 1, "type": "constructor", "id": ["l", "AIMessage"],
                         "kwargs": {"content": "", "tool_calls": [
                             {"name": "get_weather", "args": {"city": "Paris"}, "id": "c1"}]}},
                        {"lc": 1, "type": "constructor", "id": ["l", "ToolMessage"],
                         "kwargs": {"content": "21C", "tool_call_id": "c1", "type": "tool"}},
                    ]
                ]
            }
        ),
        "gen_ai.completion": json.dumps(
            {"generations": [[{"text": "Sunny.", "message": {
                "lc": 1, "type": "constructor", "id": ["l", "AIMessageChunk"],
                "kwargs": {"content": "Sunny."}}}]]}
        ),
    },
    "Vercel AI SDK 4, arguments as text": {
        "ai.prompt.messages": json.dumps(
            [
                {"role": "system", "content": "Be terse."},
                {"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]},
                {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c1",
                                                   "toolName": "get_weather", "args": '{"city": "Paris"}'}]},
                {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c1",
                                              "toolName": "get_weather", "result": "21C"}]},
            ]
        ),
        "ai.response.text": "Sunny.",
    },
    "pydantic-ai 1, events": {
        "events": json.dumps(
            [
                {"event.name": "gen_ai.system.message", "role": "system", "content": "Be terse."},
                {"event.name": "gen_ai.user.message", "role": "user", "content": "Weather in Paris?"},
                {"event.name": "gen_ai.assistant.message", "role": "assistant", "tool_calls": [
                    {"id": "c1", "type": "function",
                     "function": {"name": "get_weather", "arguments": {"city": "Paris"}}}]},
                {"event.name": "gen_ai.tool.message", "role": "tool", "id": "c1", "content": "21C"},
                {"event.name": "gen_ai.choice", "index": 0,
                 "message": {"role": "assistant", "content": "Sunny."}},
            ]
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("attributes", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_the_same_conversation_renders_the_same_from_every_encoding(attributes: dict[str, Any]) -> None:
    rendered = shown(attributes)
    assert plain(rendered) == ([SYSTEM, USER, CALL, RESULT], [ANSWER])
    assert rendered.tool_calls == ()


def test_messages_in_logs_render_whether_the_choice_holds_the_calls_or_stands_beside_them() -> None:
    asked = RenderLog("gen_ai.user.message", {"content": "Weather in Paris?"}, {})
    call = {"id": "c1", "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}  # fmt: skip
    beside = {
        "index": 0,
        "finish_reason": "tool_calls",
        "message": {"role": "assistant"},
        "tool_calls": [call],
    }
    inside = {"index": 0, "finish_reason": "tool_calls", "message": {"tool_calls": [call]}}
    for body in (beside, inside, json.dumps(inside)):
        rendered = shown({}, logs=[asked, RenderLog("gen_ai.choice", body, {})])
        assert turns(rendered) == ([USER], [{**CALL, "finish_reason": "tool_calls"}])
        assert [call.name for call in rendered.tool_calls] == ["get_weather"]


def test_a_user_s_own_json_in_a_log_stays_text() -> None:
    rendered = shown({}, logs=[RenderLog("gen_ai.user.message", {"content": '[{"sum": 1}]'}, {})])
    assert turns(rendered)[0] == [{"role": "user", "parts": [{"type": "text", "text": '[{"sum": 1}]'}]}]


def test_strands_events_hold_bedrock_blocks_as_json_text() -> None:
    rendered = shown(
        {},
        events=[
            ("gen_ai.user.message", {"content": '[{"text": "Weather in Paris?"}]'}),
            (
                "gen_ai.assistant.message",
                {"content": '[{"toolUse":{"toolUseId":"c1","name":"get_weather","input":{"city":"Paris"}}}]'},
            ),
            (
                "gen_ai.tool.message",
                {"content": '[{"toolResult":{"toolUseId":"c1","content":[{"text":"21C"}]}}]'},
            ),
            ("gen_ai.choice", {"finish_reason": "end_turn", "message": '[{"text": "Sunny."}]'}),
        ],
    )
    assert turns(rendered) == ([USER, CALL, RESULT], [{**ANSWER, "finish_reason": "end_turn"}])


def test_strands_opted_in_tells_one_attribute_an_event() -> None:
    name = "gen_ai.client.inference.operation.details"
    asked = '[{"role":"user","parts":[{"type":"text","content":"Weather in Paris?"}]}]'
    answered = '[{"role":"assistant","parts":[{"type":"text","content":"Sunny."}]}]'
    events = [(name, {"gen_ai.input.messages": asked}), (name, {"gen_ai.output.messages": answered})]
    assert turns(shown({}, events=events)) == ([USER], [ANSWER])


def test_openlit_before_1_35_writes_all_messages_into_one_text() -> None:
    events = [
        ("gen_ai.content.prompt", {"gen_ai.prompt": "system: Be terse.\nuser: Weather\nin Paris?"}),
        ("gen_ai.content.completion", {"gen_ai.completion": "Sunny."}),
    ]
    multiline = {"role": "user", "parts": [{"type": "text", "text": "Weather\nin Paris?"}]}
    assert turns(shown({}, events=events)) == ([SYSTEM, multiline], [ANSWER])
    missing = [("gen_ai.content.completion", {"gen_ai.completion": "None"})]
    assert turns(shown({}, events=missing)) == ([], [])


def test_structured_log_attributes_render_like_their_json_text() -> None:
    value = [{"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]}]
    details = RenderLog("gen_ai.client.inference.operation.details", "", {"gen_ai.input.messages": value})
    assert turns(shown({}, logs=[details]))[0] == [USER]
    assert turns(shown({"gen_ai.input.messages": value}))[0] == [USER]


def test_system_instructions_come_first_and_only_once() -> None:
    instructions = json.dumps([{"type": "text", "content": "Be terse."}])
    user = {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]}
    system = {
        "role": "system",
        "parts": [{"type": "text", "content": [{"type": "text", "text": "Be terse."}]}],
    }
    for messages in ([user], [system, user]):
        attributes = {
            "gen_ai.system_instructions": instructions,
            "gen_ai.input.messages": json.dumps(messages),
        }
        assert turns(shown(attributes))[0] == [SYSTEM, USER]


def test_a_system_prompt_that_flattened_messages_lost_comes_from_the_request() -> None:
    attributes = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Weather in Paris?",
        "input.value": '{"system": "Be terse.", "messages": [{"role": "user", "content": "Weather"}]}',
    }
    assert turns(shown(attributes))[0] == [SYSTEM, USER]


def test_reasoning_told_as_a_message_of_its_own_joins_the_answer() -> None:
    attributes = {
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
        "llm.output_messages.0.message.contents.0.message_content.text": "Let me see.",
        "llm.output_messages.1.message.role": "assistant",
        "llm.output_messages.1.message.content": "Sunny.",
    }
    parts = [{"type": "reasoning", "text": "Let me see."}, {"type": "text", "text": "Sunny."}]
    assert turns(shown(attributes))[1] == [{"role": "assistant", "parts": parts}]


def test_several_choices_stay_several_messages() -> None:
    response = {"choices": [{"message": {"role": "assistant", "content": "Sunny."}}] * 2}
    assert turns(shown({"output.value": json.dumps(response)}))[1] == [ANSWER, ANSWER]


def test_an_agent_s_history_ends_with_its_answer() -> None:
    history = [
        {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": '{"city": "Paris"}'}
            ],
        },
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "c1", "result": "21C"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "Sunny."}]},
    ]
    attributes = {"pydantic_ai.all_messages": json.dumps(history), "final_result": "Sunny."}
    assert turns(shown(attributes, kind="agent")) == ([USER, CALL, RESULT], [ANSWER])


def test_a_call_in_the_output_is_paired_with_the_result_that_follows_it() -> None:
    output = [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"ok": True}}]},
    ]
    (call,) = shown({"gen_ai.output.messages": json.dumps(output)}, kind="agent").tool_calls
    assert call.to_paired_json() == {"id": "c1", "name": "f", "arguments": {}, "result": {"ok": True}}


def test_python_objects_written_down_as_text_are_not_shown_as_an_answer() -> None:
    attributes = {"output.value": "<openai.Stream object at 0x7f667d6d26e0>"}
    assert turns(shown(attributes))[1] == []


def test_structured_output_of_vercel_is_the_assistant_s_text() -> None:
    rendered = shown({"ai.prompt": '{"prompt": "Weather in Paris?"}', "ai.response.object": '{"sky":"blue"}'})
    text = {"role": "assistant", "parts": [{"type": "text", "text": '{"sky":"blue"}'}]}
    assert turns(rendered) == ([USER], [text])


def test_a_model_call_s_unknown_payload_is_shown_as_it_came() -> None:
    rendered = shown({"input.value": '{"tensor": [1, 2]}', "output.value": '{"score": 1}'})
    asked, answered = turns(rendered)
    assert asked == [{"role": "user", "parts": [{"type": "other", "value": {"tensor": [1, 2]}}]}]
    assert answered == [{"role": "assistant", "parts": [{"type": "other", "value": {"score": 1}}]}]


def test_a_function_s_arguments_are_no_conversation_unless_they_are_one_text() -> None:
    assert turns(shown({"langfuse.observation.input": '{"q": "x", "k": 3}'}, kind="chain"))[0] == []
    one_text = {"langfuse.observation.input": '{"args": ["Weather in Paris?"], "kwargs": {}}'}
    assert turns(shown(one_text, kind="chain"))[0] == [USER]


def test_embedded_texts_are_the_input_and_vectors_are_dropped() -> None:
    rendered = shown(
        {
            "input.value": '{"model": "e", "input": ["Paris", "Berlin"]}',
            "output.value": '{"data": [{"embedding": [0.1, 0.2]}]}',
        },
        kind="embedding",
    )
    parts = [{"type": "text", "text": "Paris"}, {"type": "text", "text": "Berlin"}]
    assert turns(rendered) == ([{"role": "user", "parts": parts}], [])
    vercel = shown({"ai.values": ['"Paris"', '"Berlin"'], "ai.embeddings": ["[0.1]"]}, kind="embedding")
    assert turns(vercel) == ([{"role": "user", "parts": parts}], [])


def test_azure_s_events_hold_the_whole_body_in_one_attribute() -> None:
    events = [
        ("gen_ai.user.message", {"gen_ai.event.content": '{"role": "user", "content": "Weather in Paris?"}'}),
        ("gen_ai.choice", {"gen_ai.event.content": '{"message": {"content": "Sunny."}, "index": 0}'}),
    ]
    assert turns(shown({}, events=events)) == ([USER], [ANSWER])


def test_google_s_agent_development_kit_tells_gemini_s_request_and_response() -> None:
    attributes = {
        "gcp.vertex.agent.llm_request": json.dumps(
            {
                "model": "gemini-2.5-flash",
                "config": {"system_instruction": "Be terse."},
                "contents": [{"role": "user", "parts": [{"text": "Weather in Paris?"}]}],
            }
        ),
        "gcp.vertex.agent.llm_response": '{"content": {"role": "model", "parts": [{"text": "Sunny."}]}}',
    }
    assert turns(shown(attributes)) == ([SYSTEM, USER], [ANSWER])


@pytest.mark.parametrize("key", ["output_text", "completion", "generated_text", "combined_chunk_content"])
def test_a_whole_answer_in_one_text_is_the_assistant_s(key: str) -> None:
    assert turns(shown({"output.value": json.dumps({key: "Sunny.", "chunk_count": 3})}))[1] == [ANSWER]


def test_logfire_s_older_spans_hold_request_and_response() -> None:
    attributes = {
        "request_data": '{"model": "m", "messages": [{"role": "user", "content": "Weather in Paris?"}]}',
        "response_data": '{"message": {"role": "assistant", "content": "Sunny."}, "usage": {}}',
    }
    assert turns(shown(attributes)) == ([USER], [ANSWER])
    assert turns(shown({"request_data": '{"model": "m"}'})) == ([], [])
