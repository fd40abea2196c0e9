"""What kind of step a span is (docs/conventions.md, "Kind")."""

import re
from functools import lru_cache
from typing import Final

from spanglass_server.model.span import Kind
from spanglass_server.normalize import fields as f

_BY_OPERATION: Final[dict[str, Kind]] = {
    "chat": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "generate_content": "llm",
    "fetch_response": "llm",
    "llm": "llm",
    "chat_model": "llm",
    "embeddings": "embedding",
    "embedding": "embedding",
    "execute_tool": "tool",
    "tool": "tool",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "plan": "agent",
    "agent": "agent",
    "invoke_workflow": "chain",
    "execute_event_loop_cycle": "chain",
    "execute_task": "chain",
    "agent_step": "chain",
    "workflow": "chain",
    "task": "chain",
    "chain": "chain",
    "retrieval": "retriever",
    "retriever": "retriever",
    "rerank": "reranker",
    "reranker": "reranker",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
}

_BY_REQUEST_TYPE: Final[dict[str, Kind]] = {
    "chat": "llm",
    "completion": "llm",
    "embedding": "embedding",
    "rerank": "reranker",
}

_BY_VERCEL_ACTION: Final[dict[str, Kind]] = {
    "dogenerate": "llm",
    "dostream": "llm",
    "doembed": "embedding",
    "dorerank": "reranker",
}

_CACHE_NAME: Final = re.compile(
    r"^(semantic|prompt|response|answer|llm|embedding|query|rag)?[ _.:/-]?cache"
    r"([ _.:/-]?(lookup|get|check|hit|miss|search|query|read|fetch|set|put|write|store|save))?$"
)


_MODEL_SPAN_NAME: Final = re.compile(r"^(chat|text_completion|generate_content|embeddings) (\S{1,200})$")


def read_model_span_name(name: str) -> tuple[str, str] | None:
    """Operation and model of a span that is named as the GenAI conventions say; else None."""
    found = _MODEL_SPAN_NAME.match(name)
    return (found.group(1), found.group(2)) if found else None


def decide_kind(slots: f.Slots, name: str) -> Kind:
    """The first that speaks: the convention's own kind, the operation, the request's type, shape, name."""
    kind: Kind | None = slots[f.KIND]
    if kind is None:
        kind = _kind_by_operation(slots) or _kind_by_shape(slots)
    if kind == "chain" and _is_langfuse_generation(slots):
        return "llm"
    if kind in ("span", "chain") and is_cache_name(name):
        return "cache"
    if kind == "span" and slots[f.CACHE_HIT] is not None:
        return "cache"
    return kind


def _kind_by_operation(slots: f.Slots) -> Kind | None:
    vercel = slots[f.VERCEL_OPERATION]
    if vercel is not None:
        return kind_by_vercel_operation(vercel)
    operation = slots[f.OPERATION]
    if operation is not None:
        kind = _BY_OPERATION.get(operation)
        if kind is None and "memory" in operation:
            return "tool"
        if kind is not None:
            return kind
    return _BY_REQUEST_TYPE.get(slots[f.REQUEST_TYPE] or "")


def kind_by_vercel_operation(operation: str) -> Kind:
    if operation == "ai.toolCall":
        return "tool"
    return _BY_VERCEL_ACTION.get(operation.rpartition(".")[2].lower(), "chain")


def _kind_by_shape(slots: f.Slots) -> Kind:
    if slots[f.HAS_AGENT]:
        return "agent"
    if slots[f.TOOL_NAME] is not None or slots[f.HAS_TOOL]:
        return "tool"
    if slots[f.HAS_DOCUMENTS] or slots[f.HAS_VECTOR_QUERY]:
        return "retriever"
    model = slots[f.REQUEST_MODEL] or slots[f.RESPONSE_MODEL] or slots[f.MODEL]
    if model and (slots[f.HAS_MESSAGES] or has_usage(slots)):
        return "llm"
    return "span"


def has_usage(slots: f.Slots) -> bool:
    return (
        slots[f.INPUT_TOKENS] is not None
        or slots[f.OUTPUT_TOKENS] is not None
        or slots[f.LANGFUSE_USAGE] is not None
        or slots[f.MLFLOW_USAGE] is not None
        or slots[f.LANGSMITH_USAGE] is not None
        or slots[f.RAW_USAGE] is not None
    )


def _is_langfuse_generation(slots: f.Slots) -> bool:
    """Langfuse's Python SDK up to 3.3 called generations `span`."""
    return slots[f.LANGFUSE_USAGE] is not None


@lru_cache(maxsize=4096)
def is_cache_name(name: str) -> bool:
    """Whether a span's name says that it looks into a cache: no convention has a kind for it."""
    return len(name) <= 64 and _CACHE_NAME.match(name.lower()) is not None
