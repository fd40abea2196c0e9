"""How many tokens a call used: one meaning for every convention's counts (docs/conventions.md, "Tokens")."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.api_usage import read_api_usage
from spanglass_server.normalize.dialects import langfuse, langsmith, mlflow
from spanglass_server.normalize.dialects.openlit import OPENLIT
from spanglass_server.normalize.dialects.openllmetry import ANTHROPIC_SCOPE as OPENLLMETRY_ANTHROPIC
from spanglass_server.normalize.dialects.vercel import VERCEL, read_provider_metadata
from spanglass_server.normalize.usage import NO_USAGE, Usage, UsageParts
from spanglass_server.wire.records import AttributeValue

_STRUCTURED: Final[tuple[tuple[int, Callable[[dict[str, AttributeValue]], UsageParts]], ...]] = (
    (f.LANGFUSE_USAGE, langfuse.read_usage),
    (f.MLFLOW_USAGE, mlflow.read_usage),
    (f.LANGSMITH_USAGE, langsmith.read_usage),
    (f.RAW_USAGE, read_api_usage),
)
"""Attributes that hold a whole usage object, in the order in which they are believed."""

USAGE_SLOTS: Final = frozenset({f.INPUT_TOKENS, f.OUTPUT_TOKENS, *(slot for slot, _ in _STRUCTURED)})
"""Where all of these are empty, a span has NO_USAGE."""

COST_SLOTS: Final = frozenset({f.COST_DETAILS, f.COST_USD, f.INPUT_COST_USD, f.OUTPUT_COST_USD})
"""Where all of these are empty, a span reports no cost."""

ANTHROPIC_MODELS_AT: Final = ("anthropic", "aws.bedrock", "gcp.vertex_ai")


def read_usage(slots: f.Slots, *, dialect: str, provider: str, warnings: list[str]) -> Usage:
    """The span's counts, cached tokens included in the input whatever the sender's habit."""
    input_tokens, output = slots[f.INPUT_TOKENS], slots[f.OUTPUT_TOKENS]
    read, write = slots[f.CACHE_READ_TOKENS], slots[f.CACHE_WRITE_TOKENS]
    write_1h, reasoning = slots[f.CACHE_WRITE_1H_TOKENS], slots[f.REASONING_TOKENS]
    audio_in, audio_out = slots[f.AUDIO_INPUT_TOKENS], slots[f.AUDIO_OUTPUT_TOKENS]
    excludes = dialect == OPENLIT.name and provider in ANTHROPIC_MODELS_AT
    for slot, read_parts in _STRUCTURED:
        if slots[slot] is None:
            continue
        parts = read_parts(slots[slot])
        if input_tokens is None and parts.input is not None:
            input_tokens, excludes = parts.input, parts.excludes_cache
        elif slot == f.RAW_USAGE and read is None and parts.excludes_cache and parts.input == input_tokens:
            excludes = True
        output = parts.output if output is None else output
        read = parts.cache_read if read is None else read
        write = parts.cache_write if write is None else write
        write_1h = parts.cache_write_1h if write_1h is None else write_1h
        reasoning = parts.reasoning if reasoning is None else reasoning
        audio_in = parts.audio_input if audio_in is None else audio_in
        audio_out = parts.audio_output if audio_out is None else audio_out
    if slots[f.PROVIDER_METADATA] is not None and dialect == VERCEL.name:
        parts = read_provider_metadata(slots[f.PROVIDER_METADATA])
        read = parts.cache_read if read is None else read
        write = parts.cache_write if write is None else write
        write_1h = parts.cache_write_1h if write_1h is None else write_1h
        reasoning = parts.reasoning if reasoning is None else reasoning
        if slots[f.UNCACHED_INPUT_TOKENS] is None and parts.excludes_cache and parts.input == input_tokens:
            excludes = True
    if input_tokens is None and output is None:
        return NO_USAGE
    if write is None and (write_1h is not None or slots[f.CACHE_WRITE_5M_TOKENS] is not None):
        write = (write_1h or 0) + (slots[f.CACHE_WRITE_5M_TOKENS] or 0)
    if input_tokens is not None:
        input_tokens = _with_cached(input_tokens, (read or 0) + (write or 0), excludes=excludes)
    if reasoning and output is not None and reasoning > output:
        warnings.append("usage_inconsistent")
    is_batch = slots[f.SERVICE_TIER] == "batch"
    return Usage(input_tokens, output, read, write, write_1h, reasoning, audio_in, audio_out, is_batch)


def _with_cached(input_tokens: int, cached: int, *, excludes: bool) -> int:
    """All input tokens. More cached tokens than input ones prove that the sender leaves them out."""
    return input_tokens + cached if cached and (excludes or cached > input_tokens) else input_tokens


def read_reported_cost(slots: f.Slots) -> float | None:
    """USD that the sender says the call cost. 0 is what senders write when they know no price: None."""
    details = slots[f.COST_DETAILS]
    if details:
        total = f.positive(details.get("total")) or f.positive(details.get("total_cost"))
        if total is not None:
            return total
        parts = [
            cost
            for key, cost in ((key, f.positive(value)) for key, value in details.items())
            if cost is not None and not key.startswith("total")
        ]
        if parts:
            return sum(parts)
    if slots[f.COST_USD] is not None:
        return float(slots[f.COST_USD])
    parts = [cost for cost in (slots[f.INPUT_COST_USD], slots[f.OUTPUT_COST_USD]) if cost is not None]
    return sum(parts) if parts else None


_OPENINFERENCE_ANTHROPIC: Final = "openinference.instrumentation.anthropic"
_NO_CACHE_COUNTS: Final = {
    "opentelemetry.instrumentation.openai_v2": (2, 5),
    "openlit": (1, 40),
}
"""Senders that do not tell cached tokens, though these cost less: scope prefix, first release that does."""


def usage_warnings(usage: Usage, *, scope: str, scope_version: str, is_streamed: bool) -> list[str]:
    """What is known to be wrong with the numbers of certain releases (docs/warnings.md)."""
    if usage is NO_USAGE:
        return []
    warnings: list[str] = []
    if scope == OPENLLMETRY_ANTHROPIC and is_streamed and usage.output_tokens:
        warnings.append("output_tokens_overcounted")
    is_silent = usage.cache_read_tokens is None and usage.input_tokens
    if is_silent and _hides_cache(scope, scope_version, is_streamed):
        warnings.append("cache_tokens_unknown")
    return warnings


@lru_cache(maxsize=256)
def _hides_cache(scope: str, scope_version: str, is_streamed: bool) -> bool:
    release = _release(scope_version)
    if scope == _OPENINFERENCE_ANTHROPIC and is_streamed and release < (1, 0):
        return True
    return any(scope.startswith(prefix) and release < fixed for prefix, fixed in _NO_CACHE_COUNTS.items())


def _release(version: str) -> tuple[int, int]:
    parts = version.split(".")
    major, minor = parts[0], parts[1] if len(parts) > 1 else "0"
    digits = minor.partition("b")[0]
    return (int(major) if major.isdigit() else 0, int(digits) if digits.isdigit() else 0)
