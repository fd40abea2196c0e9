"""Which series there are: the built-in tables, what recording rules make, and what a running server has.

The labels and their values are those of docs/metrics.md.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from spanglass_server.model.series import METRIC_NAME, Labels, MetricMetadata, MetricType

VIEW_STEP_MS: Final = 15_000
"""The distance of the samples of llm_* and spanglass_* series."""

_WHERE: Final = ("service", "environment")
_CALL: Final = ("model", "provider", "feature", "team", *_WHERE)
_TRACE: Final = ("name", "status", "feature", "team", *_WHERE)
_TRACE_VALUES: Final = {"status": frozenset({"ok", "error", "unset"})}
_STATUS: Final = frozenset({"success", "error"})
_TOKEN_TYPES: Final = frozenset({"input", "output", "cache_read", "cache_write", "reasoning"})
_KINDS: Final = frozenset(
    {
        "llm",
        "embedding",
        "retriever",
        "reranker",
        "tool",
        "agent",
        "chain",
        "guardrail",
        "evaluator",
        "cache",
        "span",
    }
)
BUILT_IN_PREFIXES: Final = ("llm_", "spanglass_")
_PARTS: Final = ("_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMetric:
    """One name that series have."""

    name: str
    type: MetricType
    """Of what the name stands for: a histogram's `_bucket`, `_sum` and `_count` are counters."""
    labels: frozenset[str] | None
    """None where they are not known."""
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of labels that can only have these."""
    family: str = ""
    """Of a histogram's parts: its name."""
    step_ms: int = 0
    """The distance of its samples; 0 if not known."""
    bucket_max: float = 0.0
    """Of a built-in histogram: its last finite bound."""
    is_view: bool = False
    """Computed from spans: its series live on, without traffic too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSeries:
    metrics: Mapping[str, KnownMetric]
    """By name."""
    histograms: frozenset[str] = frozenset()
    """Names of histograms, which no series has itself."""
    is_complete: bool = False
    """What is not here does not exist: a running server was asked."""

    def find(self, name: str) -> KnownMetric | None:
        return self.metrics.get(name)

    def has_type(self, name: str, *types: MetricType) -> bool:
        metric = self.metrics.get(name)
        return metric is not None and metric.type in types

    def suggest(self, name: str) -> str:
        """The likeliest name that was meant; empty for none."""
        return closest(name, self.metrics)


def closest(word: str, words: Iterable[str]) -> str:
    candidates = sorted(set(words))
    longer = [known for known in candidates if known.startswith(word) and len(word) > 3]
    if longer:
        return min(longer, key=len)
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.75)
    return found[0] if found else ""


def built_in_series(further: Iterable[MetricMetadata] = ()) -> KnownSeries:
    """The llm_* series, and `further` ones of which nothing but the type is known."""
    metrics = dict(_llm_metrics())
    for metadata in further:
        metrics.setdefault(
            metadata.name,
            KnownMetric(name=metadata.name, type=metadata.type, labels=None, step_ms=VIEW_STEP_MS),
        )
    for name, labels in _BUDGET_LABELS.items():
        metrics[name] = KnownMetric(
            name=name, type="gauge", labels=labels, values=_BUDGET_VALUES, step_ms=60_000
        )
    return KnownSeries(metrics=metrics, histograms=frozenset(_HISTOGRAMS))


def with_recorded(known: KnownSeries, recorded: Mapping[str, int]) -> KnownSeries:
    """With what recording rules make: names and their groups' intervals in milliseconds."""
    metrics = {
        name: KnownMetric(name=name, type="unknown", labels=None, step_ms=interval_ms)
        for name, interval_ms in recorded.items()
    }
    return KnownSeries(
        metrics={**metrics, **known.metrics}, histograms=known.histograms, is_complete=known.is_complete
    )


def with_stored(
    known: KnownSeries, series: Iterable[Labels], metadata: Iterable[MetricMetadata]
) -> KnownSeries:
    """With what a running server has: the label sets of its series, and what it knows of their types."""
    types = {entry.name: entry.type for entry in metadata}
    labels: dict[str, set[str]] = {}
    for pairs in series:
        found = dict(pairs)
        name = found.pop(METRIC_NAME, "")
        labels.setdefault(name, set()).update(found)
    stored = {name: _stored(name, names, types) for name, names in labels.items() if name}
    histograms = {name for name, kind in types.items() if kind == "histogram"}
    return KnownSeries(
        metrics={**stored, **known.metrics},
        histograms=known.histograms | histograms,
        is_complete=True,
    )


def _stored(name: str, labels: set[str], types: Mapping[str, MetricType]) -> KnownMetric:
    family = next((name[: -len(part)] for part in _PARTS if name.endswith(part)), "")
    if family and types.get(family) in ("histogram", "summary"):
        return KnownMetric(name=name, type="counter", labels=frozenset(labels), family=family)
    return KnownMetric(name=name, type=types.get(name, "unknown"), labels=frozenset(labels))


_COUNTERS: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, frozenset[str]]]]] = {
    "llm_requests_total": ((*_CALL, "status"), {"status": _STATUS}),
    "llm_tokens_total": ((*_CALL, "type"), {"type": _TOKEN_TYPES}),
    "llm_cost_usd_total": (_CALL, {}),
    "llm_unpriced_requests_total": (("model", "provider"), {}),
    "llm_cache_lookups_total": (
        ("cache", "result", "feature", *_WHERE),
        {"result": frozenset({"hit", "miss"})},
    ),
    "llm_traces_total": (_TRACE, _TRACE_VALUES),
}
_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
_SCORES: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_HISTOGRAMS: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, frozenset[str]], tuple[float, ...]]]] = {
    "llm_latency_seconds": (_CALL, {}, _SECONDS),
    "llm_ttft_seconds": (_CALL, {}, _SECONDS),
    "llm_quality_score": (("score", "evaluator", "feature", *_WHERE), {}, _SCORES),
    "llm_trace_duration_seconds": (_TRACE, _TRACE_VALUES, _SECONDS),
    "llm_span_duration_seconds": (("kind", "name", *_WHERE), {"kind": _KINDS}, _SECONDS),
}
_BUDGET: Final = frozenset({"budget", "scope", "value", "period"})
_BUDGET_LABELS: Final[Mapping[str, frozenset[str]]] = {
    "spanglass_budget_limit_usd": _BUDGET,
    "spanglass_budget_spent_usd": _BUDGET,
    "spanglass_budget_used_ratio": _BUDGET,
    "spanglass_budget_forecast_usd": _BUDGET,
    "spanglass_budget_burn_rate": _BUDGET | {"window"},
}
_BUDGET_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "period": frozenset({"day", "month"}),
    "scope": frozenset({"project", "team", "feature", "user", "model"}),
    "window": frozenset({"5m", "1h", "6h", "1d"}),
}


def _llm_metrics() -> Iterable[tuple[str, KnownMetric]]:
    for name, (labels, values) in _COUNTERS.items():
        yield name, _view(name, labels, values)
    for family, (labels, values, bounds) in _HISTOGRAMS.items():
        le = frozenset({*(f"{bound:g}" for bound in bounds), "+Inf"})
        for part in _PARTS:
            name, is_bucket = family + part, part == "_bucket"
            yield (
                name,
                _view(
                    name,
                    (*labels, "le") if is_bucket else labels,
                    {**values, "le": le} if is_bucket else values,
                    family=family,
                    bucket_max=bounds[-1],
                ),
            )


def _view(
    name: str,
    labels: Iterable[str],
    values: Mapping[str, frozenset[str]],
    *,
    family: str = "",
    bucket_max: float = 0.0,
) -> KnownMetric:
    return KnownMetric(
        name=name,
        type="counter",
        labels=frozenset(labels),
        values=values,
        family=family,
        step_ms=VIEW_STEP_MS,
        bucket_max=bucket_max,
        is_view=True,
    )
