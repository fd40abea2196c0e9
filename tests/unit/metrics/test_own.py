"""The server's own metrics."""

from pathlib import Path
from typing import get_args

from spanglass_server.ingest.counters import Counters, Word
from spanglass_server.metrics.own import OWN_METRICS, own_metadata, own_series, own_values

DOCS = Path(__file__).parents[3] / "docs" / "metrics-ingest.md"


def test_every_counter_of_the_ingest_has_a_metric() -> None:
    assert set(get_args(Word)) <= {metric.source for metric in OWN_METRICS}


def test_counters_end_in_total_and_gauges_do_not() -> None:
    for metric in OWN_METRICS:
        assert metric.name.startswith("spanglass_")
        assert metric.name.endswith("_total") == (metric.type == "counter")


def test_every_metric_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for metric in OWN_METRICS:
        assert f"| `{metric.name}` | {metric.type} | {metric.help} |" in text


def test_metrics_without_a_value_are_left_out() -> None:
    assert [(metric.name, value) for metric, value in own_values({"commits": 3, "unknown": 1})] == [
        ("spanglass_commits_total", 3.0)
    ]


def test_samples_carry_the_instance() -> None:
    counters = Counters()
    counters.count("rejected_spans", 2, reason="x")
    series = own_series(counters.snapshot(), labels={"job": "spanglass", "instance": "a:1"}, time_ms=5)
    found = {dict(one.labels)["__name__"]: one for one in series}
    rejected = found["spanglass_rejected_spans_total"]
    assert dict(rejected.labels) == {
        "__name__": "spanglass_rejected_spans_total",
        "job": "spanglass",
        "instance": "a:1",
    }
    assert (rejected.times_ms.tolist(), rejected.values.tolist()) == ([5], [2.0])
    assert set(found) <= {metadata.name for metadata in own_metadata()}
