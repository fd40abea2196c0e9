"""Tokens and cost of an observation under Langfuse's keys.

Their classes are disjoint: `input` leaves out what `cache_read_input_tokens` counts, `output` what
`output_reasoning_tokens` does; `total` is their sum.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

_COST_KEYS: Final = {
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
    "cache_write_1h": "input_cache_creation_1h",
    "reasoning": "output_reasoning_tokens",
    "audio_input": "input_audio_tokens",
    "audio_output": "output_audio_tokens",
    "input_audio": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
}


def usage_details(row: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, int]:
    """What the sender said, where it said it in Langfuse's keys; else our counts under them. Empty where no
    tokens are known."""
    told = _numbers(attributes.get("langfuse.observation.usage_details"))
    if "input" in told or "output" in told:
        counts = {key: int(value) for key, value in told.items()}
    else:
        counts = _disjoint(row)
    if counts and "total" not in counts:
        counts["total"] = sum(counts.values())
    return counts


def _disjoint(row: Mapping[str, Any]) -> dict[str, int]:
    if row["input_tokens"] is None and row["output_tokens"] is None:
        return {}
    inputs = {
        "cache_read_input_tokens": row["cache_read_tokens"],
        "cache_creation_input_tokens": row["cache_write_tokens"],
        "input_audio_tokens": row["audio_input_tokens"],
    }
    outputs = {
        "output_reasoning_tokens": row["reasoning_tokens"],
        "output_audio_tokens": row["audio_output_tokens"],
    }
    return {
        **_parts("input", row["input_tokens"], inputs),
        **_parts("output", row["output_tokens"], outputs),
    }


def _parts(whole: str, count: int | None, parts: Mapping[str, int | None]) -> dict[str, int]:
    known = {key: n for key, n in parts.items() if n}
    if count is None:
        return known
    return {whole: max(0, count - sum(known.values())), **known}


def cost_details(row: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, float]:
    """USD by class, and their `total`. Empty where no price is known."""
    told = _numbers(attributes.get("langfuse.observation.cost_details"))
    if any(told.values()):
        return told if "total" in told else {**told, "total": sum(told.values())}
    if row["cost_usd"] is None:
        return {}
    classes = {_COST_KEYS.get(key, key): usd for key, usd in row["cost_details"].items() if key != "total"}
    return {**classes, "total": row["cost_usd"]}


def counted_cost(row: Mapping[str, Any]) -> float | None:
    """USD that the span adds to its trace: `store.clickhouse.views.COST` of a row."""
    told = row["reported_cost_usd"] if row["dialect"] == "langfuse" else None
    if told and (row["is_billable"] or row["kind"] not in ("llm", "embedding")):
        return float(told)
    return row["cost_usd"] if row["is_billable"] else None


def _numbers(value: Any) -> dict[str, float]:
    if not isinstance(value, str):
        return {}
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        key: number
        for key, number in found.items()
        if isinstance(number, int | float) and not isinstance(number, bool)
    }
