"""The shapes of evaluators in docs/api.md, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.model.evaluation import EvaluatorStatus, RunStatus, TargetType

Rate = Field(ge=0, le=1, allow_inf_nan=False, description="Share of traces, 0 to 1.")
Usd = Field(ge=0, le=1e9, allow_inf_nan=False)


class NoticeInput(BaseModel):
    """Tell a receiver of single bad answers at once."""

    model_config = ConfigDict(extra="forbid")

    threshold: float = Field(
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="Quality (0 to 1, 1 is best) below which an answer is bad.",
    )
    receiver: str = Field(
        min_length=1, max_length=255, description="A receiver of the notification configuration."
    )
    interval_s: float = Field(
        default=3600.0,
        ge=60,
        le=7 * 86_400,
        description="At most one message in so many seconds: further bad answers are told together.",
    )


class EvaluatorInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64, description="Unique in the project; the author of its scores.")
    kind: str = Field(max_length=64, examples=["length"])
    options: dict[str, Any] = Field(default_factory=dict, description="By the kind's JSON schema.")
    target_type: TargetType = "trace"
    filter: str = Field(
        default="", max_length=4000, description="Over traces or spans (docs/filter-language.md); empty: all."
    )
    sampling_rate: float | None = Field(
        default=None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of traces, 0 to 1. Without one, 0.05 of a judge and 1 of the others.",
    )
    delay_s: float = Field(
        default=30.0,
        ge=0,
        le=86_400,
        description="Seconds for which a trace must have been quiet, for late spans.",
    )
    is_enabled: bool = True
    concurrency_max: int = Field(default=4, ge=1, le=256)
    calls_per_minute_max: int | None = Field(default=None, ge=1, le=1_000_000)
    budget_usd_per_day: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        allow_inf_nan=False,
        description="USD that it may spend on one day (UTC), runs and trials included. Without one, 1 of a "
        "judge; null only where nothing costs.",
    )
    notice: NoticeInput | None = None


class EvaluatorPatch(BaseModel):
    """What is given is changed. `kind`, `options` and `target_type` make a new version."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=64)
    kind: str | None = Field(default=None, max_length=64)
    options: dict[str, Any] | None = Field(default=None, description="All of them.")
    target_type: TargetType | None = None
    filter: str | None = Field(default=None, max_length=4000)
    sampling_rate: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    delay_s: float | None = Field(default=None, ge=0, le=86_400)
    is_enabled: bool | None = Field(default=None, description="false pauses it.")
    concurrency_max: int | None = Field(default=None, ge=1, le=256)
    calls_per_minute_max: int | None = Field(
        default=None, ge=1, le=1_000_000, description="null: no limit of its own."
    )
    budget_usd_per_day: float | None = Field(default=None, ge=0, le=1e9, allow_inf_nan=False)
    notice: NoticeInput | None = Field(default=None, description="null: nobody is told.")


class Notice(BaseModel):
    threshold: float
    receiver: str
    interval_s: float


class ScoreForm(BaseModel):
    name: str
    data_type: Literal["numeric", "categorical", "boolean", "text"]
    min_value: float | None
    max_value: float | None
    categories: list[dict[str, Any]] = Field(description="`{label, value}`")
    better: Literal["higher", "lower", "none"]


class EvaluatorStateShape(BaseModel):
    status: EvaluatorStatus
    reason: str | None = Field(description="Why it is not running, and what to do.")
    lag_s: float | None = Field(
        description="How far it is behind what is stored; null before its first look."
    )
    watermark: datetime | None = Field(description="What was stored before was looked at.")
    scored_count: int
    failed_count: int
    empty_count: int = Field(description="Targets with nothing to judge.")
    last_scored_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


class SpendShape(BaseModel):
    today_usd: float
    today_calls: int
    month_usd: float = Field(description="Of today and the 29 days before.")
    month_calls: int
    unpriced_calls: int = Field(description="Calls of the month whose cost is not known.")


class RecentShape(BaseModel):
    """Of the last 24 hours."""

    quality: float | None = Field(description="Mean, 0 to 1 with 1 best; null where no score says.")
    count: int = Field(description="Of scores.")


class Evaluator(BaseModel):
    id: str
    name: str
    version: int
    kind: str
    is_judge: bool
    options: dict[str, Any]
    target_type: TargetType
    filter: str
    sampling_rate: float
    delay_s: float
    is_enabled: bool
    concurrency_max: int
    calls_per_minute_max: int | None
    budget_usd_per_day: float | None
    notice: Notice | None
    scores: list[ScoreForm] = Field(description="What it gives.")
    state: EvaluatorStateShape
    spend: SpendShape
    recent: RecentShape
    created_at: datetime
    updated_at: datetime


class Evaluators(BaseModel):
    items: list[Evaluator]


class EvaluatorKindShape(BaseModel):
    name: str
    title: str
    description: str
    is_judge: bool
    options_schema: dict[str, Any] = Field(description="JSON Schema of `options`.")
    defaults: dict[str, Any] = Field(description="Options, and what else an evaluator of it begins with.")
    scores: list[ScoreForm] = Field(description="What it gives with its defaults.")


class RubricLevel(BaseModel):
    answer: str
    criterion: str


class Rubric(BaseModel):
    name: str
    title: str
    description: str
    text: str = Field(description="With variables, such as `{{output}}`.")
    scale: str
    levels: list[RubricLevel]
    better: Literal["higher", "lower"]


class EvaluatorKinds(BaseModel):
    items: list[EvaluatorKindShape]
    rubrics: list[Rubric]
    functions: list[str] = Field(description="Entry points that the kind `python` can use.")


class Failure(BaseModel):
    trace_id: str
    span_id: str | None
    evaluator_version: int
    reason: str
    attempts: int
    at: datetime


class Failures(BaseModel):
    items: list[Failure]
    total: int


class Retried(BaseModel):
    count: int


class RunInput(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from", description="Start of traces, inclusive: RFC 3339 or `now-7d`.")
    to: str = Field(default="now", description="Exclusive.")
    filter: str | None = Field(default=None, max_length=4000, description="Without one, the evaluator's.")
    sampling_rate: float | None = Field(
        default=None, gt=0, le=1, allow_inf_nan=False, description="Without one, the evaluator's."
    )
    budget_usd: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        allow_inf_nan=False,
        description="Of this run, besides the evaluator's budget of the day.",
    )


class Run(BaseModel):
    id: str
    evaluator_id: str
    evaluator_version: int
    from_: datetime = Field(alias="from")
    to: datetime
    filter: str
    sampling_rate: float
    budget_usd: float | None
    status: RunStatus
    reason: str | None
    target_count: int = Field(description="When it was made.")
    done_count: int
    scored_count: int
    failed_count: int
    empty_count: int
    skipped_count: int = Field(description="Had their score already.")
    cost_usd: float
    created_at: datetime
    updated_at: datetime


class Runs(BaseModel):
    items: list[Run]
    total: int
