"""Thresholds: from where on an indicator of the overview is bad, and the default rule over it fires."""

import math
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.base.errors import BadInput
from spanglass_server.model.thresholds import DEFAULTS, THRESHOLDS, Threshold, ThresholdName, Thresholds
from spanglass_server.rules.thresholds import OWNERS
from spanglass_server.web.api.models import Shape
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.api.threshold_rules import OwnerRule, owner_rules
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["thresholds"])
_BY_NAME: Final = {threshold.name: threshold for threshold in THRESHOLDS}


class ThresholdShape(Shape):
    name: ThresholdName
    value: float
    default: float
    is_default: bool
    low: float = Field(description="The least it may be.")
    high: float
    is_bad_above: bool = Field(description="Else what is below it is bad.")
    description: str
    rule: OwnerRule | None = Field(description="Which watches it; null where that is switched off.")


class ThresholdList(Shape):
    items: list[ThresholdShape]


class ThresholdInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    thresholds: dict[str, float] = Field(
        description="By name; those that are left out are the defaults.",
        examples=[{"latency_p99_seconds": 8.0, "error_ratio": 0.02}],
    )


@router.get("/thresholds", response_model=ThresholdList)
def list_thresholds(caller: Reading, services: Serving) -> Response:
    """The project's thresholds, each with the rule that watches it."""
    return _answer(services, caller.project.id)


@router.put("/thresholds", response_model=ThresholdList)
def put_thresholds(caller: Editing, services: Serving, given: ThresholdInput) -> Response:
    """Set all thresholds at once; an empty object sets the defaults. The default rules follow at their next
    evaluation, and alerts that are pending or firing keep their state."""
    wanted = _checked(given.thresholds)
    before = services.rules.thresholds(caller.project.id)
    services.rules.set_thresholds(caller.project.id, wanted)
    changed = {name: [before[name], value] for name, value in wanted.items() if value != before[name]}
    services.audit.record(
        caller, action="thresholds.update", project_id=caller.project.id, details={"changed": changed}
    )
    return _answer(services, caller.project.id)


def _checked(given: Mapping[str, float]) -> Thresholds:
    wanted = dict(DEFAULTS)
    for name, value in given.items():
        threshold = next((known for known in THRESHOLDS if known.name == name), None)
        if threshold is None:
            raise BadInput(f"there is no threshold `{name[:80]}`", hint=f"known are {', '.join(_BY_NAME)}")
        wanted[threshold.name] = _within(threshold, value)
    return wanted


def _within(threshold: Threshold, value: float) -> float:
    if not math.isfinite(value) or not threshold.low <= value <= threshold.high:
        raise BadInput(
            f"`{threshold.name}` cannot be {value:g}",
            hint=f"it is between {threshold.low:g} and {threshold.high:g}",
        )
    return value


def _answer(services: Services, project_id: str) -> Response:
    values, rules = services.rules.thresholds(project_id), owner_rules(services, project_id)
    items = [
        {
            "name": threshold.name,
            "value": values[threshold.name],
            "default": threshold.default,
            "is_default": values[threshold.name] == threshold.default,
            "low": threshold.low,
            "high": threshold.high,
            "is_bad_above": threshold.is_bad_above,
            "description": threshold.description,
            "rule": rules.get(OWNERS[threshold.name]),
        }
        for threshold in THRESHOLDS
    ]
    return json_response({"items": items})
