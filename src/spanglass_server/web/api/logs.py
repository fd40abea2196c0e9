"""Log records: listed, followed, counted over time, found."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from spanglass_server.base.errors import NotFound, QueryInvalid
from spanglass_server.store.ports import PageRequest
from spanglass_server.web.api import models
from spanglass_server.web.api.histogram import width_ns_of
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, log_json, milliseconds, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of

_LOG_ID: Final = re.compile(r"([0-9a-f]{1,15}|[0-7][0-9a-f]{15})-([0-9a-f]{1,64})")
_TAIL_OVERLAP_NS: Final = 10_000_000_000
"""A tail begins this long before its first page was read: what was being stored then is told by one of them,
or by both."""


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["logs"])
    router.add_api_route("/logs", list_logs, response_model=models.LogPage)
    router.add_api_route(
        "/logs/histogram",
        get_log_histogram,
        response_model=models.LogHistogram,
        dependencies=[Depends(long_lane)],
    )
    router.add_api_route("/logs/{log_id}", get_log, response_model=models.Log)
    return router


def list_logs(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(selection_of("logs"))],
    cursor: Annotated[
        str, Query(description="`next_cursor` of the page before; it keeps that page's time range.")
    ] = "",
    after: Annotated[
        str, Query(description="`tail_cursor` of an earlier answer: only what was stored since.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")] = 50,
    order: Annotated[str, Query(description="`-time` or `time`.")] = "-time",
) -> Response:
    """A page of log records, by time; with `after`, what arrived since, in the order it was stored."""
    project_id, where = caller.project.id, selection.where
    if after and cursor:
        raise QueryInvalid("`after` and `cursor` cannot be combined", hint="`after` follows new records")
    if after:
        tail = services.logs.tail_logs(project_id, selection.during, where, after=after, limit=limit)
        return _page(tail.items, None, tail.cursor)
    stored_after_ns = services.now_ns() - _TAIL_OVERLAP_NS
    found = services.logs.list_logs(project_id, selection.during, where, PageRequest(limit, cursor, order))
    tail_cursor = services.logs.start_tail(project_id, where, stored_after_ns=max(0, stored_after_ns))
    return _page(found.items, found.next_cursor or None, None if cursor else tail_cursor)


def _page(items: Any, next_cursor: str | None, tail_cursor: str | None) -> Response:
    return json_response(
        {
            "items": [log_json(row) for row in items],
            "next_cursor": next_cursor,
            "tail_cursor": tail_cursor,
        }
    )


def get_log_histogram(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(selection_of("logs"))],
    buckets: Annotated[int, Query(ge=1, le=1000, description="Most buckets of the answer.")] = 60,
) -> Response:
    """How many records of each severity there are over time; empty buckets are present."""
    during = selection.during
    found = services.logs.log_histogram(caller.project.id, during, selection.where, buckets=buckets)
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "bucket_ms": milliseconds(width_ns_of(during, found)),
            "buckets": [_bucket_json(bucket) for bucket in found],
        }
    )


def _bucket_json(bucket: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "start_time": time_text(bucket["start_ns"]),
        "count": bucket["count"],
        "by_severity": bucket["by_severity"],
    }


def get_log(
    caller: Reading,
    services: Serving,
    log_id: Annotated[str, Path(description="`log_id` of a list.", max_length=100)],
) -> Response:
    """One log record."""
    found = None
    if match := _LOG_ID.fullmatch(log_id):
        found = services.logs.find_log(caller.project.id, int(match[1], 16), match[2])
    if found is None:
        raise NotFound(
            f"there is no log record `{log_id}`",
            hint="it may have been deleted, be past its retention, or belong to another project",
        )
    return json_response(log_json(found))
