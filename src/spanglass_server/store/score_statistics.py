"""What a store promises of many scores at once: sums from which quality/statistics.py estimates.

Synchronous and bounded as store/ports.py says, with its errors. Deleted scores are left out.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

from spanglass_server.model.score_statistics import ScoreGrouping, ScoreName, ScorePair, ScoreSums
from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import TimeRange

TRACE_REACH_NS: Final = 31 * 86_400_000_000_000

QUANTILE_GROUPS_MAX: Final = 200


class ScoreScope(NamedTuple):
    """Which scores; an empty value narrows nothing."""

    during: TimeRange
    at: Literal["score", "trace"] = "score"
    """Whether `during`, and buckets of it, are of when the score was given or when its trace started."""
    where: Expression | None = None
    """Over traces."""
    names: Sequence[str] = ()
    data_types: Sequence[str] = ()
    sources: Sequence[str] = ()
    authors: Sequence[str] = ()
    environments: Sequence[str] = ()
    evaluator_ids: Sequence[str] = ()
    evaluator_versions: Sequence[int] = ()
    config_ids: Sequence[str] = ()


class ScoreBreakdown(NamedTuple):
    """By what the scores of a name are told apart."""

    group_by: ScoreGrouping | None = None
    bucket_ns: int = 0
    """Width of buckets that begin with the range; 0: the range is one."""
    categories: Sequence[str] = ()
    """Whose shares are wanted."""


class QuantileQuery(NamedTuple):
    levels: Sequence[float]
    group_by: ScoreGrouping | None = None


class GroupQuantiles(NamedTuple):
    group: str
    version: str
    values: tuple[float, ...]
    """By the levels asked for; of `value`."""


class HistogramBin(NamedTuple):
    number: int
    scores: int
    weight: float
    """The sum of 1 / rate."""


class PairQuery(NamedTuple):
    first: ScoreScope
    second: ScoreScope
    """Of one range of time and filter; the first's count."""
    is_by_trace: bool = False
    """Pair what was said of a trace with what was said of it or of any of its spans."""


class ScoreStatisticsReader(Protocol):
    """With a filter, a grouping by what a trace knows, or `at="trace"`, traces are read too: those of the
    range, or for `at="score"` those that started up to TRACE_REACH_NS before it. What is not known of an
    older one, or of one that never arrived, is an empty group, and no filter finds it."""

    def list_names(self, project_id: str, scope: ScoreScope) -> Sequence[ScoreName]:
        """By name and data type."""

    def sum_scores(
        self, project_id: str, scope: ScoreScope, breakdown: ScoreBreakdown
    ) -> Sequence[ScoreSums]:
        """By group, bucket and rate. A trace with several models or prompts counts in the group of each."""

    def list_categories(self, project_id: str, scope: ScoreScope, *, limit: int) -> Sequence[tuple[str, int]]:
        """The most frequent texts with their counts."""

    def find_quantiles(
        self, project_id: str, scope: ScoreScope, query: QuantileQuery
    ) -> Sequence[GroupQuantiles]:
        """Of values, each weighted by 1 / rate; of the QUANTILE_GROUPS_MAX groups with most scores."""

    def find_extent(self, project_id: str, scope: ScoreScope) -> tuple[float, float] | None:
        """The least and the greatest value."""

    def count_bins(
        self, project_id: str, scope: ScoreScope, *, first: float, width: float, bins: int
    ) -> Sequence[HistogramBin]:
        """Values by bins of one width, outliers in the first or the last one. Empty ones are left out."""

    def list_pairs(self, project_id: str, query: PairQuery, *, limit: int) -> Sequence[ScorePair]:
        """Newest first."""
