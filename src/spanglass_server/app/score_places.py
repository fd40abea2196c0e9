"""Every few seconds, evaluations without a context are given to the spans that they judge."""

import asyncio
from typing import Final

import structlog

from spanglass_server.base.errors import BadInput, Busy, QueryTooLarge
from spanglass_server.ingest.score_places import ScorePlacer

_INTERVAL_S: Final = 10.0


async def keep_scores_placed(placer: ScorePlacer) -> None:
    """Runs until cancelled. A store that is down is tried again."""
    log = structlog.get_logger("spanglass.score_places")
    while True:
        await asyncio.sleep(_INTERVAL_S)
        try:
            count = await asyncio.to_thread(placer.place)
        except (Busy, QueryTooLarge, BadInput, TimeoutError) as error:
            log.warning("scores_not_placed", reason=str(error))
        else:
            if count:
                log.info("scores_placed", scores=count)
