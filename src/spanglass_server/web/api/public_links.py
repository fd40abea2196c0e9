"""Public links: one trace opened to whoever has its address, until it expires or is revoked."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.public_links import PublicLink
from spanglass_server.web.api.models import Shape
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.api.traces import TraceId
from spanglass_server.web.callers import Editing, Reading, Serving

PAGE_PATH: Final = "/p/"
"""Of the web app's page that shows a trace to the public."""

_DURATION: Final = re.compile(r"([1-9]\d{0,4})([hd])")
_UNIT_NS: Final = {"h": 3_600_000_000_000, "d": 86_400_000_000_000}
_LONGEST_NS: Final = 365 * _UNIT_NS["d"]


class PublicLinkInput(BaseModel):
    expires_in: str = Field(
        default="30d", max_length=10, description="Hours or days, at most 365d.", examples=["7d", "12h"]
    )
    with_payloads: bool = Field(
        default=False,
        description="Show inputs, outputs, messages, documents, errors; else names, times, tokens and cost.",
    )


class PublicLinkShape(Shape):
    id: str
    trace_id: str
    with_payloads: bool
    created_by: str | None = Field(description="Who made it.")
    created_at: datetime
    expires_at: datetime
    is_expired: bool


class NewPublicLinkShape(PublicLinkShape):
    url: str = Field(description="A path on this server; told once.", examples=["/p/Zk3..."])


class PublicLinkList(Shape):
    items: list[PublicLinkShape]


LinkId = Annotated[str, Path(max_length=64)]


def build_router() -> APIRouter:
    """To be included before the router of traces, whose ids may hold slashes."""
    router = APIRouter(tags=["public links"])
    router.add_api_route(
        "/traces/{trace_id:path}/public-link",
        create_public_link,
        methods=["POST"],
        status_code=201,
        response_model=NewPublicLinkShape,
    )
    router.add_api_route(
        "/traces/{trace_id:path}/public-links", list_trace_links, response_model=PublicLinkList
    )
    router.add_api_route("/public-links", list_public_links, response_model=PublicLinkList)
    router.add_api_route("/public-links/{link_id}", revoke_public_link, methods=["DELETE"], status_code=204)
    return router


def create_public_link(
    caller: Editing, services: Serving, trace_id: TraceId, given: PublicLinkInput
) -> Response:
    """Open the trace to whoever has the address that is told here, and never again."""
    project_id = caller.project.id
    if not services.views.find_traces(project_id, [trace_id]):
        raise NotFound(f"there is no trace `{trace_id}`")
    now_ns = services.now_ns()
    wanted = PublicLink(
        id="",
        project_id=project_id,
        trace_id=trace_id,
        with_payloads=given.with_payloads,
        created_by=caller.user.email if caller.user is not None else "",
        created_at_ns=now_ns,
        expires_at_ns=now_ns + _duration_ns(given.expires_in),
    )
    made = services.public_links.create(wanted)
    services.audit.record(
        caller,
        action="public_link.create",
        target=trace_id,
        project_id=project_id,
        details={
            "link": made.link.id,
            "with_payloads": given.with_payloads,
            "expires_at": time_text(made.link.expires_at_ns),
        },
    )
    told = {**_json(made.link, now_ns), "url": f"{PAGE_PATH}{made.token}"}
    return json_response(told, status=201)


def list_trace_links(caller: Reading, services: Serving, trace_id: TraceId) -> Response:
    """The public links of one trace, without their addresses."""
    return _list(services.public_links.list(caller.project.id, trace_id), services.now_ns())


def list_public_links(caller: Reading, services: Serving) -> Response:
    """What of the project is public, newest first."""
    return _list(services.public_links.list(caller.project.id), services.now_ns())


def revoke_public_link(caller: Editing, services: Serving, link_id: LinkId) -> Response:
    """From now on its address shows nothing."""
    project_id = caller.project.id
    link = services.public_links.revoke(project_id, link_id)
    services.audit.record(
        caller,
        action="public_link.revoke",
        target=link.trace_id,
        project_id=project_id,
        details={"link": link.id},
    )
    return Response(status_code=204)


def _duration_ns(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise BadInput(
            f"`expires_in`: `{text}` is no duration", hint="write hours or days, such as 12h or 30d"
        )
    duration_ns = int(found[1]) * _UNIT_NS[found[2]]
    if duration_ns > _LONGEST_NS:
        raise BadInput("a public link lasts a year at most", hint="write 365d or less")
    return duration_ns


def _list(links: Any, now_ns: int) -> Response:
    return json_response({"items": [_json(link, now_ns) for link in links]})


def _json(link: PublicLink, now_ns: int) -> Json:
    return {
        "id": link.id,
        "trace_id": link.trace_id,
        "with_payloads": link.with_payloads,
        "created_by": link.created_by or None,
        "created_at": time_text(link.created_at_ns),
        "expires_at": time_text(link.expires_at_ns),
        "is_expired": link.expires_at_ns <= now_ns,
    }
