"""One try to deliver a message, whatever may go wrong in it, and what is written down of it."""

from typing import NamedTuple

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.model.notification import Attempt
from spanglass_server.notify.integrations.base import Integration, SendFailed, Tools
from spanglass_server.notify.matchers import print_labels
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import SecretMissing

log = structlog.get_logger(__name__)

_ERROR_CHARS_MAX = 500


class Outcome(NamedTuple):
    error: str = ""
    """Empty where the message was delivered."""
    is_retryable: bool = False
    retry_after_ms: int = 0


def try_to_send(integration: Integration, notification: Notification, tools: Tools) -> Outcome:
    """Never raises."""
    try:
        integration.send(notification, tools)
    except SendFailed as problem:
        return Outcome(str(problem)[:_ERROR_CHARS_MAX], problem.is_retryable, problem.retry_after_ms)
    except SecretMissing as problem:
        # A file may be there the next time.
        return Outcome(str(problem), is_retryable=True)
    except Exception as problem:  # noqa: BLE001 - the edge of a task: one bad message must not stop the others
        # Without the message: it may hold what was sent.
        log.error("notification_crashed", integration=integration.kind, error=type(problem).__name__)
        return Outcome(f"the integration failed: {type(problem).__name__}", is_retryable=True)
    return Outcome()


class Tried(NamedTuple):
    """What an attempt is made of."""

    notification: Notification
    integration: str
    """Its name in the receiver, e.g. `slack[0]`."""
    number: int
    started_ms: int
    ended_ms: int
    outcome: Outcome
    is_test: bool = False


def to_attempt(tried: Tried) -> Attempt:
    notification, outcome = tried.notification, tried.outcome
    return Attempt(
        project_id=notification.project_id,
        time_ms=tried.started_ms,
        duration_ms=max(0, tried.ended_ms - tried.started_ms),
        receiver=notification.receiver,
        integration=tried.integration,
        group_key=notification.group_key,
        group_labels=print_labels(notification.group_labels),
        status="test" if tried.is_test else notification.status,
        firing_count=len(notification.firing),
        resolved_count=len(notification.resolved),
        number=tried.number,
        error=outcome.error,
        is_retried=bool(outcome.error) and outcome.is_retryable and not tried.is_test,
    )


def ms_of(clock: Clock) -> int:
    return clock() // 1_000_000
