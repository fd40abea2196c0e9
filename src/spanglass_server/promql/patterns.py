"""Regular expressions in matchers: RE2, which matches whole values."""

from functools import lru_cache
from typing import Protocol

import re2


class Match(Protocol):
    def group(self, group: int | str) -> str | None: ...


class Pattern(Protocol):
    groups: int
    groupindex: dict[str, int]

    def fullmatch(self, text: str) -> Match | None: ...


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Pattern:
    """Call `why_no_pattern` first: what raises here is RE2's."""
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    compiled: Pattern = re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    return compiled


def why_no_pattern(text: str) -> str:
    """What is wrong with it, empty if nothing is."""
    try:
        compile_pattern(text)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return f"error parsing regexp: {reason}"
    except UnicodeEncodeError:
        return "error parsing regexp: invalid UTF-8"
    return ""


def matches(pattern: str, value: str) -> bool:
    return compile_pattern(pattern).fullmatch(value) is not None
