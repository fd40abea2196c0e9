"""OTLP's data points as Prometheus' samples."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from spanglass_server.model.series import Exemplar, MetricMetadata
from spanglass_server.normalize.metric_names import label_name, metric_name, unit_name
from spanglass_server.normalize.metric_points import EXPONENTIAL_BOUNDS, format_number, to_samples, value_text
from spanglass_server.normalize.sample_groups import DEFAULT_SAMPLE_LIMITS, SampleBatch, SampleLimits
from spanglass_server.wire.otlp_metric_records import (
    CUMULATIVE,
    DELTA,
    Buckets,
    DecodedMetrics,
    ExemplarRecord,
    ExponentialPoint,
    HistogramPoint,
    MetricKind,
    MetricRecord,
    NumberPoint,
    Point,
    SummaryPoint,
)
from spanglass_server.wire.records import Attributes, Resource, Scope

T0_NS = 1_800_000_000_000_000_000
T0_MS = T0_NS // 10**6


def record(
    kind: MetricKind,
    *points: Point,
    name: str = "m",
    unit: str = "",
    temporality: int = CUMULATIVE,
    is_monotonic: bool = False,
    resource: Attributes | None = None,
    scope: tuple[str, str] = ("", ""),
) -> MetricRecord:
    return MetricRecord(
        name,
        "what it is",
        unit,
        kind,
        temporality,
        is_monotonic,
        [(f"{name}[{index}]", point) for index, point in enumerate(points)],
        Resource(attributes=resource or {}),
        Scope(name=scope[0], version=scope[1], attributes={}),
    )


def number(value: float, *, time_ns: int = T0_NS, flags: int = 0, **attributes: Any) -> NumberPoint:
    return NumberPoint(time_ns, attributes, flags, (), value)


def convert(*records: MetricRecord, limits: SampleLimits = DEFAULT_SAMPLE_LIMITS) -> SampleBatch:
    return to_samples(DecodedMetrics(list(records), []), limits)


def values(batch: SampleBatch) -> dict[str, float]:
    """Value of each series, written as Prometheus writes series."""
    return {
        "{" + ",".join(f"{name}={value}" for name, value in sample.labels) + "}": sample.value
        for group in batch.groups
        for sample in group.samples
    }


def by_label(batch: SampleBatch, label: str) -> dict[str, float]:
    return {
        dict(sample.labels)[label]: sample.value
        for group in batch.groups
        for sample in group.samples
        if label in dict(sample.labels)
    }


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("http.server.duration", "ms", "histogram", "http_server_duration_milliseconds"),
        ("http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"),
        ("gen_ai.client.token.usage", "{token}", "histogram", "gen_ai_client_token_usage"),
        ("requests", "1", "counter", "requests_total"),
        ("requests_total", "", "counter", "requests_total"),
        ("total_requests", "", "counter", "requests_total"),
        ("cpu.utilization", "1", "gauge", "cpu_utilization_ratio"),
        ("cpu_ratio", "1", "gauge", "cpu_ratio"),
        ("disk.usage", "%", "gauge", "disk_usage_percent"),
        ("network.io", "By/s", "gauge", "network_io_bytes_per_second"),
        ("speed", "km/h", "gauge", "speed_km_per_hour"),
        ("memory_bytes", "By", "gauge", "memory_bytes"),
        ("a..b--c", "", "gauge", "a_b_c"),
        ("2fa.attempts", "", "counter", "_2fa_attempts_total"),
        ("ns:recorded", "", "gauge", "ns:recorded"),
        ("größe", "", "gauge", "gr_e"),
        ("x", "{packets}/s", "gauge", "x_per_second"),
        ("...", "s", "gauge", ""),
    ],
)
def test_names_are_those_of_the_compatibility_specification(
    name: str, unit: str, kind: str, expected: str
) -> None:
    assert metric_name(name, unit, is_counter=kind == "counter", is_gauge=kind == "gauge") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http.route", "http_route"),
        ("2xx", "key_2xx"),
        ("a.-.b", "a_b"),
        ("_x", "_x"),
        ("ok", "ok"),
        ("", ""),
    ],
)
def test_label_names_hold_letters_digits_and_underscores(name: str, expected: str) -> None:
    assert label_name(name) == expected


def test_units_are_told_in_words() -> None:
    assert [unit_name(unit) for unit in ("s", "By/s", "{token}", "1", "widgets")] == [
        *("seconds", "bytes_per_second", "", "", "widgets"),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[("x", "x"), (True, "true"), (3, "3"), (2.0, "2"), (0.1, "0.1"), (None, ""), (b"\x01", "01")],
        *[(["a", 1], '["a",1]'), ({"k": 1}, '{"k":1}'), (math.inf, "+Inf")],
    ],
)
def test_attribute_values_become_text(value: Any, expected: str) -> None:
    assert value_text(value) == expected


def test_numbers_are_written_shortly() -> None:
    numbers = (1.0, 0.5, 1e21, 1e-7, -math.inf, math.nan, 100.0)
    assert [format_number(n) for n in numbers] == ["1", "0.5", "1e+21", "1e-07", "-Inf", "NaN", "100"]


def test_sums_that_only_grow_are_counters_and_others_gauges() -> None:
    batch = convert(
        record("sum", number(1.0), name="a", is_monotonic=True),
        record("sum", number(2.0), name="b"),
        record("gauge", number(3.0), name="c", unit="s"),
    )
    assert values(batch) == {"{__name__=a_total}": 1.0, "{__name__=b}": 2.0, "{__name__=c_seconds}": 3.0}
    assert [(one.name, one.type, one.unit) for one in batch.metadata[:3]] == [
        *[("a_total", "counter", ""), ("b", "gauge", ""), ("c_seconds", "gauge", "seconds")],
    ]


def test_histograms_become_cumulative_buckets() -> None:
    point = HistogramPoint(T0_NS, {"route": "/a"}, 0, (), 10, 12.5, [0.5, 1.0, 2.5], [1, 2, 3, 4])
    batch = convert(record("histogram", point, name="latency", unit="s"))
    assert values(batch) == {
        "{__name__=latency_seconds_bucket,le=0.5,route=/a}": 1.0,
        "{__name__=latency_seconds_bucket,le=1,route=/a}": 3.0,
        "{__name__=latency_seconds_bucket,le=2.5,route=/a}": 6.0,
        "{__name__=latency_seconds_bucket,le=+Inf,route=/a}": 10.0,
        "{__name__=latency_seconds_sum,route=/a}": 12.5,
        "{__name__=latency_seconds_count,route=/a}": 10.0,
    }
    assert batch.metadata[0] == MetricMetadata("latency_seconds", "histogram", "what it is", "seconds")


def test_a_histogram_without_buckets_or_sum_has_its_count() -> None:
    point = HistogramPoint(T0_NS, {}, 0, (), 7, None, [], [])
    assert values(convert(record("histogram", point))) == {
        "{__name__=m_bucket,le=+Inf}": 7.0,
        "{__name__=m_count}": 7.0,
    }


@pytest.mark.parametrize(
    ("bounds", "counts"), [([1.0, 2.0], [1, 2]), ([2.0, 1.0], [1, 2, 3]), ([1.0, 1.0], [1, 2, 3])]
)
def test_a_histogram_that_contradicts_itself_is_rejected(bounds: list[float], counts: list[int]) -> None:
    point = HistogramPoint(T0_NS, {}, 0, (), 6, 1.0, bounds, counts)
    batch = convert(record("histogram", point))
    assert [rejection.item for rejection in batch.rejections] == ["m[0]"]
    assert batch.groups == []


def exponential(scale: int, observed: Sequence[float]) -> ExponentialPoint:
    """As an SDK counts: bucket i holds base**i < value <= base**(i+1)."""
    indexes = Counter(math.ceil(math.log2(value) * 2.0**scale - 1e-9) - 1 for value in observed if value > 0)
    first = min(indexes)
    counts = [0] * (max(indexes) - first + 1)
    for index, count in indexes.items():
        counts[index - first] = count
    zeros = sum(value == 0 for value in observed)
    negatives = Buckets(0, [sum(value < 0 for value in observed)])
    return ExponentialPoint(
        T0_NS, {}, 0, (), len(observed), sum(observed), scale, zeros, Buckets(first, counts), negatives
    )


@pytest.mark.parametrize("scale", [0, 1, 3, 8, 20])
def test_exponential_histograms_are_exact_at_powers_of_two(scale: int) -> None:
    observed = [-1.0, 0.0, 1e-9, 0.01, 0.3, 0.5, 0.51, 1.0, 3.0, 4.0, 1000.0, 5e10]
    buckets = by_label(convert(record("exponential_histogram", exponential(scale, observed))), "le")
    assert len(buckets) == len(EXPONENTIAL_BOUNDS) + 1
    assert buckets.pop("+Inf") == len(observed)
    for bound, count in buckets.items():
        assert count == sum(value <= float(bound) for value in observed), bound


def test_a_coarse_exponential_histogram_counts_at_the_bounds_it_has() -> None:
    # base 16: 3 and 5 are in (1, 16].
    buckets = by_label(convert(record("exponential_histogram", exponential(-2, [3.0, 5.0, 100.0]))), "le")
    assert (buckets["8"], buckets["16"], buckets["128"], buckets["256"]) == (0.0, 2.0, 2.0, 3.0)


@pytest.mark.parametrize("scale", [-11, 21, 2**31 - 1, -(2**31)])
def test_an_impossible_scale_is_rejected(scale: int) -> None:
    point = ExponentialPoint(T0_NS, {}, 0, (), 1, 1.0, scale, 0, Buckets(0, [1]), Buckets(0, []))
    batch = convert(record("exponential_histogram", point))
    assert "scale" in batch.rejections[0].reason


def test_summaries_have_a_series_for_each_quantile() -> None:
    point = SummaryPoint(T0_NS, {}, 0, (), 4, 10.0, [(0.5, 2.0), (0.99, 7.0)])
    assert values(convert(record("summary", point))) == {
        "{__name__=m,quantile=0.5}": 2.0,
        "{__name__=m,quantile=0.99}": 7.0,
        "{__name__=m_sum}": 10.0,
        "{__name__=m_count}": 4.0,
    }


def test_points_carry_who_sent_them() -> None:
    resource: Attributes = {
        "service.name": "rag",
        "service.namespace": "shop",
        "service.instance.id": "pod-1",
        "deployment.environment.name": "prod",
        "host.name": "h",
        "service.version": "1.2",
    }
    batch = convert(record("gauge", number(1.0), resource=resource, scope=("lib", "2.0")))
    sample, target = (dict(group.samples[0].labels) for group in batch.groups)
    assert sample == {
        "__name__": "m",
        "job": "shop/rag",
        "instance": "pod-1",
        "service": "rag",
        "environment": "prod",
        "otel_scope_name": "lib",
        "otel_scope_version": "2.0",
    }
    assert target == {
        "__name__": "target_info",
        "job": "shop/rag",
        "instance": "pod-1",
        "deployment_environment_name": "prod",
        "host_name": "h",
        "service_version": "1.2",
    }
    assert batch.groups[1].samples[0][1:] == (T0_MS, 1.0)


def test_a_points_own_attributes_win_but_not_over_its_target() -> None:
    point = number(1.0, service="mine", environment="here", job="no", instance="no")
    resource: Attributes = {"service.name": "rag", "service.instance.id": "pod-1"}
    labels = dict(convert(record("gauge", point, resource=resource)).groups[0].samples[0].labels)
    assert labels == {
        "__name__": "m",
        "service": "mine",
        "environment": "here",
        "job": "rag",
        "instance": "pod-1",
    }


def test_attributes_that_become_one_label_are_joined() -> None:
    point = NumberPoint(T0_NS, {"a.b": "1", "a-b": "2", "c": "3"}, 0, (), 1.0)
    labels = dict(convert(record("gauge", point)).groups[0].samples[0].labels)
    assert labels == {"__name__": "m", "a_b": "2;1", "c": "3"}


def test_exemplars_belong_to_the_bucket_of_their_value() -> None:
    exemplars = [
        ExemplarRecord(T0_NS, 0.7, "ab", "cd", {"user": "u"}),
        ExemplarRecord(T0_NS, 99.0, "ef", "", {}),
        ExemplarRecord(0, 1.0, "", "", {}),
    ]
    point = HistogramPoint(T0_NS, {}, 0, exemplars, 2, 1.0, [0.5, 1.0], [0, 1, 1])
    (group,) = convert(record("histogram", point)).groups
    assert [(dict(labels)["le"], exemplar) for labels, exemplar in group.exemplars] == [
        ("1", Exemplar((("span_id", "cd"), ("trace_id", "ab"), ("user", "u")), 0.7, T0_MS)),
        ("+Inf", Exemplar((("trace_id", "ef"),), 99.0, T0_MS)),
    ]


def test_deltas_are_marked_and_gauges_have_no_temporality() -> None:
    batch = convert(
        record("sum", number(1.0), name="a", temporality=DELTA, is_monotonic=True),
        record("gauge", number(1.0), name="b", temporality=DELTA),
        record("sum", number(1.0), name="c"),
    )
    assert [group.is_delta for group in batch.groups] == [True, False, False]


def test_limits_reject_single_points() -> None:
    batch = convert(
        record("gauge", number(1.0, long="x" * 20), number(1.0, short="x")),
        limits=DEFAULT_SAMPLE_LIMITS._replace(value_chars=10),
    )
    assert [rejection.item for rejection in batch.rejections] == ["m[0]"]
    assert "setting label_value_chars_max" in batch.rejections[0].reason
    assert len(batch.groups) == 1


def test_the_targets_information_is_left_out_where_it_breaks_a_limit() -> None:
    resource: Attributes = {"service.name": "rag", "process.command_line": "x" * 50}
    limits = DEFAULT_SAMPLE_LIMITS._replace(value_chars=10)
    batch = convert(record("gauge", number(1.0), resource=resource), limits=limits)
    assert batch.rejections == []
    assert [dict(group.samples[0].labels)["__name__"] for group in batch.groups] == ["m"]


def test_a_histogram_counts_as_the_samples_it_makes() -> None:
    point = HistogramPoint(T0_NS, {}, 0, (), 1, 1.0, [1.0, 2.0, 3.0], [0, 0, 1, 0])
    batch = convert(
        record("histogram", point, point, name="a"),
        record("gauge", number(1.0), name="b"),
        limits=DEFAULT_SAMPLE_LIMITS._replace(samples=8),
    )
    assert [rejection.item for rejection in batch.rejections] == ["a[1]"]
    assert "setting samples_per_request_max" in batch.rejections[0].reason
    assert [len(group.samples) for group in batch.groups] == [6, 1]


def test_of_long_exemplars_the_ids_are_kept() -> None:
    long = ExemplarRecord(T0_NS, 1.0, "ab", "cd", {"prompt": "x" * 2_000})
    batch = convert(record("gauge", NumberPoint(T0_NS, {}, 0, [long], 1.0)))
    ((_, exemplar),) = batch.groups[0].exemplars
    assert exemplar.labels == (("span_id", "cd"), ("trace_id", "ab"))
