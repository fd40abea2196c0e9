"""What a list shows of a trace."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, TypeAlias, TypeVar

import orjson

from spanglass_server.model.span import Status, TraceSummary
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.identity import METADATA_KEYS_MAX, TAGS_MAX

_Number = TypeVar("_Number", int, float)

_Sums: TypeAlias = tuple[int | None, int | None, int | None, int | None, int | None, float | None]
"""input, output, cache read, cache write and reasoning tokens; USD"""

_summed: Final[Callable[[SpanFacts], _Sums]] = itemgetter(
    *map(
        SpanFacts._fields.index,
        (
            *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
            *("reasoning_tokens", "cost_usd"),
        ),
    )
)
_NO_SUMS: Final[_Sums] = (None, None, None, None, None, None)


def summarize(
    facts: Sequence[SpanFacts], verdicts: Mapping[str, Verdict], *, project_id: str, version: int
) -> TraceSummary:
    """The summary of one trace with at least one span. `verdicts` is by span id and has one of every span."""
    ordered = sorted(facts, key=_moment) if len(facts) > 1 else list(facts)
    root = _find_root(ordered)
    head = root or _find_orphan(ordered)
    calls = [fact for fact in ordered if verdicts[fact.span_id].is_call]
    billable = [fact for fact in calls if verdicts[fact.span_id].is_billable]
    verdict = verdicts[head.span_id]
    status = _status(head, ordered, calls)
    errors = [fact for fact in ordered if fact.status == "error"]
    input_tokens, output_tokens, cache_read, cache_write, reasoning, cost_usd = _sums(billable)
    return TraceSummary(
        project_id=project_id,
        trace_id=head.trace_id,
        start_time_ns=ordered[0].start_time_ns,
        end_time_ns=max([fact.end_time_ns for fact in ordered]),
        name=head.trace_name or _first(ordered, lambda fact: fact.trace_name) or head.name,
        root_span_id=root.span_id if root else "",
        status=status,
        service=head.service or _first(ordered, lambda fact: fact.service),
        environment=head.environment or _first(ordered, lambda fact: fact.environment),
        release=head.release or _first(ordered, lambda fact: fact.release),
        feature=verdict.feature,
        team=verdict.team,
        user_id=verdict.user_id,
        session_id=verdict.session_id,
        tags=_tags(head, ordered),
        metadata=_metadata(head, ordered),
        span_count=len(ordered),
        error_count=len(errors),
        llm_call_count=len(calls),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        reasoning_tokens=reasoning,
        cost_usd=cost_usd,
        unpriced_count=_unpriced(calls, verdicts),
        models=tuple(dict.fromkeys([fact.model for fact in calls if fact.model])),
        providers=tuple(dict.fromkeys([fact.provider for fact in calls if fact.provider])),
        kinds=tuple(sorted({fact.kind for fact in ordered})),
        error_types=tuple(sorted({fact.error_type for fact in errors if fact.error_type})),
        input_preview=head.input_preview or _first(calls, lambda fact: fact.input_preview),
        output_preview=head.output_preview or _last_output(calls),
        is_deleted=False,
        version=version,
    )


def tombstone(project_id: str, trace_id: str, *, start_time_ns: int, version: int) -> TraceSummary:
    """Takes a trace out of lists that has no span any more."""
    return TraceSummary(
        project_id=project_id,
        trace_id=trace_id,
        start_time_ns=start_time_ns,
        end_time_ns=start_time_ns,
        name="",
        root_span_id="",
        status="unset",
        service="",
        environment="",
        release="",
        feature="",
        team="",
        user_id="",
        session_id="",
        tags=(),
        metadata="",
        span_count=0,
        error_count=0,
        llm_call_count=0,
        input_tokens=None,
        output_tokens=None,
        cache_read_tokens=None,
        cache_write_tokens=None,
        reasoning_tokens=None,
        cost_usd=None,
        unpriced_count=0,
        models=(),
        providers=(),
        kinds=(),
        error_types=(),
        input_preview="",
        output_preview="",
        is_deleted=True,
        version=version,
    )


def _moment(fact: SpanFacts) -> tuple[int, str]:
    return fact.start_time_ns, fact.span_id


def _find_root(ordered: Sequence[SpanFacts]) -> SpanFacts | None:
    """The earliest span without a parent: a later root of another sender does not rename the trace."""
    for fact in ordered:
        if not fact.parent_span_id:
            return fact
    return None


def _find_orphan(ordered: Sequence[SpanFacts]) -> SpanFacts:
    """The earliest span whose parent has not arrived; the earliest of all where each has its parent."""
    known = {fact.span_id for fact in ordered}
    return next((fact for fact in ordered if fact.parent_span_id not in known), ordered[0])


def _status(head: SpanFacts, ordered: Iterable[SpanFacts], calls: Iterable[SpanFacts]) -> Status:
    if head.status != "unset":
        return head.status
    for fact in calls:
        if fact.status == "error":
            return "error"
    for fact in ordered:
        if fact.status == "error" and fact.parent_span_id == head.span_id:
            return "error"
    return "unset"


def _unpriced(calls: Iterable[SpanFacts], verdicts: Mapping[str, Verdict]) -> int:
    """Billable calls without a price, and calls that succeeded but whose usage nobody told."""
    return sum(
        1
        for fact in calls
        if fact.cost_usd is None and (verdicts[fact.span_id].is_billable or _has_unknown_usage(fact))
    )


def _has_unknown_usage(fact: SpanFacts) -> bool:
    return fact.status != "error" and fact.input_tokens is None and fact.output_tokens is None


def _sums(facts: Sequence[SpanFacts]) -> _Sums:
    """Of token counts and cost, the sum of what is known; None where nothing is."""
    if len(facts) == 1:
        return _summed(facts[0])
    if not facts:
        return _NO_SUMS
    inputs, outputs, reads, writes, reasoning, costs = zip(*map(_summed, facts), strict=True)
    return _sum(inputs), _sum(outputs), _sum(reads), _sum(writes), _sum(reasoning), _sum(costs)


def _sum(values: Iterable[_Number | None]) -> _Number | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _first(facts: Iterable[SpanFacts], read: Callable[[SpanFacts], str]) -> str:
    return next((value for value in map(read, facts) if value), "")


def _last_output(calls: Sequence[SpanFacts]) -> str:
    latest = sorted(calls, key=lambda fact: (fact.end_time_ns, fact.span_id), reverse=True)
    return _first(latest, lambda fact: fact.output_preview)


def _tags(head: SpanFacts, ordered: Iterable[SpanFacts]) -> tuple[str, ...]:
    if not any(fact.tags for fact in ordered):
        return ()
    tags = dict.fromkeys(head.tags)
    for fact in ordered:
        if fact.tags != head.tags:
            tags.update(dict.fromkeys(fact.tags))
    return tuple(tags)[:TAGS_MAX]


def _metadata(head: SpanFacts, ordered: Iterable[SpanFacts]) -> str:
    """All spans' metadata; where they disagree, the root's, then the earliest span's."""
    texts = dict.fromkeys([head.metadata, *(fact.metadata for fact in ordered)])
    texts.pop("", None)
    if len(texts) <= 1:
        return next(iter(texts), "")
    merged: dict[str, object] = {}
    for text in texts:
        for key, value in orjson.loads(text).items():
            if len(merged) < METADATA_KEYS_MAX:
                merged.setdefault(key, value)
    return orjson.dumps(merged).decode()
