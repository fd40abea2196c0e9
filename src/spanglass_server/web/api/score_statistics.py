"""What many scores say together: means with intervals, trends, distributions, agreement."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.base.errors import BadInput, QueryInvalid
from spanglass_server.model.score import ScoreSource, ScoreType
from spanglass_server.model.score_statistics import ScoreGrouping, ScoreSums
from spanglass_server.quality.pairs import compare_pairs
from spanglass_server.quality.statistics import About
from spanglass_server.quality.summary import (
    GRID,
    Summary,
    by_bucket,
    by_group,
    by_name,
    change_of,
    quantiles_of,
    summarize,
)
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import PairQuery, QuantileQuery, ScoreBreakdown, ScoreScope
from spanglass_server.web.api import score_statistics_models as models
from spanglass_server.web.api import score_statistics_shape as shape
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import Json, json_response, milliseconds
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import FILTER_HELP, parse_time_ns, time_range
from spanglass_server.web.services import Services

CATEGORIES_MAX: Final = 20
"""Categories whose shares are told; the most frequent."""

TREND_NAMES_MAX: Final = 200
"""Names whose trends are told with the list of names."""

PAIRS_MAX: Final = 50_000

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def build_router(long_lane: LongLane) -> APIRouter:
    """Before the router of single scores, whose path takes any word."""
    router = APIRouter(prefix="/scores", tags=["score statistics"], dependencies=[Depends(long_lane)])
    router.add_api_route("/names", list_names, response_model=models.ScoreNames)
    router.add_api_route("/statistics", get_statistics, response_model=models.ScoreStatistics)
    router.add_api_route("/trend", get_trend, response_model=models.ScoreTrend)
    router.add_api_route("/distribution", get_distribution, response_model=models.ScoreDistribution)
    router.add_api_route("/agreement", get_agreement, response_model=models.ScoreAgreement)
    return router


Words = Annotated[list[str] | None, Query(description="Any of these.")]
Name = Annotated[str, Query(min_length=1, max_length=200, description="Name of the scores.")]
TypeOf = Annotated[
    Literal["numeric", "boolean", "categorical"] | None,
    Query(description="Absent: the most frequent type of that name."),
]
GroupBy = Annotated[ScoreGrouping | None, Query(description="What to tell apart.")]
Interval = Annotated[
    models.Interval,
    Query(
        description="What intervals are about: what traces like these are expected to be, or exactly the"
        " traces that there were."
    ),
]


def scope_of(
    during: Annotated[TimeRange, Depends(time_range)],
    filter_: Annotated[str, Query(alias="filter", description=FILTER_HELP)] = "",
    at: Annotated[
        Literal["score", "trace"],
        Query(description="Whether times are of scores or of the traces that they judge."),
    ] = "score",
    source: Annotated[list[ScoreSource] | None, Query()] = None,
    author: Words = None,
    environment: Words = None,
    evaluator_id: Words = None,
    evaluator_version: Annotated[list[Annotated[int, Query(ge=0, le=2**31)]] | None, Query()] = None,
) -> ScoreScope:
    return ScoreScope(
        during=during,
        at=at,
        where=parse_filter(filter_, "traces"),
        sources=source or (),
        authors=author or (),
        environments=environment or (),
        evaluator_ids=evaluator_id or (),
        evaluator_versions=evaluator_version or (),
    )


Scoped = Annotated[ScoreScope, Depends(scope_of)]


def list_names(
    caller: Reading,
    services: Serving,
    scope: Scoped,
    interval: Interval = "expected",
    buckets: Annotated[int, Query(ge=0, le=100, description="Of each name's trend; 0: none.")] = 0,
) -> Response:
    """The names of scores with what there is of each, those with most scores first."""
    statistics, project_id = services.score_statistics, caller.project.id
    names = statistics.list_names(project_id, scope)
    measured = by_name(statistics.sum_scores(project_id, scope, ScoreBreakdown()))
    bucket_ns = _bucket_ns(scope.during, buckets) if buckets else 0
    shown = scope._replace(names=sorted({name.name for name in names[:TREND_NAMES_MAX]}))
    trends = (
        by_name(statistics.sum_scores(project_id, shown, ScoreBreakdown(bucket_ns=bucket_ns)))
        if buckets and names
        else {}
    )
    items = []
    for name in names:
        key = name.name, name.data_type
        summary = summarize(measured.get(key, ()), data_type=name.data_type, about=interval)
        told = _buckets_of(trends.get(key, ()), scope.during, bucket_ns, name.data_type, interval)
        items.append(shape.name_json(name, summary, [shape.trend_json(start, s) for start, s in told]))
    return json_response({"items": items, "bucket_ms": milliseconds(bucket_ns) if bucket_ns else None})


class _Asked(NamedTuple):
    """One name's scores of one type."""

    scope: ScoreScope
    data_type: ScoreType
    categories: Sequence[str]


def _asked(
    services: Services, project_id: str, scope: ScoreScope, name: str, data_type: ScoreType | None
) -> _Asked:
    """Without any scores: as numbers."""
    scope = scope._replace(names=[name])
    if data_type is None:
        found = services.score_statistics.list_names(project_id, scope)
        measured = [n.data_type for n in found if n.data_type in ("numeric", "boolean", "categorical")]
        data_type = measured[0] if measured else "numeric"
    scope = scope._replace(data_types=[data_type])
    if data_type != "categorical":
        return _Asked(scope, data_type, ())
    listed = services.score_statistics.list_categories(project_id, scope, limit=CATEGORIES_MAX)
    return _Asked(scope, data_type, [category for category, _ in listed])


def get_statistics(
    caller: Reading,
    services: Serving,
    scope: Scoped,
    name: Name,
    data_type: TypeOf = None,
    group_by: GroupBy = None,
    interval: Interval = "expected",
    quantiles: Annotated[bool, Query(description="Quantiles of numbers, of each group.")] = False,
    baseline_from: Annotated[
        str, Query(description="Start of a range before it, to compare with; with `baseline_to`.")
    ] = "",
    baseline_to: Annotated[str, Query(description="Its end, exclusive.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Most groups; those with most scores.")] = 50,
) -> Response:
    """Count, mean, shares and quality with 95 % intervals, of all and of each group."""
    asked = _asked(services, caller.project.id, scope, name, data_type)
    baseline = _baseline(services, baseline_from, baseline_to)
    table = _Table(services, caller.project.id, asked, interval)
    total = table.rows(None, baseline, with_quantiles=quantiles)
    groups = table.rows(group_by, baseline, with_quantiles=quantiles) if group_by else []
    nothing = table.row("", "", (), None, None)
    return json_response(
        {
            "name": name,
            "data_type": asked.data_type,
            "interval": interval,
            "group_by": group_by,
            "total": total[0] if total else nothing,
            "groups": groups[:limit],
            "is_cut": len(groups) > limit,
        }
    )


class _Table:
    """Rows of groups with what is told of each."""

    def __init__(self, services: Services, project_id: str, asked: _Asked, about: About) -> None:
        self._statistics = services.score_statistics
        self._project_id = project_id
        self._asked = asked
        self._about = about

    def rows(
        self, group_by: ScoreGrouping | None, baseline: TimeRange | None, *, with_quantiles: bool
    ) -> list[Json]:
        asked = self._asked
        breakdown = ScoreBreakdown(group_by=group_by, categories=asked.categories)
        found = by_group(self._statistics.sum_scores(self._project_id, asked.scope, breakdown))
        before = None
        if baseline is not None:
            earlier = asked.scope._replace(during=baseline)
            before = by_group(self._statistics.sum_scores(self._project_id, earlier, breakdown))
        grids = self._grids(group_by) if with_quantiles and asked.data_type == "numeric" else {}
        return [
            self.row(*key, sums, None if before is None else before.get(key, ()), grids.get(key))
            for key, sums in found.items()
        ]

    def row(
        self,
        group: str,
        version: str,
        sums: Sequence[ScoreSums],
        before: Sequence[ScoreSums] | None,
        grid: Sequence[float] | None,
    ) -> Json:
        categories, summary = self._asked.categories, self._summarize(sums)
        change = None
        if before is not None:
            earlier = self._summarize(before)
            moved = change_of(earlier, summary, data_type=self._asked.data_type)
            change = shape.change_json(earlier, moved, categories)
        quantiles = quantiles_of(grid, LEVELS, summary.mean.effective_n) if grid else []
        return {
            "group": group,
            "version": version or None,
            **shape.summary_json(summary, categories),
            "quantiles": [shape.quantile_json(quantile) for quantile in quantiles],
            "change": change,
        }

    def _summarize(self, sums: Sequence[ScoreSums]) -> Summary:
        return summarize(sums, data_type=self._asked.data_type, about=self._about)

    def _grids(self, group_by: ScoreGrouping | None) -> dict[tuple[str, str], Sequence[float]]:
        query = QuantileQuery(levels=GRID, group_by=group_by)
        found = self._statistics.find_quantiles(self._project_id, self._asked.scope, query)
        return {(row.group, row.version): row.values for row in found}


def get_trend(
    caller: Reading,
    services: Serving,
    scope: Scoped,
    name: Name,
    data_type: TypeOf = None,
    group_by: GroupBy = None,
    interval: Interval = "expected",
    buckets: Annotated[int, Query(ge=1, le=500, description="Most buckets of the range.")] = 60,
    limit: Annotated[int, Query(ge=1, le=50, description="Most groups; those with most scores.")] = 8,
) -> Response:
    """Means, shares and quality over time. Buckets without a score are left out."""
    asked = _asked(services, caller.project.id, scope, name, data_type)
    bucket_ns = _bucket_ns(scope.during, buckets)
    breakdown = ScoreBreakdown(group_by=group_by, bucket_ns=bucket_ns, categories=asked.categories)
    groups = by_group(services.score_statistics.sum_scores(caller.project.id, asked.scope, breakdown))
    shown = [
        {
            "group": group,
            "version": version or None,
            "buckets": [
                shape.trend_bucket_json(start_ns, summary, asked.categories)
                for start_ns, summary in _buckets_of(sums, scope.during, bucket_ns, asked.data_type, interval)
            ],
        }
        for (group, version), sums in list(groups.items())[:limit]
    ]
    return json_response(
        {
            "name": name,
            "data_type": asked.data_type,
            "interval": interval,
            "group_by": group_by,
            "bucket_ms": milliseconds(bucket_ns),
            "categories": asked.categories,
            "groups": shown,
            "is_cut": len(groups) > limit,
        }
    )


def get_distribution(
    caller: Reading,
    services: Serving,
    scope: Scoped,
    name: Name,
    data_type: TypeOf = None,
    bins: Annotated[int, Query(ge=1, le=100, description="Of numbers: bins of one width.")] = 20,
    low: Annotated[float | None, Query(allow_inf_nan=False, description="Start of the first bin.")] = None,
    high: Annotated[float | None, Query(allow_inf_nan=False, description="End of the last bin.")] = None,
) -> Response:
    """How values spread, each counted as often as its sampling rate says that it stands for others."""
    asked = _asked(services, caller.project.id, scope, name, data_type)
    told, is_cut = (
        _words(services, caller.project.id, asked)
        if asked.data_type != "numeric"
        else (_numbers(services, caller.project.id, asked, bins, low, high), False)
    )
    total = sum(bin_["weight"] for bin_ in told)
    for bin_ in told:
        bin_["share"] = bin_["weight"] / total if total else 0.0
    count = sum(bin_["count"] for bin_ in told)
    return json_response(
        {"name": name, "data_type": asked.data_type, "count": count, "bins": told, "is_cut": is_cut}
    )


def _numbers(
    services: Services, project_id: str, asked: _Asked, bins: int, low: float | None, high: float | None
) -> list[Json]:
    if low is None or high is None:
        extent = services.score_statistics.find_extent(project_id, asked.scope)
        if extent is None:
            return []
        least, greatest = extent
        if least >= 0 and greatest <= 1:  # Most scores: one picture for each of them.
            least, greatest = 0.0, 1.0
        low, high = (least if low is None else low), (greatest if high is None else high)
    if low > high:
        raise QueryInvalid("`low` is above `high`")
    width = (high - low) / bins or 1.0 / bins
    counted = services.score_statistics.count_bins(project_id, asked.scope, first=low, width=width, bins=bins)
    found = {bin_.number: bin_ for bin_ in counted}
    return [
        {
            "low": low + number * width,
            "high": low + (number + 1) * width,
            "category": None,
            "count": found[number].scores if number in found else 0,
            "weight": found[number].weight if number in found else 0.0,
        }
        for number in range(bins)
    ]


def _words(services: Services, project_id: str, asked: _Asked) -> tuple[list[Json], bool]:
    """Categories, the most frequent first; of booleans `true`, then `false`."""
    categories = asked.categories or ("true", "false")
    sums = services.score_statistics.sum_scores(
        project_id, asked.scope, ScoreBreakdown(categories=categories)
    )
    told = [
        {
            "low": None,
            "high": None,
            "category": category,
            "count": round(sum(part.shares[place].s_mean * part.shares[place].units for part in sums)),
            "weight": sum(
                part.shares[place].s_mean * part.shares[place].units / part.units.rate for part in sums
            ),
        }
        for place, category in enumerate(categories)
    ]
    return told, len(asked.categories) == CATEGORIES_MAX


class _Side(NamedTuple):
    name: str
    sources: Sequence[ScoreSource]
    author: str
    evaluator_id: str
    version: int | None

    def scope(self, base: ScoreScope) -> ScoreScope:
        return base._replace(
            names=[self.name],
            sources=self.sources,
            authors=[self.author] if self.author else [],
            evaluator_ids=[self.evaluator_id] if self.evaluator_id else [],
            evaluator_versions=[] if self.version is None else [self.version],
        )


def first_side(
    first_name: Name,
    first_source: Annotated[list[ScoreSource] | None, Query()] = None,
    first_author: Annotated[str, Query(max_length=200)] = "",
    first_evaluator_id: Annotated[str, Query(max_length=800)] = "",
    first_evaluator_version: Annotated[int | None, Query(ge=0, le=2**31)] = None,
) -> _Side:
    return _Side(first_name, first_source or (), first_author, first_evaluator_id, first_evaluator_version)


def second_side(
    second_name: Name,
    second_source: Annotated[list[ScoreSource] | None, Query()] = None,
    second_author: Annotated[str, Query(max_length=200)] = "",
    second_evaluator_id: Annotated[str, Query(max_length=800)] = "",
    second_evaluator_version: Annotated[int | None, Query(ge=0, le=2**31)] = None,
) -> _Side:
    return _Side(
        second_name, second_source or (), second_author, second_evaluator_id, second_evaluator_version
    )


def get_agreement(
    caller: Reading,
    services: Serving,
    during: Annotated[TimeRange, Depends(time_range)],
    first: Annotated[_Side, Depends(first_side)],
    second: Annotated[_Side, Depends(second_side)],
    filter_: Annotated[str, Query(alias="filter", description=FILTER_HELP)] = "",
    at: Annotated[Literal["score", "trace"], Query(description="As of the others.")] = "score",
    match: Annotated[
        Literal["target", "trace"],
        Query(description="Pair what judges the same span or trace, or anything within one trace."),
    ] = "target",
    threshold: Annotated[
        float | None,
        Query(allow_inf_nan=False, description="From which on a number passes; absent: the middle."),
    ] = None,
    limit: Annotated[int, Query(ge=0, le=1000, description="Most disagreements.")] = 50,
) -> Response:
    """How far two scores of the same targets agree; of each side the newest score of a target counts."""
    if first == second:
        raise BadInput(
            "both sides are the same scores",
            hint="let them differ in name, source, author or evaluator",
        )
    base = ScoreScope(during=during, at=at, where=parse_filter(filter_, "traces"))
    query = PairQuery(first.scope(base), second.scope(base), is_by_trace=match == "trace")
    pairs = services.score_statistics.list_pairs(caller.project.id, query, limit=PAIRS_MAX + 1)
    compared = compare_pairs(pairs[:PAIRS_MAX], threshold=threshold, worst=limit)
    return json_response(shape.agreement_json(compared, is_cut=len(pairs) > PAIRS_MAX))


def _baseline(services: Services, from_: str, to: str) -> TimeRange | None:
    if not from_ and not to:
        return None
    if not from_ or not to:
        raise QueryInvalid("`baseline_from` and `baseline_to` come together")
    now_ns = services.now_ns()
    baseline = TimeRange(
        parse_time_ns(from_, now_ns, name="baseline_from"), parse_time_ns(to, now_ns, name="baseline_to")
    )
    if baseline.from_ns >= baseline.to_ns:
        raise QueryInvalid("`baseline_from` is not before `baseline_to`")
    return baseline


def _buckets_of(
    sums: Sequence[ScoreSums], during: TimeRange, bucket_ns: int, data_type: ScoreType, about: About
) -> list[tuple[int, Summary]]:
    return [
        (during.from_ns + number * bucket_ns, summarize(found, data_type=data_type, about=about))
        for number, found in sorted(by_bucket(sums).items())
    ]


def _bucket_ns(during: TimeRange, buckets: int) -> int:
    """Whole milliseconds, such that `buckets` of them cover the range."""
    milliseconds_ = -(-(during.to_ns - during.from_ns) // (buckets * 1_000_000))
    return max(1, milliseconds_) * 1_000_000
