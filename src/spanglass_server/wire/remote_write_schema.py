"""The messages of Prometheus' remote write 1.0 and 2.0, for wire/remote_write.py.

Labels of 1.0 stay bytes: a label seen before is one dictionary look-up. Histograms stay bytes, because they
are only counted. Source: prometheus/prompb: remote.proto, types.proto, io/prometheus/write/v2/types.proto.
"""

from google.protobuf import descriptor_pb2

from spanglass_server.wire.schema import MessageClass, MessageTable, build_messages

_Field = descriptor_pb2.FieldDescriptorProto
_BYTES, _UINT32, _INT32 = _Field.TYPE_BYTES, _Field.TYPE_UINT32, _Field.TYPE_INT32
_INT64, _DOUBLE = _Field.TYPE_INT64, _Field.TYPE_DOUBLE

_REPEATED = frozenset(
    {"timeseries", "metadata_list", "labels", "labels_refs", "samples", "exemplars", "histograms", "symbols"}
)
_MESSAGES: MessageTable = {
    "WriteV1": ((1, "timeseries", _BYTES), (3, "metadata_list", "MetadataV1")),
    "SeriesV1": (
        (1, "labels", _BYTES),
        (2, "samples", "Sample"),
        (3, "exemplars", "ExemplarV1"),
        (4, "histograms", _BYTES),
    ),
    "Label": ((1, "name", _BYTES), (2, "value", _BYTES)),
    "Sample": ((1, "value", _DOUBLE), (2, "time_ms", _INT64)),
    "ExemplarV1": ((1, "labels", _BYTES), (2, "value", _DOUBLE), (3, "time_ms", _INT64)),
    "MetadataV1": ((1, "type", _INT32), (2, "name", _BYTES), (4, "help", _BYTES), (5, "unit", _BYTES)),
    "WriteV2": ((4, "symbols", _BYTES), (5, "timeseries", _BYTES)),
    "SeriesV2": (
        (1, "labels_refs", _UINT32),
        (2, "samples", "Sample"),
        (3, "histograms", _BYTES),
        (4, "exemplars", "ExemplarV2"),
        (5, "metadata", "MetadataV2"),
    ),
    "ExemplarV2": ((1, "labels_refs", _UINT32), (2, "value", _DOUBLE), (3, "time_ms", _INT64)),
    "MetadataV2": ((1, "type", _INT32), (3, "help_ref", _UINT32), (4, "unit_ref", _UINT32)),
}

_CLASSES = build_messages("spanglass.remote_write", _MESSAGES, _REPEATED, {})

WriteV1: MessageClass = _CLASSES["WriteV1"]
SeriesV1: MessageClass = _CLASSES["SeriesV1"]
Label: MessageClass = _CLASSES["Label"]
WriteV2: MessageClass = _CLASSES["WriteV2"]
SeriesV2: MessageClass = _CLASSES["SeriesV2"]
