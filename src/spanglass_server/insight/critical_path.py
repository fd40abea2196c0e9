"""Where a trace's time went: the critical path through its spans, and each span's self time.

The critical path is found backwards from the root's end. The child that ended last is what its parent
waited for, so the time from that child's start to its end is the child's (and recursively its children's);
before that child's start, the child that had ended last is next. Time that no child covers is the parent's
own. Of children that overlap, the later-ending one keeps the overlap, so each moment of the root belongs to
exactly one span and the path adds up to the root's duration. (Z. Zhang et al., CRISP, USENIX ATC 2022,
without its rule that an overlapping sibling is left out.)

Clocks differ between hosts: a child is only counted within its parent's interval. A span whose parent is
missing counts as a child of the root; where several roots exist, they are children of an unseen one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class TimedSpan(NamedTuple):
    span_id: str
    parent_span_id: str
    """Empty for a root."""
    start_ns: int
    end_ns: int


class SpanTime(NamedTuple):
    critical_path_ns: int
    """How much of the trace's critical path the span itself holds."""
    self_time_ns: int
    """The span's duration less the time in which a child ran."""


def measure_spans(spans: Sequence[TimedSpan]) -> dict[str, SpanTime]:
    """Times by span id, in O(n log n). Never raises: cycles and repeated ids are cut."""
    by_id = {span.span_id: span._replace(end_ns=max(span.start_ns, span.end_ns)) for span in spans}
    children = _children(by_id)
    critical = _critical_path(by_id, children)
    return {
        span_id: SpanTime(critical.get(span_id, 0), _self_time(span, children.get(span_id, ())))
        for span_id, span in by_id.items()
    }


_UNSEEN_ROOT = ""
"""Key of the roots in the map of children."""


def _children(by_id: Mapping[str, TimedSpan]) -> dict[str, list[TimedSpan]]:
    """Children by parent id; what no root reaches hangs under the first root, or stands as a root itself."""
    children: dict[str, list[TimedSpan]] = {}
    strays: list[TimedSpan] = []
    for span in by_id.values():
        parent = span.parent_span_id
        if parent and (parent not in by_id or parent == span.span_id):
            strays.append(span)
        else:
            children.setdefault(parent, []).append(span)
    roots = children.setdefault(_UNSEEN_ROOT, [])
    home = min(roots, key=_start).span_id if roots else _UNSEEN_ROOT
    children.setdefault(home, []).extend(strays)
    _cut_cycles(by_id, children, home)
    return children


def _cut_cycles(by_id: Mapping[str, TimedSpan], children: dict[str, list[TimedSpan]], home: str) -> None:
    reached = _reach(children[_UNSEEN_ROOT], children)
    if len(reached) == len(by_id):
        return
    for span in sorted(by_id.values(), key=_start):
        if span.span_id not in reached:
            children[span.parent_span_id].remove(span)
            children.setdefault(home, []).append(span)
            reached |= _reach([span], children)


def _reach(roots: Iterable[TimedSpan], children: Mapping[str, Sequence[TimedSpan]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        span = waiting.pop()
        if span.span_id not in reached:
            reached.add(span.span_id)
            waiting.extend(children.get(span.span_id, ()))
    return reached


def _critical_path(
    by_id: Mapping[str, TimedSpan], children: Mapping[str, Sequence[TimedSpan]]
) -> dict[str, int]:
    """Nanoseconds on the path by span id; the unseen root keeps the gaps between roots."""
    held: dict[str, int] = {}
    if not by_id:
        return held
    start, end = min(span.start_ns for span in by_id.values()), max(span.end_ns for span in by_id.values())
    windows = [(_UNSEEN_ROOT, start, end)]
    while windows:
        span_id, low, cursor = windows.pop()
        own = 0
        for child in sorted(children.get(span_id, ()), key=_latest_end_first):
            if child.start_ns >= cursor or child.end_ns <= low:
                continue
            child_end, child_start = min(child.end_ns, cursor), max(child.start_ns, low)
            own += cursor - child_end
            windows.append((child.span_id, child_start, child_end))
            cursor = child_start
        held[span_id] = own + cursor - low
    return held


def _self_time(span: TimedSpan, children: Sequence[TimedSpan]) -> int:
    covered, reached = 0, span.start_ns
    for child in sorted(children, key=_start) if len(children) > 1 else children:
        begin, end = max(child.start_ns, reached), min(child.end_ns, span.end_ns)
        if end > begin:
            covered += end - begin
            reached = end
    return span.end_ns - span.start_ns - covered


def _start(span: TimedSpan) -> tuple[int, str]:
    return (span.start_ns, span.span_id)


def _latest_end_first(span: TimedSpan) -> tuple[int, int, str]:
    """Of two that end together the one that started later waited for less: it is the better explanation."""
    return (-span.end_ns, -span.start_ns, span.span_id)
