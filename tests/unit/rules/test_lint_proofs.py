"""What the linter says of rules is what happens: originals and corrections, evaluated by the engine."""

from collections.abc import Mapping

import pytest
from tests.support.memory_series import MemorySeries

from spanglass_server.metrics.own import own_metadata
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.rules.files import parse_rule_file
from spanglass_server.rules.lint import built_in_series, lint

HOUR_MS = 3_600_000
STEP_MS = 15_000
NOW_MS = 2 * HOUR_MS

ARTICLE = """
groups:
  - name: llm_alerts
    rules:
      - alert: HighLLMLatency
        expr: histogram_quantile(0.99, llm_latency_seconds) > 10
        for: 5m
        annotations: {summary: "LLM P99 레이턴시 10초 초과"}
      - alert: HighErrorRate
        expr: rate(llm_requests_total{status="error"}[5m]) / rate(llm_requests_total[5m]) > 0.05
        for: 2m
        annotations: {summary: "LLM 에러율 5% 초과"}
      - alert: CostSpike
        expr: increase(llm_cost_usd_total[1h]) > 50
        annotations: {summary: "시간당 LLM 비용 $50 초과"}
"""


class World:
    """Counters that grow evenly for two hours."""

    def __init__(self) -> None:
        self._series = MemorySeries()
        self._runner = QueryRunner(self._series)

    def count(self, name: str, labels: Mapping[str, str], *, an_hour: float) -> None:
        points = [(time, an_hour * time / HOUR_MS) for time in range(0, NOW_MS + 1, STEP_MS)]
        self._series.add("p", name, dict(labels), points)

    def observe(self, labels: Mapping[str, str], *, within: Mapping[str, float]) -> None:
        """Latencies: how many an hour are within each bound."""
        for bound, count in within.items():
            self.count("llm_latency_seconds_bucket", {**labels, "le": bound}, an_hour=count)
        self.count("llm_latency_seconds_count", labels, an_hour=within["+Inf"])

    def fires(self, expression: str) -> int:
        """For how many label sets."""
        return len(self._runner.run_instant("p", expression, time_ms=NOW_MS).vector)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def article() -> dict[str, tuple[str, str]]:
    """The original and the corrected expression by alert."""
    findings = lint([parse_rule_file(ARTICLE, name="llm_alerts.yml")], built_in_series(own_metadata()))
    return {f.rule: (f.expression, f.corrected) for f in findings if f.corrected}


def test_all_three_of_the_article_are_found_and_corrected(article: dict[str, tuple[str, str]]) -> None:
    assert article.keys() == {"HighLLMLatency", "HighErrorRate", "CostSpike"}


def test_the_latency_rule_never_fires_and_its_correction_does(
    world: World, article: dict[str, tuple[str, str]]
) -> None:
    original, corrected = article["HighLLMLatency"]
    world.observe({"model": "slow"}, within={"10": 90.0, "30": 100.0, "+Inf": 100.0})
    assert world.fires(original) == 0
    assert world.fires(corrected) == 1


def test_the_corrected_latency_rule_is_silent_while_calls_are_fast(
    world: World, article: dict[str, tuple[str, str]]
) -> None:
    world.observe({"model": "fast"}, within={"10": 1000.0, "30": 1000.0, "+Inf": 1000.0})
    assert world.fires(article["HighLLMLatency"][1]) == 0


def test_the_error_rule_fires_for_every_error_and_its_correction_by_share(
    world: World, article: dict[str, tuple[str, str]]
) -> None:
    original, corrected = article["HighErrorRate"]
    world.count("llm_requests_total", {"model": "m", "status": "success"}, an_hour=10_000)
    world.count("llm_requests_total", {"model": "m", "status": "error"}, an_hour=1)
    assert world.fires(original) == 1
    assert world.fires(corrected) == 0
    world.count("llm_requests_total", {"model": "bad", "status": "error"}, an_hour=1000)
    assert world.fires(corrected) == 1


def test_the_corrected_error_rule_is_silent_without_traffic(
    world: World, article: dict[str, tuple[str, str]]
) -> None:
    world.count("llm_requests_total", {"model": "m", "status": "success"}, an_hour=0)
    world.count("llm_requests_total", {"model": "m", "status": "error"}, an_hour=0)
    assert world.fires(article["HighErrorRate"][1]) == 0


def test_the_cost_rule_is_per_series_and_its_correction_in_total(
    world: World, article: dict[str, tuple[str, str]]
) -> None:
    original, corrected = article["CostSpike"]
    for number in range(10):
        world.count("llm_cost_usd_total", {"model": f"m{number}"}, an_hour=9)
    assert world.fires(original) == 0
    assert world.fires(corrected) == 1


def test_the_corrected_cost_rule_is_silent_below_its_threshold(
    world: World, article: dict[str, tuple[str, str]]
) -> None:
    world.count("llm_cost_usd_total", {"model": "a"}, an_hour=20)
    world.count("llm_cost_usd_total", {"model": "b"}, an_hour=20)
    assert world.fires(article["CostSpike"][1]) == 0


# Expressions that cannot fire although they should, over a world that is bad in every respect.
NEVER_FIRE = [
    "histogram_quantile(0.9, sum(rate(llm_latency_seconds_bucket[5m]))) > 2",
    "sum(increase(llm_cost_usd[1h])) > 50",
    'sum(increase(llm_cost_usd_total{modle="m0"}[1h])) > 50',
    'sum(increase(llm_requests_total{status="errors"}[1h])) > 50',
    "sum by (model) (rate(llm_cost_usd_total[1h])) / sum(rate(llm_cost_usd_total[1h])) > 0.2",
    'sum by (model, status) (rate(llm_requests_total{status="error"}[5m]))'
    " / sum by (model) (rate(llm_requests_total[5m])) > 0.1",
    "sum(rate(llm_cost_usd_total[15s])) > 0.001",
    'sum(rate(llm_requests_total{status="error"}[1h])) / (sum(rate(llm_requests_total[1h])) > 0) > 5',
    "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 5000",
    'rate(llm_requests_total{status="error"}[1h]) / rate(llm_requests_total{status="success"}[1h]) > 0.1',
    "sum by (model) (rate(llm_cost_usd_total[1h])) > 0 and sum(rate(llm_cost_usd_total[1h])) > 0.001",
]


@pytest.mark.parametrize("expression", NEVER_FIRE)
def test_what_is_said_never_to_fire_does_not_and_its_correction_does(world: World, expression: str) -> None:
    for number in range(3):
        labels = {"model": f"m{number}", "feature": "f"}
        world.count("llm_cost_usd_total", labels, an_hour=100)
        world.count("llm_requests_total", {**labels, "status": "error"}, an_hour=100)
        world.count("llm_requests_total", {**labels, "status": "success"}, an_hour=100)
        world.observe(labels, within={"5": 10.0, "10": 100.0, "+Inf": 100.0})
    text = f"groups:\n- name: g\n  rules:\n  - alert: A\n    for: 5m\n    expr: |\n      {expression}\n"
    findings = lint([parse_rule_file(text, name="a.yml")], built_in_series(own_metadata()))
    (corrected,) = {finding.corrected for finding in findings if finding.corrected}
    assert any("never fires" in finding.why for finding in findings)
    assert world.fires(expression) == 0
    assert world.fires(corrected) > 0
