"""Runs of an evaluator over what is stored already."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.quality.service import RunRequest
from spanglass_server.store.library import Slice
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import evaluator_models as models
from spanglass_server.web.api.evaluator_shape import run_json
from spanglass_server.web.api.evaluators import EvaluatorId, Limit, Offset
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.params import parse_time_ns

router = APIRouter(tags=["evaluators"])
RunId = Annotated[str, Path(max_length=64)]


@router.post("/evaluators/{evaluator_id}/runs", response_model=models.Run, status_code=201)
def start_run(
    caller: Editing, services: Serving, evaluator_id: EvaluatorId, given: models.RunInput
) -> Response:
    """Judge the traces of a stretch of time. What has a score of the evaluator's version is skipped."""
    during = read_during(given.from_, given.to, services.now_ns())
    wanted = RunRequest(during, given.filter, given.sampling_rate, given.budget_usd)
    run = services.evaluations.start_run(caller.project.id, evaluator_id, wanted)
    response = json_response(run_json(run))
    response.status_code = 201
    return response


@router.get("/evaluators/{evaluator_id}/runs", response_model=models.Runs)
def list_runs(
    caller: Reading, services: Serving, evaluator_id: EvaluatorId, limit: Limit = 50, offset: Offset = 0
) -> Response:
    """Its runs, the newest first."""
    page = services.evaluations.list_runs(caller.project.id, evaluator_id, Slice(limit, offset))
    return json_response({"items": [run_json(run) for run in page.items], "total": page.total})


@router.get("/evaluators/{evaluator_id}/runs/{run_id}", response_model=models.Run)
def get_run(caller: Reading, services: Serving, evaluator_id: EvaluatorId, run_id: RunId) -> Response:
    return json_response(run_json(services.evaluations.get_run(caller.project.id, evaluator_id, run_id)))


@router.post("/evaluators/{evaluator_id}/runs/{run_id}/cancel", response_model=models.Run)
def cancel_run(caller: Editing, services: Serving, evaluator_id: EvaluatorId, run_id: RunId) -> Response:
    """End it. What it scored stays; one that is over stays as it is."""
    return json_response(run_json(services.evaluations.cancel_run(caller.project.id, evaluator_id, run_id)))


def read_during(from_: str, to: str, now_ns: int) -> TimeRange:
    """Raises QueryInvalid."""
    during = TimeRange(parse_time_ns(from_, now_ns, name="from"), parse_time_ns(to, now_ns, name="to"))
    if during.from_ns >= during.to_ns:
        raise QueryInvalid("`from` is not before `to`")
    return during
