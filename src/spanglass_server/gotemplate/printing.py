"""Go's fmt: how values print, and `printf`'s verbs."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from spanglass_server.gotemplate.errors import TemplateFailed
from spanglass_server.gotemplate.values import Record, is_list, plain, type_name

WIDTH_MAX: Final = 1_000
"""Of a verb's width and precision."""
_SIZE_DIGITS: Final = 9
_VERB: Final = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?P<verb>.)?", re.DOTALL
)
_INTEGER_FORMATS: Final = {"d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES: Final = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def sprint(values: Sequence[object], *, is_line: bool = False) -> str:
    """`print`, and `println` without its newline: spaces between two that are no strings, or everywhere."""
    parts: list[str] = []
    for index, value in enumerate(values):
        apart = is_line or not (isinstance(value, str) or isinstance(values[index - 1], str))
        if index and apart:
            parts.append(" ")
        parts.append(to_text(value))
    return "".join(parts)


def to_text(value: object) -> str:
    """Go's `%v`."""
    if isinstance(value, Record):
        return _record_text(value)
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{to_text(key)}:{to_text(value[key])}' for key in sorted(value))}]"
    if is_list(value):
        return f"[{' '.join(to_text(item) for item in _items(value))}]"
    return str(value)


def _record_text(record: Record) -> str:
    if record.text is not None:
        return record.text
    if record.value is not None:
        return to_text(record.value)
    return f"{{{' '.join(to_text(value) for value in record.fields.values())}}}"


def _items(value: object) -> Sequence[object]:
    assert isinstance(value, Sequence)
    return value


def float_text(value: float) -> str:
    """Go's `%v`: the fewest digits that are exact; with an exponent below -4 and from 6 on."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, power = _digits(value)
    if power < -4 or power >= 6:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole, fraction = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{whole}{'.' + fraction if fraction else ''}"


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, significant digits without trailing zeros, and the power of ten of the first of them."""
    number = Decimal(repr(value))
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, figures)).lstrip("0")
    if not digits:
        return "-" if sign else "", "0", 0
    return "-" if sign else "", digits.rstrip("0"), exponent + len(digits) - 1


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


class _Verb(NamedTuple):
    name: str
    flags: str
    width: int | None
    precision: int | None


def sprintf(template: str, arguments: Sequence[object]) -> str:
    """Go's Sprintf, with its marks for what does not fit: `%!d(string=a)`, `%!(EXTRA int=1)`."""
    left = list(arguments)
    position = 0
    parts: list[str] = []
    while found := _VERB.search(template, position):
        parts += (template[position : found.start()], _verb(found, left))
        position = found.end()
    parts.append(template[position:])
    if left:
        extra = ", ".join(f"{type_name(value)}={to_text(value)}" for value in left)
        parts.append(f"%!(EXTRA {extra})")
    return "".join(parts)


def _verb(found: re.Match[str], left: list[object]) -> str:
    flags = found["flags"]
    width, flags = _size(found["width"], left, flags)
    precision, _ = _size(found["precision"], left, "")
    name = found["verb"]
    if name is None:
        return "%!(NOVERB)"
    if name == "%":
        return "%"
    if not left:
        return f"%!{name}(MISSING)"
    return _formatted(_Verb(name, flags, width, precision), left.pop(0))


def _size(text: str | None, left: list[object], flags: str) -> tuple[int | None, str]:
    """A width or precision, and the flags with what its sign says. Raises TemplateFailed beyond WIDTH_MAX."""
    if text is None:
        return None, flags
    if text == "*":
        given = left.pop(0) if left else None
        if not isinstance(given, int) or isinstance(given, bool):
            return None, flags
        size = abs(given)
        flags += "-" if given < 0 else ""
    else:
        size = int(text[:_SIZE_DIGITS] or 0)
    if size > WIDTH_MAX:
        raise TemplateFailed(f"a width or precision of more than {WIDTH_MAX}")
    return size, flags


def _formatted(verb: _Verb, value: object) -> str:
    if verb.name == "T":
        return _padded(type_name(value), verb)
    if verb.name == "v":
        return _general(verb, value)
    value = value.text if isinstance(value, Record) and value.text is not None else plain(value)
    if isinstance(value, bool):
        return _padded(to_text(value), verb) if verb.name == "t" else _bad(verb, value)
    if isinstance(value, int):
        return _integer(verb, value)
    if isinstance(value, float):
        return _float(verb, value)
    if isinstance(value, str):
        return _string(verb, value)
    if is_list(value):
        return f"[{' '.join(_formatted(verb, item) for item in _items(value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_formatted(verb, key)}:{_formatted(verb, value[key])}" for key in sorted(value))
        return f"map[{' '.join(pairs)}]"
    return f"%!{verb.name}(<nil>)" if value is None else _bad(verb, value)


def _general(verb: _Verb, value: object) -> str:
    """`%v`"""
    inner = plain(value)
    if isinstance(value, Record) and value.text is not None:
        return _padded(value.text, verb)
    if isinstance(inner, str):
        return _string(verb._replace(name="q" if "#" in verb.flags else "s"), inner)
    if isinstance(inner, float):
        return _float(verb._replace(name="g", flags=verb.flags.replace("#", "")), inner)
    if isinstance(inner, int) and not isinstance(inner, bool):
        return _integer(verb._replace(name="d"), inner)
    return _padded(to_text(value), verb)


def _integer(verb: _Verb, value: int) -> str:
    if verb.name == "c":
        return _padded(chr(value) if 0 <= value <= 0x10FFFF else "\ufffd", verb)
    if verb.name == "q":
        return _padded(f"'{chr(value)}'" if 0 <= value <= 0x10FFFF else "'\ufffd'", verb)
    if verb.name == "U":
        return _padded(f"U+{value:04X}", verb)
    if verb.name not in _INTEGER_FORMATS:
        return _bad(verb, value)
    digits = format(abs(value), _INTEGER_FORMATS[verb.name]).rjust(verb.precision or 0, "0")
    prefix = _PREFIXES.get(verb.name, "") if "#" in verb.flags else "0o" if verb.name == "O" else ""
    is_zeroed = verb.precision is None
    return _padded_number("-" if value < 0 else "", prefix + digits, verb, is_zeroed=is_zeroed)


def _float(verb: _Verb, value: float) -> str:
    if verb.name not in "eEfFgG":
        return _bad(verb, value)
    if not math.isfinite(value):
        text = _special(value)
        sign = text[0] if text[0] in "+-" else "+" if "+" in verb.flags else ""
        return _padded_number(sign, text.lstrip("+-"), verb, is_zeroed=False)
    sign = "-" if math.copysign(1, value) < 0 else ""
    return _padded_number(sign, _float_digits(verb, abs(value)), verb, is_zeroed=True)


def _float_digits(verb: _Verb, value: float) -> str:
    if verb.name in "gG" and verb.precision is None:
        text = float_text(value)
        return text.upper() if verb.name == "G" else text
    precision = 6 if verb.precision is None else verb.precision
    sharp = "#" if "#" in verb.flags else ""
    return format(value, f"{sharp}.{precision}{verb.name}")


def _string(verb: _Verb, value: str) -> str:
    cut = value if verb.precision is None else value[: verb.precision]
    match verb.name:
        case "s":
            return _padded(cut, verb)
        case "q":
            return _padded(quoted(cut), verb)
        case "x" | "X":
            digits = cut.encode().hex()
            return _padded(digits.upper() if verb.name == "X" else digits, verb)
    return _bad(verb, value)


def quoted(text: str) -> str:
    """As Go's `%q`."""
    return json.dumps(text, ensure_ascii=False)


def _bad(verb: _Verb, value: object) -> str:
    return f"%!{verb.name}({type_name(value)}={to_text(value)})"


def _padded(text: str, verb: _Verb) -> str:
    width = verb.width or 0
    if "-" in verb.flags:
        return text.ljust(width)
    return text.rjust(width, "0" if "0" in verb.flags else " ")


def _padded_number(sign: str, digits: str, verb: _Verb, *, is_zeroed: bool) -> str:
    """With sign flags; zeros stand between sign and digits."""
    sign = sign or ("+" if "+" in verb.flags else " " if " " in verb.flags else "")
    width = verb.width or 0
    if "-" in verb.flags:
        return (sign + digits).ljust(width)
    if "0" in verb.flags and is_zeroed:
        return sign + digits.rjust(width - len(sign), "0")
    return (sign + digits).rjust(width)
