"""Content blocks, tools and documents of every provider."""

import json
from typing import Any

import pytest

from spanglass_server.model.message import Document
from spanglass_server.normalize.messages import RenderLog, render
from spanglass_server.normalize.messages.blocks import parts_of
from spanglass_server.normalize.messages.limits import MEDIA_DATA_CHARS_MAX
from spanglass_server.wire.records import EventRecord

PIXEL = "iVBORw0KGgo="

BLOCKS: list[tuple[str, Any, list[dict[str, Any]]]] = [
    ("a text", "hi", [{"type": "text", "text": "hi"}]),
    ("nothing", "", []),
    ("absent", None, []),
    ("OpenTelemetry text", [{"type": "text", "content": "hi"}], [{"type": "text", "text": "hi"}]),
    ("text within text (OpenLIT)", [{"type": "text", "content": [{"type": "text", "text": "hi"}]}],
     [{"type": "text", "text": "hi"}]),
    ("OpenAI refusal", [{"type": "refusal", "refusal": "no"}], [{"type": "text", "text": "no"}]),
    ("Anthropic thinking", [{"type": "thinking", "thinking": "hm", "signature": "s"}],
     [{"type": "reasoning", "text": "hm"}]),
    ("OpenAI reasoning item", [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}],
     [{"type": "reasoning", "text": "hm"}]),
    ("reasoning as JSON text", [{"type": "reasoning", "content": '[{"type": "summary_text", "text": "hm"}]'}],
     [{"type": "reasoning", "text": "hm"}]),
    ("Bedrock reasoning", [{"reasoningContent": {"reasoningText": {"text": "hm"}}}],
     [{"type": "reasoning", "text": "hm"}]),
    ("Gemini thought", [{"text": "hm", "thought": True}], [{"type": "reasoning", "text": "hm"}]),
    ("server tool call", [{"type": "server_tool_call", "id": "s", "name": "web_search",
                           "server_tool_call": {"type": "web_search", "query": "x"}}],
     [{"type": "tool_call", "id": "s", "name": "web_search", "arguments": {"query": "x"}}]),
    ("JSON output of a tool (Vercel)", [{"type": "tool-result", "toolCallId": "c", "toolName": "f",
                                         "output": {"type": "json", "value": {"ok": 1}}}],
     [{"type": "tool_result", "id": "c", "result": {"ok": 1}}]),
    ("a quoted result", [{"type": "tool_call_response", "id": "c", "response": '"21C"'}],
     [{"type": "tool_result", "id": "c", "result": "21C"}]),
    ("OpenAI image address", [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}],
     [{"type": "image", "url": "https://x/y.png"}]),
    ("OpenAI image data", [{"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}],
     [{"type": "image", "mime_type": "image/png", "data": PIXEL}]),
    ("Anthropic image",
     [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}],
     [{"type": "image", "mime_type": "image/png", "data": PIXEL}]),
    ("Anthropic document", [{"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}],
     [{"type": "file", "url": "https://x/y.pdf"}]),
    ("Bedrock image", [{"image": {"format": "png", "source": {"bytes": PIXEL}}}],
     [{"type": "image", "mime_type": "image/png", "data": PIXEL}]),
    ("Gemini inline data", [{"inlineData": {"mimeType": "audio/wav", "data": PIXEL}}],
     [{"type": "audio", "mime_type": "audio/wav", "data": PIXEL}]),
    ("OpenAI audio", [{"type": "input_audio", "input_audio": {"data": PIXEL, "format": "wav"}}],
     [{"type": "audio", "mime_type": "audio/wav", "data": PIXEL}]),
    ("OpenTelemetry blob",
     [{"type": "blob", "modality": "image", "mime_type": "image/png", "content": PIXEL}],
     [{"type": "image", "mime_type": "image/png", "data": PIXEL}]),
    ("OpenTelemetry uri", [{"type": "uri", "modality": "audio", "uri": "gs://x"}],
     [{"type": "audio", "url": "gs://x"}]),
    ("OpenTelemetry file", [{"type": "file", "modality": "image", "file_id": "f1"}],
     [{"type": "image", "file_id": "f1"}]),
    ("Vercel file", [{"type": "file", "mediaType": "application/pdf", "data": PIXEL}],
     [{"type": "file", "mime_type": "application/pdf", "data": PIXEL}]),
    ("an unknown block", [{"type": "hologram", "x": 1}],
     [{"type": "other", "value": {"type": "hologram", "x": 1}}]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in BLOCKS], ids=[row[0] for row in BLOCKS])
def test_a_content_block_becomes_its_part(content: Any, expected: list[dict[str, Any]]) -> None:
    assert [part.to_json() for part in parts_of(content)] == expected


def test_data_beyond_the_limit_is_named_with_its_size_and_left_out() -> None:
    data = "A" * (MEDIA_DATA_CHARS_MAX + 1)
    (part,) = parts_of([{"type": "blob", "modality": "image", "mime_type": "image/png", "content": data}])
    assert part.to_json() == {"type": "image", "mime_type": "image/png", "omitted_chars": len(data)}


TOOL_SPANS: list[tuple[str, dict[str, Any]]] = [
    ("OpenTelemetry", {"gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c",
                       "gen_ai.tool.call.arguments": '{"a":1}', "gen_ai.tool.call.result": "21C"}),
    ("Vercel", {"ai.toolCall.name": "f", "ai.toolCall.id": "c", "ai.toolCall.args": '{"a":1}',
                "ai.toolCall.result": '"21C"'}),
    ("pydantic-ai", {"gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c", "tool_arguments": '{"a":1}',
                     "tool_response": "21C"}),
    ("OpenInference", {"tool.name": "f", "tool.id": "c", "input.value": '{"a":1}', "output.value": "21C"}),
    ("MLflow", {"gen_ai.tool.name": "f", "tool.id": "c", "mlflow.spanInputs": '{"a":1}',
                "mlflow.spanOutputs": '"21C"'}),
]  # fmt: skip


@pytest.mark.parametrize("attributes", [row[1] for row in TOOL_SPANS], ids=[row[0] for row in TOOL_SPANS])
def test_a_tool_span_is_one_call_with_its_result_and_no_conversation(attributes: dict[str, Any]) -> None:
    rendered = render(attributes=attributes, kind="tool", name="span name")
    assert [call.to_paired_json() for call in rendered.tool_calls] == [
        {"id": "c", "name": "f", "arguments": {"a": 1}, "result": "21C"}
    ]
    assert rendered.input_messages == rendered.output_messages == ()


def test_a_tool_span_without_a_tool_s_name_is_called_as_the_span_and_may_lack_a_result() -> None:
    (call,) = render(attributes={"langfuse.observation.input": '{"a": 1}'}, kind="tool", name="f").tool_calls
    assert call.to_paired_json() == {"id": "", "name": "f", "arguments": {"a": 1}}


def test_strands_tells_a_tool_s_arguments_and_result_as_events() -> None:
    events = [
        EventRecord(1, "gen_ai.tool.message", {"role": "tool", "content": '{"a": 1}', "id": "c"}),
        EventRecord(2, "gen_ai.choice", {"message": '[{"text": "21C"}]', "id": "c"}),
    ]
    attributes: dict[str, Any] = {"gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c"}
    (call,) = render(attributes=attributes, events=events, kind="tool").tool_calls
    assert call.to_paired_json() == {"id": "c", "name": "f", "arguments": {"a": 1}, "result": "21C"}


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
OFFERS: list[tuple[str, dict[str, Any]]] = [
    ("OpenAI's", {"gen_ai.tool.definitions": json.dumps(
        [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}])}),
    ("Anthropic's", {"gen_ai.tool.definitions": json.dumps(
        [{"name": "f", "description": "d", "input_schema": SCHEMA}])}),
    ("Vercel's", {"ai.prompt.tools": [json.dumps(
        {"type": "function", "name": "f", "description": "d", "inputSchema": SCHEMA})]}),
    ("OpenInference's", {"llm.tools.0.tool.json_schema": json.dumps(
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}})}),
    ("OpenLLMetry's", {"llm.request.functions.0.name": "f", "llm.request.functions.0.description": "d",
                       "llm.request.functions.0.parameters": json.dumps(SCHEMA)}),
    ("pydantic-ai's", {"model_request_parameters": json.dumps(
        {"function_tools": [{"name": "f", "description": "d", "parameters_json_schema": SCHEMA}]})}),
    ("MLflow's", {"mlflow.chat.tools": json.dumps(
        [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}])}),
    ("Gemini's", {"input.value": json.dumps({"contents": [], "tools": [
        {"functionDeclarations": [{"name": "f", "description": "d", "parameters": SCHEMA}]}]})}),
]  # fmt: skip


@pytest.mark.parametrize("attributes", [row[1] for row in OFFERS], ids=[row[0] for row in OFFERS])
def test_offered_tools_are_told_from_any_convention(attributes: dict[str, Any]) -> None:
    tools = render(attributes=attributes, kind="llm").tools
    assert [tool.to_json() for tool in tools] == [{"name": "f", "description": "d", "parameters": SCHEMA}]


def test_offered_tools_are_read_from_the_span_s_logs_too() -> None:
    log = RenderLog(
        "gen_ai.client.inference.operation.details", "", {"gen_ai.tool.definitions": [{"name": "f"}]}
    )
    assert [tool.name for tool in render(attributes={}, logs=[log], kind="llm").tools] == ["f"]


DOCUMENTS = (
    Document(id="d1", content="Paris is in France.", score=0.9, metadata={"source": "wiki"}),
    Document(id="d2", content="Berlin is in Germany.", score=0.4, metadata={}),
)
RETRIEVALS: list[tuple[str, dict[str, Any]]] = [
    ("OpenTelemetry", {"gen_ai.retrieval.documents": json.dumps([
        {"id": "d1", "score": 0.9, "content": "Paris is in France.", "metadata": {"source": "wiki"}},
        {"id": "d2", "score": 0.4, "content": "Berlin is in Germany."}])}),
    ("OpenInference", {
        "retrieval.documents.1.document.id": "d2", "retrieval.documents.1.document.score": 0.4,
        "retrieval.documents.1.document.content": "Berlin is in Germany.",
        "retrieval.documents.0.document.id": "d1", "retrieval.documents.0.document.score": "0.9",
        "retrieval.documents.0.document.content": "Paris is in France.",
        "retrieval.documents.0.document.metadata": '{"source": "wiki"}'}),
    ("a reranker in OpenInference", {
        "reranker.input_documents.0.document.content": "Rome",
        "reranker.output_documents.0.document.id": "d1", "reranker.output_documents.0.document.score": 0.9,
        "reranker.output_documents.0.document.content": "Paris is in France.",
        "reranker.output_documents.0.document.metadata": '{"source": "wiki"}',
        "reranker.output_documents.1.document.id": "d2", "reranker.output_documents.1.document.score": 0.4,
        "reranker.output_documents.1.document.content": "Berlin is in Germany."}),
    ("LangChain pairs", {"output.value": json.dumps([
        [{"id": "d1", "page_content": "Paris is in France.", "metadata": {"source": "wiki"}}, 0.9],
        [{"id": "d2", "page_content": "Berlin is in Germany."}, 0.4]])}),
    ("LlamaIndex nodes", {"output.value": json.dumps({"nodes": [
        {"node": {"id_": "d1", "text": "Paris is in France.", "metadata": {"source": "wiki"}}, "score": 0.9},
        {"node": {"id_": "d2", "text": "Berlin is in Germany."}, "score": 0.4}]})}),
    ("Langfuse", {"langfuse.observation.output": json.dumps([
        {"id": "d1", "content": "Paris is in France.", "score": 0.9, "metadata": {"source": "wiki"}},
        {"id": "d2", "content": "Berlin is in Germany.", "score": 0.4}])}),
]  # fmt: skip


@pytest.mark.parametrize("attributes", [row[1] for row in RETRIEVALS], ids=[row[0] for row in RETRIEVALS])
def test_documents_are_told_from_any_convention_in_their_order(attributes: dict[str, Any]) -> None:
    assert render(attributes=attributes, kind="retriever").documents == DOCUMENTS


def test_documents_without_ids_and_scores_have_none() -> None:
    output = '{"documents": [{"page_content": "Paris.", "type": "Document"}, "Berlin."]}'
    documents = render(attributes={"gen_ai.completion": output}, kind="retriever").documents
    assert documents == (
        Document(id="", content="Paris.", score=None, metadata={}),
        Document(id="", content="Berlin.", score=None, metadata={}),
    )


def test_what_a_vector_database_answered_is_told_by_events() -> None:
    fields = {"db.query.result.id": "d1", "db.query.result.score": 0.5, "db.query.result.document": "Paris."}
    documents = render(
        attributes={}, events=[EventRecord(1, "db.query.result", {**fields})], kind="span"
    ).documents
    assert documents == (Document(id="d1", content="Paris.", score=0.5, metadata={}),)


def test_the_answer_of_a_chain_is_not_taken_for_documents() -> None:
    assert render(attributes={"output.value": '[{"id": "1", "content": "x"}]'}, kind="chain").documents == ()
