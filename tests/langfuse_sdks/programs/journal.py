"""What a program did, told by itself: when each function was called and ran, and what it found out."""

import functools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

calls: dict[str, list[list[int]]] = {}
"""By function: [ns before its calling, ns after its return] of each call, as the caller sees it."""
bodies: dict[str, list[list[int]]] = {}
"""The same, as the function's own body sees it."""


def around(function: Callable[..., Any]) -> Callable[..., Any]:
    """Goes outside of a tracing decorator."""
    return _noted(function, calls)


def inside(function: Callable[..., Any]) -> Callable[..., Any]:
    """Goes inside of a tracing decorator."""
    return _noted(function, bodies)


def _noted(function: Callable[..., Any], times: dict[str, list[list[int]]]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = time.time_ns()
        try:
            return function(*args, **kwargs)
        finally:
            times.setdefault(function.__name__, []).append([started, time.time_ns()])

    return wrapper


def plain(value: Any) -> Any:
    """An answer of a read call as JSON, whatever generation of pydantic the SDK builds on."""
    if hasattr(value, "model_dump_json"):
        return json.loads(value.model_dump_json())
    if hasattr(value, "json"):
        return json.loads(value.json())
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def wait_for_a_line() -> None:
    sys.stdout.write("waiting\n")
    sys.stdout.flush()
    sys.stdin.readline()


def report(**facts: Any) -> None:
    json.dump({**plain(facts), "calls": calls, "bodies": bodies}, sys.stdout, default=str)
