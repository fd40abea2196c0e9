"""Series into a Prometheus by remote write 1.0. Source: the Prometheus Remote-Write specification."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

import cramjam
import httpx

from spanglass_server.model.series import Labels, Series

_SLICE_MS: Final = 600_000
"""A head takes samples in the order of their times, give or take an hour."""
_HEADERS: Final = {"content-encoding": "snappy", "content-type": "application/x-protobuf"}


def write(url: str, series: Sequence[Series]) -> None:
    """To a Prometheus with `--web.enable-remote-write-receiver`."""
    start_ms = min(int(one.times_ms[0]) for one in series)
    end_ms = max(int(one.times_ms[-1]) for one in series)
    with httpx.Client(trust_env=False, timeout=30) as client:
        for begin_ms in range(start_ms, end_ms + 1, _SLICE_MS):
            body = b"".join(_message(1, part) for part in _slice(series, begin_ms, begin_ms + _SLICE_MS))
            packed = bytes(cramjam.snappy.compress_raw(body))
            client.post(f"{url}/api/v1/write", content=packed, headers=_HEADERS).raise_for_status()


def _slice(series: Sequence[Series], from_ms: int, to_ms: int) -> Iterator[bytes]:
    for one in series:
        inside = (one.times_ms >= from_ms) & (one.times_ms < to_ms)
        if inside.any():
            samples = zip(one.times_ms[inside].tolist(), one.values[inside], strict=True)
            yield _labels(one.labels) + b"".join(_message(2, _sample(*sample)) for sample in samples)


def _labels(labels: Labels) -> bytes:
    return b"".join(
        _message(1, _message(1, name.encode()) + _message(2, value.encode())) for name, value in labels
    )


def _sample(time_ms: int, value: float) -> bytes:
    return b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(time_ms)


def _message(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
