"""Request bodies read under the ingest queue's budget, for handlers that are no raw ASGI."""

import asyncio
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from spanglass_server.base.errors import BadInput, BodyTooLarge
from spanglass_server.ingest.budget import QueueBudget, Reservation
from spanglass_server.wire.compression import decompress, parse_content_encoding

READ_SECONDS_MAX: Final = 30.0
"""For the whole body to arrive."""


async def read_body(request: Request, budget: QueueBudget, *, bytes_max: int) -> tuple[bytes, Reservation]:
    """The body, decompressed, and the reservation that holds its size: the caller's to release.

    Raises BodyTooLarge, QueueFull, UnsupportedEncoding, MalformedBody, and BadInput for a body that does not
    arrive in time.
    """
    encoding = parse_content_encoding(request.headers.get("content-encoding", ""))
    reservation = budget.open()
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            sent = await _read(request, reservation, bytes_max)
        if encoding == "identity":
            return sent, reservation
        body = await asyncio.to_thread(decompress, sent, encoding, bytes_max=bytes_max, grow=reservation.grow)
        reservation.shrink(len(sent))
    except TimeoutError:
        reservation.release()
        raise BadInput(
            f"the body took longer than {READ_SECONDS_MAX:g} s", hint="send smaller requests"
        ) from None
    except ClientDisconnect:
        reservation.release()
        raise BadInput("the client went away while sending") from None
    except BaseException:
        reservation.release()
        raise
    return body, reservation


async def _read(request: Request, reservation: Reservation, bytes_max: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > bytes_max:
            raise _too_large(bytes_max)
        reservation.grow(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(bytes_max: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is larger than {bytes_max} bytes", hint="send it in several requests")
