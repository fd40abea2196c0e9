"""Answers about the lower half of the overview, as docs/api.md describes them."""

from typing import Literal

from pydantic import BaseModel, Field

from spanglass_server.insight.movers import Kind


class HeatRow(BaseModel):
    low_ms: float
    high_ms: float = Field(description="Exclusive.")


class HeatColumn(BaseModel):
    start_time: str
    counts: list[int] = Field(description="By row.")
    error_counts: list[int]


class HeatExample(BaseModel):
    trace_id: str
    span_id: str | None = Field(description="Null where traces are counted.")
    start_time: str
    duration_ms: float
    is_error: bool


class LatencyHeatmap(BaseModel):
    from_: str = Field(alias="from")
    to: str
    of: Literal["calls", "traces"]
    bucket_ms: float
    rows: list[HeatRow] = Field(description="From the fastest to the slowest, six a decade, without gaps.")
    columns: list[HeatColumn] = Field(description="All of the range, empty ones too.")
    examples: list[HeatExample] = Field(description="Of the slowest cells and of those with failures.")


class ErrorPlace(BaseModel):
    name: str
    count: int


class NewestError(BaseModel):
    time: str
    message: str
    trace_id: str
    span_id: str


class ErrorType(BaseModel):
    error_type: str = Field(description="Empty where none is told.")
    span_count: int
    trace_count: int
    share: float = Field(description="Of the traces with a failure, 0 to 1; a trace may have several types.")
    span_count_before: int | None = Field(description="Null without a comparison; so is the next.")
    trace_count_before: int | None
    newest: NewestError | None = Field(description="Null where only the time before has it.")
    models: list[ErrorPlace]
    services: list[ErrorPlace]


class ErrorTypes(BaseModel):
    from_: str = Field(alias="from")
    to: str
    compare_from: str | None
    compare_to: str | None
    trace_count: int = Field(description="Traces with a failure.")
    trace_count_before: int | None
    items: list[ErrorType]
    is_cut: bool


class Mover(BaseModel):
    dimension: str
    value: str
    now: float | None = Field(description="The measure of the group; null without an observation.")
    before: float | None
    calls: int
    calls_before: int
    contribution: float = Field(description="To the change of the whole, in the unit of the measure.")
    effect: float = Field(description="The contribution as a part of the larger of the whole's two values.")
    filter: str = Field(description="Of the group's calls, beside the filter that was asked for.")


class MovedMeasure(BaseModel):
    name: str = Field(description="cost, calls, errors, latency, tokens or quality.")
    kind: Kind
    unit: str
    now: float | None
    before: float | None
    change_ratio: float | None
    movers: list[Mover] = Field(description="The strongest first.")
    score: str | None = Field(description="Of `quality`: the name of the score.")


class Movers(BaseModel):
    from_: str = Field(alias="from")
    to: str
    compare_from: str
    compare_to: str
    measures: list[MovedMeasure] = Field(description="What was moved most first.")


class Release(BaseModel):
    release: str
    service: str
    environment: str
    first_seen: str
    last_seen: str
    is_new: bool = Field(description="It began within the range.")
    trace_count: int = Field(description="In the range.")
    error_rate: float | None
    trace_count_before: int = Field(
        description="Of the releases before it, of the same service and environment, in the day before."
    )
    error_rate_before: float | None = Field(description="Null where it is not new, or nothing was before.")


class Releases(BaseModel):
    from_: str = Field(alias="from")
    to: str
    items: list[Release]


class HonestyCount(BaseModel):
    name: str = Field(examples=["unpriced"])
    count: int
    of: int | None = Field(description="Of how many; null where that is unknown.")
    of_what: Literal["spans", "calls", "traces", "requests", "records", ""]
    scope: Literal["project", "server"] = Field(
        description="`project`: within the range and filter. `server`: all projects, since it started."
    )
    filter: str = Field(description="Of the traces it is about; empty where no filter finds them.")


class EvaluatorTrouble(BaseModel):
    id: str
    name: str
    status: str
    reason: str
    failed_count: int
    lag_s: float | None


class Honesty(BaseModel):
    from_: str = Field(alias="from")
    to: str
    started_at: str = Field(description="Since when the server counts.")
    items: list[HonestyCount]
    evaluators: list[EvaluatorTrouble] = Field(description="Those that fail, wait or are behind.")
