"""Values as people write them: `2s`, `10k`, `$0.01`, `gpt-4*`; and the same printed back."""

import re

_NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s.]*)\Z")
_SUFFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}
_UNITS_NS = {
    "ns": 1.0,
    "us": 1e3,
    "µs": 1e3,
    "ms": 1e6,
    "s": 1e9,
    "m": 60e9,
    "min": 60e9,
    "h": 3600e9,
    "d": 86400e9,
}
_MONEY = {**_SUFFIXES, "USD": 1.0, "usd": 1.0, "c": 0.01, "¢": 0.01}
_BOOLS = {"true": True, "yes": True, "false": False, "no": False}


def parse_number(text: str) -> float | None:
    return _scaled(text, _SUFFIXES)


def parse_duration_ns(text: str) -> float | None:
    """None without a unit too: nobody can tell whether a bare 2 is seconds or milliseconds."""
    return 0.0 if text == "0" else _scaled(text, _UNITS_NS)


def parse_money_usd(text: str) -> float | None:
    return _scaled(text.removeprefix("$"), _MONEY)


def parse_bool(text: str) -> bool | None:
    return _BOOLS.get(text.lower())


def _scaled(text: str, factors: dict[str, float]) -> float | None:
    match = _NUMBER.match(text)
    if match is None or match[2] not in factors:
        return None
    value, factor = float(match[1]), factors[match[2]]
    scaled = value / (1 / factor) if factor < 1 else value * factor
    return scaled if abs(scaled) < 1e300 else None


def print_number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def print_duration(value_ns: float) -> str:
    """In the largest unit that keeps it a whole number."""
    if value_ns and value_ns.is_integer() and abs(value_ns) < 1e15:
        for unit in ("h", "m", "s", "ms", "us"):
            if value_ns % _UNITS_NS[unit] == 0:
                return f"{int(value_ns // _UNITS_NS[unit])}{unit}"
    return print_number(value_ns) + "ns"


def pattern_of(text: str) -> tuple[str, bool]:
    r"""A bare value and whether it is a pattern: `*` is a wildcard, `\*` a star.

    A pattern keeps its backslashes (`ast.Term`); a plain value has them taken off.
    """
    is_pattern = re.search(r"(?<!\\)(?:\\\\)*\*", text) is not None
    return (text, True) if is_pattern else (re.sub(r"\\([*\\])", r"\1", text), False)


def literal_parts(pattern: str) -> list[str]:
    r"""The texts between a pattern's wildcards, with escapes taken off: `a\*b*c` -> ["a*b", "c"]."""
    parts, current, chars = [], "", iter(pattern)
    for char in chars:
        if char == "\\":
            following = next(chars, "\\")
            current += following if following in "*\\" else char + following
        elif char == "*":
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current]
