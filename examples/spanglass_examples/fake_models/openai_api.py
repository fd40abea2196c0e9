"""OpenAI's Chat Completions and Embeddings."""

import base64
import json
import struct
import time
from collections.abc import Iterator
from typing import Final

from spanglass_examples.fake_models.brain import count_tokens, text_of
from spanglass_examples.fake_models.turn import Completion, Prompt
from spanglass_examples.http_server import Json

_ERRORS: Final = {
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests per min."),
    500: ("server_error", "server_error", "The server had an error while processing your request."),
}
_CACHED_PREFIX_TOKENS_MIN: Final = 1024
"""OpenAI keeps prompts by itself, from this length on."""


def read(body: Json) -> Prompt:
    messages: list[Json] = body.get("messages", [])
    said = [text_of(message.get("content") or "") for message in messages]
    names = {
        call["id"]: str(call["function"]["name"])
        for message in messages
        for call in message.get("tool_calls") or ()
    }
    results = {
        names[message["tool_call_id"]]: text_of(message["content"])
        for message in messages
        if message["role"] == "tool"
    }
    asked = [text for message, text in zip(messages, said, strict=True) if message["role"] == "user"]
    prefix = "\n".join(said[:-1])
    return Prompt(
        model=str(body["model"]),
        is_streamed=bool(body.get("stream")),
        text="\n".join((json.dumps(body.get("tools", ())), *said)),
        question=asked[-1] if asked else "",
        cached_prefix=prefix if count_tokens(prefix) >= _CACHED_PREFIX_TOKENS_MIN else "",
        is_cache_write_billed=False,
        tools=tuple(str(tool["function"]["name"]) for tool in body.get("tools", ())),
        used_tools=tuple(results),
        results=results,
    )


def render(completion: Completion) -> Json:
    message: Json = {"role": "assistant", "content": completion.text or None}
    if completion.tool_call:
        message["tool_calls"] = [_tool_call(completion)]
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(completion)}
    return _head(completion, "chat.completion") | {"choices": [choice], "usage": _usage(completion)}


def render_stream(completion: Completion, *, steps: int) -> list[bytes]:
    chunks = [_chunk(completion, delta) for delta in _deltas(completion, steps)]
    chunks[-1] += _chunk(completion, {}, _finish_reason(completion))
    usage = _head(completion, "chat.completion.chunk") | {"choices": [], "usage": _usage(completion)}
    chunks[-1] += _data(usage) + b"data: [DONE]\n\n"
    return chunks


def render_embeddings(vectors: list[list[float]], model: str, tokens: int, *, is_base64: bool) -> Json:
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
            if is_base64
            else vector,
        }
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def render_error(status: int) -> Json:
    kind, code, message = _ERRORS[status]
    return {"error": {"type": kind, "code": code, "message": message, "param": None}}


def _head(completion: Completion, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{completion.id}",
        "object": kind,
        "created": int(time.time()),
        "model": completion.model,
        "service_tier": "default",
    }


def _usage(completion: Completion) -> Json:
    return {
        "prompt_tokens": completion.input_tokens,
        "completion_tokens": completion.output_tokens,
        "total_tokens": completion.input_tokens + completion.output_tokens,
        "prompt_tokens_details": {"cached_tokens": completion.cache_read_tokens},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _finish_reason(completion: Completion) -> str:
    return "tool_calls" if completion.tool_call else "stop"


def _tool_call(completion: Completion) -> Json:
    call = completion.tool_call
    name, arguments = (call.name, dict(call.arguments)) if call else ("", {})
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": f"call_{completion.id}", "type": "function", "function": function}


def _deltas(completion: Completion, steps: int) -> Iterator[Json]:
    text = completion.text
    size = max(1, -(-len(text) // steps))
    yield {"role": "assistant", "content": text[:size]}
    for start in range(size, len(text), size):
        yield {"content": text[start : start + size]}
    if completion.tool_call:
        yield {"tool_calls": [_tool_call(completion) | {"index": 0}]}


def _chunk(completion: Completion, delta: Json, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return _data(_head(completion, "chat.completion.chunk") | {"choices": [choice]})


def _data(chunk: Json) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
