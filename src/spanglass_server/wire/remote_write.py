"""Prometheus' remote write, 1.0 and 2.0, to samples. A series that is bad alone is refused alone.

Sources: the remote write specifications 1.0 and 2.0 of prometheus.io.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import cramjam
from google.protobuf.message import DecodeError

from spanglass_server.base.errors import BodyTooLarge, MalformedBody, UnsupportedEncoding
from spanglass_server.model.series import METRIC_NAME, Exemplar, Labels, MetricMetadata, MetricType
from spanglass_server.wire.attributes import text
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.metric_checks import check_labels, check_time_ms, too_many_samples
from spanglass_server.wire.metric_records import (
    DEFAULT_SAMPLE_LIMITS,
    Sample,
    SampleBatch,
    SampleGroup,
    SampleLimits,
)
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.remote_write_schema import Label, SeriesV1, SeriesV2, WriteV1, WriteV2

WriteVersion: TypeAlias = Literal[1, 2]

_MEDIA_TYPE: Final = "application/x-protobuf"
_VERSIONS: Final[dict[str, WriteVersion]] = {
    "": 1,
    "prometheus.WriteRequest": 1,
    "io.prometheus.write.v2.Request": 2,
}
_TYPES: Final[tuple[MetricType, ...]] = (
    *("unknown", "counter", "gauge", "histogram", "histogram", "summary", "gauge", "gauge"),
)
"""By the number of MetricType: gauge histograms are histograms, infos and state sets gauges."""
_NO_NATIVE: Final = (
    "native histograms are not stored; send classic ones (leave out send_native_histograms in remote_write)"
)
_EXPANSION_MAX: Final = 22
"""Three bytes of snappy make at most 64."""
_LABELS_MAX: Final = 65_536
_SETS_MAX: Final = 16_384
_SET_BYTES_MAX: Final = 2_048

_labels: dict[bytes, tuple[str, str]] = {}
_sets: dict[tuple[tuple[bytes, ...], SampleLimits], Labels] = {}
# Most series were sent a few seconds ago, and most labels by a hundred others.


class RemoteWrite(NamedTuple):
    """A request's samples, and what of it is counted apart."""

    batch: SampleBatch
    histogram_count: int
    """Native histograms, which are refused."""


def parse_content_type(header: str) -> WriteVersion:
    """Which version the header names; 1.0 where it names none. Raises UnsupportedEncoding."""
    media_type, *parameters = (part.strip() for part in header.split(";"))
    pairs = dict(parameter.partition("=")[::2] for parameter in parameters)
    message = pairs.get("proto", "").strip('"')
    if media_type.lower() != _MEDIA_TYPE or message not in _VERSIONS:
        raise UnsupportedEncoding(
            f"Content-Type '{header:.100}' is not supported",
            hint=f"use {_MEDIA_TYPE};proto=io.prometheus.write.v2.Request, or {_MEDIA_TYPE} for 1.0",
        )
    return _VERSIONS[message]


def check_content_encoding(header: str) -> None:
    """Raises UnsupportedEncoding for anything but snappy. The first senders of 1.0 left the header out."""
    if header.strip().lower() not in ("", "snappy"):
        raise UnsupportedEncoding(
            f"Content-Encoding '{header:.60}' is not supported", hint="remote write is compressed with snappy"
        )


def uncompressed_size(body: bytes) -> int:
    """What a snappy block says of itself. Raises MalformedBody."""
    size = shift = 0
    for byte in body[:5]:
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return size
        shift += 7
    raise _not_snappy("it does not begin with a length")


def decompress_snappy(body: bytes, *, bytes_max: int, grow: Callable[[int], None]) -> bytes:
    """A snappy block's content. `grow` is told its size before it is made, and may raise.

    Raises MalformedBody, and BodyTooLarge beyond `bytes_max`.
    """
    size = uncompressed_size(body)
    if size > _EXPANSION_MAX * len(body):
        raise _not_snappy(f"{len(body)} bytes cannot hold the {size} that it begins with")
    if size > bytes_max:
        raise BodyTooLarge(
            f"the snappy body holds {size} bytes, more than {bytes_max} (setting decompressed_bytes_max)",
            hint="send smaller batches (max_samples_per_send), or raise the setting",
        )
    grow(size)
    try:
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise _not_snappy(str(error)) from None


def _not_snappy(reason: str) -> MalformedBody:
    return MalformedBody(
        f"the body is not a snappy block: {reason}",
        hint="remote write uses snappy's block format, not frames",
    )


def decode_remote_write(
    body: bytes, version: WriteVersion, limits: SampleLimits = DEFAULT_SAMPLE_LIMITS
) -> RemoteWrite:
    """A decompressed body. Raises MalformedBody where it is none of that version."""
    return _decode_v1(body, limits) if version == 1 else _decode_v2(body, limits)


class _Decoder:
    """Gathers the groups of one request within its limits."""

    def __init__(self, limits: SampleLimits) -> None:
        self.limits = limits
        self.batch = SampleBatch([], [], [])
        self.histogram_count = 0
        self._room = limits.samples

    def add(self, item: str, series: Any, decode: Callable[[Any], SampleGroup]) -> None:
        """`series` is a SeriesV1 or SeriesV2."""
        if histograms := len(series.histograms):
            self.histogram_count += histograms
            self.refuse(_NO_NATIVE, item, histograms)
        count = len(series.samples)
        if count > self._room:
            self.refuse(too_many_samples(self.limits.samples), item, count)
            return
        if not count and not len(series.exemplars):
            return
        try:
            self.batch.groups.append(decode(series))
            self._room -= count
        except RefusedError as error:
            self.refuse(str(error), item, max(count, 1))

    def refuse(self, reason: str, item: str, count: int) -> None:
        self.batch.rejections.extend([Rejection(reason, item)] * count)

    def finish(self) -> RemoteWrite:
        return RemoteWrite(self.batch, self.histogram_count)


def _decode_v1(body: bytes, limits: SampleLimits) -> RemoteWrite:
    request = _parse(WriteV1, body, "prometheus.WriteRequest")
    decoder = _Decoder(limits)

    def decode(series: Any) -> SampleGroup:
        labels = _labels_v1(series.labels, limits)
        exemplars = [
            (labels, Exemplar(_pairs_v1(e.labels), e.value, check_time_ms(e.time_ms)))
            for e in series.exemplars
        ]
        return _group(labels, series, exemplars)

    for index, blob in enumerate(request.timeseries):
        item = f"timeseries[{index}]"
        series = _series(SeriesV1, blob, item, decoder)
        if series is not None:
            decoder.add(item, series, decode)
    decoder.batch.metadata.extend(
        MetricMetadata(text(m.name), _type(m.type), text(m.help), text(m.unit))
        for m in request.metadata_list
        if m.name
    )
    return decoder.finish()


def _decode_v2(body: bytes, limits: SampleLimits) -> RemoteWrite:
    request = _parse(WriteV2, body, "io.prometheus.write.v2.Request")
    symbols = [text(symbol) for symbol in request.symbols]
    if symbols and symbols[0]:
        raise MalformedBody(
            "the first symbol is not empty", hint="see the specification of remote write 2.0, symbols"
        )
    decoder = _Decoder(limits)
    metadata: dict[str, MetricMetadata] = {}

    def decode(series: Any) -> SampleGroup:
        labels = check_labels(_pairs_v2(series.labels_refs, symbols), limits)
        exemplars = [
            (
                labels,
                Exemplar(tuple(sorted(_pairs_v2(e.labels_refs, symbols))), e.value, check_time_ms(e.time_ms)),
            )
            for e in series.exemplars
        ]
        if series.HasField("metadata"):
            found = _metadata_v2(dict(labels)[METRIC_NAME], series.metadata, symbols)
            metadata[found.name] = found
        return _group(labels, series, exemplars)

    for index, blob in enumerate(request.timeseries):
        item = f"timeseries[{index}]"
        series = _series(SeriesV2, blob, item, decoder)
        if series is not None:
            decoder.add(item, series, decode)
    decoder.batch.metadata.extend(metadata.values())
    return decoder.finish()


def _parse(message_class: Any, body: bytes, name: str) -> Any:
    try:
        return message_class.FromString(body)
    except DecodeError:
        raise MalformedBody(
            f"the body of {len(body)} bytes is not a {name} in protobuf",
            hint="check that Content-Type says which version of remote write it is",
        ) from None


def _series(message_class: Any, blob: bytes, item: str, decoder: _Decoder) -> Any:
    """None where the bytes are none; that is then told."""
    try:
        return message_class.FromString(blob)
    except DecodeError:
        decoder.refuse("its bytes are not valid protobuf; check the sender's encoder", item, 1)
        return None


def _group(labels: Labels, series: Any, exemplars: Sequence[tuple[Labels, Exemplar]]) -> SampleGroup:
    samples = [Sample(labels, check_time_ms(sample.time_ms), sample.value) for sample in series.samples]
    return SampleGroup("", len(samples), samples, exemplars)


def _labels_v1(blobs: Iterable[bytes], limits: SampleLimits) -> Labels:
    key = (tuple(blobs), limits)
    labels = _sets.get(key)
    if labels is None:
        labels = check_labels(_pairs_v1(blobs), limits)
        if sum(map(len, key[0])) <= _SET_BYTES_MAX:
            if len(_sets) >= _SETS_MAX:
                _sets.clear()
            _sets[key] = labels
    return labels


def _pairs_v1(blobs: Iterable[bytes]) -> Labels:
    return tuple(_labels.get(blob) or _decode_label(blob) for blob in blobs)


def _decode_label(blob: bytes) -> tuple[str, str]:
    try:
        label = Label.FromString(blob)
    except DecodeError:
        raise RefusedError("a label's bytes are not valid protobuf; check the sender's encoder") from None
    pair = (text(label.name), text(label.value))
    if len(blob) <= 256:
        if len(_labels) >= _LABELS_MAX:
            _labels.clear()
        _labels[blob] = pair
    return pair


def _pairs_v2(references: Sequence[int], symbols: Sequence[str]) -> Labels:
    if len(references) % 2:
        raise RefusedError("labels_refs has an odd number of references; they are names and values in turn")
    try:
        return tuple(
            (symbols[references[at]], symbols[references[at + 1]]) for at in range(0, len(references), 2)
        )
    except IndexError:
        raise RefusedError(f"a label refers to a symbol beyond the {len(symbols)} that were sent") from None


def _metadata_v2(metric: str, metadata: Any, symbols: Sequence[str]) -> MetricMetadata:
    kind = _type(metadata.type)
    try:
        return MetricMetadata(
            family_of(metric, kind), kind, symbols[metadata.help_ref], symbols[metadata.unit_ref]
        )
    except IndexError:
        raise RefusedError("metadata refers to a symbol that was not sent") from None


def family_of(metric: str, kind: MetricType) -> str:
    """The name that metadata goes by: of a histogram's or summary's series without what is added to it."""
    suffixes = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(kind, ())
    return next((metric.removesuffix(suffix) for suffix in suffixes if metric.endswith(suffix)), metric)


def _type(number: int) -> MetricType:
    return _TYPES[number] if 0 <= number < len(_TYPES) else "unknown"
