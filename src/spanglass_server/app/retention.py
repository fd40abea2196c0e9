"""Once an hour, what is older than its project keeps goes."""

import asyncio
from typing import Final

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy, QueryTooLarge
from spanglass_server.store.audit import AuditLog
from spanglass_server.store.directory import Directory
from spanglass_server.store.library import MediaStore
from spanglass_server.store.ports import Administration

_INTERVAL_S: Final = 3600.0
_DAY_NS: Final = 86_400 * 1_000_000_000
_FIRST_S: Final = 60.0
"""After the start, which has enough to do."""


async def keep_retention(
    directory: Directory, administration: Administration, media: MediaStore, clock: Clock
) -> None:
    """Runs until cancelled. A store that is down is tried again an hour later."""
    log = structlog.get_logger("spanglass.retention")
    delay_s = _FIRST_S
    while True:
        await asyncio.sleep(delay_s)
        delay_s = _INTERVAL_S
        try:
            count = await asyncio.to_thread(enforce_retention, directory, administration, media, clock)
        except (Busy, QueryTooLarge) as error:
            log.warning("retention_failed", reason=error.message)
        else:
            if count:
                log.info("retention_enforced", spans=count)


async def keep_audit_log(audit: AuditLog, clock: Clock, *, days: int) -> None:
    """Runs until cancelled."""
    log = structlog.get_logger("spanglass.retention")
    delay_s = _FIRST_S
    while True:
        await asyncio.sleep(delay_s)
        delay_s = _INTERVAL_S
        try:
            count = await asyncio.to_thread(audit.forget_before, clock() - days * _DAY_NS)
        except Busy as error:
            log.warning("audit_retention_failed", reason=error.message)
        else:
            if count:
                log.info("audit_retention_enforced", entries=count)


def enforce_retention(
    directory: Directory, administration: Administration, media: MediaStore, clock: Clock
) -> int:
    """Tell the span store every project's retention, then let it delete, and files with it; how many spans
    went."""
    for project in directory.list_projects():
        administration.set_retention(project.id, project.retention_days)
        if project.retention_days is not None:
            media.forget_before(project.id, clock() - project.retention_days * _DAY_NS)
    count = administration.enforce_retention(clock())
    administration.roll_up_metrics(clock())
    return count
