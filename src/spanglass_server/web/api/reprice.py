"""Repricing: history's cost, computed anew by the prices as they are now."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Depends
from fastapi.responses import StreamingResponse

from spanglass_server.base.errors import SpanglassError
from spanglass_server.model.price import RepriceSummary
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.callers import Editing, Serving
from spanglass_server.web.params import time_range

router = APIRouter(tags=["prices"])


@router.post(
    "/reprice",
    responses={
        200: {
            "content": {"application/x-ndjson": {}},
            "description": "One JSON object a line, each what has changed so far, the last with `is_done`.",
        }
    },
)
def reprice(
    caller: Editing,
    services: Serving,
    during: Annotated[TimeRange, Depends(time_range)],
    *,
    dry_run: Annotated[bool, Body(embed=True, description="Only say what would change.")] = False,
) -> StreamingResponse:
    """Read the price file again and price the project's calls of the time range anew.

    The answer streams: a line after each batch. Stop reading to stop; what was written stays, and a second
    run goes on from there.
    """
    changes = services.repricing.run(caller.project.id, during, is_dry_run=dry_run)
    # The first step reads the price file: its mistakes are still an ordinary error.
    first = next(changes)
    return StreamingResponse(_lines(first, changes), media_type="application/x-ndjson")


def _lines(first: RepriceSummary, rest: Iterator[RepriceSummary]) -> Iterator[str]:
    latest = first
    try:
        for summary in rest:
            yield _line(latest, is_done=False)
            latest = summary
    except SpanglassError as error:
        # The status went out with the first line; the last one carries the error.
        structlog.get_logger("spanglass.reprice").warning("reprice_failed", reason=error.message)
        yield json.dumps({"error": error.message, "hint": error.hint}) + "\n"
        return
    yield _line(latest, is_done=True)


def _line(summary: RepriceSummary, *, is_done: bool) -> str:
    return json.dumps({**dataclasses.asdict(summary), "is_done": is_done}) + "\n"
