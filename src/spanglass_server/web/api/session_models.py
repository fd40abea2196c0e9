"""The shapes of sessions and users, for the OpenAPI document."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from spanglass_server.model.span import Status
from spanglass_server.web.api.models import Message, Shape, Trace
from spanglass_server.web.api.score_models import Score


class ScoreMean(Shape):
    name: str
    mean: float = Field(description="Of numbers; of booleans the share that is true.")
    count: int


class Group(Shape):
    trace_count: int
    error_count: int = Field(description="Traces that failed.")
    llm_call_count: int
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None = Field(description="Null where nothing has a known price.")
    unpriced_count: int
    scores: list[ScoreMean]
    quality: float | None = Field(description="Mean of scores from 0 to 1 with 1 best.")
    quality_count: int


class Session(Group):
    session_id: str
    start_time: datetime = Field(description="When its first trace started.")
    last_time: datetime = Field(description="When its last one did.")
    end_time: datetime
    duration_ms: float
    user_ids: list[str] = Field(description="Some, at most 10.")
    service: str | None
    environment: str | None
    first_input: str | None = Field(description="The beginning of what was asked first.")
    last_input: str | None
    last_output: str | None


class SessionPage(Shape):
    items: list[Session]
    next_cursor: str | None


class Step(Shape):
    kind: Literal["tool", "retriever", "guardrail"]
    name: str
    span_id: str | None = Field(description="Null where only the model's answer tells of the call.")
    status: Status
    duration_ms: float | None
    arguments: Any = None
    result: Any = None
    document_count: int


class Turn(Shape):
    trace: Trace
    question: Message | None = Field(description="What the user said last.")
    answer: Message | None
    system: str | None
    earlier_count: int = Field(description="Messages that the model was told besides.")
    steps: list[Step] = Field(description="What was done in between; at most 50.")
    is_steps_cut: bool
    error_message: str | None
    scores: list[Score] = Field(description="Of the trace and its spans, oldest first.")


class TurnPage(Shape):
    items: list[Turn]
    next_cursor: str | None


class User(Group):
    user_id: str
    start_time: datetime = Field(description="When the user's first trace of the range started.")
    last_time: datetime
    session_count: int
    service: str | None
    environment: str | None
    last_input: str | None


class UserPage(Shape):
    items: list[User]
    next_cursor: str | None


class UserData(Shape):
    user_id: str
    trace_count: int = Field(description="Traces in which any span names the user.")
    span_count: int
    session_count: int


class UserDeletion(BaseModel):
    confirm: str = Field(description="The user's id again.", max_length=1000)


class UserDeleted(Shape):
    deleted_trace_count: int
    deleted_span_count: int
    remaining_trace_count: int = Field(description="Ask again until nothing remains.")
