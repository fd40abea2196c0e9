"""What is missing from the telemetry, so that nobody takes the other numbers for more than they are."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from spanglass_server.quality.service import EvaluatorReport
from spanglass_server.store.signals import SpanDefects
from spanglass_server.web.api import signals_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of

LAG_MAX_S: Final = 300.0
"""An evaluator that is farther behind is told."""
_WARNINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "dropped": ("dropped_by_sender",),
    "clock_skewed": ("end_before_start", "time_out_of_range"),
    "miscounted": ("cache_tokens_unknown", "output_tokens_overcounted", "usage_inconsistent"),
    "unreadable": ("not_understood", "unprintable_text"),
    "redacted": ("redacted",),
}
"""By what they mean for whoever looks at numbers; docs/warnings.md."""
_REJECTED: Final = ("rejected_spans", "rejected_logs", "rejected_scores", "rejected_samples")
_VERBS: Final = ("accepted", "rejected")
_COUNTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "truncated": ("cut_values",),
    "rejected": _REJECTED,
    "refused": ("malformed_requests", "refused_requests"),
    "not_stored": ("busy_requests", "timed_out_requests", "failed_requests"),
}


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["overview"])
    router.add_api_route(
        "/honesty", get_honesty, response_model=models.Honesty, dependencies=[Depends(long_lane)]
    )
    return router


def get_honesty(
    caller: Reading,
    services: Serving,
    asked: Annotated[Selection, Depends(selection_of("traces"))],
) -> Response:
    """Counts of what was dropped, cut, rejected, orphaned, unpriced, unscored ..., each with its share."""
    during = asked.during
    defects = services.signals.count_defects(caller.project.id, during, asked.where)
    evaluators = services.evaluations.list_evaluators(caller.project.id)
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "started_at": time_text(services.started_at_ns),
            "items": [*_project_counts(defects), *_server_counts(services.ingest.counters())],
            "evaluators": [_trouble_json(report) for report in evaluators if _is_in_trouble(report)],
        }
    )


def _project_counts(found: SpanDefects) -> list[Json]:
    warnings = [
        _count(
            name,
            sum(found.warnings.get(word, 0) for word in words),
            (found.spans, "spans"),
            filter_=f"warnings:({' or '.join(words)})" if len(words) > 1 else f"warnings:{words[0]}",
        )
        for name, words in _WARNINGS.items()
    ]
    return [
        _count("unpriced", found.unpriced, (found.billable, "calls"), filter_="unpriced_count>0"),
        _count("unscored", found.unscored, (found.traces, "traces"), filter_="llm_call_count>0 -has:scores"),
        _count("orphaned", found.orphans, (found.spans, "spans")),
        *warnings,
    ]


def _server_counts(counters: Mapping[str, int]) -> list[Json]:
    """Of what arrived, where that is counted."""
    requests = counters.get("accepted_requests", 0) + sum(
        counters.get(word, 0) for name in ("refused", "not_stored") for word in _COUNTERS[name]
    )
    wholes: Mapping[str, tuple[int, str]] = {
        "rejected": (
            sum(counters.get(word.replace("rejected", verb), 0) for word in _REJECTED for verb in _VERBS),
            "records",
        ),
        "refused": (requests, "requests"),
        "not_stored": (requests, "requests"),
    }
    return [
        _count(name, sum(counters.get(word, 0) for word in words), wholes.get(name), scope="server")
        for name, words in _COUNTERS.items()
    ]


def _count(
    name: str, count: int, whole: tuple[int, str] | None, *, filter_: str = "", scope: str = "project"
) -> Json:
    of, of_what = whole or (None, "")
    return {
        "name": name,
        "count": count,
        "of": of if of_what else None,
        "of_what": of_what,
        "scope": scope,
        "filter": filter_,
    }


def _is_in_trouble(report: EvaluatorReport) -> bool:
    failed = report.state.failed_count if report.state else 0
    is_late = report.lag_s is not None and report.lag_s > LAG_MAX_S
    return report.definition.is_enabled and (failed > 0 or is_late or report.status != "running")


def _trouble_json(report: EvaluatorReport) -> Json:
    return {
        "id": report.definition.id,
        "name": report.definition.name,
        "status": report.status,
        "reason": report.reason,
        "failed_count": report.state.failed_count if report.state else 0,
        "lag_s": report.lag_s,
    }
