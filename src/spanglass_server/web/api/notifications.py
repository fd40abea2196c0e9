"""What was told to whom, and the alerts that there are to tell."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from spanglass_server.web.api import notification_models as models
from spanglass_server.web.api.notification_shape import alert_json, attempt_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import parse_time_ns

router = APIRouter(tags=["notifications"])
_MS_NS = 1_000_000


@router.get("/notifications", response_model=models.Attempts)
def list_attempts(
    caller: Reading,
    services: Serving,
    receiver: Annotated[str, Query(description="Of this receiver only.")] = "",
    before: Annotated[str, Query(description="Earlier than this: RFC 3339, `now`, or `now-1h`.")] = "now+1m",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Attempts to deliver messages, newest first; kept for two weeks."""
    before_ms = parse_time_ns(before, services.now_ns(), name="before") // _MS_NS
    attempts = services.notifications.list_attempts(
        caller.project.id, receiver=receiver, limit=limit, before_ms=before_ms
    )
    return json_response({"items": [attempt_json(attempt) for attempt in attempts]})


@router.get("/notified-alerts", response_model=models.NotifiedAlerts)
def list_alerts(caller: Reading, services: Serving) -> Response:
    """Firing alerts with who hears of them, or why nobody does."""
    found = services.notifications.list_alerts(caller.project.id)
    return json_response({"items": [alert_json(view) for view in found]})
