"""RE2, as Alertmanager has it: no expression of a user's takes more than linear time."""

from functools import lru_cache
from typing import Protocol, cast

import re2


class Regex(Protocol):
    def fullmatch(self, text: str) -> object | None: ...
    def search(self, text: str) -> object | None: ...
    def sub(self, replacement: str, text: str) -> str: ...


@lru_cache(maxsize=4096)
def compile_regex(pattern: str) -> Regex:
    """Raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Regex", re2.compile(pattern, options))  # type: ignore[no-untyped-call]
    except re2.error as problem:
        raise ValueError(f"`{pattern}` is not a regular expression: {problem}") from None
