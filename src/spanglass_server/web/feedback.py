"""Scores from the pages of other sites: what browsers are let in by (CORS), and how much anyone may send.

A public key stands in a page, so whoever sees the page may send with it. What that opens is small on purpose:
the two doors that take scores, POST only, without cookies; so many a minute; and no score but those that came
in this way is ever replaced by it.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from spanglass_server.base.errors import Busy
from spanglass_server.web.asgi import AsgiApp, Header, Message, Receive, Scope, Send, header, respond

DOORS: Final = frozenset({"/api/v1/scores", "/api/public/scores"})
ANY_ORIGIN: Final = "*"

_ADDRESSES_MAX: Final = 10_000
"""Addresses and keys whose allowance is remembered; who has not come for longest is forgotten."""
_ALLOWED_HEADERS: Final = (
    b"authorization, content-type, x-langfuse-public-key, x-langfuse-sdk-name, x-langfuse-sdk-version"
)
_PREFLIGHT_S: Final = b"3600"


class Allowance:
    """So many a minute of each sender, as many at once. Safe on one event loop."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What a sender had left, and when."""

    def wait_s(self, sender: str, amount: int) -> float:
        """0 where the sender may have it; nothing is taken."""
        return max(0.0, (min(amount, self._per_minute) - self._now_left(sender)) * 60 / self._per_minute)

    def take(self, sender: str, amount: int) -> None:
        self._left[sender] = (self._now_left(sender) - amount, self._clock())
        self._left.move_to_end(sender)
        if len(self._left) > _ADDRESSES_MAX:
            self._left.popitem(last=False)

    def _now_left(self, sender: str) -> float:
        left, at_s = self._left.get(sender, (float(self._per_minute), self._clock()))
        return min(float(self._per_minute), left + (self._clock() - at_s) * self._per_minute / 60)


class FeedbackDoor:
    """Which origins' pages may send scores, and how many anyone may send with a public key."""

    def __init__(
        self,
        *,
        origins: Sequence[str] = (ANY_ORIGIN,),
        per_address: int = 60,
        per_key: int = 6_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`per_address`, `per_key`: scores a minute."""
        self._origins = frozenset(origins)
        self._allowances = (
            (Allowance(per_address, clock=clock), "feedback_per_address_max"),
            (Allowance(per_key, clock=clock), "feedback_per_key_max"),
        )

    def admit(self, *, address: str, key: str, amount: int) -> None:
        """Raises Busy where the address or the key has sent too many of late."""
        senders = (_network(address), key)
        for (allowance, setting), sender in zip(self._allowances, senders, strict=True):
            if wait_s := allowance.wait_s(sender, amount):
                raise Busy(
                    f"too many scores with a public key (setting {setting})",
                    hint="send fewer, or with a secret key from your own server",
                    retry_after_s=int(wait_s) + 1,
                )
        for (allowance, _), sender in zip(self._allowances, senders, strict=True):
            allowance.take(sender, amount)

    def allowed_origin(self, origin: str) -> str | None:
        """What an answer to a page of this origin names as allowed."""
        if ANY_ORIGIN in self._origins:
            return ANY_ORIGIN
        return origin if origin in self._origins else None


def _network(address: str) -> str:
    """A home or phone has a whole /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


class OpenToPages:
    """Answers browsers' preflights at the doors that take scores, and lets pages read the answers. Everything
    else stays closed to pages of other sites."""

    def __init__(self, app: AsgiApp, door: FeedbackDoor) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin") if scope["path"] in DOORS else ""
        allowed = self._door.allowed_origin(origin) if origin else None
        if allowed is None or scope["method"] not in ("POST", "OPTIONS"):
            await self._app(scope, receive, send)
        elif scope["method"] == "POST":
            await self._app(scope, receive, _adding(_origin_headers(allowed), send))
        elif header(scope, b"access-control-request-method"):
            await respond(send, 204, b"", b"text/plain", [*_origin_headers(allowed), *_PREFLIGHT])
        else:
            await self._app(scope, receive, send)


_PREFLIGHT: Final[Sequence[Header]] = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", _ALLOWED_HEADERS),
    (b"access-control-max-age", _PREFLIGHT_S),
)


def _origin_headers(allowed: str) -> list[Header]:
    return [
        (b"access-control-allow-origin", allowed.encode("latin-1")),
        (b"access-control-expose-headers", b"retry-after"),
        (b"vary", b"origin"),
    ]


def _adding(headers: Sequence[Header], send: Send) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_with
