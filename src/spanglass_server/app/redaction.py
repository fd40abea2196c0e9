"""Projects' rules of redaction for the ingest, and what they did counted in the store."""

import asyncio
import time
from typing import Final

from spanglass_server.app.settings import Settings
from spanglass_server.app.storage import Stores
from spanglass_server.base.clock import Clock
from spanglass_server.ingest.redaction import Redaction

_INTERVAL_S: Final = 10.0


def build_redaction(settings: Settings, stores: Stores, clock: Clock) -> Redaction:
    return Redaction(
        stores.redaction,
        stores_content=settings.store_content,
        clock=clock,
        monotonic_ns=time.monotonic_ns,
    )


async def keep_redactions_counted(redaction: Redaction) -> None:
    """Runs until cancelled. What was not written then is written when the server stops."""
    while True:
        await asyncio.sleep(_INTERVAL_S)
        await asyncio.to_thread(redaction.flush)
