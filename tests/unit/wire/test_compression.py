"""Compressed bodies, good, broken and malicious."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard

from spanglass_server.base.errors import BodyTooLarge, MalformedBody, UnsupportedEncoding
from spanglass_server.wire.compression import ContentEncoding, decompress, parse_content_encoding

TEXT = b"retrieval augmented generation " * 40_000

COMPRESS: dict[ContentEncoding, Callable[[bytes], bytes]] = {
    "identity": lambda body: body,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor(level=19).compress,
}


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


def unpack(body: bytes, encoding: ContentEncoding, bytes_max: int = 10_000_000) -> bytes:
    return decompress(body, encoding, bytes_max=bytes_max, grow=lambda size: None)


@pytest.mark.parametrize("encoding", list(COMPRESS))
def test_what_was_compressed_comes_back(encoding: ContentEncoding) -> None:
    sizes: list[int] = []
    body = COMPRESS[encoding](TEXT)
    assert decompress(body, encoding, bytes_max=len(TEXT), grow=sizes.append) == TEXT
    assert sum(sizes) == len(TEXT)


def test_deflate_without_zlibs_frame_is_understood() -> None:
    assert unpack(raw_deflate(TEXT), "deflate") == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_several_members_are_one_body(encoding: ContentEncoding) -> None:
    assert unpack(COMPRESS[encoding](b"one ") + COMPRESS[encoding](b"two"), encoding) == b"one two"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("keep", [0, 1, 5, 20, -1])
def test_a_cut_body_is_malformed(encoding: ContentEncoding, keep: int) -> None:
    if encoding == "gzip" and keep == 0:
        assert unpack(b"", "gzip") == b""
        return
    with pytest.raises(MalformedBody, match=encoding):
        unpack(COMPRESS[encoding](TEXT)[:keep], encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_other_bytes_are_malformed(encoding: ContentEncoding) -> None:
    with pytest.raises(MalformedBody, match=encoding):
        unpack(b"this is not compressed at all, is it? no", encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_ends_at_the_limit_without_filling_memory(encoding: ContentEncoding) -> None:
    bomb = COMPRESS[encoding](bytes(200_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge, match="decompressed_bytes_max"):
            unpack(bomb, encoding, bytes_max=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_who_counts_the_bytes_may_stop_it() -> None:
    def refuse(size: int) -> None:
        raise BodyTooLarge("enough")

    with pytest.raises(BodyTooLarge, match="enough"):
        decompress(gzip.compress(TEXT), "gzip", bytes_max=10**9, grow=refuse)


@pytest.mark.parametrize(
    ("header", "encoding"), [("", "identity"), ("GZIP", "gzip"), (" x-gzip ", "gzip"), ("zstd", "zstd")]
)
def test_headers_name_the_encoding(header: str, encoding: str) -> None:
    assert parse_content_encoding(header) == encoding


def test_an_unknown_encoding_is_named_with_what_is_supported() -> None:
    with pytest.raises(UnsupportedEncoding, match="'br'") as raised:
        parse_content_encoding("br")
    assert "zstd" in raised.value.hint
