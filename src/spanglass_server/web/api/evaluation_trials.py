"""Before anything is judged: one trace tried, and what it would cost."""

from fastapi import APIRouter, Depends, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.model.evaluation import EvaluatorDefinition
from spanglass_server.web.api import evaluation_trial_models as models
from spanglass_server.web.api.evaluation_runs import read_during
from spanglass_server.web.api.evaluation_trial_shape import estimate_json, trial_json
from spanglass_server.web.api.evaluators import EvaluatorId, draft_from
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.services import Services


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["evaluators"])
    long = [Depends(long_lane)]

    @router.post("/evaluators/try", response_model=models.Trial)
    def try_evaluator(caller: Editing, services: Serving, given: models.TrialInput) -> Response:
        """Judge one trace and show how: the prompt, the answer, the scores. No score is stored; what a judge
        costs counts to the evaluator's budget."""
        definition = _definition(caller, services, given)
        trial = services.evaluations.try_out(definition, given.trace_id, given.span_id or "")
        judges = services.directory.ensure_judges(caller.project) if trial.calls else None
        return json_response(trial_json(trial, judges))

    @router.post("/evaluators/estimate", response_model=models.Estimate, dependencies=long)
    def estimate_day(caller: Reading, services: Serving, given: models.DraftInput) -> Response:
        """What a day of live evaluation would cost, if it were like the last 24 hours."""
        return json_response(
            estimate_json(services.evaluations.estimate_day(_definition(caller, services, given)))
        )

    @router.post("/evaluators/{evaluator_id}/estimate", response_model=models.Estimate, dependencies=long)
    def estimate_run(
        caller: Reading, services: Serving, evaluator_id: EvaluatorId, given: models.EstimateInput
    ) -> Response:
        """What a run over a stretch of time would cost."""
        during = read_during(given.from_, given.to, services.now_ns())
        estimate = services.evaluations.estimate_run(
            caller.project.id,
            evaluator_id,
            during,
            filter_text=given.filter,
            sampling_rate=given.sampling_rate,
        )
        return json_response(estimate_json(estimate))

    return router


def _definition(caller: Caller, services: Services, given: models.DraftInput) -> EvaluatorDefinition:
    """The stored one, or one that is not stored: of a stored one that is being changed, with its id, so that
    its budget holds."""
    project_id = caller.project.id
    if given.evaluator_id and given.definition is None:
        return services.evaluations.get_definition(project_id, given.evaluator_id)
    if given.definition is None:
        raise BadInput("`definition` is missing", hint="give it, or the `evaluator_id` of a stored one")
    if given.evaluator_id:
        services.evaluations.get_definition(project_id, given.evaluator_id)
    return services.evaluations.check(
        project_id, draft_from(given.definition), evaluator_id=given.evaluator_id or ""
    )
