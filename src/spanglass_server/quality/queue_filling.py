"""Finds what goes into an annotation queue: by a filter, sampled by the trace id."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from spanglass.evaluators.sampling import is_sampled
from spanglass_server.base.limits import QUEUE_FILL_SCANNED_MAX
from spanglass_server.model.evaluation import TargetType
from spanglass_server.model.review import ReviewTarget
from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import Page, PageRequest, SpanReader, TimeRange
from spanglass_server.store.review import QueueKey, ReviewStore

_PAGE: Final = 1_000


class Search(NamedTuple):
    target_type: TargetType
    during: TimeRange
    where: Expression | None
    order: str
    """A field of the list, `-` before it for descending: which come first where there are more than are
    wanted."""
    sampling_rate: float
    limit: int
    """Of new ones."""


class Found(NamedTuple):
    new: list[ReviewTarget]
    there_count: int
    """Sampled, and in the queue already."""
    scanned_count: int
    """Matched the filter, sampled or not, until there were enough."""
    is_complete: bool
    """Everything that matches was looked at."""


def find_new_targets(reader: SpanReader, store: ReviewStore, key: QueueKey, search: Search) -> Found:
    """Raises what reading raises: QueryInvalid for an order that there is not."""
    new: list[ReviewTarget] = []
    there_count = scanned_count = 0
    cursor = ""
    while True:
        page = _read(reader, key.project_id, search, PageRequest(_PAGE, cursor, search.order))
        sampled = {
            _target_of(row, search.target_type): place
            for place, row in enumerate(page.items, 1)
            if is_sampled(row["trace_id"], search.sampling_rate)
        }
        there = store.find_targets(key, list(sampled))
        for target, place in sampled.items():
            if target in there:
                there_count += 1
                continue
            if len(new) == search.limit:
                return Found(new, there_count, scanned_count + place - 1, is_complete=False)
            new.append(target)
        scanned_count += len(page.items)
        cursor = page.next_cursor
        if not cursor:
            return Found(new, there_count, scanned_count, is_complete=True)
        if scanned_count >= QUEUE_FILL_SCANNED_MAX:
            return Found(new, there_count, scanned_count, is_complete=False)


def _read(reader: SpanReader, project_id: str, search: Search, page: PageRequest) -> Page:
    if search.target_type == "trace":
        return reader.list_traces(project_id, search.during, search.where, page)
    return reader.list_spans(project_id, search.during, search.where, page)


def _target_of(row: Mapping[str, Any], target_type: TargetType) -> ReviewTarget:
    return ReviewTarget(row["trace_id"], row["span_id"] if target_type == "span" else "")
