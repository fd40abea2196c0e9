"""The server's own metrics, `spanglass_*`: names, types and help in one table, values from ingest's counters.

`/metrics` shows them as they are now; the server also writes them as samples of the project `default`, where
rules and dashboards find them with the labels `job="spanglass"` and `instance`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from spanglass_server.model.series import METRIC_NAME, MetricMetadata, Series, labels_of

OWN_PREFIX: Final = "spanglass_"


class OwnMetric(NamedTuple):
    name: str
    type: Literal["counter", "gauge"]
    help: str
    source: str
    """The word that `IngestStatus.counters` has it by."""
    unit: str = ""


def _counter(source: str, help_text: str, unit: str = "") -> OwnMetric:
    return OwnMetric(f"{OWN_PREFIX}{source}_total", "counter", help_text, source, unit)


def _gauge(source: str, help_text: str, unit: str = "") -> OwnMetric:
    return OwnMetric(f"{OWN_PREFIX}{source}", "gauge", help_text, source, unit)


OWN_METRICS: Final[tuple[OwnMetric, ...]] = (
    _counter("accepted_requests", "Ingest requests that were stored."),
    _counter("accepted_spans", "Spans that were stored."),
    _counter("accepted_logs", "Log records that were stored."),
    _counter("accepted_scores", "Scores that were stored."),
    _counter("accepted_langfuse_events", "Events of Langfuse's ingestion API that were stored."),
    _counter("accepted_samples", "Samples of metrics that were stored."),
    _counter("accepted_exemplars", "Exemplars of metrics that were stored."),
    OwnMetric(
        f"{OWN_PREFIX}accepted_bytes_total",
        "counter",
        "Decompressed bytes of the requests that were stored.",
        "accepted_bytes",
        "bytes",
    ),
    _counter("rejected_spans", "Spans that were rejected."),
    _counter("rejected_logs", "Log records that were rejected."),
    _counter("rejected_scores", "Scores that were rejected."),
    _counter("rejected_langfuse_events", "Events of Langfuse's ingestion API that were rejected."),
    _counter("rejected_samples", "Samples and data points of metrics that were rejected."),
    _counter("cut_values", "Attribute values that were too long and were cut off."),
    _counter("redactions", "Values that were replaced, hashed or dropped before they were stored."),
    _counter("duplicate_spans", "Spans that were sent again and were equal to what was known."),
    _counter("duplicate_langfuse_events", "Langfuse events that were sent again."),
    _counter("revised_spans", "Stored spans whose verdict later spans changed."),
    _counter("loaded_traces", "Traces loaded from storage to be settled."),
    _counter("malformed_requests", "Requests whose body could not be read (400)."),
    _counter("refused_requests", "Requests that were refused (401, 403, 404, 413, 415) or broken off."),
    _counter("busy_requests", "Requests that were answered with 503."),
    _counter("timed_out_requests", "Requests that were not stored within ack_timeout_s."),
    _counter("failed_requests", "Requests whose commit failed."),
    _counter("failed_commits", "Commits that storage refused."),
    _counter("commits", "Commits to storage."),
    _counter("rule_evaluations", "Evaluations of alerting and recording rules."),
    _counter("rule_evaluations_failed", "Evaluations of rules that failed."),
    _counter("rule_rounds_missed", "Rounds of rule groups that were left out."),
    _counter("notifications_sent", "Messages about alerts that their receivers took."),
    _counter("notifications_failed", "Tries to send a message about alerts that failed."),
    _counter("notifications_deferred", "Messages that waited for their receiver's rate limit."),
    _counter("notifications_merged", "Messages that a newer one replaced before they were sent."),
    _counter("notifications_alerts_refused", "Alerts beyond those that a project may have at a time."),
    _counter("evaluations", "Traces and spans that evaluators were done with."),
    _counter("evaluations_scored", "Traces and spans that evaluators scored."),
    _counter("evaluations_failed", "Traces and spans that evaluators could not judge."),
    _gauge(
        "evaluation_lag_seconds", "How far the evaluator that is last is behind what is stored.", "seconds"
    ),
    _gauge("evaluators_troubled", "Evaluators that are failing, over their budget or cannot run."),
    _counter("judge_traces_sent", "Traces of judges' own calls that were stored."),
    _counter("judge_traces_dropped", "Traces of judges' own calls that were not."),
    _counter("low_score_notices_sent", "Messages about single bad answers."),
    _counter("low_score_notices_failed", "Messages about single bad answers that no receiver took."),
    _counter("low_score_notices_dropped", "Bad answers that nobody is told of: too many waited."),
    _gauge("queue_bytes", "Decompressed bytes that wait for storage.", "bytes"),
    _gauge("queue_bytes_max", "Bytes that may wait for storage (setting queue_bytes_max).", "bytes"),
    _gauge("cached_spans", "Spans whose facts are in memory."),
    _gauge("langfuse_memory_bytes", "Bytes of Langfuse events in memory.", "bytes"),
)


def own_metadata() -> Sequence[MetricMetadata]:
    return [MetricMetadata(metric.name, metric.type, metric.help, metric.unit) for metric in OWN_METRICS]


def own_values(counters: Mapping[str, int]) -> Sequence[tuple[OwnMetric, float]]:
    """Each metric that has a value now, in the table's order."""
    return [(metric, float(counters[metric.source])) for metric in OWN_METRICS if metric.source in counters]


def own_series(counters: Mapping[str, int], *, labels: Mapping[str, str], time_ms: int) -> Sequence[Series]:
    """One sample of each metric."""
    times = np.array([time_ms], np.int64)
    return [
        Series(labels_of({METRIC_NAME: metric.name, **labels}), times, np.array([value], np.float64))
        for metric, value in own_values(counters)
    ]
