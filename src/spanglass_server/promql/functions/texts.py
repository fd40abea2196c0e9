"""Numbers in messages and label values, written as Go writes them."""

import math
from decimal import Decimal
from typing import Final

_EXPONENT_FROM: Final = 6
"""From 1e6 on, and below 1e-4, Go's shortest form has an exponent."""


def general(value: float) -> str:
    """Go's `%g`: the shortest digits that tell the number."""
    return _special(value) or _written(value)


def openmetrics(value: float) -> str:
    """A quantile or bound as a label value: always with a point or an exponent."""
    text = general(value)
    return text if not math.isfinite(value) or any(mark in text for mark in ".e") else f"{text}.0"


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "" if math.isfinite(value) else f"{'+' if value > 0 else '-'}Inf"


def _written(value: float) -> str:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    leading = len(digits) + int(exponent) - 1
    if value == 0 or -4 <= leading < _EXPONENT_FROM:
        return f"{Decimal(repr(value)).normalize():f}"
    mantissa = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{leading:+03d}"
