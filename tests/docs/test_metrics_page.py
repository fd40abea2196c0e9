"""docs/metrics.md tells of every llm_* metric, its type and its labels."""

from pathlib import Path

import pytest

from spanglass_server.store.clickhouse.llm_metrics import METRICS, LlmMetric

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS, ids=[metric.name for metric in METRICS])
def test_a_metric_has_its_row_with_its_type(metric: LlmMetric) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{metric.name}`")]
    assert f"| {metric.type} |" in row


@pytest.mark.parametrize("metric", METRICS, ids=[metric.name for metric in METRICS])
def test_every_label_of_a_metric_is_told(metric: LlmMetric) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{metric.name}`")]
    others = [other for other in METRICS if f"as `{other.name}`" in row]
    told = row + "".join(
        line for other in others for line in PAGE.splitlines() if f"| `{other.name}`" in line
    )
    labels = [*metric.labels, *([metric.part_label] if metric.part_label not in ("", "le") else [])]

    assert [label for label in labels if f"`{label}`" not in told] == []
