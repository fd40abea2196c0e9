"""The audit log: read page by page, or taken along as a file."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from spanglass_server.base.errors import NotAllowed
from spanglass_server.model.identity import AuditEntry
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.store.audit import AuditPlace, AuditQuery
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import team_models as models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Serving
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.services import Services

router = APIRouter(prefix="/audit", tags=["audit"])

_EXPORTED_AT_A_TIME: Final = 1_000
_COLUMNS: Final = ("time", "actor_type", "actor", "action", "project", "target", "address", "details")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
Scope = Literal["project", "everything"]


def audit_range(
    services: Serving,
    from_: Annotated[
        str, Query(alias="from", description="Start, inclusive: RFC 3339, `now`, or `now-7d`.")
    ] = "now-30d",
    to: Annotated[str, Query(description="End, exclusive.")] = "now+1s",
) -> TimeRange:
    now_ns = services.now_ns()
    return TimeRange(parse_time_ns(from_, now_ns, name="from"), parse_time_ns(to, now_ns, name="to"))


def audit_query(
    caller: Administering,
    during: Annotated[TimeRange, Depends(audit_range)],
    actor: Annotated[
        str, Query(max_length=320, description="An id, or a part of an e-mail address or of a key's note.")
    ] = "",
    action: Annotated[
        str, Query(max_length=64, description="`key.create`; `key.` is every action of keys.")
    ] = "",
    scope: Annotated[
        Scope,
        Query(description="`everything`: all projects and the server's own, for admins of the organization."),
    ] = "project",
) -> AuditQuery:
    if scope == "everything" and not caller.is_organization_admin:
        raise NotAllowed(
            "only an admin of the whole organization may read the log of all projects",
            hint="leave `scope` out for this project's",
            is_authenticated=True,
        )
    project_id = None if scope == "everything" else caller.project.id
    return AuditQuery(during.from_ns, during.to_ns, project_id, actor, action)


Asked = Annotated[AuditQuery, Depends(audit_query)]


@router.get("", response_model=models.AuditPage)
def list_entries(
    caller: Administering,
    services: Serving,
    query: Asked,
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Who changed what, the newest first."""
    list_id = f"audit {query.project_id} {query.actor} {query.action}"
    if cursor:
        position = decode_cursor(cursor, list_id)
        query = query._replace(
            from_ns=position.from_ns,
            to_ns=position.to_ns,
            before=AuditPlace(position.start_time_ns, position.row_id[0]),
        )
    found = _list(services, query._replace(limit=limit + 1))
    entries, names = found[:limit], _project_names(caller, services)
    following = None
    if len(found) > limit:
        last = entries[-1]
        position = Position(query.from_ns, query.to_ns, last.time_ns, last.time_ns, (last.id,))
        following = encode_cursor(position, list_id)
    return json_response(
        {"items": [_entry_json(entry, names) for entry in entries], "next_cursor": following}
    )


@router.get("/actions", response_model=models.AuditActions)
def list_actions(caller: Administering, services: Serving) -> Response:
    """The words that the log has for what was done in the project, to filter by."""
    log = services.audit.log
    project_id = None if caller.is_organization_admin else caller.project.id
    return json_response({"items": list(log.list_actions(project_id)) if log is not None else []})


@router.get("/export")
def export_entries(
    caller: Administering,
    services: Serving,
    query: Asked,
    format: Annotated[Literal["csv", "jsonl"], Query()] = "csv",
) -> Response:
    """All entries of the range as a file, the newest first."""
    names = _project_names(caller, services)
    rows = (_entry_json(entry, names) for entry in _iter_entries(services, query))
    kind, lines = (
        ("text/csv", _csv_lines(rows)) if format == "csv" else ("application/x-ndjson", _lines(rows))
    )
    headers = {"Content-Disposition": f'attachment; filename="audit.{format}"'}
    return StreamingResponse(lines, media_type=kind, headers=headers)


def _list(services: Services, query: AuditQuery) -> Sequence[AuditEntry]:
    return services.audit.log.list(query) if services.audit.log is not None else []


def _iter_entries(services: Services, query: AuditQuery) -> Iterator[AuditEntry]:
    query = query._replace(limit=_EXPORTED_AT_A_TIME)
    while True:
        found = _list(services, query)
        yield from found
        if len(found) < _EXPORTED_AT_A_TIME:
            return
        query = query._replace(before=AuditPlace(found[-1].time_ns, found[-1].id))


def _project_names(caller: Caller, services: Services) -> dict[str, str]:
    return {
        project.id: project.name for project in services.directory.list_projects() if caller.may_see(project)
    }


def _entry_json(entry: AuditEntry, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "time": time_text(entry.time_ns),
        "actor": {"type": entry.actor_type, "id": entry.actor_id, "name": entry.actor_name},
        "action": entry.action,
        "project": names.get(entry.project_id, entry.project_id) or None,
        "target": entry.target,
        "details": dict(entry.details),
        "address": entry.address,
    }


def _lines(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(row) + b"\n"


def _csv_lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield _csv_line(_COLUMNS)
    for row in rows:
        actor = row["actor"]
        details = orjson.dumps(row["details"]).decode() if row["details"] else ""
        yield _csv_line(
            (
                row["time"],
                actor["type"],
                actor["name"] or actor["id"],
                row["action"],
                row["project"] or "",
                row["target"],
                row["address"],
                details,
            )
        )


def _csv_line(cells: Sequence[str]) -> str:
    """Names are chosen by people: one that a spreadsheet would take for a formula is made a text."""
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells])
    return line.getvalue()
