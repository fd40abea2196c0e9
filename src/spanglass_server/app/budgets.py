"""Every minute, what budgets come to is written as gauges: by one of the servers that share a database."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy, Misconfigured, QueryTooLarge
from spanglass_server.rules.budgets_gauges import BudgetGauges
from spanglass_server.rules.budgets_meter import BudgetMeter
from spanglass_server.store.budgets import Budgets

_INTERVAL_S: Final = 60.0
_WAIT_S: Final = 5.0
"""Between looks for whether this server may write."""
_MS_NS: Final = 1_000_000


async def keep_budgets(
    budgets: Budgets,
    meter: BudgetMeter,
    gauges: BudgetGauges,
    *,
    may_write: Callable[[], bool],
    clock: Clock,
) -> None:
    """Runs until cancelled. What fails for one project is logged and tried again a minute later."""
    while True:
        if may_write():
            await asyncio.to_thread(write_gauges, budgets, meter, gauges, clock())
            await asyncio.sleep(_INTERVAL_S)
        else:
            await asyncio.sleep(_WAIT_S)


def write_gauges(budgets: Budgets, meter: BudgetMeter, gauges: BudgetGauges, now_ns: int) -> None:
    log = structlog.get_logger("spanglass.budgets")
    try:
        by_project = budgets.list_all()
    except Busy as error:
        log.warning("budgets_failed", reason=error.message)
        return
    for project_id in sorted({*by_project, *gauges.projects}):
        try:
            statuses = meter.assess(project_id, by_project.get(project_id, ()), now_ns)
            gauges.write(project_id, statuses, now_ns // _MS_NS)
        except (Busy, QueryTooLarge, Misconfigured) as error:
            log.warning("budgets_failed", project=project_id, reason=error.message)
