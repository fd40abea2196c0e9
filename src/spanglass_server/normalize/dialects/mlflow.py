"""MLflow tracing. Every value is JSON, scalars too (`"\\"CHAT_MODEL\\""`)."""

from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.usage import UsageParts
from spanglass_server.normalize.values import as_int, as_word
from spanglass_server.wire.records import AttributeValue

_KINDS: Final = {
    "llm": "llm",
    "chat_model": "llm",
    "embedding": "embedding",
    "retriever": "retriever",
    "reranker": "reranker",
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
    "workflow": "chain",
    "task": "chain",
    "parser": "chain",
    "memory": "chain",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
}


def read_kind(value: AttributeValue) -> str | None:
    return _KINDS.get((as_word(value) or "").lower())


MLFLOW = Dialect(
    name="mlflow",
    scopes=("mlflow*",),
    markers=("mlflow.",),
    keys={
        f.KIND: (("mlflow.spanType", read_kind),),
        f.SYSTEM: ("mlflow.llm.provider",),
        f.MODEL: ("mlflow.llm.model",),
        f.FALLBACK_MODEL: ("model",),
        f.MLFLOW_USAGE: ("mlflow.chat.tokenUsage",),
        f.COST_DETAILS: ("mlflow.llm.cost",),
        f.SESSION: ("mlflow.trace.session",),
        f.USER: ("mlflow.trace.user",),
        f.OUTPUT_TEXT: ("mlflow.spanOutputs",),
    },
    prefixes={"mlflow.traceTag.": f.METADATA},
)


def read_usage(usage: dict[str, AttributeValue]) -> UsageParts:
    """`mlflow.chat.tokenUsage`: cached tokens are included in the input."""
    return UsageParts(
        input=as_int(usage.get("input_tokens")),
        output=as_int(usage.get("output_tokens")),
        cache_read=as_int(usage.get("cache_read_input_tokens")),
        cache_write=as_int(usage.get("cache_creation_input_tokens")),
        cache_write_1h=as_int(usage.get("cache_creation_input_tokens_above_1hr")),
        reasoning=as_int(usage.get("reasoning_tokens")),
    )
