"""LangSmith's SDK in OpenTelemetry mode. Its span kind beats its own `gen_ai.operation.name`, which says
`embeddings` on retrievers; its numbers arrive as JSON or as Python reprs."""

from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.usage import UsageParts
from spanglass_server.normalize.values import as_dict, as_int, as_str_list, as_word
from spanglass_server.wire.records import AttributeValue

_KINDS: Final = {
    "llm": "llm",
    "embedding": "embedding",
    "retriever": "retriever",
    "tool": "tool",
    "chain": "chain",
    "prompt": "chain",
    "parser": "chain",
}


def read_kind(value: AttributeValue) -> str | None:
    return _KINDS.get((as_word(value) or "").lower())


def read_tags(value: AttributeValue) -> list[str] | None:
    """`a, b` in one string."""
    tags = [tag.strip() for item in as_str_list(value) for tag in item.split(",")]
    return [tag for tag in tags if tag] or None


LANGSMITH = Dialect(
    name="langsmith",
    scopes=("langsmith",),
    markers=("langsmith.",),
    keys={
        f.KIND: (("langsmith.span.kind", read_kind),),
        f.PROVIDER: ("langsmith.metadata.ls_provider",),
        f.FALLBACK_MODEL: ("langsmith.metadata.ls_model_name",),
        f.STREAM: ("langsmith.request.streaming",),
        f.LANGSMITH_USAGE: ("langsmith.metadata.usage_metadata",),
        f.SESSION: (
            "langsmith.metadata.session_id",
            "langsmith.metadata.thread_id",
            "langsmith.metadata.conversation_id",
        ),
        f.USER: ("langsmith.metadata.user_id",),
        f.TAGS: (("langsmith.span.tags", read_tags),),
    },
    prefixes={"langsmith.metadata.": f.METADATA},
)

METADATA_NOISE: Final = ("LANGSMITH_", "LANGCHAIN_", "ls_", "__", "usage_metadata")
"""Prefixes of metadata keys that are the library's own, among them its environment variables."""


def read_usage(usage: dict[str, AttributeValue]) -> UsageParts:
    """LangChain's `usage_metadata`: cached tokens are included in the input, reasoning in the output."""
    inputs = as_dict(usage.get("input_token_details"))
    outputs = as_dict(usage.get("output_token_details"))
    return UsageParts(
        input=as_int(usage.get("input_tokens")),
        output=as_int(usage.get("output_tokens")),
        cache_read=as_int(inputs.get("cache_read")),
        cache_write=as_int(inputs.get("cache_creation")),
        cache_write_1h=as_int(inputs.get("ephemeral_1h_input_tokens")),
        reasoning=as_int(outputs.get("reasoning")),
        audio_input=as_int(inputs.get("audio")),
        audio_output=as_int(outputs.get("audio")),
    )
