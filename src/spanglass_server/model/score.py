"""A named judgement of a trace, a span or a session; a row of the table `scores`."""

from typing import Final, Literal, NamedTuple, TypeAlias, get_args

ScoreType: TypeAlias = Literal["numeric", "categorical", "boolean", "text", "correction"]
"""`correction`: `string_value` is what the answer should have been."""
SCORE_TYPES: tuple[str, ...] = get_args(ScoreType)

ScoreSource: TypeAlias = Literal["api", "evaluator", "person"]
SCORE_SOURCES: tuple[str, ...] = get_args(ScoreSource)


class Score(NamedTuple):
    """A score. Absent is None where a field may be None, else the empty value.

    What is judged is the most special of `span_id`, `trace_id`, `session_id` and `dataset_run_id` that is
    given. It may not have arrived yet, or never.
    """

    project_id: str
    score_id: str
    """The sender's, else made at the door. Unique in a project: a score with the id of another replaces
    it."""
    name: str
    time_ns: int
    """When it was given, as the sender says."""
    trace_id: str
    span_id: str
    session_id: str
    dataset_run_id: str
    data_type: ScoreType
    value: float | None
    """The number; 0 or 1 for a boolean; None for the others."""
    string_value: str
    """The category or text; `true` or `false` for a boolean; empty for a number."""
    source: ScoreSource
    comment: str
    author: str
    """Person or evaluator, where known."""
    config_id: str
    queue_id: str
    environment: str
    metadata: str
    """JSON object."""
    quality: float | None
    """How good what is judged is: 0 to 1, 1 is best. None where the score does not say."""
    sampling_rate: float
    """Share of traces that were considered when it was made, over 0 to 1: it stands for 1 / rate of them."""
    evaluator_id: str
    evaluator_version: int
    """0: none."""
    is_public: bool
    """Sent with a public key, which stands in web pages: by anyone."""
    created_at_ns: int
    """When the first version of it arrived."""
    is_deleted: bool
    version: int
    """Revision: nanoseconds of the commit that wrote the row (which is `updated_at`); the highest wins."""


ScoreDirection: TypeAlias = Literal["higher", "lower", "none"]
"""Which way of a score is better. `none`: it tells nothing of quality."""
SCORE_DIRECTIONS: tuple[str, ...] = get_args(ScoreDirection)


class ScoreCategory(NamedTuple):
    label: str
    value: float


YES_AND_NO: Final = (ScoreCategory("True", 1), ScoreCategory("False", 0))
"""The categories of every boolean configuration."""


class ScoreConfig(NamedTuple):
    """What scores that name it may be."""

    id: str
    name: str
    data_type: ScoreType
    min_value: float | None
    max_value: float | None
    """Of numbers, both ends included; None: no bound."""
    categories: tuple[ScoreCategory, ...]
    """Of categories and booleans; else empty."""
    description: str | None
    is_archived: bool
    created_at_ns: int
    updated_at_ns: int
    better: ScoreDirection = "higher"
