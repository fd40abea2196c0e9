"""OTLP/protobuf bodies of metrics to records. One broken data point is refused alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from spanglass_server.base.limits import SAMPLES_PER_REQUEST_MAX
from spanglass_server.wire.attributes import NestingError, decode_attributes, text
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.metric_checks import too_many_samples
from spanglass_server.wire.otlp import decode_resource, decode_scope, parse_export
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
from spanglass_server.wire.otlp_metrics_schema import (
    ExemplarMessage,
    ExponentialPointMessage,
    ExportMetrics,
    HistogramPointMessage,
    MetricMessage,
    NumberPointMessage,
    SummaryPointMessage,
)
from spanglass_server.wire.records import Rejection, Resource, Scope

_BROKEN: Final = "its bytes are not valid protobuf; check the exporter's encoder"


def decode_metrics(body: bytes, points_max: int = SAMPLES_PER_REQUEST_MAX) -> DecodedMetrics:
    """ExportMetricsServiceRequest. Data points beyond `points_max` are rejected.

    Raises MalformedBody where the bytes are none."""
    request = parse_export(ExportMetrics, body, "ExportMetricsServiceRequest")
    decoded = DecodedMetrics([], [])
    room = points_max
    for position, resource, scope, blob in _metrics(request):
        try:
            metric = MetricMessage.FromString(blob)
        except DecodeError:
            decoded.rejections.append(Rejection(_BROKEN, position))
            continue
        record = _decode_metric(metric, position, resource, scope, decoded.rejections, room, points_max)
        if record is not None:
            room -= len(record.points)
            decoded.records.append(record)
    return decoded


def _metrics(request: Any) -> Iterator[tuple[str, Resource, Scope, bytes]]:
    for i, group in enumerate(request.resource_metrics):
        resource = decode_resource(group)
        for j, scope_group in enumerate(group.scope_metrics):
            scope = decode_scope(scope_group)
            for k, blob in enumerate(scope_group.metrics):
                yield f"resource_metrics[{i}].scope_metrics[{j}].metrics[{k}]", resource, scope, blob


def _decode_metric(
    metric: Any,
    position: str,
    resource: Resource,
    scope: Scope,
    rejections: list[Rejection],
    room: int,
    points_max: int,
) -> MetricRecord | None:
    """None where it holds no data points."""
    kind = next((kind for kind in _DECODERS if metric.HasField(kind)), None)
    if kind is None:
        return None
    data = getattr(metric, kind)
    name = text(metric.name)
    points = []
    for index, blob in enumerate(data.data_points):
        where = f"{name or position} data_points[{index}]"
        if index >= room:
            left_out = Rejection(too_many_samples(points_max), where)
            rejections.extend([left_out] * (len(data.data_points) - index))
            break
        try:
            points.append((where, _DECODERS[kind](blob)))
        except (RefusedError, NestingError, DecodeError) as error:
            rejections.append(Rejection(_BROKEN if isinstance(error, DecodeError) else str(error), where))
    return MetricRecord(
        name,
        text(metric.description),
        text(metric.unit),
        kind,
        data.temporality,
        data.is_monotonic,
        points,
        resource,
        scope,
    )


def _decode_number(blob: bytes) -> NumberPoint:
    point = NumberPointMessage.FromString(blob)
    value = _number(point)
    attributes = decode_attributes(point.attributes)
    return NumberPoint(point.time, attributes, point.flags, _decode_exemplars(point.exemplars), value)


def _decode_histogram(blob: bytes) -> HistogramPoint:
    point = HistogramPointMessage.FromString(blob)
    return HistogramPoint(
        point.time,
        decode_attributes(point.attributes),
        point.flags,
        _decode_exemplars(point.exemplars),
        point.count,
        point.sum if point.HasField("sum") else None,
        list(point.explicit_bounds),
        list(point.fixed_counts),
    )


def _decode_exponential(blob: bytes) -> ExponentialPoint:
    point = ExponentialPointMessage.FromString(blob)
    return ExponentialPoint(
        point.time,
        decode_attributes(point.attributes),
        point.flags,
        _decode_exemplars(point.exemplars),
        point.count,
        point.sum if point.HasField("sum") else None,
        point.scale,
        point.zero_count,
        Buckets(point.positive.offset, list(point.positive.counts)),
        Buckets(point.negative.offset, list(point.negative.counts)),
    )


def _decode_summary(blob: bytes) -> SummaryPoint:
    point = SummaryPointMessage.FromString(blob)
    quantiles = [(entry.quantile, entry.value) for entry in point.quantile_values]
    attributes = decode_attributes(point.attributes)
    return SummaryPoint(point.time, attributes, point.flags, (), point.count, point.sum, quantiles)


_DECODERS: Final[dict[MetricKind, Callable[[bytes], Point]]] = {
    "gauge": _decode_number,
    "sum": _decode_number,
    "histogram": _decode_histogram,
    "exponential_histogram": _decode_exponential,
    "summary": _decode_summary,
}


def _decode_exemplars(blobs: Sequence[bytes]) -> Sequence[ExemplarRecord]:
    return [_decode_exemplar(ExemplarMessage.FromString(blob)) for blob in blobs] if blobs else ()


def _decode_exemplar(exemplar: Any) -> ExemplarRecord:
    return ExemplarRecord(
        exemplar.time,
        _number(exemplar),
        exemplar.trace_id.hex(),
        exemplar.span_id.hex(),
        decode_attributes(exemplar.attributes),
    )


def _number(message: Any) -> float:
    return float(message.as_int) if message.WhichOneof("value") == "as_int" else message.as_double
