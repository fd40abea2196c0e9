"""Small tools of the detectors."""

import string
from collections.abc import Callable

DIGITS = frozenset(string.digits)
ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)


def if_true(check: Callable[[str], bool]) -> Callable[[str], int]:
    """A measure: all of what was found, or nothing."""
    return lambda value: len(value) if check(value) else 0


def digits_of(value: str) -> str:
    return "".join([char for char in value if char in DIGITS])
