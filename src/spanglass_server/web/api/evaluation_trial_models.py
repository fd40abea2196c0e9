"""The shapes of trials and estimates in docs/api.md."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.web.api.evaluator_models import EvaluatorInput


class DraftInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    evaluator_id: str | None = Field(default=None, max_length=64, description="A stored evaluator.")
    definition: EvaluatorInput | None = Field(
        default=None, description="As it would be made, or as the stored one would be changed."
    )


class TrialInput(DraftInput):
    trace_id: str = Field(min_length=1, max_length=800)
    span_id: str | None = Field(default=None, max_length=800, description="Of an evaluator of spans.")


class TrialScore(BaseModel):
    name: str | None
    value: float | bool | str
    comment: str | None
    metadata: dict[str, Any]


class TrialCall(BaseModel):
    provider: str
    model: str
    connection: str
    system: str
    prompt: str
    answer: str | None = Field(description="As the model wrote it.")
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    duration_ms: float
    attempts: int
    problem: str | None


class TrialDocument(BaseModel):
    id: str | None
    content: str
    score: float | None


class TrialTarget(BaseModel):
    """What the evaluator saw."""

    trace_id: str
    span_id: str | None
    name: str
    input: str
    output: str
    reference: str | None
    documents: list[TrialDocument]
    feature: str | None
    model: str | None


class Trial(BaseModel):
    scores: list[TrialScore] = Field(description="Not stored.")
    target: TrialTarget
    calls: list[TrialCall] = Field(description="What models were asked; empty where none was.")
    cost_usd: float | None
    duration_ms: float
    judge_project: str | None = Field(description="Where the calls' own trace is.")
    judge_trace_id: str | None
    problem: str | None = Field(description="Why there is no verdict.")
    hint: str | None


class EstimateInput(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from", description="Start of traces, inclusive: RFC 3339 or `now-7d`.")
    to: str = Field(default="now", description="Exclusive.")
    filter: str | None = Field(default=None, max_length=4000, description="Without one, the evaluator's.")
    sampling_rate: float | None = Field(
        default=None, ge=0, le=1, allow_inf_nan=False, description="Without one, the evaluator's."
    )


class Estimate(BaseModel):
    target_count: int = Field(description="Sampled ones.")
    scored_count: int = Field(description="Of them, that have their score already and are skipped.")
    judged_count: int = Field(description="What is left.")
    basis: Literal["free", "recent_calls", "prompts", "nothing"] = Field(
        description="`free`: no model is asked; `recent_calls`: what its latest calls took; `prompts`: those "
        "that some of the targets would be judged by; `nothing`: there is nothing to tell it from."
    )
    prompt_count: int = Field(description="How many prompts were looked at.")
    input_tokens_per_target: float | None
    output_tokens_per_target: float | None
    usd_low: float | None
    usd_expected: float | None = Field(description="null where nobody knows the price.")
    usd_high: float | None
    seconds: float = Field(description="At its concurrency and rates, if a judge answers in two seconds.")
