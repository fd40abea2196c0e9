"""What parses and still goes wrong: each finding by its word, with the expression that is right instead."""

import time
from collections.abc import Mapping, Sequence

import pytest

from spanglass_server.metrics.own import own_metadata
from spanglass_server.model.series import MetricMetadata, labels_of
from spanglass_server.promql.parse import parse
from spanglass_server.rules.files import Rule, RuleFile, RuleGroup, RuleKind
from spanglass_server.rules.lint import Finding, KnownSeries, built_in_series, lint, with_stored

KNOWN = built_in_series(own_metadata())
STORED = with_stored(
    KNOWN,
    [
        labels_of({"__name__": "http_requests_total", "job": "api", "instance": "a:1", "code": "500"}),
        labels_of({"__name__": "queue_depth", "job": "api", "instance": "a:1"}),
        labels_of({"__name__": "http_seconds_bucket", "job": "api", "instance": "a:1", "le": "1"}),
    ],
    [
        MetricMetadata("queue_depth", "gauge", "", ""),
        MetricMetadata("http_requests_total", "counter", "", ""),
        MetricMetadata("http_seconds", "histogram", "", ""),
    ],
)


def check(
    expression: str,
    *,
    kind: RuleKind = "alerting",
    for_ms: int = 300_000,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    interval_ms: int = 0,
    known: KnownSeries = KNOWN,
) -> Sequence[Finding]:
    rule = Rule(
        kind=kind,
        name="Test" if kind == "alerting" else "test:rule",
        expression=expression,
        for_ms=for_ms,
        keep_firing_for_ms=0,
        labels=tuple((labels or {}).items()),
        annotations=tuple(({"summary": "It is wrong."} if annotations is None else annotations).items()),
        line=4,
        expression_line=5,
    )
    group = RuleGroup(name="g", interval_ms=interval_ms, query_offset_ms=None, limit=0, rules=[rule], line=2)
    return lint([RuleFile(name="rules.yml", groups=[group])], known)


def codes(findings: Sequence[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def one(findings: Sequence[Finding], code: str) -> Finding:
    (found,) = [finding for finding in findings if finding.code == code]
    return found


HIGH_LATENCY = "histogram_quantile(0.99, llm_latency_seconds) > 10"
HIGH_ERROR_RATE = 'rate(llm_requests_total{status="error"}[5m]) / rate(llm_requests_total[5m]) > 0.05'
COST_SPIKE = "increase(llm_cost_usd_total[1h]) > 50"


def test_a_quantile_of_a_bare_histogram_never_fires() -> None:
    findings = check(HIGH_LATENCY)
    assert codes(findings) == {"histogram-without-bucket", "quantile-without-rate", "quantile-without-le"}
    finding = one(findings, "histogram-without-bucket")
    assert finding.severity == "error"
    assert (finding.file, finding.line, finding.group, finding.rule) == ("rules.yml", 5, "g", "Test")
    assert "the rule never fires" in finding.why
    assert {finding.corrected for finding in findings} == {
        "histogram_quantile(0.99, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 10"
    }


def test_a_ratio_of_a_part_over_a_whole_that_match_by_that_label_is_always_1() -> None:
    findings = check(HIGH_ERROR_RATE)
    finding = one(findings, "ratio-of-itself")
    assert finding.severity == "error"
    assert "the result is always 1" in finding.why
    assert "fires for every error" in finding.why
    assert finding.corrected == (
        'sum(rate(llm_requests_total{status="error"}[5m])) / (sum(rate(llm_requests_total[5m])) > 0) > 0.05'
    )


def test_a_threshold_meant_in_total_is_per_series() -> None:
    (finding,) = check(COST_SPIKE, for_ms=0)
    assert finding.code == "threshold-per-series"
    assert "per series" in finding.message
    assert finding.corrected == "sum(increase(llm_cost_usd_total[1h])) > 50"


CORRECTED = [
    # Quantiles.
    (
        "histogram_quantile(0.9, sum(rate(llm_ttft_seconds_bucket[5m]))) > 2",
        "quantile-without-le",
        "histogram_quantile(0.9, sum by (le) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
    ),
    (
        "histogram_quantile(0.9, sum by (model) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
        "quantile-without-le",
        "histogram_quantile(0.9, sum by (le, model) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
    ),
    (
        "histogram_quantile(0.9, sum without (le, model) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
        "quantile-without-le",
        "histogram_quantile(0.9, sum without (model) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
    ),
    (
        "histogram_quantile(0.9, sum by (le) (llm_ttft_seconds_bucket)) > 2",
        "quantile-without-rate",
        "histogram_quantile(0.9, sum by (le) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
    ),
    (
        "histogram_quantile(99, sum by (le) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
        "quantile-out-of-range",
        "histogram_quantile(0.99, sum by (le) (rate(llm_ttft_seconds_bucket[5m]))) > 2",
    ),
    (
        "histogram_quantile(0.9, sum by (le) (rate(request_seconds[5m]))) > 2",
        "histogram-without-bucket",
        "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m]))) > 2",
    ),
    (
        "avg(histogram_quantile(0.9, sum by (le, model) (rate(llm_latency_seconds_bucket[5m])))) > 2",
        "mean-of-quantiles",
        "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 2",
    ),
    (
        "avg by (score) (llm_quality_score) < 3.5",
        "histogram-without-bucket",
        "sum by (score) (rate(llm_quality_score_sum[5m]))"
        " / (sum by (score) (rate(llm_quality_score_count[5m])) > 0) < 0.7",
    ),
    (
        'llm_latency_seconds{model="m"} > 5',
        "histogram-without-bucket",
        'sum(rate(llm_latency_seconds_sum{model="m"}[5m]))'
        ' / (sum(rate(llm_latency_seconds_count{model="m"}[5m])) > 0) > 5',
    ),
    # Counters and gauges.
    (
        "sum(llm_requests_total) > 100",
        "counter-without-rate",
        "sum(increase(llm_requests_total[1h])) > 100",
    ),
    (
        'sum(llm_requests_total{status="error"}) / sum(llm_requests_total) > 0.1',
        "counter-without-rate",
        'sum(rate(llm_requests_total{status="error"}[5m])) / (sum(rate(llm_requests_total[5m])) > 0) > 0.1',
    ),
    ("up_total > 5", "counter-without-rate", "increase(up_total[1h]) > 5"),
    (
        "increase(spanglass_budget_spent_usd[1h]) > 5",
        "rate-of-gauge",
        "delta(spanglass_budget_spent_usd[1h]) > 5",
    ),
    (
        "sum(rate(sum(llm_cost_usd_total)[1h:1m])) > 5",
        "rate-of-sum",
        "sum(sum(rate(llm_cost_usd_total[1h]))) > 5",
    ),
    # Names.
    (
        "sum(increase(llm_cost_usd[1h])) > 50",
        "unknown-metric",
        "sum(increase(llm_cost_usd_total[1h])) > 50",
    ),
    (
        'sum(increase(llm_cost_usd_total{modle="gpt-5"}[1h])) > 50',
        "unknown-label",
        'sum(increase(llm_cost_usd_total{model="gpt-5"}[1h])) > 50',
    ),
    (
        "sum by (modle) (increase(llm_cost_usd_total[1h])) > 50",
        "unknown-label",
        "sum by (model) (increase(llm_cost_usd_total[1h])) > 50",
    ),
    (
        'sum(increase(llm_requests_total{status="errors"}[1h])) > 50',
        "unknown-value",
        'sum(increase(llm_requests_total{status="error"}[1h])) > 50',
    ),
    (
        'sum(increase(llm_requests_total{status!="ok"}[1h])) > 50',
        "unknown-value",
        'sum(increase(llm_requests_total{status!="success"}[1h])) > 50',
    ),
    (
        'sum(increase(llm_tokens_total{type=~"prompt"}[1h])) > 50',
        "unknown-value",
        'sum(increase(llm_tokens_total{type="input"}[1h])) > 50',
    ),
    (
        'sum(rate(llm_latency_seconds_bucket{le="2.0"}[5m]))'
        " / (sum(rate(llm_latency_seconds_count[5m])) > 0) < 0.9",
        "unknown-value",
        'sum(rate(llm_latency_seconds_bucket{le="2"}[5m]))'
        " / (sum(rate(llm_latency_seconds_count[5m])) > 0) < 0.9",
    ),
    (
        'sum(rate(llm_latency_seconds_bucket{le="3"}[5m]))'
        " / (sum(rate(llm_latency_seconds_count[5m])) > 0) < 0.9",
        "unknown-value",
        'sum(rate(llm_latency_seconds_bucket{le="5"}[5m]))'
        " / (sum(rate(llm_latency_seconds_count[5m])) > 0) < 0.9",
    ),
    (
        'sum(increase(llm_traces_total{status="success"}[1h])) > 50',
        "unknown-value",
        'sum(increase(llm_traces_total{status="ok"}[1h])) > 50',
    ),
    # Sides that do not match.
    (
        'sum by (status) (rate(llm_requests_total{status="error"}[5m]))'
        " / sum by (status) (rate(llm_requests_total[5m])) > 0.1",
        "ratio-of-itself",
        'sum(rate(llm_requests_total{status="error"}[5m])) / (sum(rate(llm_requests_total[5m])) > 0) > 0.1',
    ),
    (
        "sum by (model) (rate(llm_cost_usd_total[1h])) / sum(rate(llm_cost_usd_total[1h])) > 0.5",
        "sides-never-match",
        "sum by (model) (rate(llm_cost_usd_total[1h])) / on () group_left ()"
        " (sum(rate(llm_cost_usd_total[1h])) > 0) > 0.5",
    ),
    (
        'rate(llm_requests_total{status="error"}[5m]) / sum by (model) (rate(llm_requests_total[5m])) > 0.1',
        "sides-never-match",
        'sum by (model) (rate(llm_requests_total{status="error"}[5m]))'
        " / (sum by (model) (rate(llm_requests_total[5m])) > 0) > 0.1",
    ),
    (
        'sum by (model, status) (rate(llm_requests_total{status="error"}[5m]))'
        " / sum by (model) (rate(llm_requests_total[5m])) > 0.1",
        "sides-never-match",
        'sum by (model) (rate(llm_requests_total{status="error"}[5m]))'
        " / (sum by (model) (rate(llm_requests_total[5m])) > 0) > 0.1",
    ),
    (
        'sum by (model) (rate(llm_requests_total{status="error"}[5m]))'
        " / sum(rate(llm_requests_total[5m])) > 0.1",
        "sides-never-match",
        'sum by (model) (rate(llm_requests_total{status="error"}[5m]))'
        " / (sum by (model) (rate(llm_requests_total[5m])) > 0) > 0.1",
    ),
    (
        'rate(llm_tokens_total{type="cache_read"}[1h]) / rate(llm_tokens_total{type="input"}[1h]) > 0.1',
        "sides-never-match",
        'rate(llm_tokens_total{type="cache_read"}[1h])'
        ' / ignoring (type) (rate(llm_tokens_total{type="input"}[1h]) > 0) > 0.1',
    ),
    (
        "rate(http_errors_total[5m]) / sum(rate(http_requests_total[5m])) > 0.1",
        "sides-never-match",
        "sum(rate(http_errors_total[5m])) / (sum(rate(http_requests_total[5m])) > 0) > 0.1",
    ),
    (
        "sum by (model) (rate(llm_cost_usd_total[1h])) > on (model) rate(llm_requests_total[1h])",
        "sides-match-too-much",
        "sum by (model) (rate(llm_cost_usd_total[1h])) > on (model)"
        " sum by (model) (rate(llm_requests_total[1h]))",
    ),
    (
        "sum by (model) (rate(llm_cost_usd_total[1h])) > 1 and sum(rate(llm_cost_usd_total[1h])) > 5",
        "sides-never-match",
        "sum by (model) (rate(llm_cost_usd_total[1h])) > 1 and on () sum(rate(llm_cost_usd_total[1h])) > 5",
    ),
    # Thresholds.
    (
        'sum(rate(llm_requests_total{status="error"}[1h])) / (sum(rate(llm_requests_total[1h])) > 0) > 5',
        "never-true",
        'sum(rate(llm_requests_total{status="error"}[1h])) / (sum(rate(llm_requests_total[1h])) > 0) > 0.05',
    ),
    (
        "sum(rate(llm_quality_score_sum[1h])) / (sum(rate(llm_quality_score_count[1h])) > 0) < 3.5",
        "always-true",
        "sum(rate(llm_quality_score_sum[1h])) / (sum(rate(llm_quality_score_count[1h])) > 0) < 0.7",
    ),
    (
        "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 5000",
        "never-true",
        "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 5",
    ),
    (
        "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 120",
        "never-true",
        "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) >= 120",
    ),
    ("sum(rate(llm_cost_usd_total[1h])) > -5", "always-true", "sum(rate(llm_cost_usd_total[1h])) > 5"),
    ("-3 > sum(rate(llm_cost_usd_total[1h]))", "never-true", "3 > sum(rate(llm_cost_usd_total[1h]))"),
    (
        "sum(rate(llm_cost_usd_total[1h])) == 0.05",
        "float-equality",
        "sum(rate(llm_cost_usd_total[1h])) >= 0.05",
    ),
    (
        "sum(rate(llm_cost_usd_total[1h])) > bool 5",
        "always-fires",
        "sum(rate(llm_cost_usd_total[1h])) > 5",
    ),
    # Means.
    (
        "avg(rate(llm_latency_seconds_sum[5m]) / rate(llm_latency_seconds_count[5m])) > 5",
        "mean-of-ratios",
        "(sum(rate(llm_latency_seconds_sum[5m])) / (sum(rate(llm_latency_seconds_count[5m])) > 0)) > 5",
    ),
    # Times.
    (
        "sum(rate(llm_cost_usd_total[15s])) > 5",
        "range-too-short",
        "sum(rate(llm_cost_usd_total[5m])) > 5",
    ),
    ("sum(rate(http_requests_total[20s])) > 5", "range-too-short", "sum(rate(http_requests_total[5m])) > 5"),
    (
        "sum(rate(llm_cost_usd_total[1h] offset -1h)) > 5",
        "negative-offset",
        "sum(rate(llm_cost_usd_total[1h] offset 1h)) > 5",
    ),
    (
        "sum(increase(llm_cost_usd_total[1h])) > 2 * sum(increase(llm_cost_usd_total[1h] offset 5m))",
        "overlapping-offset",
        "sum(increase(llm_cost_usd_total[1h])) > 2 * sum(increase(llm_cost_usd_total[1h] offset 1h))",
    ),
    ("sum(irate(llm_cost_usd_total[5m])) > 5", "irate-in-alert", "sum(rate(llm_cost_usd_total[5m])) > 5"),
    (
        'absent(llm_requests_total{service="api"})',
        "absent-never-true",
        'sum(increase(llm_requests_total{service="api"}[15m])) < 1',
    ),
]


@pytest.mark.parametrize(("expression", "code", "corrected"), CORRECTED)
def test_a_finding_comes_with_the_expression_that_is_right(
    expression: str, code: str, corrected: str
) -> None:
    finding = next(finding for finding in check(expression) if finding.code == code)
    assert finding.corrected == corrected
    assert finding.message
    assert finding.why


@pytest.mark.parametrize(
    "expression", [HIGH_LATENCY, HIGH_ERROR_RATE, COST_SPIKE, *(row[0] for row in CORRECTED)]
)
def test_a_corrected_expression_parses_and_is_clean(expression: str) -> None:
    (corrected,) = {finding.corrected for finding in check(expression) if finding.corrected}
    parse(corrected)
    assert check(corrected) == []


CLEAN = [
    "histogram_quantile(0.99, sum by (le, model) (rate(llm_latency_seconds_bucket[5m]))) > 10",
    "sum by (model) (increase(llm_cost_usd_total[1h])) > 50",
    'sum(increase(llm_requests_total{status=~"err.*"}[1h])) > 3',
    "up == 0",
    "vector(1)",
    "count(up == 0) > 0",
    "count by (job) (up) > 0",
    "http_requests_total > http_requests_total offset 5m",
    "absent(up{job='x'}) == 1",
    "sum(rate(errors_total[5m]) > 5) > 0",
    "100 - avg by (instance) (rate(node_cpu_seconds_total{mode='idle'}[5m])) * 100 > 80",
    "kube_deployment_spec_replicas != kube_deployment_status_replicas_available"
    " and changes(kube_deployment_status_replicas_available[10m]) == 0",
    "count by (job) (up == 0) / count by (job) (up) > 0.1",
    "max by (node) (kube_node_info) * on (node) group_left (owner) kube_node_labels > 0",
    "(node_filesystem_avail_bytes * 100) / node_filesystem_size_bytes < 10 and node_filesystem_readonly == 0",
    'sum(rate(llm_latency_seconds_bucket{le="5"}[5m]))'
    " / (sum(rate(llm_latency_seconds_count[5m])) > 0) < 0.9",
    'absent(up{job="api"})',
    "count by (model) (llm_requests_total) > 10",
    "sum(llm_cost_usd_total) - sum(llm_cost_usd_total offset 1h) > 5",
    "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1",
    "predict_linear(node_filesystem_avail_bytes[6h], 14400) < 0",
    'ALERTS{alertname="x"}',
    "sum(rate(http_requests_total[5m])) by (job) > 10",
    "job:errors:ratio5m > 0.1",
    "rate(http_requests_total[5m]) > 10",
    "vector(1) > 0",
    "max_over_time(queue_depth[5m]) > 10",
    "time() - last_success_timestamp_seconds > 3600",
    "sum by (model) (rate(llm_cost_usd_total[1h])) > on () group_left () sum(rate(llm_tokens_total[1h]))",
    "histogram_quantile(0.9, job:latency:bucket_rate5m) > 1",
    'spanglass_budget_burn_rate{window="1h"} > 6'
    ' and ignoring (window) spanglass_budget_burn_rate{window="5m"} > 6',
    "changes(process_start_time_seconds[1h]) > 3",
    "sum by (pod) (max by (pod) (kube_pod_status_phase) * on (pod) group_left (owner_kind)"
    " topk by (pod) (1, max by (pod, owner_kind) (kube_pod_owner))) > 0",
]


@pytest.mark.parametrize("expression", CLEAN)
def test_what_works_is_left_alone(expression: str) -> None:
    assert [finding for finding in check(expression) if finding.severity != "info"] == []


def test_corrections_keep_the_labels_that_annotations_name() -> None:
    annotations = {"summary": "{{ $labels.model }} of {{ .Labels.feature }} costs {{ $value }}"}
    (finding,) = check(COST_SPIKE, annotations=annotations)
    assert finding.corrected == "sum by (feature, model) (increase(llm_cost_usd_total[1h])) > 50"


def test_a_template_that_names_a_label_summed_away_is_found() -> None:
    annotations = {"summary": "{{ $labels.model }} fails"}
    expression = (
        'sum by (feature) (rate(llm_requests_total{status="error"}[1h]))'
        " / (sum by (feature) (rate(llm_requests_total[1h])) > 0) > 0.1"
    )
    (finding,) = check(expression, annotations=annotations)
    assert finding.code == "template-label-lost"
    assert finding.corrected == (
        'sum by (feature, model) (rate(llm_requests_total{status="error"}[1h]))'
        " / (sum by (feature, model) (rate(llm_requests_total[1h])) > 0) > 0.1"
    )
    assert check(finding.corrected, annotations=annotations) == []


def test_labels_that_the_rule_sets_itself_are_there() -> None:
    annotations = {"summary": "{{ $labels.tier }} {{ $labels.alertname }}"}
    assert check("sum(up) < 3", annotations=annotations, labels={"tier": "1"}) == []


def test_a_template_label_that_no_series_has_is_not_made_up() -> None:
    (finding,) = check(
        "sum(increase(llm_cost_usd_total[1h])) > 5", annotations={"summary": "{{$labels.pod}}"}
    )
    assert (finding.code, finding.corrected) == ("template-label-lost", "")
    assert "$labels.pod" in finding.advice


def test_labels_of_samples_that_a_template_asks_for_are_their_own() -> None:
    asks = '{{ range query "up" }}{{ .Labels.instance }}{{ end }}'
    assert check("sum(up) < 3", annotations={"summary": asks}) == []
    both = codes(check("sum(up) < 3", annotations={"summary": asks + "{{ $labels.job }}"}))
    assert both == {"template-label-lost"}


def test_external_labels_are_not_those_of_the_alert() -> None:
    assert check("sum(up) < 3", annotations={"summary": "{{ $externalLabels.cluster }}"}) == []


def test_a_noisy_ratio_without_for_is_found() -> None:
    (finding,) = check("sum(rate(a_sum[5m])) / (sum(rate(a_count[5m])) > 0) > 3", for_ms=0)
    assert finding.code == "alert-without-for"
    assert finding.advice == "add `for: 5m`"
    assert finding.corrected == ""


@pytest.mark.parametrize(
    "expression", ["sum(increase(llm_cost_usd_total[1h])) > 50", "sum(rate(errors_total[5m])) > 0"]
)
def test_totals_may_do_without_for(expression: str) -> None:
    assert check(expression, for_ms=0) == []


def test_an_alert_without_a_summary_is_a_remark() -> None:
    (finding,) = check("up == 0", annotations={})
    assert (finding.severity, finding.code) == ("info", "missing-summary")


@pytest.mark.parametrize(
    ("for_ms", "code"),
    [(2 * 86_400_000, "for-too-long"), (3_700_000, "for-too-long"), (30_000, "for-too-short")],
)
def test_durations_that_make_no_sense_are_found(for_ms: int, code: str) -> None:
    assert codes(check("sum(rate(errors_total[5m])) > 2", for_ms=for_ms)) == {code}


@pytest.mark.parametrize("expression", ["sum(rate(errors_total[5m]))", "up", "-up", "up + 1", "up > bool 1"])
def test_an_alert_that_compares_nothing_always_fires(expression: str) -> None:
    assert codes(check(expression)) == {"always-fires"}


def test_a_recording_rule_needs_no_comparison_and_no_summary() -> None:
    assert check("sum by (model) (rate(llm_cost_usd_total[1h]))", kind="recording", annotations={}) == []


def test_a_recorded_ratio_without_traffic_is_nan_in_every_mean_of_it() -> None:
    expression = "sum(rate(a_sum[5m])) / sum(rate(a_count[5m]))"
    (finding,) = check(expression, kind="recording", annotations={})
    assert finding.code == "ratio-without-traffic"
    assert "NaN is recorded" in finding.why
    assert finding.corrected == "sum(rate(a_sum[5m])) / (sum(rate(a_count[5m])) > 0)"


def test_a_floor_of_traffic_beside_the_ratio_is_a_guard() -> None:
    assert (
        check("sum(rate(a_sum[1h])) / sum(rate(a_count[1h])) > 3 and sum(increase(a_count[1h])) > 20") == []
    )


def test_what_one_file_records_is_known_to_another() -> None:
    def file_of(name: str, kind: RuleKind, rule: str, expression: str) -> RuleFile:
        made = Rule(
            kind=kind,
            name=rule,
            expression=expression,
            for_ms=0,
            keep_firing_for_ms=0,
            labels=(),
            annotations=(("summary", "s"),) if kind == "alerting" else (),
            line=1,
            expression_line=1,
        )
        group = RuleGroup(name="g", interval_ms=120_000, query_offset_ms=None, limit=0, rules=[made], line=1)
        return RuleFile(name=name, groups=[group])

    uses = file_of("a.yml", "alerting", "A", "delta(llm_own:cost[3m]) > 5")
    makes = file_of("b.yml", "recording", "llm_own:cost", "sum(llm_cost_usd_total)")
    assert codes(lint([uses], KNOWN)) == {"unknown-metric"}
    # Evaluated every two minutes, three minutes may hold one sample.
    assert codes(lint([uses, makes], KNOWN)) == {"range-too-short"}


def test_without_a_server_other_metrics_are_taken_on_trust() -> None:
    assert check("made_up_metric > 5") == []


def test_a_server_knows_what_series_there_are() -> None:
    (finding,) = check("queue_dept > 5", known=STORED)
    assert (finding.severity, finding.code) == ("warning", "unknown-metric")
    assert finding.corrected == "queue_depth > 5"
    (gauge,) = check("rate(queue_depth[5m]) > 5", known=STORED)
    assert (gauge.code, gauge.corrected) == ("rate-of-gauge", "deriv(queue_depth[5m]) > 5")
    (label,) = check('queue_depth{jobs="api"} > 5', known=STORED)
    assert label.corrected == 'queue_depth{job="api"} > 5'
    (bucket,) = check("histogram_quantile(0.9, sum by (le) (rate(http_seconds[5m]))) > 1", known=STORED)
    assert bucket.code == "histogram-without-bucket"


def test_an_expression_that_its_author_alone_can_repair_gets_no_correction() -> None:
    (finding,) = check("sum(increase(llm_users_online[1h])) > 50")
    assert (finding.code, finding.severity, finding.corrected) == ("unknown-metric", "error", "")
    assert "docs/metrics.md" in finding.advice


def test_findings_stand_in_the_order_of_the_rules_and_name_their_severity() -> None:
    findings = check(HIGH_ERROR_RATE)
    assert [finding.severity for finding in findings] == ["error", "warning"]


def test_very_long_expressions_are_checked_in_time_and_not_corrected() -> None:
    long = " or ".join(["increase(llm_cost_usd_total[1h]) > 50"] * 60)
    began = time.process_time()
    (finding,) = check(long)
    assert (finding.code, finding.corrected) == ("threshold-per-series", "")
    nested = " / ".join(["rate(llm_cost_usd_total[5m])"] * 60) + " > 5"
    assert check(nested)
    # Half a second here; a check that asks twice at each level would take years.
    assert time.process_time() - began < 20


def test_values_are_matched_by_the_patterns_that_queries_have() -> None:
    # RE2's classes without braces are none of Python's.
    assert "unknown-value" in codes(check(r'sum(increase(llm_requests_total{status=~"\\pN+"}[1h])) > 50'))
    assert "unknown-value" not in codes(check(r'sum(increase(llm_requests_total{status=~"\\pL+"}[1h])) > 50'))
