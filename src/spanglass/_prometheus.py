"""The `llm_*` metrics of this process, in prometheus_client's registry, for those who scrape the application.

The same names, labels and buckets as the server's own (docs/instrumentation.md). Under gunicorn and the like
prometheus_client adds the workers up: set PROMETHEUS_MULTIPROC_DIR, as its documentation says.
"""

import threading
import weakref
from collections.abc import Mapping
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import get_current_span
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

from spanglass import semconv
from spanglass._call_processor import Step
from spanglass._calls import Call

if TYPE_CHECKING:
    from spanglass._runtime import ScoreSink

SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
TENTHS: Final = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
SERIES_MAX: Final = 2_000
"""Label sets of one metric. Beyond them what comes from outside is told as `_other`, so that a model or a
feature named after every request cannot fill the memory."""

_WHERE: Final = ("feature", "team", "service", "environment")
_CALL: Final = ("model", "provider", *_WHERE)
_FROM_OUTSIDE: Final = frozenset({"model", "feature", "team", "name", "cache", "score", "evaluator"})


class _Family:
    """One metric, with a bound on its label sets."""

    def __init__(self, metric: Counter | Histogram, labels: tuple[str, ...]) -> None:
        self._metric = metric
        self._labels = labels
        self._known: dict[tuple[str, ...], Any] = {}

    def child(self, values: Mapping[str, str]) -> Any:
        key = tuple(values.get(label, "") for label in self._labels)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= SERIES_MAX:
                key = tuple(
                    "_other" if label in _FROM_OUTSIDE else value
                    for label, value in zip(self._labels, key, strict=True)
                )
            found = self._known[key] = self._metric.labels(*key)
        return found


class LlmMetrics:
    """The metrics in one registry; told of calls and steps by a CallProcessor."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, labels: tuple[str, ...]) -> _Family:
            return _Family(Counter(name, text, labels, registry=registry), labels)

        def histogram(
            name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...] = SECONDS
        ) -> _Family:
            return _Family(Histogram(name, text, labels, buckets=buckets, registry=registry), labels)

        self._requests = counter(
            "llm_requests_total", "Model calls.", ("model", "provider", "status", *_WHERE)
        )
        self._latency = histogram("llm_latency_seconds", "Duration of model calls.", _CALL)
        self._ttft = histogram("llm_ttft_seconds", "Time to the first token of streamed answers.", _CALL)
        self._tokens = counter("llm_tokens_total", "Tokens of model calls, by type.", (*_CALL, "type"))
        self._cost = counter("llm_cost_usd_total", "Cost of model calls in USD.", _CALL)
        self._unpriced = counter(
            "llm_unpriced_requests_total", "Model calls whose cost is unknown.", ("model", "provider")
        )
        self._lookups = counter(
            "llm_cache_lookups_total",
            "Look-ups in caches of answers.",
            ("cache", "result", "feature", "service", "environment"),
        )
        self._quality = histogram(
            "llm_quality_score",
            "Scores from 0 to 1.",
            ("score", "evaluator", "feature", "service", "environment"),
            TENTHS,
        )
        self._spans = histogram(
            "llm_span_duration_seconds",
            "Duration of steps.",
            ("kind", "name", "service", "environment"),
        )

    def tell_call(self, call: Call, cost_usd: float | None, context: Context | None) -> None:
        labels = {name: getattr(call, name) for name in (*_CALL, "status")}
        exemplar = {"trace_id": f"{call.trace_id:032x}", "span_id": f"{call.span_id:016x}"}
        self._requests.child(labels).inc(1, exemplar)
        self._latency.child(labels).observe(call.latency_ns / 1e9, exemplar)
        if call.ttft_ns is not None:
            self._ttft.child(labels).observe(call.ttft_ns / 1e9, exemplar)
        counts = call.counts
        for kind in ("input", "output", "cache_read", "cache_write", "reasoning"):
            if count := getattr(counts, kind):
                self._tokens.child(labels | {"type": kind}).inc(count, exemplar)
        if cost_usd is not None:
            self._cost.child(labels).inc(cost_usd, exemplar)
        elif call.is_carrier or call.status == "success":
            self._unpriced.child(labels).inc(1, exemplar)

    def tell_step(self, step: Step) -> None:
        where = {"feature": step.feature, "service": step.service, "environment": step.environment}
        if step.kind != "span":
            named = where | {"kind": step.kind, "name": step.name}
            self._spans.child(named).observe(step.duration_ns / 1e9)
        if step.cache_hit is not None:
            result = "hit" if step.cache_hit else "miss"
            self._lookups.child(where | {"cache": step.name, "result": result}).inc()

    def counting(self, scores: "ScoreSink", resource: Mapping[str, str]) -> "CountedScores":
        return CountedScores(scores, self, resource)

    def tell_score(self, name: str, value: float, where: Mapping[str, str]) -> None:
        """A score between 0 and 1; others have no place in the buckets."""
        if 0 <= value <= 1:
            self._quality.child({**where, "score": name}).observe(value)


class CountedScores:
    """Passes a client's scores on and counts them."""

    def __init__(self, scores: "ScoreSink", metrics: LlmMetrics, resource: Mapping[str, str]) -> None:
        self._scores = scores
        self._metrics = metrics
        self._where = {
            "service": resource.get(semconv.SERVICE_NAME, ""),
            "environment": resource.get(semconv.ENVIRONMENT, ""),
        }

    def send_score(self, score: dict[str, object]) -> None:
        self._scores.send_score(score)
        value = score.get("value")
        if isinstance(value, (bool, int, float)):
            attributes = getattr(get_current_span(), "attributes", None) or {}
            feature = str(attributes.get(semconv.FEATURE, ""))
            self._metrics.tell_score(str(score["name"]), float(value), self._where | {"feature": feature})


_made: "weakref.WeakKeyDictionary[CollectorRegistry, LlmMetrics]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def metrics_in(registry: CollectorRegistry | None = None) -> LlmMetrics:
    """The metrics of a registry, prometheus_client's default one for None: made once, shared afterwards.

    Raises ValueError where the application has metrics of the same names itself."""
    chosen = REGISTRY if registry is None else registry
    with _lock:
        found = _made.get(chosen)
        if found is None:
            found = _made[chosen] = LlmMetrics(chosen)
        return found
