"""The shapes of scores in docs/api.md, for the OpenAPI document."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.model.score import ScoreSource, ScoreType


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScoreInput(BaseModel):
    """What is judged: a trace, a span of it, a session or a dataset run. It may not have arrived yet."""

    id: str | None = Field(
        default=None, description="Makes sending again harmless; a score with the id of another replaces it."
    )
    name: str = Field(max_length=200, examples=["quality"])
    value: float | bool | str = Field(examples=[0.8])
    data_type: ScoreType | None = Field(
        default=None, description="Absent: numeric, boolean or categorical, as the value is."
    )
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    dataset_run_id: str | None = None
    comment: str | None = None
    source: ScoreSource | None = Field(default=None, description="Absent: api.")
    author: str | None = None
    config_id: str | None = None
    queue_id: str | None = None
    environment: str | None = None
    metadata: dict[str, Any] | None = None
    quality: float | None = Field(
        default=None, ge=0, le=1, description="1 is best. Absent: by its configuration, else as the value is."
    )
    sampling_rate: float | None = Field(
        default=None, gt=0, le=1, description="Share of traces that were considered. Absent: 1."
    )
    evaluator_id: str | None = None
    evaluator_version: int | None = Field(default=None, ge=0)
    timestamp: datetime | None = Field(default=None, description="Absent: now.")


class RejectedScore(Shape):
    index: int = Field(description="Its position in the array.")
    reason: str
    hint: str


class ScoresTaken(Shape):
    ids: list[str | None] = Field(description="By position; null for the rejected.")
    rejected: list[RejectedScore]


class Score(Shape):
    id: str
    name: str
    value: float | bool | str
    data_type: ScoreType
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    dataset_run_id: str | None
    comment: str | None
    source: ScoreSource
    author: str | None
    config_id: str | None
    queue_id: str | None
    environment: str | None
    metadata: dict[str, Any]
    quality: float | None
    sampling_rate: float
    evaluator_id: str | None
    evaluator_version: int = Field(description="0: none.")
    is_public: bool = Field(description="Sent with a public key, which stands in web pages: by anyone.")
    timestamp: datetime
    created_at: datetime
    updated_at: datetime


class ScorePage(Shape):
    items: list[Score]
    next_cursor: str | None
