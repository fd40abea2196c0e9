"""Evaluators: made, listed with how they fare, changed, paused, removed."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from spanglass_server.model.evaluation import LowScoreNotice
from spanglass_server.quality.definitions import (
    JUDGE_BUDGET_USD_PER_DAY,
    Draft,
    draft_of,
    get_kind,
)
from spanglass_server.store.library import Slice
from spanglass_server.web.api import evaluator_models as models
from spanglass_server.web.api.evaluator_shape import evaluator_json, failure_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Editing, Reading, Serving

router = APIRouter(tags=["evaluators"])
EvaluatorId = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Items before it.")]


@router.get("/evaluators", response_model=models.Evaluators)
def list_evaluators(caller: Reading, services: Serving) -> Response:
    """The project's evaluators, by name."""
    reports = services.evaluations.list_evaluators(caller.project.id)
    return json_response({"items": [evaluator_json(report) for report in reports]})


@router.post("/evaluators", response_model=models.Evaluator, status_code=201)
def create_evaluator(caller: Editing, services: Serving, given: models.EvaluatorInput) -> Response:
    """Make an evaluator, and the configurations of its scores where there are none. It judges what is stored
    from now on; a run judges what is there already."""
    made = services.evaluations.create(caller.project.id, draft_from(given))
    response = json_response(evaluator_json(made))
    response.status_code = 201
    return response


@router.get("/evaluators/{evaluator_id}", response_model=models.Evaluator)
def get_evaluator(caller: Reading, services: Serving, evaluator_id: EvaluatorId) -> Response:
    return json_response(evaluator_json(services.evaluations.get_evaluator(caller.project.id, evaluator_id)))


@router.patch("/evaluators/{evaluator_id}", response_model=models.Evaluator)
def change_evaluator(
    caller: Editing, services: Serving, evaluator_id: EvaluatorId, given: models.EvaluatorPatch
) -> Response:
    """Change what is given. Another kind, other options or another target make a new version: its scores
    stand beside those of the old one."""
    before = services.evaluations.get_definition(caller.project.id, evaluator_id)
    changed = services.evaluations.change(
        caller.project.id, evaluator_id, draft_of(before)._replace(**_changes(given))
    )
    return json_response(evaluator_json(changed))


@router.delete("/evaluators/{evaluator_id}", status_code=204)
def delete_evaluator(caller: Editing, services: Serving, evaluator_id: EvaluatorId) -> Response:
    """Remove it with its failures, runs and spend. Its scores stay."""
    services.evaluations.delete(caller.project.id, evaluator_id)
    return Response(status_code=204)


@router.get("/evaluators/{evaluator_id}/failures", response_model=models.Failures)
def list_failures(
    caller: Reading, services: Serving, evaluator_id: EvaluatorId, limit: Limit = 50, offset: Offset = 0
) -> Response:
    """Targets that could not be judged, the newest first."""
    page = services.evaluations.list_failures(caller.project.id, evaluator_id, Slice(limit, offset))
    return json_response({"items": [failure_json(each) for each in page.items], "total": page.total})


@router.post("/evaluators/{evaluator_id}/failures/retry", response_model=models.Retried)
def retry_failures(caller: Editing, services: Serving, evaluator_id: EvaluatorId) -> Response:
    """Judge all of them again, within seconds; how many. Those that go well leave the list."""
    return json_response({"count": services.evaluations.retry_failures(caller.project.id, evaluator_id)})


def draft_from(given: models.EvaluatorInput) -> Draft:
    values = given.model_dump(exclude={"notice", "budget_usd_per_day"})
    budget = given.budget_usd_per_day
    if "budget_usd_per_day" not in given.model_fields_set and get_kind(given.kind).is_judge:
        budget = JUDGE_BUDGET_USD_PER_DAY
    return Draft(**values, budget_usd_per_day=budget, notice=_notice(given.notice))


_NULLABLE = frozenset({"calls_per_minute_max", "budget_usd_per_day", "notice"})


def _changes(given: models.EvaluatorPatch) -> dict[str, Any]:
    """null means "none" where there may be none, else "as it was"."""
    values = {name: getattr(given, name) for name in given.model_fields_set}
    changes = {name: value for name, value in values.items() if value is not None or name in _NULLABLE}
    if "notice" in changes:
        changes["notice"] = _notice(given.notice)
    return changes


def _notice(given: models.NoticeInput | None) -> LowScoreNotice | None:
    return LowScoreNotice(given.threshold, given.receiver, given.interval_s) if given else None
