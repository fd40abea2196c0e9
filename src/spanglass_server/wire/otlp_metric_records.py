"""What an OTLP body of metrics says, as plain records, whether it came as protobuf or as JSON."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass_server.wire.records import Attributes, Rejection, Resource, Scope

MetricKind: TypeAlias = Literal["gauge", "sum", "histogram", "exponential_histogram", "summary"]

DELTA: Final = 1
CUMULATIVE: Final = 2
"""OTLP AggregationTemporality; 0 is unspecified."""

NO_RECORDED_VALUE: Final = 1
"""OTLP DataPointFlags: the series has no value from here on."""


class ExemplarRecord(NamedTuple):
    time_ns: int
    value: float
    trace_id: str
    span_id: str
    """In hex; empty where absent."""
    attributes: Attributes


class NumberPoint(NamedTuple):
    time_ns: int
    attributes: Attributes
    flags: int
    exemplars: Sequence[ExemplarRecord]
    value: float


class HistogramPoint(NamedTuple):
    time_ns: int
    attributes: Attributes
    flags: int
    exemplars: Sequence[ExemplarRecord]
    observation_count: int
    sum: float | None
    bounds: Sequence[float]
    bucket_counts: Sequence[int]
    """One more than bounds, or none at all."""


class Buckets(NamedTuple):
    """Bucket i of an exponential histogram holds base**(offset+i) < value <= base**(offset+i+1)."""

    offset: int
    counts: Sequence[int]


class ExponentialPoint(NamedTuple):
    time_ns: int
    attributes: Attributes
    flags: int
    exemplars: Sequence[ExemplarRecord]
    observation_count: int
    sum: float | None
    scale: int
    """base = 2 ** (2 ** -scale)"""
    zero_count: int
    positive: Buckets
    negative: Buckets


class SummaryPoint(NamedTuple):
    time_ns: int
    attributes: Attributes
    flags: int
    exemplars: Sequence[ExemplarRecord]
    """None: OTLP's summaries have no exemplars."""
    observation_count: int
    sum: float
    quantiles: Sequence[tuple[float, float]]
    """Quantile and value."""


Point: TypeAlias = NumberPoint | HistogramPoint | ExponentialPoint | SummaryPoint


class MetricRecord(NamedTuple):
    name: str
    description: str
    unit: str
    kind: MetricKind
    temporality: int
    is_monotonic: bool
    points: Sequence[tuple[str, Point]]
    """Each with where it stands, for a rejection."""
    resource: Resource
    scope: Scope


class DecodedMetrics(NamedTuple):
    records: list[MetricRecord]
    rejections: list[Rejection]
    """One for each data point."""
