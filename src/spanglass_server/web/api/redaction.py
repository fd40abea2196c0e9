"""What of a project's texts is made unreadable before it is stored: the rules, and what they do."""

import secrets
from collections import Counter
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.model.redaction import REDACTION_FIELDS, RedactionCount
from spanglass_server.normalize.redaction import DEFAULT_POLICY, PERSONAL_KINDS, SECRET_KINDS
from spanglass_server.normalize.redaction.trial import SpanTrial, try_text
from spanglass_server.normalize.redaction.values import ValueRedactor
from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.web.api import redaction_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.redaction_shape import counts_json, policy_json, policy_of
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Administering, Reading, Serving
from spanglass_server.web.services import Services

_HOUR_NS: Final = 3_600 * 1_000_000_000
_PREVIEW_NS: Final = 30 * 24 * _HOUR_NS
_PREVIEW_SPANS_MAX: Final = 2_000


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["redaction"], prefix="/redaction")
    router.add_api_route("", get_redaction, response_model=models.Redaction)
    router.add_api_route("", put_redaction, methods=["PUT"], response_model=models.Redaction)
    router.add_api_route("", reset_redaction, methods=["DELETE"], response_model=models.Redaction)
    router.add_api_route("/counts", get_counts, response_model=models.RedactionCounts)
    router.add_api_route("/trial", try_policy, methods=["POST"], response_model=models.TrialResult)
    router.add_api_route(
        "/preview",
        preview_policy,
        methods=["POST"],
        response_model=models.PreviewResult,
        dependencies=[Depends(long_lane)],
    )
    return router


def get_redaction(caller: Reading, services: Serving) -> Response:
    """The project's rules, and what rules can be about."""
    return json_response(_redaction_json(services, caller.project.id))


def put_redaction(caller: Administering, services: Serving, given: models.Policy) -> Response:
    """Replace the rules. They hold for what comes from now on; what is stored stays as it is."""
    project_id = caller.project.id
    policy = policy_of(given)
    services.redaction.put(project_id, policy)
    services.audit.record(
        caller,
        action="redaction.change",
        target=caller.project.name,
        project_id=project_id,
        details={
            "detectors": {rule.kind: rule.action for rule in policy.detectors},
            "patterns": [rule.name for rule in policy.patterns],
            "attributes": {rule.key: rule.action for rule in policy.keys},
            "fields": {rule.field: rule.action for rule in policy.fields},
            "stores_content": policy.stores_content,
            "stores_media": policy.stores_media,
        },
    )
    return json_response(_redaction_json(services, project_id))


def reset_redaction(caller: Administering, services: Serving) -> Response:
    """Back to the rules of a project that has said nothing."""
    services.redaction.reset(caller.project.id)
    services.audit.record(
        caller, action="redaction.reset", target=caller.project.name, project_id=caller.project.id, details={}
    )
    return json_response(_redaction_json(services, caller.project.id))


def get_counts(
    caller: Reading,
    services: Serving,
    hours: Annotated[int, Query(ge=1, le=744, description="The last so many.")] = 24,
) -> Response:
    """How often something was replaced, hashed or dropped, by detector and field."""
    now_ns = services.now_ns()
    found = services.redaction.list_counts(caller.project.id, now_ns - hours * _HOUR_NS)
    counts: Counter[RedactionCount] = Counter()
    by_hour: Counter[int] = Counter()
    for one in found:
        counts[one.what] += one.times
        by_hour[one.hour_ns] += one.times
    return json_response(
        {
            "total": counts.total(),
            "counts": counts_json(counts),
            "hours": [
                {"start": time_text(hour_ns), "count": count} for hour_ns, count in sorted(by_hour.items())
            ],
        }
    )


def try_policy(caller: Reading, given: models.Trial) -> Response:
    """What rules would make of a text. Nothing is stored."""
    del caller
    policy = policy_of(given.policy)
    # A key of its own: with the project's, whoever may read could find out which value a stored hash is of.
    values = ValueRedactor(policy, secrets.token_bytes(32))
    trial = try_text(values, given.text, given.field)
    actions = {rule.kind: rule.action for rule in policy.detectors}
    actions |= {rule.name: rule.action for rule in policy.patterns}
    return json_response(
        {
            "text": trial.text,
            "findings": [
                {"detector": it.kind, "action": actions[it.kind], "start": it.start, "end": it.end}
                for it in trial.findings
            ],
            "count": trial.times,
        }
    )


def preview_policy(caller: Reading, services: Serving, given: models.Preview) -> Response:
    """What detectors and patterns would replace in the newest stored traces. Nothing is changed."""
    trial = SpanTrial(policy_of(given.policy), secrets.token_bytes(32))
    now_ns = services.now_ns()
    during = TimeRange(now_ns - _PREVIEW_NS, now_ns)
    page = services.reader.list_traces(
        caller.project.id, during, None, PageRequest(given.traces, "", "-start_time")
    )
    traces = spans = 0
    for row in page.items:
        opened = services.reader.open_trace(caller.project.id, row["trace_id"], payloads=True)
        if opened is None or spans >= _PREVIEW_SPANS_MAX:
            continue
        traces += 1
        for span in opened.spans[: _PREVIEW_SPANS_MAX - spans]:
            spans += 1
            trial.take(span)
    return json_response(
        {
            "traces": traces,
            "spans": spans,
            "spans_changed": trial.changed_count,
            "counts": counts_json(trial.tally.counts),
        }
    )


def _redaction_json(services: Services, project_id: str) -> dict[str, Any]:
    stored = services.redaction.find(project_id)
    return {
        "policy": policy_json(DEFAULT_POLICY if stored is None else stored.policy),
        "default_policy": policy_json(DEFAULT_POLICY),
        "is_default": stored is None,
        "updated_at": None if stored is None else time_text(stored.updated_at_ns),
        "server_stores_content": services.redaction.stores_content,
        "personal": PERSONAL_KINDS,
        "secrets": SECRET_KINDS,
        "fields": REDACTION_FIELDS,
    }
