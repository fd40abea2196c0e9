"""Token counts that libraries write as one object, usually as JSON, in one attribute."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

COUNT_MAX: Final = 2**53 - 1


class Counts(NamedTuple):
    """Tokens of one call; None where unknown. Cached ones are parts of the input, reasoning of the output."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None


def as_count(value: object) -> int | None:
    """0 <= n <= 2**53 - 1; None for anything else (-1 and NaN are fillers)."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 0 <= value <= COUNT_MAX else None


def as_object(value: object) -> Mapping[str, Any]:
    """An object, decoded from JSON where it is text; empty for anything else."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}


def read_counts(usage: Mapping[str, Any]) -> Counts:
    """A model API's own object, LangChain's `usage_metadata`, MLflow's token usage; or Langfuse's dictionary,
    whose keys are disjoint."""
    if "input" in usage or "output" in usage:
        return _read_disjoint(usage)
    inputs = _first_object(usage, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    outputs = _first_object(
        usage, "completion_tokens_details", "output_tokens_details", "output_token_details"
    )
    creation = as_object(usage.get("cache_creation"))
    counts = Counts(
        input=_first(usage, "prompt_tokens", "input_tokens"),
        output=_first(usage, "completion_tokens", "output_tokens"),
        cache_read=_first({**inputs, **usage}, "cache_read_input_tokens", "cached_tokens", "cache_read"),
        cache_write=_first({**inputs, **usage}, "cache_creation_input_tokens", "cache_creation"),
        cache_write_1h=_first(creation, "ephemeral_1h_input_tokens"),
        reasoning=_first({**outputs, **usage}, "reasoning_tokens", "reasoning"),
    )
    if not inputs and _leaves_out_cached(usage):
        cached = (counts.cache_read or 0) + (counts.cache_write or 0)
        return counts._replace(input=(counts.input or 0) + cached)
    return counts


def _leaves_out_cached(usage: Mapping[str, Any]) -> bool:
    """Anthropic's API: told by its flat keys, beside which no library's own total or count stands."""
    flat = "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage
    return flat and "prompt_tokens" not in usage and "total_tokens" not in usage


def _read_disjoint(usage: Mapping[str, Any]) -> Counts:
    counts = {key: n for key, n in ((key, as_count(value)) for key, value in usage.items()) if n is not None}
    total = _first(counts, "total", "total_tokens", "totalTokens")
    rest = {
        key: n
        for key, n in counts.items()
        if key not in ("input", "output", "total", "total_tokens", "totalTokens")
    }
    writes = [key for key in rest if "cache" in key and ("write" in key or "creation" in key)]
    if any("ephemeral" not in key for key in writes):
        # Writes by their lifetime repeat the count of all writes.
        rest = {key: n for key, n in rest.items() if "ephemeral" not in key}
        writes = [key for key in writes if key in rest]
    outputs = [key for key in rest if key.startswith(("output", "completion")) or "reasoning" in key]
    reads = [key for key in rest if "cache" in key and key not in writes and key not in outputs]
    plain = (counts.get("input"), counts.get("output"))
    is_subset = bool(rest) and total == (plain[0] or 0) + (plain[1] or 0)
    extra_out = 0 if is_subset else sum(rest[key] for key in outputs)
    extra_in = 0 if is_subset else sum(rest.values()) - extra_out
    return Counts(
        input=None if plain[0] is None and not extra_in else (plain[0] or 0) + extra_in,
        output=None if plain[1] is None and not extra_out else (plain[1] or 0) + extra_out,
        cache_read=_sum(rest, reads),
        cache_write=_sum(rest, writes),
        cache_write_1h=_sum(rest, [key for key in writes if "1h" in key]),
        reasoning=_sum(rest, [key for key in outputs if "reasoning" in key]),
    )


def _sum(counts: Mapping[str, int], keys: list[str]) -> int | None:
    return sum(counts[key] for key in keys) if keys else None


def _first(usage: Mapping[str, Any], *keys: str) -> int | None:
    return next((n for n in (as_count(usage.get(key)) for key in keys) if n is not None), None)


def _first_object(usage: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    return next((found for found in (as_object(usage.get(key)) for key in keys) if found), {})
