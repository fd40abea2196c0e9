"""The provider's id of a response, where only the response itself holds it."""

import re
from typing import Final

SEARCHED_CHARS_MAX: Final = 200_000

_FIRST_KEY: Final = re.compile(r'\s*\{\s*"id"\s*:\s*"([^"\\]{6,200})"')
_PROVIDER_ID: Final = re.compile(r'"id"\s*:\s*"((?:msg|resp|chatcmpl|cmpl|gen)[-_][A-Za-z0-9_-]{4,190})"')
_FRAMEWORK_ID: Final = re.compile(r"run-|lc_|call_|toolu_|[0-9a-f]{8}-[0-9a-f]{4}-")
"""Ids that libraries give to their own objects."""


def find_response_id(output: str) -> str:
    """Out of the JSON text of a response; empty where it holds none.

    The id that the text begins with, as API objects do, else the first that looks like a model provider's.
    """
    if '"id"' not in output:
        return ""
    first = _FIRST_KEY.match(output)
    if first is not None and not _FRAMEWORK_ID.match(first.group(1)):
        return first.group(1)
    inside = _PROVIDER_ID.search(output, 0, SEARCHED_CHARS_MAX)
    return inside.group(1) if inside is not None else ""
