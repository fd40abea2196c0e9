"""Functions that the templates of rules and those of notifications share, as Prometheus and Alertmanager name
and define them."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import re2

from spanglass_server.gotemplate.errors import TemplateFailed
from spanglass_server.gotemplate.printing import float_text, sprint, sprintf
from spanglass_server.gotemplate.times import nanoseconds_of, time_record
from spanglass_server.gotemplate.values import Function, Record, is_list, plain, type_name

_THOUSANDS: Final = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_THOUSANDTHS: Final = ("m", "u", "n", "p", "f", "a", "z", "y")
_KIBI: Final = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_WORD_START: Final = re.compile(r"(?<!\w)[^\W\d_]")
_GROUP: Final = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_UNITS_S: Final = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}
_DURATION: Final = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS_S) + r"\Z")


def to_text(value: object, function: str) -> str:
    """The argument of a function that takes texts. Raises TemplateFailed."""
    value = plain(value)
    if not isinstance(value, str):
        raise TemplateFailed(f"wrong type for value of {function}; expected string; got {type_name(value)}")
    return value


def to_float(value: object) -> float:
    """A number, or a text that is one. Raises TemplateFailed in Go's words."""
    value = plain(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise TemplateFailed(
                f"strconv.ParseFloat: parsing {sprintf('%q', [value])}: invalid syntax"
            ) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateFailed(f"can't convert {type_name(value)} to float")
    return float(value)


def humanize(value: object) -> str:
    """`1.235M`, `120m`"""
    number = to_float(value)
    if number == 0 or not math.isfinite(number):
        return _short(number)
    if abs(number) >= 1:
        return _scaled(number, 1000, _THOUSANDS)
    return _scaled_up(number, "")


def humanize1024(value: object) -> str:
    number = to_float(value)
    if abs(number) <= 1 or not math.isfinite(number):
        return _short(number)
    return _scaled(number, 1024, _KIBI)


def humanize_duration(value: object) -> str:
    """Seconds as `1h 0m 5s`, `1.234s`, `100ms`."""
    number = to_float(value)
    if not math.isfinite(number):
        return _short(number)
    if number == 0:
        return "0s"
    if abs(number) < 1:
        return _scaled_up(number, "s")
    sign, number = ("-", -number) if number < 0 else ("", number)
    minutes, seconds = divmod(int(number), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{_short(number)}s"


def humanize_percentage(value: object) -> str:
    return f"{_short(to_float(value) * 100)}%"


def humanize_timestamp(value: object) -> str:
    """Seconds since the epoch as `2015-06-23 13:19:44.128 +0000 UTC`."""
    number = to_float(value)
    if not math.isfinite(number):
        return _short(number)
    return sprint([time_record(_to_ns(number))])


def to_time(value: object) -> Record:
    """Seconds since the epoch as a time."""
    return time_record(_to_ns(to_float(value)))


def _to_ns(seconds: float) -> int:
    if not abs(seconds) < 2**63 / 1e9:
        raise TemplateFailed(
            f"{float_text(seconds)} cannot be represented as a nanoseconds timestamp since it overflows int64"
        )
    # Prometheus' times are milliseconds, cut off towards zero.
    milliseconds = abs(nanoseconds_of(seconds)) // 1_000_000
    return (milliseconds if seconds > 0 else -milliseconds) * 1_000_000


def _scaled(number: float, base: int, prefixes: Sequence[str]) -> str:
    prefix = ""
    for larger in prefixes:
        if abs(number) < base:
            break
        prefix = larger
        number /= base
    return f"{_short(number)}{prefix}"


def _scaled_up(number: float, unit: str) -> str:
    prefix = ""
    for smaller in _THOUSANDTHS:
        if abs(number) >= 1:
            break
        prefix = smaller
        number *= 1000
    return f"{_short(number)}{prefix}{unit}"


def _short(number: float) -> str:
    return sprintf("%.4g", [number])


def parse_duration(text: object) -> float:
    """Seconds of `1h30m`."""
    written = to_text(text, "parseDuration")
    found = _DURATION.match(written)
    if written == "0":
        return 0.0
    if not written or found is None:
        raise TemplateFailed(f"not a valid duration string: {sprintf('%q', [written])}")
    counts = zip(found.groups(), _UNITS_S.values(), strict=True)
    return math.fsum(int(count) * unit for count, unit in counts if count)


def title(text: object) -> str:
    return _WORD_START.sub(lambda first: first.group().upper(), to_text(text, "title"))


def to_upper(text: object) -> str:
    return to_text(text, "toUpper").upper()


def to_lower(text: object) -> str:
    return to_text(text, "toLower").lower()


def trim_space(text: object) -> str:
    return to_text(text, "trimSpace").strip()


def join(separator: object, items: object) -> str:
    inner = plain(items)
    if not is_list(inner):
        raise TemplateFailed(f"wrong type for value of join; expected []string; got {type_name(items)}")
    assert isinstance(inner, Sequence)
    return to_text(separator, "join").join(to_text(item, "join") for item in inner)


def string_slice(*items: object) -> Sequence[str]:
    return [to_text(item, "stringSlice") for item in items]


def match(pattern: object, text: object) -> bool:
    """Whether the regular expression (RE2) is found in the text."""
    return _compile(pattern, "match").search(to_text(text, "match")) is not None


def re_replace_all(pattern: object, replacement: object, text: object) -> str:
    """`$1`, `${1}` and `${name}` are groups."""
    template = to_text(replacement, "reReplaceAll")
    compiled = _compile(pattern, "reReplaceAll")
    return str(compiled.sub(lambda found: _expand(template, found), to_text(text, "reReplaceAll")))


def _compile(pattern: object, function: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    compiler: Any = re2
    try:
        return compiler.compile(to_text(pattern, function), options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise TemplateFailed(f"error parsing regexp: {text}") from None


def _expand(template: str, found: Any) -> str:
    names: Mapping[str, int] = found.re.groupindex

    def group(reference: re.Match[str]) -> str:
        dollar, bare, braced = reference.groups()
        name = bare or braced
        if dollar:
            return "$"
        number = int(name) if name.isdecimal() else names.get(name, -1)
        return (found.group(number) or "") if 0 <= number <= found.re.groups else ""

    return _GROUP.sub(group, template)


def strip_port(address: object) -> str:
    """`host:port` without its port."""
    text = to_text(address, "stripPort")
    host = _split_host(text)
    return text if host is None else host


def strip_domain(address: object) -> str:
    """`host.domain:port` without its domain; addresses of numbers stay."""
    text = to_text(address, "stripDomain")
    host = _split_host(text)
    name, port = (text, "") if host is None else (host, text[text.rindex(":") :])
    if ":" in name or re.fullmatch(r"[\d.]+", name):
        return text
    return name.partition(".")[0] + port


def _split_host(text: str) -> str | None:
    """The host of `host:port` or `[v6]:port`; None for what is neither."""
    if found := re.fullmatch(r"\[([^\[\]]*)\]:\w*", text):
        return found.group(1)
    if found := re.fullmatch(r"([^:\[\]]*):\w*", text):
        return found.group(1)
    return None


def args(*values: object) -> Mapping[str, object]:
    """`arg0`, `arg1` ... for a template that is called with several."""
    return {f"arg{index}": value for index, value in enumerate(values)}


def safe_html(text: object) -> str:
    return to_text(text, "safeHtml")


def path_of(url: str) -> str:
    return urlsplit(url).path


FUNCTIONS: Final[Mapping[str, Function]] = {
    "args": args,
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizeDuration": humanize_duration,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
    "join": join,
    "match": match,
    "parseDuration": parse_duration,
    "reReplaceAll": re_replace_all,
    "safeHtml": safe_html,
    "stringSlice": string_slice,
    "stripDomain": strip_domain,
    "stripPort": strip_port,
    "title": title,
    "toLower": to_lower,
    "toTime": to_time,
    "toUpper": to_upper,
    "trimSpace": trim_space,
}
