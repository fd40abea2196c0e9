"""Request bodies as HTTP carries them: identity, gzip, deflate, zstd, decompressed a piece at a time.

Pieces are small, so that a body made to explode ends at the limit instead of in memory.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeAlias, cast, get_args

import zstandard

from spanglass_server.base.errors import BodyTooLarge, MalformedBody, UnsupportedEncoding

ContentEncoding: TypeAlias = Literal["identity", "gzip", "deflate", "zstd"]

_PIECE_BYTES: Final = 256 << 10
_ZSTD_WINDOW_BYTES_MAX: Final = 8 << 20
"""What RFC 9659 lets a sender ask for."""
_ZSTD_STEP_BYTES: Final = 256
_GZIP_WBITS, _ZLIB_WBITS, _RAW_WBITS = 31, 15, -15


def parse_content_encoding(header: str) -> ContentEncoding:
    """Raises UnsupportedEncoding."""
    name = header.strip().lower() or "identity"
    if name == "x-gzip":
        name = "gzip"
    if name not in get_args(ContentEncoding):
        raise UnsupportedEncoding(
            f"Content-Encoding '{header:.60}' is not supported",
            hint=f"use one of {', '.join(get_args(ContentEncoding))}",
        )
    return cast("ContentEncoding", name)


def decompress(
    body: bytes, encoding: ContentEncoding, *, bytes_max: int, grow: Callable[[int], None]
) -> bytes:
    """The body's content. `grow` is told each piece's size before the piece is kept, and may raise.

    Raises MalformedBody, and BodyTooLarge beyond `bytes_max`.
    """
    pieces: list[bytes] = []
    total = 0
    try:
        for piece in _PIECES[encoding](body):
            total += len(piece)
            if total > bytes_max:
                raise BodyTooLarge(
                    f"the {encoding} body holds more than {bytes_max} bytes (setting decompressed_bytes_max)",
                    hint="export smaller batches, or raise the setting",
                )
            grow(len(piece))
            pieces.append(piece)
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise MalformedBody(
            f"the body is not valid {encoding}: {error}",
            hint="check that Content-Encoding says how the body is compressed, and that it was not cut",
        ) from None
    return b"".join(pieces)


def _identity(body: bytes) -> Iterator[bytes]:
    yield body


def _gzip(body: bytes) -> Iterator[bytes]:
    """One member after the other, as `cat a.gz b.gz` makes them."""
    while body:
        decompressor = zlib.decompressobj(_GZIP_WBITS)
        yield from _inflate(decompressor, body)
        body = decompressor.unused_data.lstrip(b"\0")


def _deflate(body: bytes) -> Iterator[bytes]:
    """RFC 9110 means zlib's format; some senders write raw deflate, which the first two bytes tell apart."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    decompressor = zlib.decompressobj(_ZLIB_WBITS if is_zlib else _RAW_WBITS)
    yield from _inflate(decompressor, body)
    if decompressor.unused_data:
        raise zlib.error("bytes follow its end")


def _inflate(decompressor: "zlib._Decompress", body: bytes) -> Iterator[bytes]:
    piece = decompressor.decompress(body, _PIECE_BYTES)
    while piece:
        yield piece
        piece = decompressor.decompress(decompressor.unconsumed_tail, _PIECE_BYTES)
    if not decompressor.eof:
        raise EOFError("it ends too early")


def _zstd(body: bytes) -> Iterator[bytes]:
    """One frame after the other. A compressed block of four bytes can hold 128 KiB, so feeding a little at a
    time is what bounds a piece: at most 8 MiB."""
    decompressor = None
    for start in range(0, len(body), _ZSTD_STEP_BYTES):
        step = body[start : start + _ZSTD_STEP_BYTES]
        while step:
            if decompressor is None or decompressor.eof:
                decompressor = _new_zstd()
            if piece := decompressor.decompress(step):
                yield piece
            step = decompressor.unused_data
    if decompressor is None or not decompressor.eof:
        raise EOFError("it ends too early")


def _new_zstd() -> "zstandard.ZstdDecompressionObj":
    return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX).decompressobj()


_PIECES: Final[dict[ContentEncoding, Callable[[bytes], Iterator[bytes]]]] = {
    "identity": _identity,
    "gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
