"""OpenInference (Arize)."""

from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.values import as_word
from spanglass_server.wire.records import AttributeValue

_KINDS: Final = {
    "llm": "llm",
    "embedding": "embedding",
    "retriever": "retriever",
    "reranker": "reranker",
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
    "prompt": "chain",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
}


def read_kind(value: AttributeValue) -> str | None:
    return _KINDS.get((as_word(value) or "").lower())


LLAMA_INDEX_SCOPE: Final = "openinference.instrumentation.llama_index"


def is_private_step(scope_name: str, name: str) -> bool:
    """LlamaIndex's instrumentation calls every method of a model class LLM: those with a leading underscore
    (`OpenAI._prepare_chat_with_tools`) only help one that calls the model."""
    return scope_name == LLAMA_INDEX_SCOPE and "._" in name


OPENINFERENCE = Dialect(
    name="openinference",
    scopes=("openinference.instrumentation.*", "@arizeai/openinference*"),
    markers=("openinference.",),
    keys={
        f.KIND: (("openinference.span.kind", read_kind),),
        f.PROVIDER: ("llm.provider",),
        f.SYSTEM: ("llm.system",),
        f.RESPONSE_MODEL: ("llm.response.model_name",),
        f.REQUEST_MODEL: ("llm.request.model_name",),
        f.MODEL: ("llm.model_name",),
        f.FALLBACK_MODEL: ("embedding.model_name", "reranker.model_name"),
        f.INVOCATION_PARAMETERS: ("llm.invocation_parameters", "embedding.invocation_parameters"),
        f.FINISH_REASONS: ("llm.finish_reason",),
        f.INPUT_TOKENS: ("llm.token_count.prompt",),
        f.OUTPUT_TOKENS: ("llm.token_count.completion",),
        f.CACHE_READ_TOKENS: (
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
        ),
        f.CACHE_WRITE_TOKENS: ("llm.token_count.prompt_details.cache_write",),
        f.REASONING_TOKENS: ("llm.token_count.completion_details.reasoning",),
        f.AUDIO_INPUT_TOKENS: ("llm.token_count.prompt_details.audio",),
        f.AUDIO_OUTPUT_TOKENS: ("llm.token_count.completion_details.audio",),
        f.COST_USD: ("llm.cost.total",),
        f.INPUT_COST_USD: ("llm.cost.prompt",),
        f.OUTPUT_COST_USD: ("llm.cost.completion",),
        f.TAGS: ("tag.tags",),
        f.METADATA_JSON: ("metadata",),
        f.PROMPT_NAME: ("prompt.id",),
        f.PROMPT_VERSION: ("llm.prompt_template.version",),
        f.TOOL_NAME: ("tool.name",),
        f.OUTPUT_TEXT: ("output.value",),
    },
    prefixes={
        "retrieval.documents.": f.HAS_DOCUMENTS,
        "llm.input_messages.": f.HAS_MESSAGES,
        "llm.output_messages.": f.HAS_MESSAGES,
    },
)
