"""Prometheus' remote write, 1.0 and 2.0, to records. A series that is bad alone is refused alone.

Sources: the remote write specifications 1.0 and 2.0 of prometheus.io.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import cramjam
from google.protobuf.message import DecodeError

from spanglass_server.base.errors import BodyTooLarge, MalformedBody, UnsupportedEncoding
from spanglass_server.base.limits import SAMPLES_PER_REQUEST_MAX
from spanglass_server.wire.attributes import text
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.metric_checks import check_time_ms, too_many_samples
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.remote_write_schema import Label, SeriesV1, SeriesV2, WriteV1, WriteV2

WriteVersion: TypeAlias = Literal[1, 2]
Pairs: TypeAlias = tuple[tuple[str, str], ...]

_MEDIA_TYPE: Final = "application/x-protobuf"
_VERSIONS: Final[dict[str, WriteVersion]] = {
    "": 1,
    "prometheus.WriteRequest": 1,
    "io.prometheus.write.v2.Request": 2,
}
_NO_NATIVE: Final = (
    "native histograms are not stored; send classic ones (leave out send_native_histograms in remote_write)"
)
_EXPANSION_MAX: Final = 22
"""Three bytes of snappy make at most 64."""
_REFERENCES_MAX: Final = 10_000
_LABELS_MAX: Final = 65_536
_LABEL_BYTES_MAX: Final = 256

_labels: dict[bytes, tuple[str, str]] = {}
# Most labels are those of a hundred other series.


class RemoteExemplar(NamedTuple):
    pairs: Pairs
    value: float
    time_ms: int


class RemoteMetadata(NamedTuple):
    metric: str
    """1.0 names the metric's family, 2.0 the series."""
    type: int
    """MetricType's number."""
    help: str
    unit: str


class RemoteSeries(NamedTuple):
    pairs: Pairs
    """Names and values of labels as sent."""
    samples: Sequence[tuple[int, float]]
    """Time in milliseconds, value."""
    exemplars: Sequence[RemoteExemplar]
    metadata: RemoteMetadata | None
    """2.0 sends it with each series."""


class DecodedWrite(NamedTuple):
    series: list[RemoteSeries]
    metadata: list[RemoteMetadata]
    rejections: list[Rejection]
    """One for each sample."""


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
    body: bytes, version: WriteVersion, samples_max: int = SAMPLES_PER_REQUEST_MAX
) -> DecodedWrite:
    """A decompressed body. Samples beyond `samples_max` are rejected.

    Raises MalformedBody where it is none of that version.
    """
    return _decode_v1(body, samples_max) if version == 1 else _decode_v2(body, samples_max)


def _decode_v1(body: bytes, samples_max: int) -> DecodedWrite:
    request = _parse(WriteV1, body, "prometheus.WriteRequest")

    def decode(series: Any) -> RemoteSeries:
        exemplars = [
            RemoteExemplar(_pairs_v1(e.labels), e.value, check_time_ms(e.time_ms)) for e in series.exemplars
        ]
        return RemoteSeries(_pairs_v1(series.labels), _samples(series), exemplars, None)

    decoded = _decode_series(request.timeseries, SeriesV1, decode, samples_max)
    decoded.metadata.extend(
        RemoteMetadata(text(m.name), m.type, text(m.help), text(m.unit)) for m in request.metadata_list
    )
    return decoded


def _decode_v2(body: bytes, samples_max: int) -> DecodedWrite:
    request = _parse(WriteV2, body, "io.prometheus.write.v2.Request")
    symbols = [text(symbol) for symbol in request.symbols]
    if symbols and symbols[0]:
        raise MalformedBody(
            "the first symbol is not empty", hint="see the specification of remote write 2.0, symbols"
        )

    def decode(series: Any) -> RemoteSeries:
        pairs = _pairs_v2(series.labels_refs, symbols)
        exemplars = [
            RemoteExemplar(_pairs_v2(e.labels_refs, symbols), e.value, check_time_ms(e.time_ms))
            for e in series.exemplars
        ]
        metadata = _metadata_v2(pairs, series.metadata, symbols) if series.HasField("metadata") else None
        return RemoteSeries(pairs, _samples(series), exemplars, metadata)

    return _decode_series(request.timeseries, SeriesV2, decode, samples_max)


def _decode_series(
    blobs: Iterable[bytes], message_class: Any, decode: Callable[[Any], RemoteSeries], samples_max: int
) -> DecodedWrite:
    decoded = DecodedWrite([], [], [])

    def refuse(reason: str, index: int, count: int) -> None:
        decoded.rejections.extend([Rejection(reason, f"timeseries[{index}]")] * count)

    room = samples_max
    for index, blob in enumerate(blobs):
        try:
            series = message_class.FromString(blob)
        except DecodeError:
            refuse("its bytes are not valid protobuf; check the sender's encoder", index, 1)
            continue
        if series.histograms:
            refuse(_NO_NATIVE, index, len(series.histograms))
        count = len(series.samples)
        if count > room:
            refuse(too_many_samples(samples_max), index, count)
        elif count or series.exemplars:
            try:
                decoded.series.append(decode(series))
                room -= count
            except RefusedError as error:
                refuse(str(error), index, max(count, 1))
    return decoded


def _parse(message_class: Any, body: bytes, name: str) -> Any:
    try:
        return message_class.FromString(body)
    except DecodeError:
        raise MalformedBody(
            f"the body of {len(body)} bytes is not a {name} in protobuf",
            hint="check that Content-Type says which version of remote write it is",
        ) from None


def _samples(series: Any) -> list[tuple[int, float]]:
    return [(check_time_ms(sample.time_ms), sample.value) for sample in series.samples]


def _pairs_v1(blobs: Iterable[bytes]) -> Pairs:
    return tuple([_labels.get(blob) or _decode_label(blob) for blob in blobs])


def _decode_label(blob: bytes) -> tuple[str, str]:
    try:
        label = Label.FromString(blob)
    except DecodeError:
        raise RefusedError("a label's bytes are not valid protobuf; check the sender's encoder") from None
    pair = (text(label.name), text(label.value))
    if len(blob) <= _LABEL_BYTES_MAX:
        if len(_labels) >= _LABELS_MAX:
            _labels.clear()
        _labels[blob] = pair
    return pair


def _pairs_v2(references: Sequence[int], symbols: Sequence[str]) -> Pairs:
    if len(references) > _REFERENCES_MAX:
        raise RefusedError(f"it has {len(references) // 2} labels; drop all but the needed ones")
    if len(references) % 2:
        raise RefusedError("labels_refs has an odd number of references; they are names and values in turn")
    texts = [_symbol(reference, symbols) for reference in references]
    return tuple(zip(texts[::2], texts[1::2], strict=True))


def _metadata_v2(pairs: Pairs, metadata: Any, symbols: Sequence[str]) -> RemoteMetadata:
    metric = dict(pairs).get("__name__", "")
    help_text, unit = _symbol(metadata.help_ref, symbols), _symbol(metadata.unit_ref, symbols)
    return RemoteMetadata(metric, metadata.type, help_text, unit)


def _symbol(reference: int, symbols: Sequence[str]) -> str:
    if reference >= len(symbols):
        raise RefusedError(f"it refers to symbol {reference}, of {len(symbols)} that were sent")
    return symbols[reference]
