"""What this server is and how it is."""

from fastapi import APIRouter, Response

from spanglass_server.web.api import models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Reading, Serving

router = APIRouter(tags=["status"])


@router.get("/status", response_model=models.ServerStatus)
def get_status(caller: Reading, services: Serving) -> Response:
    """Version, storage and the ingest's counters since the start."""
    return json_response(
        {
            "version": services.version,
            "auth": services.auth_mode,
            "project": caller.project.name,
            "started_at": time_text(services.started_at_ns),
            "storage": {
                "engine": services.engine_name,
                "disk_bytes": sum(services.administration.disk_bytes().values()),
            },
            "ingest": dict(services.ingest.counters()),
        }
    )
