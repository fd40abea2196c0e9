"""What can be asked, and which values there are: for completion and for the filter bar."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.query.fields import Field, Target, fields_of
from spanglass_server.web.api import models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, targeted_selection


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["facets"])
    router.add_api_route(
        "/facets", count_values, response_model=models.Facet, dependencies=[Depends(long_lane)]
    )
    router.add_api_route("/fields", list_fields, response_model=models.Fields)
    return router


def count_values(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(targeted_selection)],
    field: Annotated[
        str,
        Query(description="A field; `attributes`, `resource` or `metadata` list their keys.", max_length=500),
    ],
    prefix: Annotated[str, Query(description="Only values that start so.", max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """The most frequent values of a field, with how many traces, spans or logs have each."""
    found = services.reader.facets(
        caller.project.id,
        selection.during,
        selection.where,
        field=field,
        prefix=prefix,
        limit=limit,
        target=selection.target,
    )
    values = [{"value": value, "count": count} for value, count in found]
    return json_response({"field": field, "target": selection.target, "values": values})


def list_fields(caller: Reading, target: Target = "traces") -> Response:
    """The fields of the filter language, in the order in which to offer them."""
    return json_response({"fields": [_field_json(field) for field in fields_of(target)]})


def _field_json(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "aliases": field.aliases,
        "type": field.type,
        "unit": field.unit or None,
        "description": field.description,
        "operators": field.operators,
        "choices": field.choices,
        "example": field.example,
        "is_facet": field.is_facet,
    }
