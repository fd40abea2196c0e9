"""The server's own metrics as samples of the project `default`, so that rules and dashboards see them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy
from spanglass_server.metrics.own import own_metadata, own_series
from spanglass_server.store.directory import DEFAULT_PROJECT
from spanglass_server.store.series import SampleWriter

_INTERVAL_S: Final = 15.0


async def keep_own_metrics(
    counters: Callable[[], Mapping[str, int]], writer: SampleWriter, clock: Clock, *, instance: str
) -> None:
    """Runs until cancelled. What storage does not take is told by the next sample, fifteen seconds later."""
    log = structlog.get_logger("spanglass.metrics")
    labels = {"job": "spanglass", "instance": instance}
    while True:
        try:
            await asyncio.to_thread(_write, counters(), writer, labels, clock() // 1_000_000)
        except Busy as error:
            log.warning("own_metrics_failed", reason=error.message)
        await asyncio.sleep(_INTERVAL_S)


def _write(
    counters: Mapping[str, int], writer: SampleWriter, labels: Mapping[str, str], time_ms: int
) -> None:
    writer.write_samples(DEFAULT_PROJECT, own_series(counters, labels=labels, time_ms=time_ms))
    writer.write_metadata(DEFAULT_PROJECT, own_metadata())
