"""OTLP/JSON bodies of metrics to the same records as protobuf, read as leniently as traces are."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from spanglass_server.base.limits import SAMPLES_PER_REQUEST_MAX
from spanglass_server.wire.attributes import NestingError
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.json_fields import (
    as_enum,
    as_id,
    as_integer,
    as_number,
    as_object,
    as_text,
    decode_json_attributes,
    get_field,
    iter_groups,
    load_json,
)
from spanglass_server.wire.metric_checks import too_many_samples
from spanglass_server.wire.otlp_metric_records import (
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
from spanglass_server.wire.records import Attributes, Rejection, Resource, Scope

_NAMES: Final = ("resourceMetrics", "scopeMetrics", "metrics")
_TEMPORALITIES: Final = {"UNSPECIFIED": 0, "DELTA": 1, "CUMULATIVE": 2}


def decode_metrics_json(body: bytes, points_max: int = SAMPLES_PER_REQUEST_MAX) -> DecodedMetrics:
    """ExportMetricsServiceRequest. Data points beyond `points_max` are rejected.

    Raises MalformedBody where the body is no JSON object of that shape."""
    decoded = DecodedMetrics([], [])
    room = points_max
    for position, resource, scope, metrics in iter_groups(load_json(body), _NAMES):
        for index, metric in enumerate(metrics):
            where = f"{position}[{index}]"
            try:
                record = _decode_metric(metric, where, resource, scope, decoded.rejections, room, points_max)
            except (RefusedError, NestingError) as error:
                decoded.rejections.append(Rejection(str(error), where))
                continue
            if record is not None:
                room -= len(record.points)
                decoded.records.append(record)
    return decoded


def _decode_metric(
    item: Any,
    position: str,
    resource: Resource,
    scope: Scope,
    rejections: list[Rejection],
    room: int,
    points_max: int,
) -> MetricRecord | None:
    """None where it holds no data points."""
    metric = as_object(item, "metric")
    found = next((name for name in _DECODERS if get_field(metric, name) is not None), None)
    if found is None:
        return None
    kind, decode = _DECODERS[found]
    data = as_object(get_field(metric, found), found)
    name = as_text(metric.get("name"))
    items = _list(data, "dataPoints")
    points = []
    for index, point in enumerate(items):
        where = f"{name or position} data_points[{index}]"
        if index >= room:
            left_out = Rejection(too_many_samples(points_max), where)
            rejections.extend([left_out] * (len(items) - index))
            break
        try:
            points.append((where, decode(as_object(point, "data point"))))
        except (RefusedError, NestingError) as error:
            rejections.append(Rejection(str(error), where))
    return MetricRecord(
        name,
        as_text(metric.get("description")),
        as_text(metric.get("unit")),
        kind,
        as_enum(get_field(data, "aggregationTemporality"), _TEMPORALITIES, "AGGREGATION_TEMPORALITY_"),
        get_field(data, "isMonotonic") is True,
        points,
        resource,
        scope,
    )


def _decode_number(point: dict[str, Any]) -> NumberPoint:
    return NumberPoint(*_common(point), _number(point))


def _decode_histogram(point: dict[str, Any]) -> HistogramPoint:
    total = point.get("sum")
    return HistogramPoint(
        *_common(point),
        as_integer(point.get("count"), "count"),
        None if total is None else as_number(total, "sum"),
        [as_number(bound, "explicit_bounds") for bound in _list(point, "explicitBounds")],
        [as_integer(count, "bucket_counts") for count in _list(point, "bucketCounts")],
    )


def _decode_exponential(point: dict[str, Any]) -> ExponentialPoint:
    total = point.get("sum")
    return ExponentialPoint(
        *_common(point),
        as_integer(point.get("count"), "count"),
        None if total is None else as_number(total, "sum"),
        as_integer(point.get("scale"), "scale"),
        as_integer(get_field(point, "zeroCount"), "zero_count"),
        _buckets(point.get("positive")),
        _buckets(point.get("negative")),
    )


def _decode_summary(point: dict[str, Any]) -> SummaryPoint:
    quantiles = [as_object(entry, "quantile value") for entry in _list(point, "quantileValues")]
    return SummaryPoint(
        *_common(point),
        as_integer(point.get("count"), "count"),
        as_number(point.get("sum") or 0, "sum"),
        [
            (as_number(entry.get("quantile") or 0, "quantile"), as_number(entry.get("value") or 0, "value"))
            for entry in quantiles
        ],
    )


_DECODERS: Final[dict[str, tuple[MetricKind, Callable[[dict[str, Any]], Point]]]] = {
    "gauge": ("gauge", _decode_number),
    "sum": ("sum", _decode_number),
    "histogram": ("histogram", _decode_histogram),
    "exponentialHistogram": ("exponential_histogram", _decode_exponential),
    "summary": ("summary", _decode_summary),
}


def _common(point: dict[str, Any]) -> tuple[int, Attributes, int, Sequence[ExemplarRecord]]:
    return (
        as_integer(get_field(point, "timeUnixNano"), "time_unix_nano"),
        decode_json_attributes(_list(point, "attributes")),
        as_integer(point.get("flags"), "flags"),
        [_exemplar(as_object(exemplar, "exemplar")) for exemplar in _list(point, "exemplars")],
    )


def _exemplar(exemplar: dict[str, Any]) -> ExemplarRecord:
    return ExemplarRecord(
        as_integer(get_field(exemplar, "timeUnixNano"), "time_unix_nano of an exemplar"),
        _number(exemplar),
        as_id(get_field(exemplar, "traceId"), 16, "trace_id of an exemplar").hex(),
        as_id(get_field(exemplar, "spanId"), 8, "span_id of an exemplar").hex(),
        decode_json_attributes(_list(exemplar, "filteredAttributes")),
    )


def _number(holder: dict[str, Any]) -> float:
    integer = get_field(holder, "asInt")
    if integer is not None:
        return float(as_integer(integer, "as_int"))
    double = get_field(holder, "asDouble")
    return 0.0 if double is None else as_number(double, "as_double")


def _buckets(value: Any) -> Buckets:
    if value is None:
        return Buckets(0, ())
    buckets = as_object(value, "buckets")
    counts = [as_integer(count, "bucket_counts") for count in _list(buckets, "bucketCounts")]
    return Buckets(as_integer(buckets.get("offset"), "offset"), counts)


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    items = get_field(holder, name)
    if items is None:
        return []
    if not isinstance(items, list):
        raise RefusedError(f"{name} is not an array")
    return items
