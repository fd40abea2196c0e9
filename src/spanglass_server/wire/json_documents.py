"""JSON that people write: to text that any database holds, and within limits."""

import json
from typing import Any, NoReturn


def json_text(value: object) -> str:
    """JSON as text that any database holds: the standard library writes NUL and lone surrogates as escapes
    where they would be none, and integers of any length."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def parse_json(text: str | bytes) -> Any:
    """Raises ValueError, for NaN and infinities too, and RecursionError."""
    return json.loads(text, parse_constant=_refuse_constant)


def depth_of(value: object) -> int:
    """Arrays and objects inside one another; level by level: what is refused for its depth must not be what
    overflows the stack."""
    depth = 0
    level = [value]
    while level:
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        depth += bool(inner)
        level = inner
    return depth


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
