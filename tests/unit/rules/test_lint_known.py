"""The tables that the linter has are those of the metrics that there are."""

from spanglass_server.rules.budgets_gauges import GAUGES
from spanglass_server.rules.lint import built_in_series
from spanglass_server.store.clickhouse.llm_metrics import METRICS

KNOWN = built_in_series()


def test_every_llm_metric_is_known_with_its_labels() -> None:
    there = {}
    for metric in METRICS:
        for name in metric.series_names:
            labels = {*metric.labels, *([metric.part_label] if metric.part_label else [])}
            is_other_part = metric.part_label == "le" and not name.endswith("_bucket")
            there[name] = labels - {"le"} if is_other_part else labels
    known = {name: metric.labels for name, metric in KNOWN.metrics.items() if name.startswith("llm_")}
    assert known == there


def test_the_values_of_labels_are_those_that_are_given() -> None:
    for metric in METRICS:
        if metric.part_label:
            known = KNOWN.metrics[metric.series_names[0]]
            assert known.values[metric.part_label] == set(metric.parts), metric.name


def test_histograms_are_known_as_such() -> None:
    assert {metric.name for metric in METRICS if metric.type == "histogram"} == KNOWN.histograms


def test_budgets_are_known() -> None:
    assert {gauge.name for gauge in GAUGES} <= KNOWN.metrics.keys()
    assert all(KNOWN.has_type(gauge.name, "gauge") for gauge in GAUGES)
