"""Token usage as applications have it at hand: our own dictionary, or the object that a model's API
answered."""

from collections.abc import Mapping
from typing import Any

from spanglass import semconv
from spanglass._usage_objects import as_count, read_counts

_ATTRIBUTES = {
    "input": semconv.INPUT_TOKENS,
    "output": semconv.OUTPUT_TOKENS,
    "cache_read": semconv.CACHE_READ_TOKENS,
    "cache_write": semconv.CACHE_WRITE_TOKENS,
    "reasoning": semconv.REASONING_TOKENS,
}
_OWN_KEYS = frozenset((*_ATTRIBUTES, *(f"{name}_tokens" for name in _ATTRIBUTES), "total", "total_tokens"))


def usage_attributes(usage: object) -> dict[str, int]:
    """Attributes of a usage: a dictionary of `input`, `output`, `cache_read`, `cache_write` and `reasoning`
    (each may end in `_tokens`; `input` counts all input tokens, `output` all output tokens), or the usage
    object of OpenAI's, Anthropic's, Google's or Bedrock's API. Empty where nothing is known."""
    given = _as_mapping(usage)
    if given.keys() <= _OWN_KEYS:
        counts = {name: as_count(given.get(name, given.get(f"{name}_tokens"))) for name in _ATTRIBUTES}
    elif "promptTokenCount" in given or "prompt_token_count" in given:
        counts = _google(given)
    elif "inputTokens" in given:
        counts = _bedrock(given)
    else:
        counts = {name: getattr(read_counts(given), name) for name in _ATTRIBUTES}
    return {_ATTRIBUTES[name]: count for name, count in counts.items() if count is not None}


def _as_mapping(usage: object) -> Mapping[str, Any]:
    """The object's fields, those of nested objects too."""
    if isinstance(usage, Mapping):
        pairs: Any = usage.items()
    else:
        pairs = getattr(usage, "__dict__", {}).items()
    return {
        str(key): value if _is_plain(value) else _as_mapping(value)
        for key, value in pairs
        if value is not None and not str(key).startswith("_")
    }


def _is_plain(value: object) -> bool:
    return isinstance(value, int | float | str | list | tuple)


def _google(usage: Mapping[str, Any]) -> dict[str, int | None]:
    """`usage_metadata` of the Gemini API: thoughts are counted beside the candidates."""

    def count(snake: str, camel: str) -> int | None:
        return as_count(usage.get(snake, usage.get(camel)))

    answer = count("candidates_token_count", "candidatesTokenCount")
    thoughts = count("thoughts_token_count", "thoughtsTokenCount")
    return {
        "input": count("prompt_token_count", "promptTokenCount"),
        "output": None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0),
        "cache_read": count("cached_content_token_count", "cachedContentTokenCount"),
        "reasoning": thoughts,
    }


def _bedrock(usage: Mapping[str, Any]) -> dict[str, int | None]:
    """`usage` of Bedrock's Converse API: cached tokens are counted beside the input."""
    read = as_count(usage.get("cacheReadInputTokens"))
    write = as_count(usage.get("cacheWriteInputTokens"))
    plain = as_count(usage.get("inputTokens"))
    return {
        "input": None if plain is None else plain + (read or 0) + (write or 0),
        "output": as_count(usage.get("outputTokens")),
        "cache_read": read,
        "cache_write": write,
    }
