"""What only a whole trace can tell: which spans are calls, what spans inherit, and the trace's summary.

Everything here is a function of the set of spans: neither the order nor the grouping in which they arrived
shows, so that a late span just settles its trace again.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Final, TypeAlias

import orjson

from spanglass_server.model.span import (
    INHERITED_FEATURE,
    INHERITED_SESSION,
    INHERITED_TEAM,
    INHERITED_USER,
)
from spanglass_server.normalize.calls import Roles, SpanKey, find_roles, is_carrier, is_model_call, is_plain
from spanglass_server.normalize.digest import facts_of
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.links import links_of
from spanglass_server.normalize.summary import summarize
from spanglass_server.normalize.values import as_word

__all__ = ["facts_of", "links_of", "settle", "summarize"]

Identity: TypeAlias = tuple[str, str, str, str]
"""feature, team, user_id, session_id"""

_NOBODY: Final[Identity] = ("", "", "", "")
_BITS: Final = (INHERITED_FEATURE, INHERITED_TEAM, INHERITED_USER, INHERITED_SESSION)
_own: Final[Callable[[SpanFacts], Identity]] = itemgetter(
    *map(SpanFacts._fields.index, ("feature", "team", "user_id", "session_id"))
)
_of_resource: Final[Callable[[SpanFacts], tuple[str, str]]] = itemgetter(
    *map(SpanFacts._fields.index, ("resource_feature", "resource_team"))
)
_METADATA_KEYS: Final = (
    ("feature",),
    ("team",),
    ("user_id", "userId"),
    ("session_id", "sessionId", "thread_id", "conversation_id"),
)
"""Where a trace's metadata names each part of the identity."""


def settle(traces: Mapping[str, Sequence[SpanFacts]]) -> list[Verdict]:
    """A verdict on every span of these traces of one project, each span once.

    `traces` maps trace ids to the facts of all known spans. Traces that links.py connects belong together:
    settled apart, a call told in both would count twice. Others may be settled together or apart.
    """
    groups = {trace_id: _unique(facts) for trace_id, facts in traces.items()}
    calls, billable = _roles(groups)
    verdicts: list[Verdict] = []
    for trace_id, facts in groups.items():
        identities = _identities(facts)
        for fact, (own, inherited) in zip(facts, identities, strict=True):
            key = (trace_id, fact.span_id)
            values = (trace_id, fact.span_id, key in calls, key in billable, *own, inherited)
            # Half of what calling the class takes.
            verdicts.append(tuple.__new__(Verdict, values))
    return verdicts


def _unique(facts: Sequence[SpanFacts]) -> list[SpanFacts]:
    """Each span once. Should one be told twice, the fuller telling counts, whichever came first."""
    by_id = {fact.span_id: fact for fact in facts}
    if len(by_id) == len(facts):
        return list(facts)
    return list(
        {fact.span_id: fact for fact in sorted(facts, key=lambda f: (f.end_time_ns, repr(f)))}.values()
    )


def _roles(groups: Mapping[str, Sequence[SpanFacts]]) -> Roles:
    calls: set[SpanKey] = set()
    billable: set[SpanKey] = set()
    connected = _connected(groups)
    entangled: list[SpanFacts] = []
    for trace_id, facts in groups.items():
        if trace_id in connected:
            entangled += facts
        elif not is_plain(facts):
            roles = find_roles(facts)
            calls |= roles.calls
            billable |= roles.billable
        else:
            for fact in facts:
                if is_model_call(fact):
                    key = (trace_id, fact.span_id)
                    calls.add(key)
                    if is_carrier(fact) or fact.status != "error":
                        billable.add(key)
    if entangled:
        roles = find_roles(entangled)
        calls |= roles.calls
        billable |= roles.billable
    return Roles(frozenset(calls), frozenset(billable))


def _connected(groups: Mapping[str, Sequence[SpanFacts]]) -> set[str]:
    """Traces that hold a span of a call that another of these traces may tell, too."""
    connected: set[str] = set()
    if len(groups) < 2:
        return connected
    holders: dict[str, set[str]] = {}
    seekers: list[tuple[str, str]] = []
    for trace_id, facts in groups.items():
        for fact in facts:
            if fact.response_id or fact.kind == "llm":
                own, sought = links_of(fact)
                for key in own:
                    holders.setdefault(key, set()).add(trace_id)
                seekers += [(trace_id, key) for key in sought]
    for trace_id, key in seekers:
        found = holders.get(key)
        if found and (len(found) > 1 or trace_id not in found):
            connected.add(trace_id)
            connected |= found
    return connected


def _identities(facts: Sequence[SpanFacts]) -> list[tuple[Identity, int]]:
    """For each span: feature, team, user and session, and the bits of what it has from elsewhere.

    The span's own; else the nearest ancestor's; else that of any span of the trace (the earliest that has
    one), then the trace's metadata's; else the resource's.
    """
    owns: list[Identity] = [_own(fact) for fact in facts]
    if owns.count(owns[0]) == len(owns) and all(owns[0]):
        return [(owns[0], 0)] * len(owns)
    told = set(owns) - {_NOBODY}
    # What the only one who is told of is to an ancestor's heirs, it is to the whole trace.
    resolved = _with_ancestors(facts, owns) if len(told) > 1 else owns
    of_trace = _of_trace(facts) if told or any('"' in fact.metadata for fact in facts) else _NOBODY
    if not told and of_trace == _NOBODY and not any(f.resource_feature or f.resource_team for f in facts):
        return [(_NOBODY, 0)] * len(facts)
    known: dict[tuple[Identity, Identity, str, str], tuple[Identity, int]] = {}
    completed = []
    for fact, own, above in zip(facts, owns, resolved, strict=True):
        feature, team = _of_resource(fact)
        found = known.get((own, above, feature, team))
        if found is None:
            found = _complete(own, above, of_trace, (feature, team, "", ""))
            known[own, above, feature, team] = found
        completed.append(found)
    return completed


def _complete(
    own: Identity, above: Identity, of_trace: Identity, of_resource: Identity
) -> tuple[Identity, int]:
    feature, team, user, session = (a or t or r for a, t, r in zip(above, of_trace, of_resource, strict=True))
    identity = (feature, team, user, session)
    bits = sum(bit for bit, value, was in zip(_BITS, identity, own, strict=True) if value and not was)
    return identity, bits


def _with_ancestors(facts: Sequence[SpanFacts], owns: Sequence[Identity]) -> list[Identity]:
    """Own identities completed from the nearest ancestors that have what is missing."""
    number = {fact.span_id: n for n, fact in enumerate(facts)}
    done: dict[int, Identity] = {}
    for start in range(len(facts)):
        path: list[int] = []
        on_path: set[int] = set()
        n = start
        while n >= 0 and n not in done and n not in on_path:
            path.append(n)
            on_path.add(n)
            n = number.get(facts[n].parent_span_id, -1)
        above = done.get(n, _NOBODY)
        for passed in reversed(path):
            own = owns[passed]
            if own != above and above != _NOBODY:
                above = (own[0] or above[0], own[1] or above[1], own[2] or above[2], own[3] or above[3])
            else:
                above = own
            done[passed] = above
    return [done[n] for n in range(len(facts))]


def _of_trace(facts: Sequence[SpanFacts]) -> Identity:
    """What any span, else any metadata, of the trace says: the root's first, then the earliest."""
    found = ["", "", "", ""]
    ordered = sorted(facts, key=_rootmost)
    for fact in ordered:
        own = _own(fact)
        if own != _NOBODY:
            found = [was or value for was, value in zip(found, own, strict=True)]
        if all(found):
            break
    else:
        for metadata in dict.fromkeys(fact.metadata for fact in ordered if fact.metadata):
            _fill_from_metadata(found, metadata)
    return (found[0], found[1], found[2], found[3])


def _rootmost(fact: SpanFacts) -> tuple[bool, int, str]:
    return bool(fact.parent_span_id), fact.start_time_ns, fact.span_id


def _fill_from_metadata(found: list[str], metadata: str) -> None:
    values: dict[str, object] | None = None
    for n, keys in enumerate(_METADATA_KEYS):
        for key in keys:
            if found[n] or f'"{key}"' not in metadata:
                continue
            values = orjson.loads(metadata) if values is None else values
            value = values.get(key)
            found[n] = as_word(value) or "" if isinstance(value, (str, int, float)) else ""
