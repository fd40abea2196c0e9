"""Opaque positions in an ordered list: where the last page ended, and which list it was."""

import base64
import binascii
import hashlib
import json
from typing import NamedTuple

from spanglass_server.base.errors import BadCursor

_DIGEST_BYTES = 9


class Position(NamedTuple):
    from_ns: int
    to_ns: int
    """The time range of the first page: later pages keep it, or `now` would move under them."""
    sort_key: int
    start_time_ns: int
    row_id: tuple[str, ...]
    """What tells rows of equal keys apart."""


def encode_cursor(position: Position, list_id: str) -> str:
    """`list_id` names the list: what is listed, its project, filter and order."""
    body = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(body, list_id) + body).rstrip(b"=").decode()


def decode_cursor(cursor: str, list_id: str) -> Position:
    """Raises BadCursor for anything `encode_cursor` did not make for this list."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _bad() from None
    digest, body = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
    if digest != _digest(body, list_id):
        raise _bad()
    from_ns, to_ns, sort_key, start_time_ns, row_id = json.loads(body)
    return Position(from_ns, to_ns, sort_key, start_time_ns, tuple(row_id))


def _digest(body: bytes, list_id: str) -> bytes:
    """Not a secret: a cursor opens nothing that its request may not read. It tells lists apart."""
    key = hashlib.blake2b(list_id.encode("utf-8", "surrogatepass"), digest_size=32).digest()
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES, key=key).digest()


def _bad() -> BadCursor:
    return BadCursor(
        "this cursor belongs to another list",
        hint="ask for the first page again, without a cursor, when the filter or the order changes",
    )
