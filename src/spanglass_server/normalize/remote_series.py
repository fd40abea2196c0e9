"""Series of a remote write as samples."""

from typing import Final

from spanglass_server.model.series import Exemplar, MetricMetadata, MetricType
from spanglass_server.normalize.label_sets import check_labels, cut_metadata, exemplar_labels
from spanglass_server.normalize.sample_groups import (
    Sample,
    SampleBatch,
    SampleGroup,
    SampleLimits,
    shown_labels,
)
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.remote_write import DecodedWrite, RemoteMetadata, RemoteSeries

_TYPES: Final[tuple[MetricType, ...]] = (
    *("unknown", "counter", "gauge", "histogram", "histogram", "summary", "gauge", "gauge"),
)
"""By the number of MetricType: gauge histograms are histograms, infos and state sets gauges."""
_SUFFIXES: Final = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def to_samples(decoded: DecodedWrite, limits: SampleLimits) -> SampleBatch:
    """Total: what cannot be stored becomes a rejection."""
    batch = SampleBatch([], [], list(decoded.rejections))
    metadata = {one.name: one for one in map(_metadata, decoded.metadata)}
    for series in decoded.series:
        try:
            batch.groups.append(_group(series, limits))
        except RefusedError as error:
            shown = shown_labels(tuple(sorted(series.pairs)))
            batch.rejections.extend([Rejection(str(error), shown)] * max(len(series.samples), 1))
            continue
        if series.metadata is not None:
            one = _metadata(series.metadata)
            metadata[one.name] = one
    batch.metadata.extend(
        one for one in metadata.values() if one.name and len(one.name) <= limits.value_chars
    )
    return batch


def _group(series: RemoteSeries, limits: SampleLimits) -> SampleGroup:
    labels = check_labels(series.pairs, limits)
    samples = [Sample(labels, time_ms, value) for time_ms, value in series.samples]
    exemplars = [
        (labels, Exemplar(exemplar_labels(pairs), value, time_ms))
        for pairs, value, time_ms in series.exemplars
    ]
    return SampleGroup("", len(samples), samples, exemplars)


def _metadata(sent: RemoteMetadata) -> MetricMetadata:
    kind = _TYPES[sent.type] if 0 <= sent.type < len(_TYPES) else "unknown"
    name = sent.metric
    family = next((name.removesuffix(end) for end in _SUFFIXES.get(kind, ()) if name.endswith(end)), name)
    return cut_metadata(MetricMetadata(family, kind, sent.help, sent.unit))
