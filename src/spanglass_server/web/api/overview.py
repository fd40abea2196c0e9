"""The overview: six indicators of a range of time, each with its threshold, its rules and what was before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.insight import indicators as judged
from spanglass_server.insight.indicators import BudgetUse, Indicator, Interval, Sample
from spanglass_server.model.score import ScoreType
from spanglass_server.model.score_statistics import ScoreSums
from spanglass_server.model.thresholds import Thresholds
from spanglass_server.quality.summary import by_bucket, by_name, summarize
from spanglass_server.rules.budgets import BudgetStatus
from spanglass_server.rules.thresholds import OWNERS
from spanglass_server.store.call_statistics import CallStatistics, CallSums
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import ScoreBreakdown, ScoreScope
from spanglass_server.web.api import overview_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import Json, json_response, milliseconds, time_text
from spanglass_server.web.api.threshold_rules import owner_rules
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of
from spanglass_server.web.services import Services

Comparison: TypeAlias = Literal["previous", "day", "week", "off"]

BUCKETS: Final = 48
HOUR_NS: Final = 3_600_000_000_000
_DAY_NS: Final = 24 * HOUR_NS
QUALITY_SCORES: Final = (
    "quality", "answer_quality", "overall", "correctness", "helpfulness", "relevance", "faithfulness",
    "groundedness",
)  # fmt: skip
"""Names of which more is better: those that LLMLowQuality watches."""
_UNITS: Final = {
    "latency": "s",
    "errors": "ratio",
    "tokens": "tokens",
    "cost": "USD/h",
    "quality": "quality",
    "cache": "ratio",
}


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["overview"])
    router.add_api_route(
        "/overview", get_overview, response_model=models.Overview, dependencies=[Depends(long_lane)]
    )
    return router


def get_overview(
    caller: Reading,
    services: Serving,
    asked: Annotated[Selection, Depends(selection_of("traces"))],
    compare: Annotated[
        Comparison,
        Query(description="With the stretch just before, a day or a week earlier, or with nothing."),
    ] = "previous",
) -> Response:
    """P99 latency, error rate, tokens per call, cost per hour, quality and cache hit rate."""
    look = _Look(services, caller.project.id, asked, compared_range(asked.during, compare))
    return json_response(look.answer())


def compared_range(during: TimeRange, compare: Comparison) -> TimeRange | None:
    if compare == "off":
        return None
    length = during.to_ns - during.from_ns
    back_ns = {"previous": length, "day": _DAY_NS, "week": 7 * _DAY_NS}[compare]
    return TimeRange(max(0, during.from_ns - back_ns), max(1, during.to_ns - back_ns))


class _Quality(NamedTuple):
    score: str | None
    now: Sample
    interval: Interval
    before: Sample | None
    series: Sequence[float | None]


class _Look:
    """One look at one project."""

    def __init__(
        self, services: Services, project_id: str, asked: Selection, compared: TimeRange | None
    ) -> None:
        self._services, self._project_id = services, project_id
        self._asked, self._during, self._compared = asked, asked.during, compared
        self._length_ns = self._during.to_ns - self._during.from_ns
        self._bucket_ns = -(-self._length_ns // BUCKETS)
        self._thresholds: Thresholds = services.rules.thresholds(project_id)
        self._rules = owner_rules(services, project_id)
        self._calls = self._measure(self._during, self._bucket_ns)
        self._before = None if compared is None else self._measure(compared, self._length_ns).total

    def answer(self) -> Json:
        budget = self._budget()
        return {
            "from": time_text(self._during.from_ns),
            "to": time_text(self._during.to_ns),
            "compare_from": self._compared and time_text(self._compared.from_ns),
            "compare_to": self._compared and time_text(self._compared.to_ns),
            "bucket_ms": milliseconds(self._bucket_ns),
            "calls": self._calls.total.calls,
            "indicators": self._indicators(budget),
            "budget": None if budget is None else _budget_json(budget),
        }

    def _measure(self, during: TimeRange, bucket_ns: int) -> CallStatistics:
        return self._services.call_statistics.measure(
            self._project_id, during, self._asked.where, bucket_ns=bucket_ns
        )

    def _indicators(self, budget: BudgetStatus | None) -> list[Json]:
        now, before, thresholds = self._calls.total, self._before, self._thresholds
        hours = self._length_ns / HOUR_NS
        latency = judged.assess_above(
            "latency", judged.latency_of(now), before and judged.latency_of(before), "latency_p99_seconds",
            thresholds,
        )  # fmt: skip
        errors = judged.assess_above(
            "errors", judged.errors_of(now), before and judged.errors_of(before), "error_ratio", thresholds
        )
        tokens = judged.assess_tokens(judged.tokens_of(now), before and judged.tokens_of(before), thresholds)
        cost = judged.assess_cost(
            judged.cost_of(now, hours), before and judged.cost_of(before, hours), _use(budget), thresholds
        )
        cache = judged.assess_cache(now, before, thresholds)
        quality = self._quality()
        good = judged.assess_quality(quality.now, quality.interval, quality.before, thresholds)
        of_bucket = self._bucket_ns / HOUR_NS
        of_cache = judged.cache_of if now.lookups else judged.prompt_cache_of
        return [
            self._json(latency, self._series(judged.latency_of), _parts(now, before, _LATENCY_PARTS)),
            self._json(errors, self._series(judged.errors_of), _parts(now, before, _ERROR_PARTS)),
            self._json(tokens, self._series(judged.tokens_of), _parts(now, before, _TOKEN_PARTS)),
            self._json(
                cost,
                self._series(lambda sums: judged.cost_of(sums, of_bucket)),
                _parts(now, before, _COST_PARTS),
            ),
            self._json(good, quality.series, [], quality),
            self._json(cache, self._series(of_cache), _parts(now, before, _CACHE_PARTS)),
        ]

    def _series(self, measure: Callable[[CallSums], Sample]) -> Sequence[float | None]:
        nothing = CallSums()
        return [measure(self._calls.buckets.get(number, nothing)).value for number in range(BUCKETS)]

    def _json(
        self,
        found: Indicator,
        series: Sequence[float | None],
        parts: list[Json],
        quality: _Quality | None = None,
    ) -> Json:
        change = None if found.value is None or found.before is None else found.value - found.before
        owners = dict.fromkeys(OWNERS[name] for name in found.thresholds)
        extra, order = self._behind(found, quality)
        return {
            "name": found.name,
            "unit": _UNITS[found.name],
            "value": found.value,
            "low": quality and quality.interval.low,
            "high": quality and quality.interval.high,
            "samples": found.samples,
            "samples_min": found.samples_min,
            "state": found.state,
            "reason": found.reason,
            "before": found.before,
            "change": change,
            "change_ratio": change / found.before if change is not None and found.before else None,
            "trend": found.trend,
            "series": series,
            "thresholds": [{"name": name, "value": self._thresholds[name]} for name in found.thresholds],
            "rules": [self._rules[name] for name in owners if name in self._rules],
            "parts": parts,
            "filter": extra,
            "order": order,
            "score": quality and quality.score,
        }

    def _behind(self, found: Indicator, quality: _Quality | None) -> tuple[str, str]:
        """Of the traces that make the value what it is: the filter beside the asked one, and the order."""
        limit = self._thresholds[found.thresholds[0]]
        match found.name:
            case "latency":
                return f"llm_calls>0 duration>{limit * 1000:.10g}ms", "-duration"
            case "errors":
                return "is_call:true has:error_type", "-start_time"
            case "tokens":
                return "llm_calls>0", "-total_tokens"
            case "cost":
                return "cost>0", "-cost"
            case "quality":
                name = quality.score if quality else None
                return (f"scores.{name}<{limit:.10g}" if name else "has:scores"), "-start_time"
            case "cache":
                is_own = found.thresholds[0] == "cache_hit_ratio"
                return ("cache_hit:false" if is_own else "llm_calls>0 -cache_read_tokens>0"), "-start_time"

    def _quality(self) -> _Quality:
        found = by_name(self._scores(self._during, self._bucket_ns))
        totals = {
            key: summarize(sums, data_type=key[1], about="expected").quality for key, sums in found.items()
        }
        sizes = {
            key: sum(part.quality.n1 for part in found[key]) for key in found if totals[key].value is not None
        }
        if not sizes:
            return _Quality(None, Sample(None, 0), Interval(None, None), None, [None] * BUCKETS)
        # Of several the most frequent: means of different scores are no mean of anything.
        key = min(sizes, key=lambda one: (-sizes[one], one))
        by_time = by_bucket(found[key])
        series = [
            summarize(by_time.get(number, ()), data_type=key[1], about="expected").quality.value
            for number in range(BUCKETS)
        ]
        total = totals[key]
        return _Quality(
            key[0],
            Sample(total.value, round(sizes[key])),
            Interval(total.low, total.high),
            self._quality_before(key),
            series,
        )

    def _quality_before(self, key: tuple[str, ScoreType]) -> Sample | None:
        if self._compared is None:
            return None
        sums = by_name(self._scores(self._compared, 0)).get(key, ())
        value = summarize(sums, data_type=key[1], about="expected").quality.value
        return Sample(value, round(sum(part.quality.n1 for part in sums)))

    def _scores(self, during: TimeRange, bucket_ns: int) -> Sequence[ScoreSums]:
        scope = ScoreScope(during=during, where=self._asked.where, names=QUALITY_SCORES)
        return self._services.score_statistics.sum_scores(
            self._project_id, scope, ScoreBreakdown(bucket_ns=bucket_ns)
        )

    def _budget(self) -> BudgetStatus | None:
        budgets = self._services.budgets.list(self._project_id)
        if not budgets:
            return None
        now_ns = self._services.now_ns()
        found = self._services.budget_meter.assess(self._project_id, budgets, now_ns)
        place = judged.worst_budget([use for status in found if (use := _use(status)) is not None])
        return None if place is None else found[place]


def _use(status: BudgetStatus | None) -> BudgetUse | None:
    if status is None:
        return None
    forecast = status.forecast_usd
    return BudgetUse(status.used_ratio, None if forecast is None else forecast / status.budget.amount_usd)


def _budget_json(status: BudgetStatus) -> Json:
    use = _use(status)
    return {
        "name": status.budget.name,
        "used_ratio": status.used_ratio,
        "forecast_ratio": use and use.forecast_ratio,
        "amount_usd": status.budget.amount_usd,
        "spent_usd": status.spent_usd,
        "period": status.budget.period,
    }


_Part: TypeAlias = Callable[[CallSums], float | None]
_LATENCY_PARTS: Final[Mapping[str, _Part]] = {
    "p50": lambda sums: None if sums.p50_ns is None else sums.p50_ns / 1e9
}
_ERROR_PARTS: Final[Mapping[str, _Part]] = {
    "failed": lambda sums: sums.errors,
    "calls": lambda sums: sums.calls,
}
_TOKEN_PARTS: Final[Mapping[str, _Part]] = {"tokens": lambda sums: sums.tokens}
_COST_PARTS: Final[Mapping[str, _Part]] = {
    "cost": lambda sums: sums.cost_usd if sums.billed > sums.unpriced else None,
    "unpriced": lambda sums: sums.unpriced / sums.billed if sums.billed else None,
}
_CACHE_PARTS: Final[Mapping[str, _Part]] = {
    "application": lambda sums: judged.cache_of(sums).value,
    "provider": lambda sums: judged.prompt_cache_of(sums).value,
}


def _parts(now: CallSums, before: CallSums | None, parts: Mapping[str, _Part]) -> list[Json]:
    return [
        {"name": name, "value": of(now), "before": None if before is None else of(before)}
        for name, of in parts.items()
    ]
