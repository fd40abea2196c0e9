"""A request's body read under the ingest queue's budget, for raw ASGI applications."""

import asyncio

from spanglass_server.base.errors import BadInput, BodyTooLarge
from spanglass_server.ingest.budget import Reservation
from spanglass_server.web.asgi import Receive


class DisconnectedError(Exception):
    """The client went away while sending; nobody is left to answer."""


async def receive_body(
    receive: Receive,
    headers: dict[bytes, bytes],
    reservation: Reservation,
    *,
    bytes_max: int,
    timeout_s: float,
) -> bytes:
    """The body as sent. Raises BodyTooLarge, QueueFull, BadInput for one that does not arrive in time, and
    DisconnectedError."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _receive(receive, headers, reservation, bytes_max)
    except TimeoutError:
        raise BadInput(
            f"the body took longer than {timeout_s:g} s (setting ack_timeout_s)",
            hint="export smaller batches",
        ) from None


async def _receive(
    receive: Receive, headers: dict[bytes, bytes], reservation: Reservation, bytes_max: int
) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        piece: bytes = message.get("body", b"")
        if piece:
            size += len(piece)
            if size > bytes_max:
                raise _too_large(bytes_max)
            reservation.grow(len(piece))
            pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"the body is larger than {limit} bytes (setting body_bytes_max)",
        hint="export smaller batches, compress them, or raise the setting",
    )
