"""What is read of many scores at once, from which quality/statistics.py estimates."""

from typing import Literal, NamedTuple, TypeAlias

from spanglass_server.model.score import ScoreType

ScoreGrouping: TypeAlias = Literal[
    "feature", "team", "service", "environment", "release", "trace_name", "model", "provider", "prompt",
    "evaluator", "evaluator_version", "source",
]  # fmt: skip


class Moments(NamedTuple):
    """Units that were taken at one rate, each with `n` scores that add up to `s`.

    A unit is what sampling decides about: a trace, or the session or dataset run where no trace is judged.
    Scores of one trace stand or fall together, so that they are not as many independent ones.
    """

    rate: float
    """Share of all units that were taken: 0 < rate <= 1."""
    units: int
    n1: float
    """Sum of n over the units; n2 of its square, and so on."""
    n2: float
    n3: float
    n4: float
    n_var: float
    """Variance (of the population, not corrected) of n over the units."""
    s_mean: float
    s_var: float
    covar: float
    """Covariance of s and n."""


def alike(rate: float, units: int, *, mean: float = 1.0, variance: float = 0.0) -> Moments:
    """Of units that have one score each."""
    n = float(units)
    return Moments(rate, units, n, n, n, n, 0.0, mean, variance, 0.0)


class ScoreGroup(NamedTuple):
    """What one row of an answer is about; a part that was not asked for is empty or 0."""

    name: str
    data_type: ScoreType
    group: str
    """Empty: unknown, or not grouped."""
    version: str
    """Of the prompt or the evaluator that `group` names."""
    bucket: int
    """Number of the bucket of time."""


class ScoreSums(NamedTuple):
    """The scores of a group that were taken at one rate."""

    group: ScoreGroup
    scores: int
    units: Moments
    """Each unit once: n and s are 1."""
    value: Moments
    """Of numbers and booleans; no units for others."""
    quality: Moments
    shares: tuple[Moments, ...]
    """Of the asked categories, in their order: s counts the scores that have the category, n all that have
    one."""


class ScoreName(NamedTuple):
    """A name with what there is of it."""

    name: str
    data_type: ScoreType
    scores: int
    sources: tuple[str, ...]
    evaluators: tuple[tuple[str, str, int], ...]
    """(id, author, version) of scores that an evaluator here gave."""
    authors: tuple[str, ...]
    config_id: str
    """Of the newest one; empty where it names none."""
    last_ns: int


class ScorePair(NamedTuple):
    """Two judgements of one target: the newest of each side."""

    trace_id: str
    span_id: str
    session_id: str
    first: float | None
    """The number, 0 or 1 for booleans."""
    second: float | None
    first_quality: float | None
    second_quality: float | None
    first_label: str
    """The category, `true`, `false`, or empty for numbers."""
    second_label: str
    first_comment: str
    second_comment: str
    time_ns: int
    """Of the newer one."""
