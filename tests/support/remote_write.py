"""Bodies of Prometheus' remote write, as its specifications say, made without the server's own schema."""

import struct
from collections.abc import Mapping, Sequence

import cramjam

V1 = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
V2 = {
    "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "2.0.0",
}


def snappy(body: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(body))


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, value: bytes | str | int | float) -> bytes:
    """One field: bytes and text by their length, integers as varints, floats as doubles."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def packed(number: int, values: Sequence[int]) -> bytes:
    return field(number, b"".join(map(varint, values)))


def sample(value: float, time_ms: int) -> bytes:
    return field(1, float(value)) + field(2, time_ms)


def series_v1(
    labels: Mapping[str, str] | Sequence[tuple[str, str]],
    *samples: tuple[int, float],
    exemplars: Sequence[tuple[Mapping[str, str], float, int]] = (),
    histograms: int = 0,
) -> bytes:
    """A TimeSeries; samples are (time_ms, value)."""
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    return b"".join(
        [
            *(field(1, field(1, name) + field(2, value)) for name, value in pairs),
            *(field(2, sample(value, time_ms)) for time_ms, value in samples),
            *(
                field(
                    3,
                    b"".join(field(1, field(1, k) + field(2, v)) for k, v in of.items())
                    + field(2, float(value))
                    + field(3, time_ms),
                )
                for of, value, time_ms in exemplars
            ),
            *(field(4, field(1, 3)) for _ in range(histograms)),
        ]
    )


def metadata_v1(kind: int, name: str, help_text: str = "", unit: str = "") -> bytes:
    return field(1, kind) + field(2, name) + field(4, help_text) + field(5, unit)


def write_v1(*series: bytes, metadata: Sequence[bytes] = ()) -> bytes:
    """A WriteRequest, compressed."""
    return snappy(b"".join([*(field(1, one) for one in series), *(field(3, one) for one in metadata)]))


class WriteV2:
    """Gathers a Request of 2.0 with its table of symbols."""

    def __init__(self) -> None:
        self.symbols: dict[str, int] = {"": 0}
        self.series: list[bytes] = []

    def ref(self, text: str) -> int:
        return self.symbols.setdefault(text, len(self.symbols))

    def refs(self, labels: Mapping[str, str]) -> list[int]:
        return [self.ref(text) for pair in labels.items() for text in pair]

    def add(
        self,
        labels: Mapping[str, str],
        *samples: tuple[int, float],
        exemplars: Sequence[tuple[Mapping[str, str], float, int]] = (),
        metadata: tuple[int, str, str] | None = None,
        histograms: int = 0,
    ) -> "WriteV2":
        self.add_raw(
            packed(1, self.refs(labels)),
            *(field(2, sample(value, time_ms)) for time_ms, value in samples),
            *(field(3, field(1, 3)) for _ in range(histograms)),
            *(
                field(4, packed(1, self.refs(of)) + field(2, float(value)) + field(3, time_ms))
                for of, value, time_ms in exemplars
            ),
            *(
                [
                    field(
                        5,
                        field(1, metadata[0])
                        + field(3, self.ref(metadata[1]))
                        + field(4, self.ref(metadata[2])),
                    )
                ]
                if metadata
                else []
            ),
        )
        return self

    def add_raw(self, *fields: bytes) -> "WriteV2":
        self.series.append(b"".join(fields))
        return self

    def body(self) -> bytes:
        return snappy(
            b"".join([*(field(4, text) for text in self.symbols), *(field(5, one) for one in self.series)])
        )
