"""Whether the process lives, and whether it can take and answer anything."""

import asyncio
from collections.abc import Callable
from typing import Final

import orjson

from spanglass_server.base.errors import SpanglassError
from spanglass_server.web.asgi import Receive, Scope, Send, respond

PATHS: Final = frozenset({"/healthz", "/readyz"})
_READY_TIMEOUT_S: Final = 5.0


class Health:
    """An ASGI application for PATHS. `check` may block, and raises a SpanglassError when not ready."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = "" if scope["path"] == "/healthz" else await self._find_reason()
        body = {"status": "unavailable", "reason": reason} if reason else {"status": "ok"}
        headers = [(b"cache-control", b"no-store")]
        await respond(send, 503 if reason else 200, orjson.dumps(body), b"application/json", headers)

    async def _find_reason(self) -> str:
        """Why the server is not ready; empty when it is."""
        try:
            await asyncio.wait_for(asyncio.to_thread(self._check), _READY_TIMEOUT_S)
        except TimeoutError:
            return f"storage did not answer within {_READY_TIMEOUT_S:g} s"
        except SpanglassError as error:
            return error.message
        return ""
