"""Saved views: pages as somebody set them up, for oneself or for everybody of the project."""

import secrets
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from spanglass_server.model.saved_view import SavedView, ViewKind
from spanglass_server.web.api.models import Shape
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.auth import Caller, require_permission
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["saved views"])

SEARCH_CHARS_MAX: Final = 20_000

ViewId = Annotated[str, Path(max_length=64)]


class SavedViewInput(BaseModel):
    kind: ViewKind = Field(description="The page it is a view of.")
    name: str = Field(min_length=1, max_length=200, pattern=r"\S", examples=["Slow answers of search"])
    search: str = Field(
        default="",
        max_length=SEARCH_CHARS_MAX,
        description="The page's part of the address, after the question mark.",
        examples=["filter=latency:>5s&from=now-6h"],
    )
    is_shared: bool = Field(default=False, description="Everybody who may read the project sees it.")
    is_pinned: bool = Field(default=False, description="Shown beside the page's filter.")


class SavedViewChange(BaseModel):
    name: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"\S")
    search: str | None = Field(default=None, max_length=SEARCH_CHARS_MAX)
    is_shared: bool | None = None
    is_pinned: bool | None = None


class SavedViewShape(Shape):
    id: str
    kind: ViewKind
    name: str
    search: str
    is_shared: bool
    is_pinned: bool
    is_own: bool = Field(description="The caller saved it.")
    created_at: datetime
    updated_at: datetime


class SavedViewList(Shape):
    items: list[SavedViewShape]


@router.get("/saved-views", response_model=SavedViewList)
def list_saved_views(
    caller: Reading, services: Serving, kind: Annotated[ViewKind | None, Query()] = None
) -> Response:
    """The shared ones and the caller's own, by name."""
    owner = _owner(caller)
    views = services.saved_views.list(caller.project.id, owner=owner, kind=kind or "")
    return json_response({"items": [_json(view, owner) for view in views]})


@router.post("/saved-views", response_model=SavedViewShape, status_code=201)
def create_saved_view(caller: Reading, services: Serving, given: SavedViewInput) -> Response:
    """Whoever signs in may keep views to themselves; to share one needs the permission to edit."""
    now_ns, owner = services.now_ns(), _owner(caller)
    view = SavedView(
        id=secrets.token_hex(8),
        kind=given.kind,
        name=given.name.strip(),
        search=given.search.removeprefix("?"),
        is_shared=given.is_shared,
        is_pinned=given.is_pinned,
        owner=owner,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
    )
    _require_editing(caller, view)
    services.saved_views.put(caller.project.id, view)
    _record(services, caller, "create", view)
    return json_response(_json(view, owner), status=201)


@router.patch("/saved-views/{view_id}", response_model=SavedViewShape)
def change_saved_view(
    caller: Reading, services: Serving, view_id: ViewId, given: SavedViewChange
) -> Response:
    """What is left out stays."""
    owner = _owner(caller)
    before = services.saved_views.get(caller.project.id, view_id, owner=owner)
    changed = {name: value for name, value in given.model_dump().items() if value is not None}
    view = before._replace(**changed, updated_at_ns=services.now_ns())
    view = view._replace(name=view.name.strip(), search=view.search.removeprefix("?"))
    _require_editing(caller, before)
    _require_editing(caller, view)
    services.saved_views.put(caller.project.id, view)
    _record(services, caller, "change", view)
    return json_response(_json(view, owner))


@router.delete("/saved-views/{view_id}", status_code=204)
def delete_saved_view(caller: Reading, services: Serving, view_id: ViewId) -> Response:
    view = services.saved_views.get(caller.project.id, view_id, owner=_owner(caller))
    _require_editing(caller, view)
    services.saved_views.delete(caller.project.id, view_id)
    _record(services, caller, "delete", view)
    return Response(status_code=204)


def _owner(caller: Caller) -> str:
    return caller.user.id if caller.user is not None else ""


def _require_editing(caller: Caller, view: SavedView) -> None:
    """One's own view that nobody else sees is no change to what the team works with."""
    if view.is_shared or not view.owner:
        require_permission(caller, "edit")


def _record(services: Services, caller: Caller, verb: str, view: SavedView) -> None:
    if view.is_shared:
        services.audit.record(
            caller,
            action=f"saved_view.{verb}",
            target=view.name,
            project_id=caller.project.id,
            details={"kind": view.kind, "search": view.search},
        )


def _json(view: SavedView, owner: str) -> Json:
    return {
        "id": view.id,
        "kind": view.kind,
        "name": view.name,
        "search": view.search,
        "is_shared": view.is_shared,
        "is_pinned": view.is_pinned,
        "is_own": view.owner == owner,
        "created_at": time_text(view.created_at_ns),
        "updated_at": time_text(view.updated_at_ns),
    }
