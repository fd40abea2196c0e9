"""The JSON API, `/api/v1`, as docs/api.md describes it: one module a resource."""

from fastapi import APIRouter

from spanglass_server.web.api import (
    accounts,
    aggregate,
    annotation_queues,
    audit,
    budgets,
    cost,
    dashboards,
    datasets,
    errors_by_type,
    evaluation_runs,
    evaluation_trials,
    evaluator_kinds,
    evaluators,
    experiments,
    facets,
    histogram,
    honesty,
    judge_connections,
    keys,
    latency_heatmap,
    logs,
    media,
    movers,
    notifications,
    organization,
    overview,
    prices,
    projects,
    public_links,
    public_traces,
    receivers,
    redaction,
    releases,
    reprice,
    rules,
    saved_views,
    score_configs,
    score_statistics,
    scores,
    service_map,
    sessions,
    silences,
    spans,
    sql,
    status,
    thresholds,
    traces,
    users,
)
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.models import Problem

_PROBLEMS = {
    400: "A parameter, a filter or a cursor that cannot be read; `column` points into the filter.",
    401: "A key is missing or wrong.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    422: "The read hit the limit that `limit` names.",
    429: "Too many long reads wait already.",
    503: "Storage cannot answer for now; `Retry-After` says when to try again.",
}


def build_router() -> APIRouter:
    """All resources. Handlers find the services at `app.state.services`, so one router serves any of them."""
    long_lane = LongLane()
    router = APIRouter(
        prefix="/api/v1",
        responses={
            code: {
                "description": why,
                "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
            }
            for code, why in _PROBLEMS.items()
        },
    )
    router.include_router(public_links.build_router())
    router.include_router(public_traces.build_router())
    router.include_router(traces.build_router(long_lane))
    router.include_router(spans.router)
    router.include_router(sessions.build_router(long_lane))
    router.include_router(users.build_router(long_lane))
    router.include_router(saved_views.router)
    router.include_router(service_map.build_router(long_lane))
    router.include_router(facets.build_router(long_lane))
    router.include_router(overview.build_router(long_lane))
    for signal in (latency_heatmap, errors_by_type, movers, releases, honesty):
        router.include_router(signal.build_router(long_lane))
    router.include_router(histogram.build_router(long_lane))
    router.include_router(aggregate.build_router(long_lane))
    router.include_router(logs.build_router(long_lane))
    router.include_router(score_statistics.build_router(long_lane))
    router.include_router(scores.router)
    router.include_router(score_configs.router)
    router.include_router(media.router)
    router.include_router(evaluator_kinds.router)
    router.include_router(evaluation_trials.build_router(long_lane))
    router.include_router(evaluators.router)
    router.include_router(judge_connections.router)
    router.include_router(evaluation_runs.router)
    router.include_router(accounts.router)
    router.include_router(status.router)
    router.include_router(sql.build_router())
    router.include_router(projects.router)
    router.include_router(keys.router)
    router.include_router(organization.router)
    router.include_router(audit.router)
    router.include_router(reprice.router)
    router.include_router(prices.build_router(long_lane))
    router.include_router(redaction.build_router(long_lane))
    router.include_router(budgets.router)
    router.include_router(cost.build_router(long_lane))
    router.include_router(dashboards.router)
    router.include_router(rules.build_router(long_lane))
    router.include_router(thresholds.router)
    router.include_router(silences.router)
    router.include_router(receivers.router)
    router.include_router(notifications.router)
    router.include_router(annotation_queues.build_router(long_lane))
    router.include_router(datasets.build_router(long_lane))
    router.include_router(experiments.build_router(long_lane))
    return router
