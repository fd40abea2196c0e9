"""Evaluators as a project has them: definitions, their states, runs over history, connections to judges."""

from typing import Literal, NamedTuple, TypeAlias, get_args

TargetType: TypeAlias = Literal["trace", "span"]

EvaluatorStatus: TypeAlias = Literal["running", "paused", "over_budget", "failing", "invalid"]
"""`paused`: by a person. `over_budget`: until the day (UTC) is over or the budget is raised. `failing`: its
judge or function does not work; it goes on trying and loses nothing. `invalid`: what it needs is gone."""
EVALUATOR_STATUSES: tuple[str, ...] = get_args(EvaluatorStatus)

RunStatus: TypeAlias = Literal["waiting", "running", "over_budget", "failing", "done", "cancelled"]


class LowScoreNotice(NamedTuple):
    """Tell a receiver of single bad answers at once."""

    threshold: float
    """Quality (0..1, 1 is best) below which an answer is bad."""
    receiver: str
    """Of the notification configuration."""
    interval_s: float
    """At most one message in so long: further bad answers wait and are told together."""


class EvaluatorDefinition(NamedTuple):
    project_id: str
    id: str
    name: str
    """Unique in its project; the author of its scores."""
    version: int
    """Goes up when what decides its scores changes (`kind`, `options`, `target_type`): each target has at
    most one score of each name from each version."""
    kind: str
    """Of spanglass.evaluators.kinds."""
    options: str
    """JSON object, valid for the kind."""
    target_type: TargetType
    filter: str
    """In the filter language over traces or spans; empty: all."""
    sampling_rate: float
    """0..1, share of traces."""
    delay_s: float
    """How long a trace must have been quiet before it is judged, for late spans."""
    is_enabled: bool
    concurrency_max: int
    calls_per_minute_max: int | None
    budget_usd_per_day: float | None
    """Of live evaluation and runs together; UTC days. None only where nothing costs."""
    notice: LowScoreNotice | None
    created_at_ns: int
    updated_at_ns: int


class EvaluatorState(NamedTuple):
    """Where the live evaluation of a definition stands; written by the server that has the lease."""

    evaluator_id: str
    status: EvaluatorStatus
    reason: str
    """Why it is not running, and what to do."""
    watermark_version_ns: int
    """Every target whose trace was last stored before has been judged, left out, or failed for good."""
    watermark_trace_id: str
    last_scored_at_ns: int | None
    last_error: str
    last_error_at_ns: int | None
    scored_count: int
    """Targets scored, failed, and without a score from it (nothing to judge), since it was made."""
    failed_count: int
    empty_count: int
    updated_at_ns: int


class Spend(NamedTuple):
    """What judges cost on one UTC day."""

    evaluator_id: str
    day: str
    """YYYY-MM-DD"""
    usd: float
    call_count: int
    input_tokens: int
    output_tokens: int
    unpriced_count: int


class EvaluationFailure(NamedTuple):
    """A target that could not be judged; judged again on request."""

    evaluator_id: str
    evaluator_version: int
    trace_id: str
    span_id: str
    reason: str
    attempts: int
    """0: it is to be judged again, and waits for its turn."""
    at_ns: int


class HistoryRun(NamedTuple):
    """One evaluator over what is stored already."""

    project_id: str
    id: str
    evaluator_id: str
    evaluator_version: int
    from_ns: int
    """Of the traces' start; half open."""
    to_ns: int
    filter: str
    sampling_rate: float
    budget_usd: float | None
    """Of this run, besides the evaluator's day."""
    status: RunStatus
    reason: str
    position_start_ns: int
    """Targets at and before this place are done."""
    position_trace_id: str
    target_count: int
    """Sampled ones, when it was made."""
    done_count: int
    scored_count: int
    failed_count: int
    empty_count: int
    skipped_count: int
    """Had their score already."""
    cost_usd: float
    created_at_ns: int
    updated_at_ns: int


class JudgeConnection(NamedTuple):
    """How a project reaches a model that judges."""

    project_id: str
    name: str
    """Unique in its project."""
    provider: str
    """`anthropic`, `openai` (and whatever speaks its API), or another of spanglass.evaluators.judge."""
    base_url: str
    """Empty: the provider's own."""
    api_key: str
    """Never leaves the server. `env:NAME` reads the server's environment, where its operator allows."""
    default_model: str
    input_usd_per_mtok: float | None
    """Prices that win over the catalog's; of a model of one's own."""
    output_usd_per_mtok: float | None
    concurrency_max: int
    calls_per_minute_max: int | None
    created_at_ns: int
    updated_at_ns: int
