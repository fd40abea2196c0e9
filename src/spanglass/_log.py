"""What the SDK says of itself: the logger `spanglass`, each complaint once."""

import logging
import os

logger = logging.getLogger("spanglass")

_said: dict[str, object] = {}


def log_once(topic: str, message: str, *values: object, level: int = logging.WARNING) -> None:
    """Logs unless `topic` was said before; `say_again` forgets it. Without a lock: `setdefault` is atomic,
    and a lock could be held by a thread that a fork leaves behind."""
    mine = object()
    if _said.setdefault(topic, mine) is mine:
        logger.log(level, message, *values)


def say_again(topic: str) -> None:
    """What was complained of is over: the next time is worth a word."""
    _said.pop(topic, None)


def forget_all() -> None:
    """Everything is worth a word again: after `shutdown`, and in a forked child."""
    _said.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_all)
