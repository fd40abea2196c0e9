"""Encoding 12: OpenLLMetry's decorators, `traceloop.entity.input` / `.output`; and, last of all, the query of
a retriever, a reranker or an embedding, which no other encoding told."""

from spanglass_server.model.message import Message, Part, Text
from spanglass_server.normalize.messages.source import Source, Turns, numbered, read_conversation
from spanglass_server.normalize.values import as_str

_QUERIES = ("gen_ai.retrieval.query.text", "reranker.query")


def read(source: Source) -> Turns:
    return Turns(
        read_conversation(source, ("traceloop.entity.input", *_QUERIES), "user") or _embedded(source),
        read_conversation(source, ("traceloop.entity.output",), "assistant"),
    )


def _embedded(source: Source) -> list[Message]:
    items = numbered(source.attributes, "embedding.embeddings.")
    parts: list[Part] = [Text(text=t) for item in items if (t := as_str(item.get("embedding.text")))]
    return [Message(role="user", parts=tuple(parts))] if parts else []
