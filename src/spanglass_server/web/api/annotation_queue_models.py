"""The shapes of annotation queues in docs/api.md, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spanglass_server.base.limits import (
    QUEUE_CONFIGS_MAX,
    QUEUE_FILL_MAX,
    REVIEWERS_WANTED_MAX,
    SCORE_ID_CHARS_MAX,
    SCORE_NAME_CHARS_MAX,
    SCORE_TEXT_CHARS_MAX,
)
from spanglass_server.model.review import ReviewStatus
from spanglass_server.model.score import ScoreType
from spanglass_server.web.params import FILTER_HELP

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=SCORE_NAME_CHARS_MAX,
        pattern=r"^[^\x00-\x1f\x7f]+$",
    ),
]
"""A name: one line, without control characters, one of which a database cannot hold."""
ReviewerName = Annotated[
    Line | Literal[""],
    Field(description="Needed where nobody signs in, and with a key. Whoever signed in is the reviewer."),
]
Prose = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
Text = Annotated[str, StringConstraints(max_length=SCORE_TEXT_CHARS_MAX, pattern=r"^[^\x00]*$")]
Id = Annotated[str, StringConstraints(max_length=SCORE_ID_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")]
ConfigIds = Annotated[list[Id], Field(max_length=QUEUE_CONFIGS_MAX, description="In the order of asking.")]
ReviewersWanted = Annotated[
    int, Field(ge=1, le=REVIEWERS_WANTED_MAX, description="Reviews that each item needs.")
]
Value = float | bool | str


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QueueInput(Shape):
    name: Line
    description: Prose = ""
    instructions: Prose = Field(default="", description="What reviewers read before they judge.")
    config_ids: ConfigIds = Field(default_factory=list, description="Score configurations to fill.")
    reviewers_wanted: ReviewersWanted = 1


class QueueChange(Shape):
    """What is absent stays."""

    name: Line | None = None
    description: Prose | None = None
    instructions: Prose | None = None
    config_ids: ConfigIds | None = None
    reviewers_wanted: ReviewersWanted | None = None


class Category(Shape):
    label: str
    value: float


class Config(Shape):
    id: str
    name: str
    data_type: ScoreType
    min_value: float | None
    max_value: float | None
    categories: list[Category]
    description: str | None


class Reviewer(Shape):
    reviewer: str
    done_count: int
    skipped_count: int
    claimed_count: int = Field(description="Items in the reviewer's hands.")
    last_at: datetime | None


class Progress(Shape):
    item_count: int
    done_count: int = Field(description="Items that have as many reviews as are wanted.")
    claimed_count: int = Field(description="Items that are not done, and in somebody's hands.")
    skipped_count: int = Field(description="Items that are not done, and skipped by somebody.")
    review_count: int
    reviewers: list[Reviewer]


class Queue(Shape):
    id: str
    name: str
    description: str
    instructions: str
    config_ids: list[str]
    configs: list[Config] = Field(description="What is asked: those of them that are not archived.")
    reviewers_wanted: int
    progress: Progress
    created_at: datetime
    updated_at: datetime


class Queues(Shape):
    items: list[Queue]


class TargetInput(Shape):
    """A trace, a span with its trace, or a session."""

    trace_id: Id = ""
    span_id: Id = ""
    session_id: Id = ""


class ItemsInput(Shape):
    items: list[TargetInput] = Field(min_length=1, max_length=1_000)


class Fill(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    target: Literal["trace", "span"] = "trace"
    filter: str = Field(default="", description=FILTER_HELP)
    from_: str = Field(default="now-24h", alias="from")
    to: str = "now"
    order: str = Field(default="-start_time", description="Which come first; as lists are ordered.")
    sampling_rate: float = Field(
        default=1.0, gt=0, le=1, description="Share of what matches, decided by the trace id."
    )
    limit: int = Field(default=100, ge=1, le=QUEUE_FILL_MAX, description="Most items to add.")
    dry_run: bool = False


class Filled(Shape):
    found: int = Field(description="Matched and sampled: those added and those there already.")
    added: int
    already_there: int
    scanned: int = Field(description="Matched the filter, sampled or not.")
    is_complete: bool = Field(description="False where there is more than was looked at.")


class ReviewInput(Shape):
    reviewer: ReviewerName = ""
    answers: dict[Id, Value] = Field(
        default_factory=dict, max_length=QUEUE_CONFIGS_MAX, description="By the configuration's id."
    )
    comment: Text = ""
    correction: Text = Field(default="", description="What the answer should have been.")


class ReviewerInput(Shape):
    reviewer: ReviewerName = ""


class NextInput(Shape):
    reviewer: ReviewerName = ""
    without: list[Id] = Field(
        default_factory=list, max_length=100, description="Items that the reviewer has already."
    )
    with_skipped: bool = Field(default=False, description="Also those that the reviewer skipped.")


class Review(Shape):
    reviewer: str
    status: ReviewStatus
    answers: dict[str, Value]
    comment: str
    correction: str
    lease_until: datetime | None = Field(description="Of what is in the reviewer's hands.")
    started_at: datetime
    finished_at: datetime | None


class Item(Shape):
    id: str
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    sampling_rate: float
    created_at: datetime
    done_count: int
    is_done: bool


class ListedItem(Item):
    reviews: list[Review]
    trace: dict[str, Any] | None = Field(description="As lists of traces have it; null where it is gone.")


class Items(Shape):
    items: list[ListedItem]
    total: int


class Work(Shape):
    item: Item
    review: Review


class Next(Shape):
    work: Work | None
    progress: Progress


class Estimate(Shape):
    value: float | None
    low: float | None = Field(description="Ends of the 95 % interval.")
    high: float | None


class PairAgreement(Shape):
    first: str
    second: str
    item_count: int
    raw: Estimate
    kappa: Estimate
    pearson: Estimate
    mean_difference: Estimate = Field(description="The second less the first.")


class ConfigAgreement(Shape):
    config_id: str
    name: str
    data_type: ScoreType
    item_count: int = Field(description="Items with at least two judgements.")
    alpha: Estimate = Field(description="Krippendorff's.")
    pairs: list[PairAgreement]
    evaluators: list[PairAgreement] = Field(description="`first` is what people say together.")


class Agreement(Shape):
    items: list[ConfigAgreement]
