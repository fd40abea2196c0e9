"""Addresses that the SDKs' `get_trace_url` makes, led to the web app's page of the trace."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import RedirectResponse

from spanglass_server.store.directory import DEFAULT_PROJECT
from spanglass_server.web.callers import Serving

LINK_PREFIXES: Final = ("/project/", "/trace/")

router = APIRouter()

_TraceId = Annotated[str, Path(max_length=800)]


@router.get("/trace/{trace_id:path}")
def lead_from_trace(trace_id: _TraceId) -> RedirectResponse:
    """Of SDK 2, which names no project."""
    return _lead(trace_id, "")


@router.get("/project/{project_id}/traces/{trace_id:path}")
def lead_from_project(project_id: str, trace_id: _TraceId, services: Serving) -> RedirectResponse:
    """Of the later SDKs. Where keys are asked for, the reader's key decides the project, and nobody learns
    here which projects there are."""
    if services.auth_mode == "required" or project_id == DEFAULT_PROJECT:
        return _lead(trace_id, "")
    names = {project.id: project.name for project in services.directory.list_projects()}
    return _lead(trace_id, names.get(project_id, ""))


def _lead(trace_id: str, project: str) -> RedirectResponse:
    query = f"?project={quote(project, safe='')}" if project else ""
    return RedirectResponse(f"/traces/{quote(trace_id, safe='')}{query}", 302)
