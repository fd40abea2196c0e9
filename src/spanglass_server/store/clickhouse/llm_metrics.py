"""The llm_* metrics: what each counts, under which labels. docs/metrics.md tells the same to users."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from spanglass_server.model.series import MetricMetadata, MetricType

Source: TypeAlias = Literal["span", "trace", "score"]
"""What is counted, which also says where its facts are."""
LabelFamily: TypeAlias = Literal["span", "call", "cache", "trace", "score"]

LABELS: Final[dict[LabelFamily, tuple[str, ...]]] = {
    "span": ("kind", "name", "service", "environment"),
    "call": ("model", "provider", "feature", "team", "service", "environment"),
    "cache": ("cache", "feature", "service", "environment"),
    "trace": ("name", "status", "feature", "team", "service", "environment"),
    "score": ("score", "evaluator", "feature", "service", "environment"),
}
"""The order of `metric_labels.label_values`."""

SECONDS_BOUNDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
SCORE_BOUNDS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TOKEN_TYPES: Final = ("input", "output", "cache_read", "cache_write", "reasoning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Events of one kind: facts that meet a condition, in numbered parts, each with a value."""

    name: str
    source: Source
    labels: LabelFamily
    where: str
    """SQL over a row of the facts."""
    part: str = "0"
    """SQL: a small number, e.g. that of the histogram's bucket."""
    value: str = "0"
    """SQL: what the event adds to the part's sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmMetric:
    """One metric: how its series are made of a family's events."""

    name: str
    type: MetricType
    help: str
    unit: str
    family: Family
    labels: tuple[str, ...]
    """Those of the family that the metric has."""
    part_label: str = ""
    """The label that tells the part; `le` of a histogram."""
    parts: tuple[str, ...] = ("",)
    """The label's values by part."""
    is_sum: bool = False
    """The counter adds values up instead of counting events."""

    @property
    def series_names(self) -> tuple[str, ...]:
        if self.type == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)

    @property
    def metadata(self) -> MetricMetadata:
        return MetricMetadata(self.name, self.type, self.help, self.unit)


def bucket_sql(value: str, bounds: tuple[float, ...]) -> str:
    """The number of the bucket that a value falls in: its upper bound is the first that is not less. A sum,
    because ClickHouse adds column by column."""
    return " + ".join(
        f"({value} > {bound:.0f})" if bound.is_integer() else f"({value} > {bound!r})" for bound in bounds
    )


def _seconds_bucket(column: str) -> str:
    return " + ".join(f"({column} > {int(bound * 1e9)})" for bound in SECONDS_BOUNDS)


def _le_values(bounds: tuple[float, ...]) -> tuple[str, ...]:
    return (*(f"{bound:g}" for bound in bounds), "+Inf")


_TOKENS = ", ".join(f"{name}_tokens" for name in TOKEN_TYPES)
_SECONDS_LE = _le_values(SECONDS_BOUNDS)
_SCORE_LE = _le_values(SCORE_BOUNDS)

REQUESTS: Final = Family(
    name="requests", source="span", labels="call", where="is_call", part="toUInt8(is_error)"
)
LATENCY: Final = Family(
    name="latency",
    source="span",
    labels="call",
    where="is_call",
    part=_seconds_bucket("duration_ns"),
    value="duration_ns / 1e9",
)
TTFT: Final = Family(
    name="ttft",
    source="span",
    labels="call",
    where="is_call AND ttft_ns >= 0",
    part=_seconds_bucket("ttft_ns"),
    value="ttft_ns / 1e9",
)
# Of its parts, the types of tokens, and their values `llm_counts` knows.
TOKENS: Final = Family(
    name="tokens",
    source="span",
    labels="call",
    where="is_billable",
)
COST: Final = Family(
    name="cost", source="span", labels="call", where="is_billable AND isFinite(cost_usd)", value="cost_usd"
)
UNPRICED: Final = Family(
    name="unpriced", source="span", labels="call", where="is_billable AND NOT isFinite(cost_usd)"
)
CACHE: Final = Family(
    name="cache", source="span", labels="cache", where="cache_labels != 0", part="toUInt8(is_hit)"
)
SPANS: Final = Family(
    name="spans",
    source="span",
    labels="span",
    where="true",
    part=_seconds_bucket("duration_ns"),
    value="duration_ns / 1e9",
)
TRACES: Final = Family(
    name="traces",
    source="trace",
    labels="trace",
    where="true",
    part=_seconds_bucket("duration_ns"),
    value="duration_ns / 1e9",
)
SCORES: Final = Family(
    name="scores",
    source="score",
    labels="score",
    where="true",
    part=bucket_sql("score", SCORE_BOUNDS),
    value="score",
)

FAMILIES: Final = (REQUESTS, LATENCY, TTFT, TOKENS, COST, UNPRICED, CACHE, SPANS, TRACES, SCORES)

METRICS: Final = (
    LlmMetric(
        name="llm_requests_total",
        type="counter",
        help="Model calls that ended.",
        unit="",
        family=REQUESTS,
        labels=LABELS["call"],
        part_label="status",
        parts=("success", "error"),
    ),
    LlmMetric(
        name="llm_latency_seconds",
        type="histogram",
        help="How long model calls took.",
        unit="seconds",
        family=LATENCY,
        labels=LABELS["call"],
        part_label="le",
        parts=_SECONDS_LE,
    ),
    LlmMetric(
        name="llm_ttft_seconds",
        type="histogram",
        help="Time to the first token of model calls that tell it.",
        unit="seconds",
        family=TTFT,
        labels=LABELS["call"],
        part_label="le",
        parts=_SECONDS_LE,
    ),
    LlmMetric(
        name="llm_tokens_total",
        type="counter",
        help="Tokens of billable model calls; cached ones are parts of input, reasoning of output.",
        unit="tokens",
        family=TOKENS,
        labels=LABELS["call"],
        part_label="type",
        parts=TOKEN_TYPES,
        is_sum=True,
    ),
    LlmMetric(
        name="llm_cost_usd_total",
        type="counter",
        help="Cost of billable model calls whose price is known, in US dollars.",
        unit="usd",
        family=COST,
        labels=LABELS["call"],
        is_sum=True,
    ),
    LlmMetric(
        name="llm_unpriced_requests_total",
        type="counter",
        help="Billable model calls without a known price.",
        unit="",
        family=UNPRICED,
        labels=("model", "provider"),
    ),
    LlmMetric(
        name="llm_cache_lookups_total",
        type="counter",
        help="Lookups in the application's own caches.",
        unit="",
        family=CACHE,
        labels=LABELS["cache"],
        part_label="result",
        parts=("miss", "hit"),
    ),
    LlmMetric(
        name="llm_quality_score",
        type="histogram",
        help="Quality that scores tell, 1 is best.",
        unit="",
        family=SCORES,
        labels=LABELS["score"],
        part_label="le",
        parts=_SCORE_LE,
    ),
    LlmMetric(
        name="llm_trace_duration_seconds",
        type="histogram",
        help="How long traces took.",
        unit="seconds",
        family=TRACES,
        labels=LABELS["trace"],
        part_label="le",
        parts=_SECONDS_LE,
    ),
    LlmMetric(
        name="llm_traces_total",
        type="counter",
        help="Traces that ended.",
        unit="",
        family=TRACES,
        labels=LABELS["trace"],
    ),
    LlmMetric(
        name="llm_span_duration_seconds",
        type="histogram",
        help="How long spans of any kind took.",
        unit="seconds",
        family=SPANS,
        labels=LABELS["span"],
        part_label="le",
        parts=_SECONDS_LE,
    ),
)
