"""Anthropic's Messages API, as of version 2023-06-01."""

import json
from collections.abc import Iterator
from typing import Final

from spanglass_examples.fake_models.brain import text_of
from spanglass_examples.fake_models.turn import Completion, Form, Prompt
from spanglass_examples.http_server import Json

_ERRORS: Final = {
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}


def read(body: Json) -> Prompt:
    messages: list[Json] = body.get("messages", [])
    system = body.get("system", "")
    tools = tuple(str(tool["name"]) for tool in body.get("tools", ()))
    names = {
        part["id"]: str(part["name"]) for part in _parts(messages, "assistant") if part["type"] == "tool_use"
    }
    results = {
        names[part["tool_use_id"]]: text_of(part.get("content", ""))
        for part in _parts(messages, "user")
        if part["type"] == "tool_result"
    }
    said = [text_of(message["content"]) for message in messages]
    asked = [text for message in messages if message["role"] == "user" if (text := _asked(message))]
    return Prompt(
        model=str(body["model"]),
        is_streamed=bool(body.get("stream")),
        text="\n".join((text_of(system), json.dumps(body.get("tools", ())), *said)),
        question=asked[-1] if asked else "",
        cached_prefix=text_of(system) if "cache_control" in str(system) else "",
        is_cache_write_billed=True,
        tools=tools,
        used_tools=tuple(results),
        results=results,
        form=_form(body),
    )


def render(completion: Completion) -> Json:
    content: list[Json] = []
    if completion.text:
        content.append({"type": "text", "text": completion.text})
    if completion.tool_call:
        content.append(_tool_use(completion) | {"input": dict(completion.tool_call.arguments)})
    return _message(completion) | {
        "content": content,
        "stop_reason": _stop_reason(completion),
        "usage": _usage(completion) | {"output_tokens": completion.output_tokens},
    }


def render_stream(completion: Completion, *, steps: int) -> list[bytes]:
    """The answer as server-sent events, bundled into at most `steps` chunks of text and a few around them."""
    start = _message(completion) | {"usage": _usage(completion) | {"output_tokens": 1}}
    head = _event({"type": "message_start", "message": start})
    blocks = [*_text_events(completion, steps), *_tool_events(completion)]
    tail = _event(
        {
            "type": "message_delta",
            "delta": {"stop_reason": _stop_reason(completion), "stop_sequence": None},
            "usage": {"output_tokens": completion.output_tokens},
        }
    ) + _event({"type": "message_stop"})
    if not blocks:
        return [head + tail]
    blocks[0] = head + blocks[0]
    blocks[-1] += tail
    return blocks


def render_error(status: int) -> Json:
    kind, message = _ERRORS[status]
    return {"type": "error", "error": {"type": kind, "message": message}}


def _form(body: Json) -> Form | None:
    """The only tool, where the model must call it."""
    tools: list[Json] = body.get("tools", [])
    if len(tools) != 1 or body.get("tool_choice", {}).get("type") not in ("tool", "any"):
        return None
    return Form(str(tools[0]["name"]), tools[0]["input_schema"])


def _asked(message: Json) -> str:
    """What a person said in it; empty for a message of tool results."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return text_of([part for part in content if part["type"] == "text"])


def _parts(messages: list[Json], role: str) -> Iterator[Json]:
    for message in messages:
        if message["role"] == role and isinstance(message["content"], list):
            yield from message["content"]


def _message(completion: Completion) -> Json:
    return {
        "id": f"msg_{completion.id}",
        "type": "message",
        "role": "assistant",
        "model": completion.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(completion: Completion) -> Json:
    cached = completion.cache_read_tokens + completion.cache_write_tokens
    return {
        "input_tokens": completion.input_tokens - cached,
        "cache_read_input_tokens": completion.cache_read_tokens,
        "cache_creation_input_tokens": completion.cache_write_tokens,
        "service_tier": "standard",
    }


def _stop_reason(completion: Completion) -> str:
    return "tool_use" if completion.tool_call else "end_turn"


def _tool_use(completion: Completion) -> Json:
    name = completion.tool_call.name if completion.tool_call else ""
    return {"type": "tool_use", "id": f"toolu_{completion.id}", "name": name, "input": {}}


def _text_events(completion: Completion, steps: int) -> Iterator[bytes]:
    text = completion.text
    if not text:
        return
    size = max(1, -(-len(text) // steps))
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    begin = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for position, piece in enumerate(pieces):
        event = _event(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        )
        first = _event(begin) if position == 0 else b""
        last = _event({"type": "content_block_stop", "index": 0}) if position == len(pieces) - 1 else b""
        yield first + event + last


def _tool_events(completion: Completion) -> Iterator[bytes]:
    if completion.tool_call is None:
        return
    index = 1 if completion.text else 0
    arguments = json.dumps(dict(completion.tool_call.arguments), ensure_ascii=False)
    delta = {"type": "input_json_delta", "partial_json": arguments}
    yield (
        _event({"type": "content_block_start", "index": index, "content_block": _tool_use(completion)})
        + _event({"type": "content_block_delta", "index": index, "delta": delta})
        + _event({"type": "content_block_stop", "index": index})
    )


def _event(data: Json) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
