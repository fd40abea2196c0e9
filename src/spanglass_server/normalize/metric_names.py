"""Names of OTLP's metrics and attributes as Prometheus writes them.

Source: OpenTelemetry's specification "Prometheus and OpenMetrics Compatibility", and the translation that
Prometheus and the OpenTelemetry Collector share (prometheus/otlptranslator, underscores and suffixes).
"""

import re
from typing import Final

_UNITS: Final = {
    **{"d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds"},
    **{"us": "microseconds", "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes"},
    **{"GiBy": "gibibytes", "TiBy": "tebibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes"},
    **{"TBy": "terabytes", "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts"},
    **{"g": "grams", "Cel": "celsius", "Hz": "hertz", "1": "", "%": "percent"},
}
_PER_UNITS: Final = {
    **{"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"},
}
_METRIC_SEPARATORS: Final = re.compile(r"[^a-zA-Z0-9:]+")
_LABEL_SEPARATORS: Final = re.compile(r"[^a-zA-Z0-9_]")
_UNDERSCORES: Final = re.compile(r"__+")


def metric_name(name: str, unit: str, *, is_counter: bool, is_gauge: bool) -> str:
    """`http.server.duration` in `ms` is `http_server_duration_milliseconds`; counters end in `_total`, gauges
    of unit 1 in `_ratio`. Empty where no character of the name can stay."""
    words = [word for word in _METRIC_SEPARATORS.split(name) if word]
    if not words:
        return ""
    words = _with_unit(words, unit)
    if is_counter:
        words = [word for word in words if word != "total"] + ["total"]
    if is_gauge and unit == "1":
        words = [word for word in words if word != "ratio"] + ["ratio"]
    joined = "_".join(words)
    return f"_{joined}" if joined[0].isdigit() else joined


_NAMES_MAX: Final = 16_384
_NAME_CHARS_MAX: Final = 128
# Points have the attributes of those before them.
_label_names: dict[str, str] = {}


def label_name(name: str) -> str:
    """Dots and all else that is no letter, digit or underscore become one underscore."""
    known = _label_names.get(name)
    if known is None:
        known = _make_label_name(name)
        if len(name) <= _NAME_CHARS_MAX:
            if len(_label_names) >= _NAMES_MAX:
                _label_names.clear()
            _label_names[name] = known
    return known


def _make_label_name(name: str) -> str:
    cleaned = _UNDERSCORES.sub("_", _LABEL_SEPARATORS.sub("_", name))
    return f"key_{cleaned}" if cleaned[:1].isdigit() else cleaned


def unit_name(unit: str) -> str:
    """The unit in words, as it ends the name: `seconds`, `bytes_per_second`; empty where there is none."""
    main, per = _unit_words(unit)
    return "_".join(word for word in (main, f"per_{per}" if per else "") if word)


def _with_unit(words: list[str], unit: str) -> list[str]:
    main, per = _unit_words(unit)
    added = [main] if main and main not in words else []
    if per and per not in words:
        added += ["per", per]
    return words + added


def _unit_words(unit: str) -> tuple[str, str]:
    """The main unit and the one after the slash. What stands in braces tells people what is counted."""
    main, slash, per = unit.partition("/")
    main, per = main.strip(), per.strip()
    main = "" if "{" in main or "}" in main else _cleaned(_UNITS.get(main, main))
    per = "" if not slash or "{" in per or "}" in per else _cleaned(_PER_UNITS.get(per, per))
    return main, per


def _cleaned(unit: str) -> str:
    return "_".join(word for word in _METRIC_SEPARATORS.split(unit) if word)
