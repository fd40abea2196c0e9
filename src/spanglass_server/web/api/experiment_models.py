"""The shapes of experiments in docs/api.md, for the OpenAPI document."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class ScoreSummary(BaseModel):
    name: str
    scored: int = Field(description="Items that have it.")
    mean: float | None
    low: float | None = Field(description="Of the mean's 95 % interval; null of fewer than two.")
    high: float | None
    labels: dict[str, int] = Field(description="Of categories and booleans.")


class RunScore(BaseModel):
    name: str
    value: float | None
    label: str
    comment: str


class Experiment(BaseModel):
    id: str
    name: str
    dataset_id: str | None
    dataset_name: str | None
    dataset_version: datetime | None = Field(description="The state of the dataset that it ran on.")
    description: str
    metadata: Any
    origin: Literal["spans", "run"]
    start_time: datetime
    end_time: datetime
    item_count: int
    missing_count: int = Field(description="Items whose trace is not stored (any more).")
    error_count: int
    unpriced_count: int
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    latency_p50_ms: float | None
    scores: list[ScoreSummary]
    run_scores: list[RunScore] = Field(description="Of the whole experiment.")


class Experiments(BaseModel):
    items: list[Experiment]
    total: int


class PairedScore(BaseModel):
    name: str
    scale: Literal["quality", "value"] = Field(
        description="`quality`: on 0 to 1 with 1 as best; `value`: as the score was given."
    )
    pairs: int = Field(description="Items that both runs have scored.")
    wins: int
    losses: int
    ties: int
    difference: float | None = Field(description="Mean of run less baseline.")
    low: float | None = Field(description="Of its 95 % interval, by the paired t test.")
    high: float | None
    p_value: float | None
    sign_p_value: float | None = Field(description="Of the sign test: wins against losses.")


class RunComparison(BaseModel):
    experiment_id: str
    scores: list[PairedScore]


class ItemScore(BaseModel):
    value: float | None
    label: str
    quality: float | None
    comment: str


class Result(BaseModel):
    trace_id: str
    span_id: str | None
    is_stored: bool
    output: Any
    is_error: bool
    error_message: str | None
    latency_ms: float | None
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    scores: dict[str, ItemScore]
    difference: float | None = Field(description="Of `score` against the baseline, on its scale.")


class ComparedItem(BaseModel):
    item_id: str
    is_in_dataset: bool
    input: Any
    expected_output: Any
    metadata: Any
    is_changed: bool
    results: dict[str, Result | None] = Field(description="By experiment.")


class Comparison(BaseModel):
    baseline: str
    score: str | None = Field(description="By which items are ordered.")
    experiments: list[Experiment]
    comparisons: list[RunComparison]
    items: list[ComparedItem]
    total: int
