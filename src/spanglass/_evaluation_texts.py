"""What an application gave to `spanglass.evaluate`, as an evaluation target. Needs what evaluators need."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spanglass.evaluators.target import EvaluationTarget, RetrievedDocument, TargetMessage

if TYPE_CHECKING:
    from spanglass._evaluations import Judged

CONTENT_KEYS = ("content", "page_content", "text", "document")
"""Where libraries keep a document's text: LangChain, LlamaIndex and others."""
ID_KEYS = ("id", "document_id", "doc_id", "source", "url")


def make_target(judged: "Judged") -> EvaluationTarget:
    facts = dict(judged.facts)
    messages = tuple(read_message(item) for item in facts.pop("messages"))
    documents = tuple(read_document(item) for item in facts.pop("documents"))
    facts["input"] = facts["input"] or _last(messages, "user")
    facts["output"] = facts["output"] or _last(messages[-1:], "assistant")
    return EvaluationTarget(
        trace_id=judged.trace_id,
        span_id=judged.span_id,
        session_id=judged.session_id or "",
        messages=messages,
        documents=documents,
        **facts,
    )


def _last(messages: tuple[TargetMessage, ...], role: str) -> str:
    return next((message.text for message in reversed(messages) if message.role == role), "")


def read_document(item: str | tuple[str]) -> RetrievedDocument:
    """A text, or the JSON of an object with its text, id and score under any usual name."""
    if isinstance(item, str):
        return RetrievedDocument(content=item)
    fields = _decoded(item[0])
    if not isinstance(fields, Mapping):
        return RetrievedDocument(content=item[0])
    metadata = fields.get("metadata")
    inner: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    content = _first(fields, CONTENT_KEYS)
    known_id = _first(fields, ID_KEYS) or _first(inner, ID_KEYS)
    score = fields.get("score")
    return RetrievedDocument(
        content=_plain(content) if content is not None else item[0],
        id="" if known_id is None else _plain(known_id),
        score=float(score) if isinstance(score, int | float) else None,
    )


def read_message(item: str | tuple[str]) -> TargetMessage:
    """`{"role", "content"}`, the content a text or a list of parts; a text alone is the user's."""
    if isinstance(item, str):
        return TargetMessage(role="user", text=item)
    fields = _decoded(item[0])
    if not isinstance(fields, Mapping):
        return TargetMessage(role="user", text=item[0])
    return TargetMessage(role=str(fields.get("role", "user")), text=_content(fields))


def _content(fields: Mapping[str, Any]) -> str:
    content = fields.get("content", fields.get("parts"))
    pieces: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        text = part.get("text", part.get("content")) if isinstance(part, Mapping) else part
        if text is not None:
            pieces.append(_plain(text))
        elif part is not None:
            pieces.append(_plain(part))
    if fields.get("tool_calls"):
        pieces.append(_plain(fields["tool_calls"]))
    return "\n".join(pieces)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), None)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # cut off, since it was too long
        return None
