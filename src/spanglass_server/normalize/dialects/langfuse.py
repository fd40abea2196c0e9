"""Langfuse's SDKs from 3.0 on (OpenTelemetry underneath), and its event API translated to the same keys."""

from collections.abc import Callable
from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.api_usage import read_api_usage
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.usage import UsageParts
from spanglass_server.normalize.values import as_int, as_word
from spanglass_server.wire.records import AttributeValue

_KINDS: Final = {
    "generation": "llm",
    "embedding": "embedding",
    "retriever": "retriever",
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "span": "chain",
    "event": "span",
}


def read_kind(value: AttributeValue) -> str | None:
    return _KINDS.get((as_word(value) or "").lower())


LANGFUSE = Dialect(
    name="langfuse",
    scopes=("langfuse-sdk*",),
    markers=("langfuse.",),
    keys={
        f.KIND: (("langfuse.observation.type", read_kind),),
        f.MODEL: ("langfuse.observation.model.name",),
        f.MODEL_PARAMETERS: ("langfuse.observation.model.parameters",),
        f.LANGFUSE_USAGE: ("langfuse.observation.usage_details",),
        f.COST_DETAILS: ("langfuse.observation.cost_details",),
        f.COMPLETION_START: ("langfuse.observation.completion_start_time",),
        f.LEVEL: ("langfuse.observation.level",),
        f.STATUS_MESSAGE: ("langfuse.observation.status_message",),
        f.FINISH_REASONS: ("langfuse.observation.metadata.finish_reason",),
        f.SESSION: ("langfuse.session.id",),
        f.USER: ("langfuse.user.id",),
        f.TAGS: ("langfuse.trace.tags", "langfuse.tags"),
        f.METADATA_JSON: ("langfuse.trace.metadata",),
        f.OWN_METADATA_JSON: ("langfuse.observation.metadata",),
        f.ENVIRONMENT: ("langfuse.environment",),
        f.RELEASE: ("langfuse.release",),
        f.TRACE_NAME: ("langfuse.trace.name",),
        f.PROMPT_NAME: ("langfuse.observation.prompt.name",),
        f.PROMPT_VERSION: ("langfuse.observation.prompt.version",),
        f.OUTPUT_TEXT: ("langfuse.observation.output",),
    },
    prefixes={"langfuse.trace.metadata.": f.METADATA, "langfuse.observation.metadata.": f.OWN_METADATA},
)

_TOTALS: Final = ("total", "total_tokens", "totalTokens")


def read_usage(details: dict[str, AttributeValue]) -> UsageParts:
    """`usage_details`: a model API's own object as the OpenAI wrapper passes it on, or Langfuse's dictionary.

    Langfuse's keys are disjoint: `input` leaves out what `input_cached_tokens`, `cache_read_input_tokens` and
    the like count, `output` what `output_reasoning_tokens` does. A `total` that is just input + output tells
    that the sender meant otherwise.
    """
    if "input" not in details and "output" not in details:
        return read_api_usage(details)
    counts = {key: n for key, n in ((key, as_int(value)) for key, value in details.items()) if n is not None}
    total = next((counts[key] for key in _TOTALS if key in counts), None)
    plain_input, plain_output = counts.get("input"), counts.get("output")
    rest = {key: n for key, n in counts.items() if key not in ("input", "output", *_TOTALS)}
    written_1h = _sum(rest, lambda key: _is_cache(key) and _is_write(key) and "1h" in key)
    split = {key for key in rest if "ephemeral" in key}
    if split and any(_is_cache(key) and _is_write(key) for key in rest.keys() - split):
        # Writes by their lifetime repeat the count of all writes (the LangChain handler passes on both).
        rest = {key: n for key, n in rest.items() if key not in split}
    is_output = {key: key.startswith(("output", "completion")) or "reasoning" in key for key in rest}
    is_subset = (
        total is not None and sum(rest.values()) > 0 and total == (plain_input or 0) + (plain_output or 0)
    )
    extra_input = 0 if is_subset else sum(n for key, n in rest.items() if not is_output[key])
    extra_output = 0 if is_subset else sum(n for key, n in rest.items() if is_output[key])
    return UsageParts(
        input=None if plain_input is None and not extra_input else (plain_input or 0) + extra_input,
        output=None if plain_output is None and not extra_output else (plain_output or 0) + extra_output,
        cache_read=_sum(rest, lambda key: not is_output[key] and _is_cache(key) and not _is_write(key)),
        cache_write=_sum(rest, lambda key: _is_cache(key) and _is_write(key)),
        cache_write_1h=written_1h,
        reasoning=_sum(rest, lambda key: "reasoning" in key),
        audio_input=_sum(rest, lambda key: "audio" in key and not is_output[key]),
        audio_output=_sum(rest, lambda key: "audio" in key and is_output[key]),
    )


def _is_cache(key: str) -> bool:
    return "cache" in key


def _is_write(key: str) -> bool:
    return "write" in key or "creation" in key


def _sum(counts: dict[str, int], wanted: Callable[[str], bool]) -> int | None:
    found = [n for key, n in counts.items() if wanted(key)]
    return sum(found) if found else None
