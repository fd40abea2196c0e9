"""Which spans stand for model calls, and which one of each call carries its tokens and cost.

One call is often told several times: by an SDK's own tracing and an instrumentation of it, by a framework
around both, by a stream's log. docs/conventions.md, "Double counting", has the observations behind the rules.
All of them are functions of the set of spans: neither the order nor the grouping of arrival shows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from spanglass_server.normalize.dialects.anthropic_sdk import SCOPE_PREFIX as ANTHROPIC_SDK_SCOPE
from spanglass_server.normalize.dialects.pydantic_ai import LOGFIRE_SCOPE_PREFIX
from spanglass_server.normalize.facts import SpanFacts
from spanglass_server.normalize.links import LATER_END_NS, MISCOUNT_MAX, is_anthropic, links_of
from spanglass_server.normalize.models import canonical_provider

MODEL_KINDS: Final = frozenset({"llm", "embedding", "reranker"})

SpanKey: TypeAlias = tuple[str, str]
"""(trace_id, span_id)"""

SAME_RESPONSE_REACH_NS: Final = 600_000_000_000
"""Tellings of one response by different libraries begin within ten minutes of each other's end."""

REPEATED_RESPONSE_REACH_NS: Final = 5_000_000_000
"""By one library: within five seconds. Later, the same id is another call, answered by a replaying server."""

SAME_COST_USD: Final = 1e-12
"""Costs this close are the same cost computed twice."""

NEIGHBOURS_MAX: Final = 64
"""Candidates that one span is compared with: bounds the work on traces of thousands of alike calls."""


class Roles(NamedTuple):
    """Spans by their part in telling a call. Every billable span is a call."""

    calls: frozenset[SpanKey]
    billable: frozenset[SpanKey]


def is_carrier(fact: SpanFacts) -> bool:
    """Whether the span says what a call used or cost."""
    return bool(fact.input_tokens or fact.output_tokens or fact.cost_usd or fact.reported_cost_usd)


def is_model_call(fact: SpanFacts) -> bool:
    """Whether the span stands for a call of a model. Many rerankers run in the process and cost nothing: one
    is a call only where it tells a usage or a cost, or has a price."""
    if fact.kind not in MODEL_KINDS:
        return False
    return fact.kind != "reranker" or fact.cost_usd is not None or is_carrier(fact)


def is_plain(facts: Iterable[SpanFacts]) -> bool:
    """Whether nothing in a trace can be told twice: no two model spans of a kind, no usage elsewhere."""
    kinds: set[str] = set()
    for fact in facts:
        kind = fact.kind
        if is_model_call(fact):
            if kind in kinds:
                return False
            kinds.add(kind)
            if _is_logfire(fact) and not is_carrier(fact):
                return False
        elif is_carrier(fact):
            return False
    return True


def find_roles(facts: Sequence[SpanFacts]) -> Roles:
    """Roles of the spans of connected traces (those that share a response id), given in any order."""
    return _Calls(facts).roles()


class _Calls:
    """The model spans of some traces, united into one set per call.

    Spans are numbered in order of time (then id), so every choice below is the same whatever the order given.
    """

    def __init__(self, facts: Sequence[SpanFacts]) -> None:
        self.facts = sorted(facts, key=_moment)
        self.number = {(fact.trace_id, fact.span_id): n for n, fact in enumerate(self.facts)}
        self.parent = [self._parent_of(fact) for fact in self.facts]
        self.carries = [is_carrier(fact) and not _is_never_charged(fact) for fact in self.facts]
        self.models = [n for n, fact in enumerate(self.facts) if is_model_call(fact)]
        self.leader = list(range(len(self.facts)))
        self.members = {n: [n] for n in self.models}
        """By leader."""
        self.depths: dict[int, int] = {-1: -1}
        self.around: dict[tuple[int, str], int] = {}

    def _parent_of(self, fact: SpanFacts) -> int:
        if not fact.parent_span_id or fact.parent_span_id == fact.span_id:
            return -1
        return self.number.get((fact.trace_id, fact.parent_span_id), -1)

    def find(self, n: int) -> int:
        while self.leader[n] != n:
            self.leader[n] = self.leader[self.leader[n]]
            n = self.leader[n]
        return n

    def unite(self, a: int, b: int) -> None:
        a, b = sorted((self.find(a), self.find(b)))
        if a != b:
            self.leader[b] = a
            self.members[a] += self.members.pop(b)

    def set_of(self, n: int) -> list[int]:
        return self.members[self.find(n)]

    def roles(self) -> Roles:
        self._unite_same_responses()
        self._unite_logfire_streams()
        self._unite_siblings()
        self._unite_across_traces()
        wrappers = self._unite_nested()
        calls: set[int] = set()
        billable: set[int] = set()
        for told_by in self.members.values():
            members = [n for n in told_by if n not in wrappers]
            if not members:
                continue
            carriers = [n for n in members if self.carries[n]]
            if carriers:
                chosen = self._choose_billable(carriers)
                billable.add(chosen)
            else:
                chosen = min(members, key=self._representation)
                if self._is_told_elsewhere(members):
                    continue
                if all(self.facts[n].status != "error" for n in members):
                    billable.add(chosen)
            calls.add(chosen)
        self._charge_wrappers(calls, billable)
        return Roles(self._keys(calls), self._keys(billable))

    def _keys(self, numbers: Iterable[int]) -> frozenset[SpanKey]:
        return frozenset((self.facts[n].trace_id, self.facts[n].span_id) for n in numbers)

    # One response, told by its id.

    def _unite_same_responses(self) -> None:
        by_id: dict[str, list[int]] = defaultdict(list)
        for n in self.models:
            if self.facts[n].response_id:
                by_id[self.facts[n].response_id].append(n)
        for group in by_id.values():
            for position, a in enumerate(group):
                for b in group[position + 1 : position + 1 + NEIGHBOURS_MAX]:
                    if self._is_same_response(self.facts[a], self.facts[b]):
                        self.unite(a, b)

    def _is_same_response(self, a: SpanFacts, b: SpanFacts) -> bool:
        if a.kind != b.kind or not _is_provider_compatible(a, b):
            return False
        gap = max(a.start_time_ns, b.start_time_ns) - min(a.end_time_ns, b.end_time_ns)
        if a.scope_name == b.scope_name and a.trace_id != b.trace_id:
            return gap <= REPEATED_RESPONSE_REACH_NS
        return gap <= SAME_RESPONSE_REACH_NS

    # Logfire: the call's span ends before its stream does; the usage comes in a zero-length span after it.

    def _unite_logfire_streams(self) -> None:
        logs = [n for n in self.models if _is_logfire(self.facts[n]) and _is_instant(self.facts[n])]
        opened = [n for n in self.models if self._is_stream_opener(n)]
        for log in logs:
            fact = self.facts[log]
            before = [
                n
                for n in opened
                if self.facts[n].trace_id == fact.trace_id
                and self.facts[n].scope_name == fact.scope_name
                and self.facts[n].start_time_ns <= fact.start_time_ns
                and _is_model_compatible(self.facts[n].model, fact.model)
            ]
            if before:
                # The newest opener is the stream that this log ends, unless streams overlap; either way one
                # opener goes with one log.
                nearest = max(before)
                opened.remove(nearest)
                self.unite(nearest, log)

    def _is_stream_opener(self, n: int) -> bool:
        fact = self.facts[n]
        return (
            _is_logfire(fact)
            and not _is_instant(fact)
            and not self.carries[n]
            and fact.status != "error"
            and not fact.response_id
            and not fact.output_preview
        )

    def _is_told_elsewhere(self, members: Sequence[int]) -> bool:
        """A Logfire stream opened at the root of its trace: its log, which stands for it, starts a trace of
        its own."""
        return all(self._is_stream_opener(n) and not self.facts[n].parent_span_id for n in members) and all(
            self.parent[n] == -1 for n in members
        )

    # Two libraries side by side.

    def _unite_siblings(self) -> None:
        by_trace: dict[tuple[str, str], list[int]] = defaultdict(list)
        for n in self.models:
            by_trace[self.facts[n].trace_id, self.facts[n].kind].append(n)
        for group in by_trace.values():
            if len({self.facts[n].scope_name for n in group}) < 2:
                continue
            scopes = {self.find(n): set[str]() for n in group}
            for n in group:
                scopes[self.find(n)].add(self.facts[n].scope_name)
            for position, a in enumerate(group):
                for b in group[position + 1 : position + 1 + NEIGHBOURS_MAX]:
                    if self.facts[b].start_time_ns > self.facts[a].end_time_ns:
                        break
                    one, other = self.find(a), self.find(b)
                    if one == other or scopes[one] & scopes[other]:
                        continue
                    if _is_same_sibling(self.facts[a], self.facts[b]):
                        both = scopes[one] | scopes[other]
                        self.unite(a, b)
                        scopes[self.find(a)] = both

    # The Anthropic SDK's span in a trace of its own, another library's without the response's id.

    def _unite_across_traces(self) -> None:
        offers: dict[str, list[int]] = defaultdict(list)
        for n in self.models:
            if not self.facts[n].response_id:
                for key in links_of(self.facts[n]).own:
                    offers[key].append(n)
        if not offers:
            return
        taken: set[int] = set()
        for n in self.models:
            fact = self.facts[n]
            if not _is_anthropic_sdk(fact) or len(self.set_of(n)) > 1:
                continue
            found = [m for key in links_of(fact).sought for m in offers.get(key, ())]
            fitting = [m for m in found if _is_around_elsewhere(self.facts[m], fact)]
            if fitting:
                # Of alike calls at once each has its own counterpart; which is which does not matter.
                best = min(fitting, key=lambda m: (m in taken, -self.facts[m].start_time_ns, m))
                taken.add(best)
                self.unite(best, n)

    # A library around another.

    def _unite_nested(self) -> set[int]:
        """Unite calls with the model spans around them that tell the same call.

        Returns the model spans that only wrap other calls."""
        inside: dict[int, list[int]] = defaultdict(list)
        for n in self.models:
            around = self._model_around(n)
            if around >= 0:
                inside[around].append(n)
        wrappers: set[int] = set()
        for outer in sorted(inside, reverse=True):
            self._unite_with_inner(outer, inside[outer])
        for outer in sorted(inside):
            if self._is_wrapper(outer, inside[outer]):
                wrappers.add(outer)
        return wrappers

    def _model_around(self, n: int) -> int:
        """The nearest model span of the same kind among the ancestors; -1 for none."""
        kind, path, above = self.facts[n].kind, [n], self.parent[n]
        found = -1
        while above >= 0 and above != n:
            if self.facts[above].kind == kind:
                found = above
                break
            known = self.around.get((above, kind))
            if known is not None:
                found = known
                break
            self.around[above, kind] = -1
            path.append(above)
            above = self.parent[above]
        for passed in path:
            self.around[passed, kind] = found
        return found

    def _unite_with_inner(self, outer: int, inner: Sequence[int]) -> None:
        carrying = {self.find(n) for n in inner if self._set_carries(n)}
        distinct = {self.find(n) for n in inner}
        for n in inner:
            a, b = self.facts[outer], self.facts[n]
            if not _is_provider_compatible(a, b) or _has_other_response(a, b):
                continue
            outer_carries, inner_carries = self.carries[outer], self._set_carries(n)
            if outer_carries and inner_carries:
                is_same = self._has_equal_tokens(outer, n) or (
                    _is_anthropic_sdk(b)
                    and not _is_anthropic_sdk(a)
                    and len(carrying) == 1
                    and self.parent[n] == outer
                )
            elif outer_carries:
                is_same = not carrying
            elif inner_carries:
                is_same = len(carrying) == 1
            else:
                is_same = len(distinct) == 1
            if is_same:
                self.unite(outer, n)

    def _set_carries(self, n: int) -> bool:
        return any(self.carries[m] for m in self.set_of(n))

    def _has_equal_tokens(self, outer: int, n: int) -> bool:
        return any(
            _has_equal_tokens(self.facts[outer], self.facts[m]) for m in self.set_of(n) if self.carries[m]
        )

    def _is_wrapper(self, outer: int, inner: Sequence[int]) -> bool:
        """Whether a model span only adds up other calls: it is in no call's set but its own."""
        if any(self.find(n) == self.find(outer) for n in inner):
            return False
        sets = {self.find(n) for n in inner}
        if not self.carries[outer]:
            return True
        return len([n for n in sets if self._set_carries(n)]) >= 2

    # The choice.

    def _choose_billable(self, carriers: Sequence[int]) -> int:
        """The richest telling; the Anthropic SDK's own where its numbers differ, for they are exact."""
        best = min(carriers, key=self._representation)
        for n in carriers:
            if _is_anthropic_sdk(self.facts[n]) and _differs(self.facts[n], self.facts[best]):
                return n
        return best

    def _representation(self, n: int) -> tuple[int, bool, bool, int, int]:
        """Ascending: more classes of tokens, a payload, not the bare SDK's, outermost, earliest."""
        fact = self.facts[n]
        counts = (fact.input_tokens, fact.output_tokens, fact.cache_read_tokens, fact.cache_write_tokens)
        known = sum(1 for count in (*counts, fact.reasoning_tokens) if count)
        return (-known, not fact.has_payload, _is_anthropic_sdk(fact), self._depth(n), n)

    def _depth(self, n: int) -> int:
        path: list[int] = []
        while n not in self.depths:
            self.depths[n] = 0  # Stops the walk where spans are each other's ancestors.
            path.append(n)
            n = self.parent[n]
        depth = self.depths[n]
        for passed in reversed(path):
            depth += 1
            self.depths[passed] = depth
        return self.depths[path[0]] if path else depth

    # Agents and chains that tell a usage.

    def _charge_wrappers(self, calls: set[int], billable: set[int]) -> None:
        """A span of another kind is charged only where no span below it says what was used. It stands for the
        call below it, if that is a single one whose usage is unknown."""
        told_below = self._with_ancestors(n for n, carries in enumerate(self.carries) if carries)
        charged = {
            n
            for n, fact in enumerate(self.facts)
            if self.carries[n] and fact.kind not in MODEL_KINDS and n not in told_below
        }
        if not charged:
            return
        below: dict[int, list[int]] = defaultdict(list)
        for n in sorted(calls):
            if self.carries[n]:
                continue
            for above in self._ancestors(n):
                if above in charged:
                    below[above].append(n)
                    break
        for unknown in below.values():
            if len(unknown) == 1 and self.facts[unknown[0]].status != "error":
                calls.discard(unknown[0])
                billable.discard(unknown[0])
        calls |= charged
        billable |= charged

    def _ancestors(self, n: int) -> Iterator[int]:
        seen = {n}
        above = self.parent[n]
        while above >= 0 and above not in seen:
            yield above
            seen.add(above)
            above = self.parent[above]

    def _with_ancestors(self, numbers: Iterable[int]) -> set[int]:
        """All ancestors of these spans."""
        above: set[int] = set()
        for n in numbers:
            parent = self.parent[n]
            while parent >= 0 and parent not in above:
                above.add(parent)
                parent = self.parent[parent]
        return above


def _moment(fact: SpanFacts) -> tuple[int, int, str, str]:
    return fact.start_time_ns, fact.end_time_ns, fact.trace_id, fact.span_id


def _is_never_charged(fact: SpanFacts) -> bool:
    """The AI SDK's wrappers repeat the usage of their steps, up to version 5 only the last one's."""
    return fact.dialect == "vercel" and fact.kind == "chain" and fact.name.startswith("ai.")


def _is_anthropic_sdk(fact: SpanFacts) -> bool:
    return fact.scope_name.startswith(ANTHROPIC_SDK_SCOPE)


def _is_logfire(fact: SpanFacts) -> bool:
    return fact.scope_name.startswith(LOGFIRE_SCOPE_PREFIX)


def _is_instant(fact: SpanFacts) -> bool:
    return fact.start_time_ns == fact.end_time_ns


def _is_provider_compatible(a: SpanFacts, b: SpanFacts) -> bool:
    """Whether two names may stand for one provider. A model sold by a cloud is told by either's name."""
    one, other = canonical_provider(a.provider), canonical_provider(b.provider)
    if not one or not other or one == other:
        return True
    return "." in one or "." in other or _is_model_compatible(a.model, b.model)


def _is_model_compatible(one: str, other: str) -> bool:
    """Equal, or one with the other's date: `gpt-4o-mini` and `gpt-4o-mini-2024-07-18`."""
    if not one or not other:
        return True
    a, b = one.lower().rpartition("/")[2], other.lower().rpartition("/")[2]
    return a.startswith(b) or b.startswith(a)


def _has_other_response(a: SpanFacts, b: SpanFacts) -> bool:
    return bool(a.response_id and b.response_id) and a.response_id != b.response_id


def _is_around_elsewhere(other: SpanFacts, sdk: SpanFacts) -> bool:
    """Whether a library's span in another trace tells the call of this span of the Anthropic SDK.

    Logfire's logs of streams come when these have ended; other spans are around the SDK's."""
    if other.trace_id == sdk.trace_id or not is_anthropic(other):
        return False
    if is_carrier(other) != is_carrier(sdk) or (not is_carrier(sdk) and other.status != sdk.status):
        return False
    if other.model and not _is_model_compatible(other.model, sdk.model):
        return False
    gap_ns = other.end_time_ns - sdk.end_time_ns
    if _is_logfire(other) and _is_instant(other):
        return abs(gap_ns) <= LATER_END_NS
    return not sdk.parent_span_id and other.start_time_ns <= sdk.start_time_ns and 0 <= gap_ns <= LATER_END_NS


def _uncached(fact: SpanFacts) -> int:
    return (fact.input_tokens or 0) - (fact.cache_read_tokens or 0) - (fact.cache_write_tokens or 0)


def _has_equal_input(a: SpanFacts, b: SpanFacts) -> bool:
    """Equal, also where one of them leaves cached tokens out and does not tell them."""
    one, other = a.input_tokens or 0, b.input_tokens or 0
    return one == other or (one == _uncached(b) > 0) or (other == _uncached(a) > 0)


def _has_equal_tokens(a: SpanFacts, b: SpanFacts) -> bool:
    return (a.output_tokens or 0) == (b.output_tokens or 0) and _has_equal_input(a, b)


def _is_same_sibling(a: SpanFacts, b: SpanFacts) -> bool:
    if _has_other_response(a, b) or not _is_provider_compatible(a, b):
        return False
    if not _is_model_compatible(a.model, b.model) or not a.model:
        return False
    if a.start_time_ns > b.end_time_ns or b.start_time_ns > a.end_time_ns:
        return False
    has_sdk = _is_anthropic_sdk(a) or _is_anthropic_sdk(b)
    if not is_carrier(a) and not is_carrier(b):
        return a.status == b.status and (has_sdk or _is_beside_and_around(a, b))
    if is_carrier(a) != is_carrier(b):
        return False
    if has_sdk and _has_equal_input(a, b):
        return abs((a.output_tokens or 0) - (b.output_tokens or 0)) <= MISCOUNT_MAX
    return _has_equal_tokens(a, b)


def _is_beside_and_around(a: SpanFacts, b: SpanFacts) -> bool:
    """Whether of two spans of one parent one lies within the other, as a client library's in a wrapper's."""
    first, second = sorted((a, b), key=lambda fact: (fact.start_time_ns, -fact.end_time_ns))
    return a.parent_span_id == b.parent_span_id != "" and second.end_time_ns <= first.end_time_ns


def _differs(sdk: SpanFacts, other: SpanFacts) -> bool:
    """Whether the SDK's span knows other numbers: tokens, or by the lifetime of cache writes another cost."""
    if (sdk.input_tokens, sdk.output_tokens) != (other.input_tokens, other.output_tokens):
        return sdk.input_tokens is not None and (sdk.output_tokens is not None or other.output_tokens is None)
    if sdk.cache_read_tokens is None and sdk.cache_write_tokens is None:
        return False
    cached = (sdk.cache_read_tokens or 0, sdk.cache_write_tokens or 0)
    if cached != (other.cache_read_tokens or 0, other.cache_write_tokens or 0):
        return True
    if sdk.cost_usd is None or other.cost_usd is None:
        return False
    return abs(sdk.cost_usd - other.cost_usd) > SAME_COST_USD
