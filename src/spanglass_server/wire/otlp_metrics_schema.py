"""OTLP's metrics as wire/otlp_metrics.py reads them. Source: opentelemetry-proto 1.9, metrics.proto."""

from google.protobuf import descriptor_pb2

from spanglass_server.wire.schema import MessageClass, MessageTable, OneofTable, build_messages

_Field = descriptor_pb2.FieldDescriptorProto
_BYTES, _BOOL, _DOUBLE = _Field.TYPE_BYTES, _Field.TYPE_BOOL, _Field.TYPE_DOUBLE
_INT32, _UINT32, _UINT64 = _Field.TYPE_INT32, _Field.TYPE_UINT32, _Field.TYPE_UINT64
_SINT32, _FIXED64, _SFIXED64 = _Field.TYPE_SINT32, _Field.TYPE_FIXED64, _Field.TYPE_SFIXED64

_REPEATED = frozenset(
    {
        *("resource_metrics", "scope_metrics", "metrics", "data_points", "attributes", "exemplars"),
        *("fixed_counts", "counts", "explicit_bounds", "quantile_values"),
    }
)
_ONEOFS: OneofTable = {
    "NumberPoint": {"value": ("as_double", "as_int")},
    "HistogramPoint": {"has_sum": ("sum",)},
    "ExponentialPoint": {"has_sum": ("sum",)},
    "Exemplar": {"value": ("as_double", "as_int")},
}
_MESSAGES: MessageTable = {
    "ExportMetrics": ((1, "resource_metrics", "ResourceMetrics"),),
    "ResourceMetrics": (
        (1, "resource", "Resource"),
        (2, "scope_metrics", "ScopeMetrics"),
        (3, "schema_url", _BYTES),
    ),
    "ScopeMetrics": ((1, "scope", "Scope"), (2, "metrics", _BYTES), (3, "schema_url", _BYTES)),
    "Resource": ((1, "attributes", _BYTES),),
    "Scope": ((1, "name", _BYTES), (2, "version", _BYTES), (3, "attributes", _BYTES)),
    "Metric": (
        (1, "name", _BYTES),
        (2, "description", _BYTES),
        (3, "unit", _BYTES),
        (5, "gauge", "Points"),
        (7, "sum", "Points"),
        (9, "histogram", "Points"),
        (10, "exponential_histogram", "Points"),
        (11, "summary", "Points"),
    ),
    # Gauge, Sum, Histogram, ExponentialHistogram and Summary: alike, as far as each goes.
    "Points": ((1, "data_points", _BYTES), (2, "temporality", _INT32), (3, "is_monotonic", _BOOL)),
    "NumberPoint": (
        (3, "time", _FIXED64),
        (4, "as_double", _DOUBLE),
        (5, "exemplars", _BYTES),
        (6, "as_int", _SFIXED64),
        (7, "attributes", _BYTES),
        (8, "flags", _UINT32),
    ),
    "HistogramPoint": (
        (3, "time", _FIXED64),
        (4, "count", _FIXED64),
        (5, "sum", _DOUBLE),
        (6, "fixed_counts", _FIXED64),
        (7, "explicit_bounds", _DOUBLE),
        (8, "exemplars", _BYTES),
        (9, "attributes", _BYTES),
        (10, "flags", _UINT32),
    ),
    "ExponentialPoint": (
        (1, "attributes", _BYTES),
        (3, "time", _FIXED64),
        (4, "count", _FIXED64),
        (5, "sum", _DOUBLE),
        (6, "scale", _SINT32),
        (7, "zero_count", _FIXED64),
        (8, "positive", "Buckets"),
        (9, "negative", "Buckets"),
        (10, "flags", _UINT32),
        (11, "exemplars", _BYTES),
    ),
    "Buckets": ((1, "offset", _SINT32), (2, "counts", _UINT64)),
    "SummaryPoint": (
        (3, "time", _FIXED64),
        (4, "count", _FIXED64),
        (5, "sum", _DOUBLE),
        (6, "quantile_values", "QuantileValue"),
        (7, "attributes", _BYTES),
        (8, "flags", _UINT32),
    ),
    "QuantileValue": ((1, "quantile", _DOUBLE), (2, "value", _DOUBLE)),
    "Exemplar": (
        (2, "time", _FIXED64),
        (3, "as_double", _DOUBLE),
        (4, "span_id", _BYTES),
        (5, "trace_id", _BYTES),
        (6, "as_int", _SFIXED64),
        (7, "attributes", _BYTES),
    ),
}

_CLASSES = build_messages("spanglass.metrics", _MESSAGES, _REPEATED, _ONEOFS)

ExportMetrics: MessageClass = _CLASSES["ExportMetrics"]
MetricMessage: MessageClass = _CLASSES["Metric"]
NumberPointMessage: MessageClass = _CLASSES["NumberPoint"]
HistogramPointMessage: MessageClass = _CLASSES["HistogramPoint"]
ExponentialPointMessage: MessageClass = _CLASSES["ExponentialPoint"]
SummaryPointMessage: MessageClass = _CLASSES["SummaryPoint"]
ExemplarMessage: MessageClass = _CLASSES["Exemplar"]
