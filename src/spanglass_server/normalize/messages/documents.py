"""What a retriever found or a reranker kept, from any convention."""

from collections.abc import Iterable, Mapping
from typing import Final

from spanglass_server.model.message import Document, JsonValue
from spanglass_server.normalize.messages.blocks import Block, first
from spanglass_server.normalize.messages.source import Source, json_value, numbered
from spanglass_server.normalize.values import as_float, as_str, dump_json
from spanglass_server.wire.records import AttributeValue

FLATTENED: Final = ("retrieval.documents.", "reranker.output_documents.", "reranker.input_documents.")
"""OpenInference. A reranker's input documents are shown only where it does not tell its output."""

OUTPUT_KEYS: Final = (
    "spanglass.output",
    "output.value",
    "langfuse.observation.output",
    "mlflow.spanOutputs",
    "gen_ai.completion",
    "traceloop.entity.output",
    "gen_ai.tool.call.result",
)
"""Where a span of kind retriever or reranker puts what it found, among other things it may have to say."""

_LIST_KEYS: Final = (
    "documents",
    "results",
    "matches",
    "hits",
    "source_nodes",
    "nodes",
    "output",
    "data",
    "chunks",
)
_CONTENT_KEYS: Final = (
    "content", "page_content", "pageContent", "text", "document", "body", "chunk", "snippet", "passage",
)  # fmt: skip
_ID_KEYS: Final = ("id", "_id", "doc_id", "document_id", "documentId", "node_id", "id_")
_SCORE_KEYS: Final = ("score", "relevance_score", "relevanceScore", "similarity", "_score", "distance")


def read_documents(source: Source) -> tuple[Document, ...]:
    explicit = _from_json(source.json("gen_ai.retrieval.documents")) or _flattened(source)
    if explicit:
        return tuple(explicit)
    if source.kind in ("retriever", "reranker"):
        for key in OUTPUT_KEYS:
            if found := _from_json(source.json(key)):
                return tuple(found)
    return tuple(_from_events(source))


def _flattened(source: Source) -> list[Document]:
    for prefix in FLATTENED:
        if found := [_from_fields(fields) for fields in numbered(source.attributes, prefix)]:
            return found
    return []


def _from_fields(fields: Mapping[str, AttributeValue]) -> Document:
    return Document(
        id=as_str(fields.get("document.id")),
        content=as_str(fields.get("document.content")),
        score=as_float(fields.get("document.score")),
        metadata=_object(json_value(fields.get("document.metadata"))),
    )


def _from_json(value: JsonValue) -> list[Document]:
    if isinstance(value, dict):
        for key in _LIST_KEYS:
            inner = value.get(key)
            if isinstance(inner, list | dict) and (found := _from_json(inner)):
                return found
        return []
    if not isinstance(value, list):
        return []
    documents = [_document(item) for item in value]
    return [document for document in documents if document is not None]


def _document(item: JsonValue) -> Document | None:
    if isinstance(item, str):
        return Document(id="", content=item, score=None, metadata={}) if item else None
    if (
        isinstance(item, list) and len(item) == 2 and isinstance(item[0], dict)
    ):  # LangChain: (document, score)
        found = _document(item[0])
        return found and Document(
            id=found.id, content=found.content, score=_score(item[1]), metadata=found.metadata
        )
    return _from_object(item) if isinstance(item, dict) else None


def _from_object(item: Block) -> Document | None:
    inner = next(
        (item[k] for k in ("node", "document", "payload", "kwargs") if isinstance(item.get(k), dict)), item
    )
    layers = [layer for layer in (item, inner) if isinstance(layer, dict)]
    content = _first_of(reversed(layers), _CONTENT_KEYS)
    identity, score = _first_of(layers, _ID_KEYS), _first_of(layers, _SCORE_KEYS)
    if content is None and identity is None:
        return None
    metadata = _first_of(layers, ("metadata", "extra_info"))
    return Document(
        id="" if identity is None or isinstance(identity, list) else as_str(identity),  # type: ignore[arg-type]
        content=content if isinstance(content, str) else "" if content is None else dump_json(content),  # type: ignore[arg-type]
        score=_score(score),
        metadata=_object(metadata),
    )


def _from_events(source: Source) -> Iterable[Document]:
    """OpenLLMetry tells what a vector database answered as events, one a document."""
    for event in source.events:
        if event.name not in ("db.query.result", "db.search.result"):
            continue
        fields = {key.removeprefix(f"{event.name}."): value for key, value in event.attributes.items()}
        score = fields.get("score", fields.get("distance"))
        yield Document(
            id=as_str(fields.get("id")),
            content=as_str(fields.get("document")),
            score=as_float(score),
            metadata=_object(json_value(fields.get("metadata"))),
        )


def _first_of(layers: Iterable[Block], keys: tuple[str, ...]) -> JsonValue:
    for layer in layers:
        if (value := first(layer, *keys)) is not None:
            return value
    return None


def _score(value: JsonValue) -> float | None:
    return as_float(value) if isinstance(value, str | int | float) else None


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}
