"""Pydantic AI and Logfire: GenAI with additions.

Agents of pydantic-ai 1 name no operation and repeat the usage of their calls; Logfire tells a streamed call's
usage in a zero-length span of type `log` after it."""

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect

LOGFIRE_SCOPE_PREFIX = "logfire"

PYDANTIC_AI = Dialect(
    name="pydantic_ai",
    scopes=("pydantic-ai", "pydantic_ai*", "logfire*"),
    markers=("logfire.", "pydantic_ai."),
    keys={
        f.LOGFIRE_SPAN_TYPE: ("logfire.span_type",),
        f.LOGFIRE_MESSAGE: ("logfire.msg",),
        f.FALLBACK_MODEL: ("model_name",),
        f.CACHE_READ_TOKENS: (
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.details.cache_read_input_tokens",
            "gen_ai.usage.details.cached_tokens",
        ),
        f.CACHE_WRITE_TOKENS: (
            "gen_ai.usage.details.cache_write_tokens",
            "gen_ai.usage.details.cache_creation_input_tokens",
        ),
        f.REASONING_TOKENS: ("gen_ai.usage.details.reasoning_tokens",),
        f.AUDIO_INPUT_TOKENS: (
            "gen_ai.usage.details.input_audio_tokens",
            "gen_ai.usage.details.audio_tokens",
        ),
        f.AUDIO_OUTPUT_TOKENS: ("gen_ai.usage.details.output_audio_tokens",),
        f.RAW_USAGE: ("gen_ai.usage.raw",),
        f.COST_USD: ("operation.cost",),
        f.TAGS: ("logfire.tags",),
        f.INVOCATION_PARAMETERS: ("model_request_parameters",),
        f.HAS_AGENT: ("all_messages_events", "pydantic_ai.all_messages", "agent_name"),
    },
)
