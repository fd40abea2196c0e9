"""Tools: the call that a tool span is, the calls a model asked for, and the tools it was offered."""

from collections.abc import Iterable, Sequence
from typing import Final

from spanglass_server.model.message import JsonValue, Message, ToolCall, ToolDefinition, ToolResult
from spanglass_server.normalize.messages.blocks import Block, first, plain_result
from spanglass_server.normalize.messages.source import Source, json_value, numbered
from spanglass_server.normalize.values import as_str
from spanglass_server.wire.records import AttributeValue

NAME_KEYS: Final = (
    "gen_ai.tool.name", "tool.name", "ai.toolCall.name", "mcp.tool.name", "traceloop.entity.name",
    "langsmith.trace.name",
)  # fmt: skip
ID_KEYS: Final = ("gen_ai.tool.call.id", "tool.id", "tool_call.id", "ai.toolCall.id")
ARGUMENT_KEYS: Final = (
    "gen_ai.tool.call.arguments", "ai.toolCall.args", "ai.toolCall.input", "tool_arguments",
    "tool.parameters", "spanglass.input", "input.value", "langfuse.observation.input", "mlflow.spanInputs",
    "gen_ai.prompt", "traceloop.entity.input", "gen_ai.tool.args",
    "gcp.vertex.agent.tool_call_args",
)  # fmt: skip
RESULT_KEYS: Final = (
    "gen_ai.tool.call.result", "ai.toolCall.result", "ai.toolCall.output", "tool_response",
    "spanglass.output", "output.value", "langfuse.observation.output", "mlflow.spanOutputs",
    "gen_ai.completion", "traceloop.entity.output",
    "gcp.vertex.agent.tool_response",
)  # fmt: skip


def read_tool_call(source: Source, name: str) -> ToolCall:
    """The one call that a tool span is; `name` is the span's, where no attribute tells the tool's."""
    arguments = _first_value(source, ARGUMENT_KEYS)
    if arguments is None:
        arguments = _from_event(source, "gen_ai.tool.message", "content")
    result = _first_value(source, RESULT_KEYS)
    if result is None:
        result = _from_event(source, "gen_ai.choice", "message")
    return ToolCall(
        id=_first_text(source, ID_KEYS),
        name=_first_text(source, NAME_KEYS) or name,
        arguments=arguments,
        result=plain_result(result),
        has_result=result is not None,
    )


def paired_calls(output: Sequence[Message], messages: Iterable[Message]) -> tuple[ToolCall, ...]:
    """The calls in the output, each with the result that any of the messages gives under its id."""
    results = {
        part.id: part.result
        for message in messages
        for part in message.parts
        if isinstance(part, ToolResult) and part.id
    }
    calls = [part for message in output for part in message.parts if isinstance(part, ToolCall)]
    return tuple(
        ToolCall(
            id=call.id,
            name=call.name,
            arguments=call.arguments,
            result=results.get(call.id),
            has_result=call.id in results,
        )
        for call in calls
    )


def read_tools(source: Source) -> tuple[ToolDefinition, ...]:
    for found in _offered(source):
        if definitions := [d for item in found for d in _definitions(item)]:
            return tuple(definitions)
    return ()


def _offered(source: Source) -> Iterable[list[JsonValue]]:
    yield _items(source.json("gen_ai.tool.definitions"))
    for log in source.logs:
        yield _items(json_value(log.attributes.get("gen_ai.tool.definitions")))
    yield [json_value(f.get("tool.json_schema")) for f in numbered(source.attributes, "llm.tools.")]
    yield [_object(f) for f in numbered(source.attributes, "llm.request.functions.")]
    for key in ("ai.prompt.tools", "mlflow.chat.tools"):
        yield [json_value(item) if isinstance(item, str) else item for item in _items(source.json(key))]
    for key in ("model_request_parameters", "request_data", "input.value", "mlflow.spanInputs"):
        yield _inside(source.json(key))
    yield _inside(source.json("langfuse.observation.input"))
    yield _items(source.json("gen_ai.agent.tools"))


def _inside(request: JsonValue) -> list[JsonValue]:
    if not isinstance(request, dict):
        return []
    return _items(first(request, "tools", "function_tools", "functions"))


def _object(fields: dict[str, AttributeValue] | object) -> JsonValue:
    return {key: json_value(value) for key, value in fields.items()} if isinstance(fields, dict) else None


def _definitions(item: JsonValue) -> list[ToolDefinition]:
    if isinstance(item, str):
        return [ToolDefinition(name=item, description="", parameters=None)] if item else []
    if not isinstance(item, dict):
        return []
    declared = first(item, "functionDeclarations", "function_declarations")
    if isinstance(declared, list):
        return [definition for inner in declared for definition in _definitions(inner)]
    nested = first(item, "function", "toolSpec", "tool")
    return _definition(nested if isinstance(nested, dict) else item)


def _definition(item: Block) -> list[ToolDefinition]:
    name = item.get("name")
    if not isinstance(name, str) or not name:
        return []
    description = item.get("description")
    parameters = first(
        item, "parameters", "input_schema", "inputSchema", "parameters_json_schema", "args_schema", "schema"
    )
    return [
        ToolDefinition(
            name=name,
            description=description if isinstance(description, str) else "",
            parameters=parameters,
        )
    ]


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _first_value(source: Source, keys: Iterable[str]) -> JsonValue:
    for key in keys:
        value = source.json(key)
        if value is not None:
            return value
    return None


def _first_text(source: Source, keys: Iterable[str]) -> str:
    for key in keys:
        if text := as_str(source.attributes.get(key)):
            return text
    return ""


def _from_event(source: Source, name: str, key: str) -> JsonValue:
    """Strands tells a tool's arguments and result as events on its span."""
    for event in source.events:
        if event.name == name and (value := json_value(event.attributes.get(key))) is not None:
            return value
    return None
