"""A session as a file: JSON, or Markdown for people."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import orjson

from spanglass_server.web.api.shape import Json

_NAME_CHARS_MAX: Final = 80


def content_disposition(session_id: str, extension: str) -> str:
    """RFC 6266."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", session_id)[:_NAME_CHARS_MAX].strip(".-") or "session"
    safe = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "-", session_id)[:_NAME_CHARS_MAX].strip(". ") or "session"
    whole = quote(f"{safe}.{extension}", safe="", errors="replace")
    return f"attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{whole}"


def to_json(session: Json, turns: Iterator[Json]) -> Iterator[bytes]:
    """`{session, turns: [turn]}`."""
    yield b'{"session":' + orjson.dumps(session) + b',"turns":['
    for place, turn in enumerate(turns):
        yield (b"," if place else b"") + orjson.dumps(turn)
    yield b"]}\n"


def to_markdown(session: Json, turns: Iterator[Json]) -> Iterator[bytes]:
    yield f"# Session {_inline(session['session_id'])}\n\n{_facts(session)}\n".encode()
    system = None
    for number, turn in enumerate(turns, start=1):
        is_new = turn["system"] is not None and turn["system"] != system
        yield _turn(number, turn, with_system=is_new).encode("utf-8", "replace")
        system = turn["system"] or system


def _facts(session: Json) -> str:
    cost = "unpriced" if session["cost_usd"] is None else f"${session['cost_usd']:.6g}"
    facts = [
        f"from {session['start_time']} to {session['end_time']}",
        f"{session['trace_count']} traces",
        f"{session['total_tokens'] or 0} tokens",
        cost,
        *([f"user {', '.join(map(_inline, session['user_ids']))}"] if session["user_ids"] else []),
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def _turn(number: int, turn: Json, *, with_system: bool) -> str:
    trace = turn["trace"]
    parts = [f"\n## {number}. {trace['start_time']}\n", f"Trace `{trace['trace_id']}`\n"]
    if with_system:
        parts.append(f"**System**\n\n{_quoted(turn['system'])}\n")
    if turn["question"]:
        parts.append(f"**User**\n\n{_message(turn['question'])}\n")
    parts += [_step(step) for step in turn["steps"]]
    if turn["answer"]:
        parts.append(f"**Assistant**\n\n{_message(turn['answer'])}\n")
    if turn["error_message"]:
        parts.append(f"**Error**\n\n{_quoted(turn['error_message'])}\n")
    parts += [f"- score {_inline(score['name'])}: {score['value']}\n" for score in turn["scores"]]
    return "\n".join(parts)


def _step(step: Json) -> str:
    if step["kind"] != "tool":
        return f"- {step['kind']} {_inline(step['name'])}: {step['document_count']} documents\n"
    lines = [f"**Tool** {_inline(step['name'])}\n", _fenced(step["arguments"])]
    if step["result"] is not None:
        lines.append(_fenced(step["result"]))
    return "\n".join(lines)


def _message(message: Json) -> str:
    return "\n\n".join(filter(None, map(_part, message["parts"])))


def _part(part: Json) -> str:
    match part["type"]:
        case "text":
            return str(part["text"])
        case "reasoning":
            return _quoted(part["text"])
        case "tool_call":
            return f"Calls {_inline(part['name'])}\n\n{_fenced(part['arguments'])}"
        case "tool_result":
            return _fenced(part["result"])
        case "image" | "audio" | "file":
            return f"[{part['type']}]({part['url']})" if part.get("url") else f"[{part['type']}]"
        case _:
            return _fenced(part.get("value"))


def _fenced(value: Any) -> str:
    """In a fence that nothing inside can close."""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    ticks = max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    fence = "`" * ticks
    return f"{fence}\n{text}\n{fence}\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _inline(text: str) -> str:
    return " ".join(text.split())
