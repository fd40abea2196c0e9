"""OpenLLMetry (Traceloop): once with `gen_ai.prompt.N.*` and `llm.usage.*`, now with GenAI messages."""

from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.values import as_word
from spanglass_server.wire.records import AttributeValue

_KINDS: Final = {"workflow": "chain", "task": "chain", "agent": "agent", "tool": "tool"}


def read_kind(value: AttributeValue) -> str | None:
    return _KINDS.get((as_word(value) or "").lower())


ANTHROPIC_SCOPE: Final = "opentelemetry.instrumentation.anthropic"

_INSTRUMENTED: Final = (
    *("agno", "alephalpha", "anthropic", "bedrock", "chromadb", "cohere", "crewai", "google_generativeai"),
    *(
        "groq",
        "haystack",
        "lancedb",
        "langchain",
        "llamaindex",
        "marqo",
        "mcp",
        "milvus",
        "mistralai",
        "ollama",
    ),
    *("openai", "openai_agents", "pinecone", "qdrant", "replicate", "sagemaker", "together", "transformers"),
    *("vertexai", "watsonx", "weaviate", "writer"),
)

OPENLLMETRY = Dialect(
    name="openllmetry",
    scopes=(
        "traceloop.*",
        "traceloop-sdk*",
        "@traceloop/*",
        "opentelemetry.instrumentation.openai.*",
        *(f"opentelemetry.instrumentation.{library}" for library in _INSTRUMENTED),
    ),
    markers=("traceloop.", "llm.request.type", "llm.usage."),
    keys={
        f.KIND: (("traceloop.span.kind", read_kind),),
        f.REQUEST_TYPE: ("llm.request.type",),
        f.INPUT_TOKENS: ("llm.usage.prompt_tokens",),
        f.OUTPUT_TOKENS: ("llm.usage.completion_tokens",),
        f.REASONING_TOKENS: ("llm.usage.reasoning_tokens",),
        f.SESSION: (
            "traceloop.association.properties.session_id",
            "traceloop.association.properties.thread_id",
        ),
        f.USER: ("traceloop.association.properties.user_id",),
        f.PROMPT_NAME: ("traceloop.prompt.key",),
        f.PROMPT_VERSION: ("traceloop.prompt.version_name", "traceloop.prompt.version"),
        f.ENTITY_NAME: ("traceloop.entity.name",),
        f.OUTPUT_TEXT: ("traceloop.entity.output",),
    },
    prefixes={
        "traceloop.association.properties.": f.METADATA,
        "gen_ai.completion.": f.FINISH_REASON_ITEMS,
        "llm.top_k": f.PARAMETERS,
        "llm.frequency_penalty": f.PARAMETERS,
        "llm.presence_penalty": f.PARAMETERS,
        "llm.chat.stop_sequences": f.PARAMETERS,
        "gen_ai.prompt.0.": f.HAS_MESSAGES,
        "gen_ai.completion.0.": f.HAS_MESSAGES,
    },
)
