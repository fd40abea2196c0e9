"""POST /ingestion: everything the SDKs up to 2 send, and the scores of 3 and 4.

Always answered 207 once the batch is stored, with a verdict on every event: a 202 or an error would make an
SDK send the whole batch again (docs/langfuse.md).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response

from spanglass_server.base.limits import INGESTION_BODY_BYTES_MAX
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.web.bodies import read_body
from spanglass_server.web.callers import Serving, Writing
from spanglass_server.web.intake import key_of
from spanglass_server.wire.langfuse import read_event_ids
from spanglass_server.wire.records import Rejection

_INLINE_BYTES_MAX: Final = 256 << 10
"""Larger bodies are read on a thread: they would hold up the event loop."""

router = APIRouter()


@router.post("/ingestion")
async def ingest(
    request: Request,
    caller: Writing,
    services: Serving,
) -> Response:
    intake = services.intake
    body, reservation = await read_body(request, intake.budget, bytes_max=INGESTION_BODY_BYTES_MAX)
    try:
        ids = await _read_ids(body)
    except BaseException:
        reservation.release()
        raise
    rejections = await intake.store(
        IngestRequest(
            caller.project.id, "langfuse", "json", body, reservation, ingest_key=key_of(caller.actor)
        )
    )
    return Response(orjson.dumps(_verdicts(ids, rejections)), 207, media_type="application/json")


async def _read_ids(body: bytes) -> Sequence[str]:
    if len(body) <= _INLINE_BYTES_MAX:
        return read_event_ids(body)
    return await asyncio.to_thread(read_event_ids, body)


def _verdicts(ids: Sequence[str], rejections: Sequence[Rejection]) -> Mapping[str, Any]:
    reasons = {rejection.item: rejection.reason for rejection in rejections}
    named = [(f"batch[{index}]", event_id) for index, event_id in enumerate(ids)]
    return {
        "successes": [
            {"id": event_id, "status": 201} for position, event_id in named if position not in reasons
        ],
        "errors": [
            {
                "id": event_id,
                "status": 400,
                "message": f"{position}: {reasons[position]}",
                "error": "InvalidRequestError",
            }
            for position, event_id in named
            if position in reasons
        ],
    }
