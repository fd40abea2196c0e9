"""The Anthropic SDK's built-in tracing (from 2.0, on by default).

Exact numbers, cached tokens included in the input, cache writes by lifetime. Its spans double those of any
other instrumentation."""

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect

SCOPE_PREFIX = "com.anthropic.sdk."

ANTHROPIC_SDK = Dialect(
    name="anthropic_sdk",
    scopes=(SCOPE_PREFIX + "*",),
    keys={
        f.FINISH_REASONS: ("anthropic.message.stop_reason",),
        f.SERVICE_TIER: ("anthropic.response.service_tier",),
        f.CACHE_WRITE_5M_TOKENS: ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",),
        f.CACHE_WRITE_1H_TOKENS: ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    },
)
