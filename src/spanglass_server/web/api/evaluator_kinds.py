"""What evaluators there can be: built-in kinds with their options, rubrics, installed functions."""

from importlib.metadata import entry_points
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from spanglass.evaluators import EvaluatorKind
from spanglass.evaluators.kinds import KINDS
from spanglass_server.quality.definitions import (
    CONCURRENCY,
    DELAY_S,
    JUDGE_BUDGET_USD_PER_DAY,
    JUDGE_SAMPLING_RATE,
)
from spanglass_server.web.api import evaluator_models as models
from spanglass_server.web.api.evaluator_shape import forms_json
from spanglass_server.web.api.rubric_shape import rubrics_json
from spanglass_server.web.api.shape import Json, json_response
from spanglass_server.web.callers import Reading

router = APIRouter(tags=["evaluators"])
ENTRY_POINT_GROUP: Final = "spanglass.evaluators"


@router.get("/evaluator-kinds", response_model=models.EvaluatorKinds)
def list_kinds(caller: Reading) -> Response:
    """The kinds of evaluators with what each takes and gives, the rubrics that come with Spanglass, and the
    functions that are installed on the server."""
    del caller
    return json_response(
        {
            "items": [_kind_json(kind) for kind in KINDS],
            "rubrics": rubrics_json(),
            "functions": sorted(found.name for found in entry_points(group=ENTRY_POINT_GROUP)),
        }
    )


def _kind_json(kind: EvaluatorKind) -> Json:
    options = _default_options(kind)
    return {
        "name": kind.name,
        "title": kind.title,
        "description": kind.description,
        "is_judge": kind.is_judge,
        "options_schema": kind.options.model_json_schema(),
        "defaults": {
            "options": options,
            "sampling_rate": JUDGE_SAMPLING_RATE if kind.is_judge else 1.0,
            "delay_s": DELAY_S,
            "concurrency_max": CONCURRENCY,
            "budget_usd_per_day": JUDGE_BUDGET_USD_PER_DAY if kind.is_judge else None,
        },
        "scores": _default_forms(kind),
    }


def _default_options(kind: EvaluatorKind) -> Json:
    """Those that have a default: what is left is for a person to say."""
    found: dict[str, Any] = {}
    for name, field in kind.options.model_fields.items():
        if not field.is_required():
            found[name] = field.get_default(call_default_factory=True)
    dumped: Json = kind.options.model_construct(**found).model_dump(mode="json", include=set(found))
    return dumped


def _default_forms(kind: EvaluatorKind) -> list[Json]:
    """None where the options decide it and have no defaults."""
    try:
        return forms_json(kind.forms(kind.options()))
    except ValidationError:
        return []
