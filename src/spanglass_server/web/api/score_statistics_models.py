"""The shapes of score statistics in docs/api.md, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from spanglass_server.model.score import ScoreSource, ScoreType
from spanglass_server.web.api.score_models import Shape

Interval = Literal["expected", "population"]


class Estimate(Shape):
    value: float | None
    low: float | None = Field(description="Of the 95 % interval; null for fewer than two traces.")
    high: float | None


class Difference(Estimate):
    p_value: float | None = Field(description="Two-sided.")
    has_moved: bool | None = Field(description="Zero lies outside the interval.")


class CategoryShare(Shape):
    category: str
    share: Estimate


class Quantile(Estimate):
    level: float


class Statistics(Shape):
    count: int = Field(description="Scores.")
    units: int = Field(description="Judged traces, and sessions and dataset runs.")
    population: Estimate = Field(description="Traces that there are, judged or not.")
    sampled_share: float | None
    mean: Estimate = Field(description="Of values; of booleans the share that is true.")
    quality: Estimate
    shares: list[CategoryShare]


class Trend(Shape):
    start_time: datetime
    count: int
    mean: Estimate
    quality: Estimate


class EvaluatorOfScores(Shape):
    id: str
    author: str
    version: int


class ScoreName(Statistics):
    name: str
    data_type: ScoreType
    sources: list[ScoreSource]
    evaluators: list[EvaluatorOfScores]
    authors: list[str]
    config_id: str | None
    last_at: datetime
    trend: list[Trend]


class ScoreNames(Shape):
    items: list[ScoreName]
    bucket_ms: float | None


class CategoryDifference(Shape):
    category: str
    share: Difference


class Change(Shape):
    baseline: Statistics
    mean: Difference
    quality: Difference
    shares: list[CategoryDifference]


class GroupStatistics(Statistics):
    group: str = Field(description="Empty: unknown.")
    version: str | None
    quantiles: list[Quantile]
    change: Change | None


class ScoreStatistics(Shape):
    name: str
    data_type: ScoreType
    interval: Interval
    group_by: str | None
    total: GroupStatistics
    groups: list[GroupStatistics]
    is_cut: bool = Field(description="There are more groups.")


class TrendBucket(Trend):
    shares: list[CategoryShare]


class TrendGroup(Shape):
    group: str
    version: str | None
    buckets: list[TrendBucket]


class ScoreTrend(Shape):
    name: str
    data_type: ScoreType
    interval: Interval
    group_by: str | None
    bucket_ms: float
    categories: list[str]
    groups: list[TrendGroup]
    is_cut: bool


class DistributionBin(Shape):
    low: float | None
    high: float | None
    category: str | None
    count: int
    weight: float = Field(description="Scores that there would be, had everything been judged.")
    share: float


class ScoreDistribution(Shape):
    name: str
    data_type: ScoreType
    count: int
    bins: list[DistributionBin]
    is_cut: bool = Field(description="There are more categories.")


class Agreeing(Shape):
    labels: list[str]
    is_ordered: bool
    table: list[list[int]] = Field(description="Rows are of the first, columns of the second.")
    agreement: Estimate = Field(description="Share of pairs with the same label.")
    kappa: Estimate
    kappa_linear: Estimate | None
    kappa_quadratic: Estimate | None
    strength: str | None = Field(description="Landis and Koch's word for kappa.")


class Correlating(Shape):
    scale: Literal["value", "quality"]
    mean_difference: Estimate = Field(description="The second less the first.")
    mean_absolute_difference: Estimate
    pearson: Estimate
    spearman: Estimate


class Disagreement(Shape):
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    first: float | str | None
    second: float | str | None
    difference: float
    first_comment: str | None
    second_comment: str | None
    timestamp: datetime


class ScoreAgreement(Shape):
    pairs: int
    is_cut: bool = Field(description="There are more pairs; these are the newest.")
    numbers: Correlating | None
    categories: Agreeing | None
    threshold: float | None
    passed: Agreeing | None = Field(description="After each number became whether it reaches the threshold.")
    disagreements: list[Disagreement]
