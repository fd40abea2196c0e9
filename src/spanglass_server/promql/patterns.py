"""Regular expressions in matchers: RE2, which matches whole values."""

from functools import lru_cache
from typing import Protocol

import re2


class _Pattern(Protocol):
    def fullmatch(self, text: str) -> object | None: ...


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> _Pattern:
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    compiled: _Pattern = re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    return compiled


def why_no_pattern(text: str) -> str:
    """What is wrong with it, empty if nothing is."""
    try:
        _compiled(text)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return f"error parsing regexp: {reason}"
    except UnicodeEncodeError:
        return "error parsing regexp: invalid UTF-8"
    return ""


def matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None
