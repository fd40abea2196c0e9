"""OpenTelemetry's GenAI conventions: up to 1.36 (`gen_ai.system`), 1.37 to 1.41, and the repository split off
after it (`gen_ai.usage.cache_write.input_tokens`). Emitters mix them, so all are read together."""

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.fields import present
from spanglass_server.wire.records import AttributeValue


def is_tool_call(value: AttributeValue) -> bool | None:
    return True if value == "tools/call" else None


OTEL_GENAI = Dialect(
    name="otel_genai",
    scopes=(
        "opentelemetry.instrumentation.genai.*",
        "opentelemetry.instrumentation.openai_v2",
        "opentelemetry.instrumentation.google_genai",
        "opentelemetry.util.genai*",
    ),
    markers=("gen_ai.", "mcp.method.name"),
    keys={
        f.OPERATION: ("gen_ai.operation.name",),
        f.PROVIDER: ("gen_ai.provider.name",),
        f.SYSTEM: ("gen_ai.system",),
        f.REQUEST_MODEL: ("gen_ai.request.model",),
        f.RESPONSE_MODEL: ("gen_ai.response.model",),
        f.RESPONSE_ID: ("gen_ai.response.id",),
        f.STREAM: (
            "gen_ai.request.stream",
            "gen_ai.is_streaming",
            "llm.is_streaming",
            "gen_ai.request.is_stream",
        ),
        f.SERVICE_TIER: (
            "openai.response.service_tier",
            "gen_ai.openai.response.service_tier",
            "openai.request.service_tier",
            "gen_ai.openai.request.service_tier",
        ),
        f.FINISH_REASONS: ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason"),
        f.TTFT_NS: (
            "gen_ai.response.time_to_first_chunk",
            "gen_ai.client.operation.time_to_first_chunk",
            "gen_ai.client.inference.time_to_first_chunk",
        ),
        f.SERVER_TTFT: ("gen_ai.server.time_to_first_token",),
        f.INPUT_TOKENS: ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        f.OUTPUT_TOKENS: ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        f.CACHE_READ_TOKENS: ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        f.CACHE_WRITE_TOKENS: (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
        ),
        f.REASONING_TOKENS: ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
        f.AUDIO_INPUT_TOKENS: ("gen_ai.usage.audio.input_tokens",),
        f.AUDIO_OUTPUT_TOKENS: ("gen_ai.usage.audio.output_tokens",),
        f.RAW_USAGE: ("metadata.usage_object",),  # LiteLLM's, in the shape of OpenAI's API
        f.COST_USD: (
            "gen_ai.usage.cost",
            "gen_ai.usage.total_cost",
            "gen_ai.cost.total_cost",
            "opencode.llm.cost.total",
        ),
        f.SESSION: ("gen_ai.conversation.id",),
        f.USER: ("gen_ai.request.user", "llm.user", "gen_ai.user"),
        f.PROMPT_NAME: ("gen_ai.prompt.name",),
        f.PROMPT_VERSION: ("gen_ai.prompt.version",),
        f.TOOL_NAME: ("gen_ai.tool.name",),
        f.OUTPUT_TEXT: ("gen_ai.output.messages", "gen_ai.completion"),
        f.HAS_TOOL: (("mcp.method.name", is_tool_call),),
        f.HAS_DOCUMENTS: ("gen_ai.retrieval.documents", "gen_ai.retrieval.query.text"),
        f.HAS_MESSAGES: (("gen_ai.input.messages", present), "gen_ai.prompt"),
    },
    prefixes={
        "gen_ai.request.": f.PARAMETERS,
        "gen_ai.openai.request.": f.PARAMETERS,
        "openai.request.": f.PARAMETERS,
        "gen_ai.output.": f.PARAMETERS,
    },
)
