"""OTLP's data points as Prometheus' samples. docs/metrics-ingest.md tells the same to users.

gauge, sum that is not monotonic     one gauge
monotonic sum                        a counter, `_total`
histogram                            `_bucket` by `le`, `_sum`, `_count`
exponential histogram                the same, with powers of two as bounds
summary                              one series a `quantile`, `_sum`, `_count`
a resource                           `target_info`, with its attributes as labels
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from spanglass_server.model.series import (
    METRIC_NAME,
    Exemplar,
    Labels,
    MetricMetadata,
    MetricType,
    stale_marker,
)
from spanglass_server.normalize.label_sets import check_labels, cut_metadata, exemplar_labels
from spanglass_server.normalize.metric_names import label_name, metric_name, unit_name
from spanglass_server.normalize.sample_groups import Sample, SampleBatch, SampleGroup, SampleLimits
from spanglass_server.normalize.values import dump_json
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.metric_checks import check_time_ms, too_many_samples
from spanglass_server.wire.otlp_metric_records import (
    CUMULATIVE,
    DELTA,
    NO_RECORDED_VALUE,
    Buckets,
    DecodedMetrics,
    ExemplarRecord,
    ExponentialPoint,
    HistogramPoint,
    MetricRecord,
    NumberPoint,
    Point,
    SummaryPoint,
)
from spanglass_server.wire.records import Attributes, AttributeValue, Rejection, Resource

EXPONENTIAL_BOUNDS: Final = tuple(2.0**power for power in range(-10, 31))
"""Of every exponential histogram, whatever its scale: counts at powers of two are exact for all scales from 0
on, and bounds that never change are what rates and sums over instances need."""

TARGET_INFO: Final = "target_info"
_SCALE_MIN: Final = -10
_SCALE_MAX: Final = 20
"""What OpenTelemetry's SDKs use."""
_NS_IN_MS: Final = 1_000_000
_STALE: Final = stale_marker()
_IDENTITY: Final = frozenset({"service.name", "service.namespace", "service.instance.id"})
_ENVIRONMENTS: Final = ("deployment.environment.name", "deployment.environment")
_TYPES: Final[Mapping[str, MetricType]] = {
    "gauge": "gauge",
    "histogram": "histogram",
    "exponential_histogram": "histogram",
    "summary": "summary",
}


def to_samples(decoded: DecodedMetrics, limits: SampleLimits) -> SampleBatch:
    """Total: what cannot be stored becomes a rejection."""
    batch = SampleBatch([], [], list(decoded.rejections))
    metadata: dict[str, MetricMetadata] = {}
    targets: dict[int, tuple[Resource, int]] = {}
    room = limits.samples
    for record in decoded.records:
        try:
            family = _Family(record, limits)
        except RefusedError as error:
            batch.rejections.extend(Rejection(str(error), where) for where, _ in record.points)
            continue
        metadata[family.metadata.name] = family.metadata
        for where, point in record.points:
            try:
                if _series_count(point) > room:
                    raise RefusedError(too_many_samples(limits.samples))
                group = family.to_group(where, point)
            except RefusedError as error:
                batch.rejections.append(Rejection(str(error), where))
                continue
            batch.groups.append(group)
            room -= len(group.samples)
            _, last_ms = targets.get(id(record.resource), (record.resource, 0))
            targets[id(record.resource)] = (record.resource, max(last_ms, point.time_ns // _NS_IN_MS))
    batch.groups.extend(_target_groups(targets.values(), limits))
    if targets:
        metadata[TARGET_INFO] = MetricMetadata(TARGET_INFO, "gauge", "Target metadata", "")
    batch.metadata.extend(metadata.values())
    return batch


class _Family:
    """One metric of one resource and scope: makes samples of its points."""

    def __init__(self, record: MetricRecord, limits: SampleLimits) -> None:
        """Raises RefusedError for what no point of it can be stored for."""
        is_sum = record.kind == "sum"
        is_counter = is_sum and record.is_monotonic
        # A sum that may fall is a gauge to Prometheus.
        is_gauge = record.kind == "gauge" or (is_sum and not record.is_monotonic)
        self._name = metric_name(
            record.name, record.unit, is_counter=is_counter, is_gauge=record.kind == "gauge"
        )
        if not self._name:
            raise RefusedError(f"the metric's name {record.name!r:.60} has no letter or digit; name it")
        has_temporality = record.kind in ("sum", "histogram", "exponential_histogram")
        if has_temporality and record.temporality not in (DELTA, CUMULATIVE):
            raise RefusedError("aggregation_temporality is unspecified; export cumulative or delta")
        self._is_delta = has_temporality and record.temporality == DELTA
        self._limits = limits
        self._promoted = _promoted_labels(record)
        self._target = _target_labels(record.resource.attributes)
        kind: MetricType = "counter" if is_counter else "gauge" if is_gauge else _TYPES[record.kind]
        self.metadata = cut_metadata(
            MetricMetadata(self._name, kind, record.description, unit_name(record.unit))
        )

    def to_group(self, where: str, point: Point) -> SampleGroup:
        """Raises RefusedError."""
        time_ms = check_time_ms(point.time_ns // _NS_IN_MS)
        base = {**self._promoted, **_labels_of(point.attributes), **self._target}
        is_stale = bool(point.flags & NO_RECORDED_VALUE)
        samples = [
            Sample(self._labels(base, suffix, extra), time_ms, _STALE if is_stale else value)
            for suffix, extra, value in _series_of(point)
        ]
        return SampleGroup(
            where,
            1,
            samples,
            () if is_stale else list(self._exemplars(point, samples)),
            is_delta=self._is_delta and not is_stale,
        )

    def _labels(self, base: Mapping[str, str], suffix: str, extra: tuple[str, str] | None) -> Labels:
        pairs = {**base, METRIC_NAME: f"{self._name}{suffix}"}
        if extra is not None:
            pairs[extra[0]] = extra[1]
        return check_labels(tuple(pairs.items()), self._limits)

    def _exemplars(self, point: Point, samples: Sequence[Sample]) -> Iterator[tuple[Labels, Exemplar]]:
        """Of a histogram each belongs to the bucket that its value falls in."""
        for record in point.exemplars:
            exemplar = _exemplar(record)
            if exemplar is None:
                continue
            if isinstance(point, NumberPoint):
                yield samples[0].labels, exemplar
                continue
            buckets = ((float(bound), s.labels) for s in samples for name, bound in s.labels if name == "le")
            found = next((labels for bound, labels in buckets if record.value <= bound), None)
            if found is not None:
                yield found, exemplar


def _series_count(point: Point) -> int:
    """At most so many samples are made of it."""
    match point:
        case NumberPoint():
            return 1
        case HistogramPoint():
            return len(point.bounds) + 3
        case ExponentialPoint():
            return len(EXPONENTIAL_BOUNDS) + 3
        case SummaryPoint():
            return len(point.quantiles) + 2


def _series_of(point: Point) -> Iterator[tuple[str, tuple[str, str] | None, float]]:
    """Suffix of the name, the label that tells the series apart, and value."""
    match point:
        case NumberPoint(value=value):
            yield "", None, value
        case HistogramPoint():
            yield from _buckets_of(point)
        case ExponentialPoint():
            yield from _exponential_buckets(point)
        case SummaryPoint():
            for quantile, value in point.quantiles:
                yield "", ("quantile", format_number(quantile)), value
    if isinstance(point, NumberPoint):
        return
    if point.sum is not None:
        yield "_sum", None, point.sum
    yield "_count", None, float(point.observation_count)


def _buckets_of(point: HistogramPoint) -> Iterator[tuple[str, tuple[str, str], float]]:
    bounds, counts = point.bounds, point.bucket_counts
    if counts and len(counts) != len(bounds) + 1:
        raise RefusedError(
            f"the histogram has {len(bounds)} explicit_bounds and {len(counts)} bucket_counts; "
            "it needs one count more than bounds"
        )
    if any(below >= above for below, above in itertools.pairwise(bounds)):
        raise RefusedError("explicit_bounds do not increase; sort them")
    for bound, total in zip(bounds, itertools.accumulate(counts), strict=False):
        if not math.isinf(bound):
            yield "_bucket", ("le", format_number(bound)), float(total)
    yield "_bucket", ("le", "+Inf"), float(point.observation_count)


def _exponential_buckets(point: ExponentialPoint) -> Iterator[tuple[str, tuple[str, str], float]]:
    if not _SCALE_MIN <= point.scale <= _SCALE_MAX:
        raise RefusedError(f"scale {point.scale} is not within {_SCALE_MIN} and {_SCALE_MAX}")
    below = float(sum(point.negative.counts) + point.zero_count)
    powers = _by_power_of_two(point.positive, point.scale)
    for bound in EXPONENTIAL_BOUNDS:
        power = math.frexp(bound)[1] - 1
        at_most = sum(count for upper, count in powers.items() if upper <= power)
        yield "_bucket", ("le", format_number(bound)), below + at_most
    yield "_bucket", ("le", "+Inf"), float(point.observation_count)


def _by_power_of_two(buckets: Buckets, scale: int) -> dict[int, int]:
    """Counts by the power of two that is the least upper bound of their bucket."""
    powers: dict[int, int] = {}
    for index, count in enumerate(buckets.counts, buckets.offset + 1):
        if count:
            # The bucket ends at 2 ** (index * 2 ** -scale).
            power = -(-index >> scale) if scale >= 0 else index << -scale
            powers[power] = powers.get(power, 0) + count
    return powers


def _exemplar(record: ExemplarRecord) -> Exemplar | None:
    """None where its time cannot be."""
    labels = _labels_of(record.attributes)
    labels |= {"trace_id": record.trace_id, "span_id": record.span_id}
    try:
        time_ms = check_time_ms(record.time_ns // _NS_IN_MS)
    except RefusedError:
        return None
    return Exemplar(exemplar_labels(labels.items()), record.value, time_ms)


def _promoted_labels(record: MetricRecord) -> dict[str, str]:
    """Labels of all points of the metric, where a point has no attribute of that name. `service` and
    `environment` are those of the llm_* metrics."""
    attributes = record.resource.attributes
    promoted = {
        "service": value_text(attributes.get("service.name")),
        "environment": next((value_text(attributes[key]) for key in _ENVIRONMENTS if key in attributes), ""),
        "otel_scope_name": record.scope.name,
        "otel_scope_version": record.scope.version,
    }
    return {name: value for name, value in promoted.items() if value}


def _target_labels(attributes: Attributes) -> dict[str, str]:
    service = value_text(attributes.get("service.name"))
    namespace = value_text(attributes.get("service.namespace"))
    job = f"{namespace}/{service}" if namespace and service else service
    instance = value_text(attributes.get("service.instance.id"))
    return {name: value for name, value in (("job", job), ("instance", instance)) if value}


def _target_groups(targets: Iterable[tuple[Resource, int]], limits: SampleLimits) -> Iterator[SampleGroup]:
    for resource, time_ms in targets:
        rest = {key: value for key, value in resource.attributes.items() if key not in _IDENTITY}
        target = _target_labels(resource.attributes)
        if not rest or not target:
            continue
        pairs = {**_labels_of(rest), **target, METRIC_NAME: TARGET_INFO}
        try:
            labels = check_labels(tuple(pairs.items()), limits)
        except RefusedError:
            # The points of the resource are stored all the same.
            continue
        yield SampleGroup("", 0, [Sample(labels, time_ms, 1.0)])


def _labels_of(attributes: Attributes) -> dict[str, str]:
    """Attributes whose names become the same have their values joined by `;`, in the order of their keys."""
    labels: dict[str, str] = {}
    for key in sorted(attributes):
        value = value_text(attributes[key])
        name = label_name(key)
        if name:
            labels[name] = f"{labels[name]};{value}" if name in labels else value
    return labels


def value_text(value: AttributeValue) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format_number(value)
    if isinstance(value, bytes):
        return value.hex()
    return dump_json(value)


def format_number(number: float) -> str:
    """As Prometheus writes `le` and `quantile`: the shortest that reads back the same, without `.0`."""
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if math.isnan(number):
        return "NaN"
    text = repr(number)
    return text.removesuffix(".0")
