"""Vercel's AI SDK, versions 4 to 7.

Up to 6 (and in 7's legacy mode) under the scope `ai`: every model call is an `ai.*.do*` span inside an `ai.*`
wrapper that repeats its usage. Version 7 speaks GenAI under the scope `gen_ai`."""

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.fields import milliseconds
from spanglass_server.normalize.usage import UsageParts
from spanglass_server.normalize.values import as_dict, as_int
from spanglass_server.wire.records import AttributeValue

VERCEL = Dialect(
    name="vercel",
    scopes=("ai", "gen_ai"),
    markers=("ai.operationId", "ai.telemetry.", "ai.settings.", "ai.response.", "ai.model."),
    keys={
        f.VERCEL_OPERATION: ("ai.operationId",),
        f.SYSTEM: ("ai.model.provider",),
        f.RESPONSE_MODEL: ("ai.response.model",),
        f.REQUEST_MODEL: ("ai.model.id",),
        f.RESPONSE_ID: ("ai.response.id",),
        f.FINISH_REASONS: ("ai.response.finishReason", "ai.finishReason"),
        f.TTFT_NS: (("ai.response.msToFirstChunk", milliseconds),),
        f.INPUT_TOKENS: ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
        f.OUTPUT_TOKENS: ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        f.CACHE_READ_TOKENS: ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
        f.CACHE_WRITE_TOKENS: ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        f.REASONING_TOKENS: ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
        f.UNCACHED_INPUT_TOKENS: ("ai.usage.inputTokenDetails.noCacheTokens",),
        f.PROVIDER_METADATA: ("ai.response.providerMetadata",),
        f.SESSION: ("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id"),
        f.USER: ("ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id"),
        f.TAGS: ("ai.telemetry.metadata.tags",),
        f.PROMPT_JSON: ("ai.telemetry.metadata.langfusePrompt",),
        f.TOOL_NAME: ("ai.toolCall.name",),
        f.OUTPUT_TEXT: ("ai.response.text", "ai.response.object"),
    },
    prefixes={"ai.telemetry.metadata.": f.METADATA, "ai.settings.": f.PARAMETERS},
)


def read_provider_metadata(metadata: dict[str, AttributeValue]) -> UsageParts:
    """Cache and reasoning counts that versions 4 and 5 keep in the provider's own words.

    `excludes_cache` where the counts are Anthropic's, whose `input_tokens` are the uncached ones."""
    anthropic = as_dict(metadata.get("anthropic"))
    usage = as_dict(anthropic.get("usage"))
    openai = as_dict(metadata.get("openai"))
    bedrock = as_dict(as_dict(metadata.get("bedrock")).get("usage"))
    creation = as_dict(usage.get("cache_creation"))
    return UsageParts(
        input=as_int(usage.get("input_tokens")),
        cache_read=_first(
            usage.get("cache_read_input_tokens"),
            anthropic.get("cacheReadInputTokens"),
            openai.get("cachedPromptTokens"),
            bedrock.get("cacheReadInputTokens"),
        ),
        cache_write=_first(
            usage.get("cache_creation_input_tokens"),
            anthropic.get("cacheCreationInputTokens"),
            bedrock.get("cacheWriteInputTokens"),
        ),
        cache_write_1h=as_int(creation.get("ephemeral_1h_input_tokens")),
        reasoning=as_int(openai.get("reasoningTokens")),
        excludes_cache=bool(usage),
    )


def _first(*values: AttributeValue) -> int | None:
    return next((count for count in map(as_int, values) if count is not None), None)
