"""The caller's project: what the SDKs' `auth_check` asks for."""

from fastapi import APIRouter, Response

from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Reading

router = APIRouter()


@router.get("/projects")
def list_projects(caller: Reading) -> Response:
    """One: a key belongs to one project. It stands for its organization too, which SDKs ask for."""
    project = caller.project
    item = {
        "id": project.id,
        "name": project.name,
        "organization": {"id": project.id, "name": project.name},
        "metadata": {},
        "retentionDays": project.retention_days,
    }
    return json_response({"data": [item]})
