"""By which keys traces are connected: a model call may be told in several of them.

Usually both tellings hold the provider's response id. The Anthropic SDK's own span, though, starts a trace of
its own where no span is active, and some libraries tell neither id nor, in their event mode, a model: these
are connected by service, token counts and the seconds in which they ended; settling then compares them.
"""

from typing import Final, NamedTuple

from spanglass_server.normalize.dialects.anthropic_sdk import SCOPE_PREFIX as ANTHROPIC_SDK_SCOPE
from spanglass_server.normalize.dialects.openllmetry import ANTHROPIC_SCOPE as OPENLLMETRY_SCOPE
from spanglass_server.normalize.facts import SpanFacts

BUCKET_NS: Final = 4_000_000_000
"""Ends are compared in buckets of this size."""

ERROR_BUCKET_NS: Final = 1_000_000_000

LATER_END_NS: Final = 1_000_000_000
"""How much later than the SDK's span a library's span around the same call may end."""

MISCOUNT_MAX: Final = 8
"""Output tokens that OpenLLMetry adds to a streamed answer: those of the stream's first message."""


class Links(NamedTuple):
    """A trace is found under its spans' `own` keys, and connected to those found under the `sought`."""

    own: tuple[str, ...]
    sought: tuple[str, ...]


NO_LINKS: Final = Links((), ())


def links_of(fact: SpanFacts) -> Links:
    """The keys of one span. Most spans have none."""
    same = ("=" + fact.response_id,) if fact.response_id else ()
    if fact.kind != "llm" or not (fact.input_tokens or fact.status == "error"):
        return Links(same, same) if same else NO_LINKS
    if fact.scope_name.startswith(ANTHROPIC_SDK_SCOPE):
        key = _keys_of_sdk_span(fact)
        return Links((*same, "<" + key), (*same, ">" + key))
    if same:
        return Links(same, same)
    if not is_anthropic(fact):
        return NO_LINKS
    keys = _keys_of_other_span(fact)
    return Links(tuple(">" + key for key in keys), tuple("<" + key for key in keys))


def is_anthropic(fact: SpanFacts) -> bool:
    """Whether the span may tell a call that the Anthropic SDK made."""
    return fact.provider == "anthropic" or fact.model.startswith("claude")


def _keys_of_sdk_span(fact: SpanFacts) -> str:
    if not fact.input_tokens:
        return _error_key(fact)
    return _usage_key(fact, fact.end_time_ns // BUCKET_NS, fact.output_tokens or 0)


def _keys_of_other_span(fact: SpanFacts) -> list[str]:
    if not fact.input_tokens:
        return [_error_key(fact)]
    buckets = {(fact.end_time_ns - LATER_END_NS) // BUCKET_NS, fact.end_time_ns // BUCKET_NS}
    output = fact.output_tokens or 0
    least = max(output - MISCOUNT_MAX, 0) if fact.scope_name == OPENLLMETRY_SCOPE else output
    return [
        _usage_key(fact, bucket, count) for bucket in sorted(buckets) for count in range(least, output + 1)
    ]


def _usage_key(fact: SpanFacts, bucket: int, output_tokens: int) -> str:
    return f"{fact.service}/{fact.input_tokens}/{output_tokens}/{bucket}"


def _error_key(fact: SpanFacts) -> str:
    """Failed calls tell no tokens. Only those that end in the same second are connected, so that a storm of
    errors stays in many small groups; the few pairs that a second's end parts count as two errors."""
    return f"{fact.service}/error/{fact.end_time_ns // ERROR_BUCKET_NS}"
