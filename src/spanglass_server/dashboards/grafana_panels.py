"""Panels of Grafana's dashboards."""

import re
from collections.abc import Mapping
from typing import Any, Final

from spanglass_server.dashboards.grafana_parts import (
    Json,
    Problems,
    color_of,
    items_of,
    named,
    number_of,
    object_of,
    short,
    text_of,
)

_KINDS: Final[Mapping[str, str]] = {
    "timeseries": "line", "graph": "line", "barchart": "bar_list", "stat": "value", "singlestat": "value",
    "gauge": "value", "bargauge": "bar_list", "table": "table", "table-old": "table", "piechart": "pie",
    "grafana-piechart-panel": "pie", "heatmap": "heatmap", "text": "text", "row": "row",
}  # fmt: skip
_UNITS: Final[Mapping[str, str]] = {
    "": "", "none": "", "short": "count", "locale": "count", "string": "", "s": "s", "ms": "ms",
    "dtdurations": "s", "dtdurationms": "ms", "percentunit": "ratio", "percent": "percent", "bytes": "bytes",
    "decbytes": "bytes", "currencyUSD": "USD", "reqps": "per_second", "ops": "per_second",
    "cps": "per_second", "rps": "per_second", "wps": "per_second", "iops": "per_second",
    "cpm": "per_minute", "opm": "per_minute",
    "rpm": "per_minute", "reqpm": "per_minute",
}  # fmt: skip
_REDUCTIONS: Final[Mapping[str, str]] = {
    "last": "last", "lastNotNull": "last", "current": "last", "mean": "mean", "avg": "mean", "min": "min",
    "max": "max", "sum": "sum", "total": "sum",
}  # fmt: skip

_PANEL_KEYS: Final = frozenset(
    {
        "type", "title", "description", "gridPos", "targets", "fieldConfig", "options", "links", "datasource",
        "panels", "repeat", "yaxes", "stack", "fill", "bars", "lines", "content", "mode", "format",
        "valueName",
        "thresholds", "legend", "percentage",
        # What Grafana keeps for itself, or how it looks there.
        "id", "pluginVersion", "transparent", "collapsed", "cacheTimeout", "editable", "error", "isNew",
        "aliasColors", "dashLength", "dashes", "fillGradient", "hiddenSeries", "linewidth",
        "nullPointMode", "pointradius", "points", "renderer", "spaceLength", "steppedLine", "tooltip",
        "xaxis", "yaxis", "timeRegions", "seriesOverrides", "height", "span", "maxDataPoints", "libraryPanel",
        "showHeader",
        "colorBackground", "colorValue", "colors", "gauge", "mappingType", "nullText", "postfix",
        "postfixFontSize", "prefix", "prefixFontSize", "sparkline", "tableColumn", "valueFontSize", "styles",
        "sort", "fontSize", "scroll", "pageSize", "hideTimeOverride", "queryCachingTTL",
    }
)  # fmt: skip
_SHOWN_ELSEWHERE: Final = ("libraryPanel", "seriesOverrides")
"""Keys of the above that say more than how it looks."""
_DEFAULT_KEYS: Final = frozenset(
    {"unit", "decimals", "min", "max", "thresholds", "custom", "color", "displayName", "noValue", "links",
     "fieldMinMax"}
)  # fmt: skip
_TARGET_KEYS: Final = frozenset(
    {
        "expr", "legendFormat", "hide", "datasource", "refId", "instant", "range", "format", "editorMode",
        "intervalFactor", "exemplar", "step", "metric", "hideLabel", "queryType", "useBackend",
        "fullMetaSearch",
        "includeNullMetadata", "disableTextWrap", "key",
    }
)  # fmt: skip


def convert_panel(panel: Json, problems: Problems) -> Json:
    title, kind = short(panel.get("title")), short(panel.get("type"))
    teller = _Teller(title or f"({kind or 'panel'})", problems)
    known = _KINDS.get(kind)
    shared = {
        "title": title,
        "description": text_of(panel.get("description")),
        "place": _place(panel, known),
    }
    if known is None:
        teller.tell("type", f"panels of the type `{kind}` are not shown")
        return {**shared, "kind": "text", "text": f"Panels of the type `{kind}` are not shown."}
    teller.unread(panel, _PANEL_KEYS, "")
    for name in (*_SHOWN_ELSEWHERE, "repeat"):
        if panel.get(name):
            teller.tell(name, "is not read")
    if known == "row":
        return {**shared, "kind": "row"}
    if known == "text":
        return {**shared, "kind": "text", "text": _text(panel, teller)}
    return {
        **shared,
        **_look(panel, kind, known, teller),
        "queries": _queries(panel, teller),
        "links": _links(panel, teller),
    }


class _Teller:
    """Tells of one panel."""

    def __init__(self, panel: str, problems: Problems) -> None:
        self._panel, self._problems = panel, problems

    def tell(self, field: str, reason: str) -> None:
        self._problems.tell(self._panel, field, reason)

    def unread(self, value: Mapping[str, Any], known: frozenset[str], prefix: str) -> None:
        for name in sorted(set(value) - known):
            if value[name] not in (None, "", [], {}, False):
                self.tell(f"{prefix}{name}", "is not read")


def _place(panel: Json, kind: str | None) -> Json:
    place = object_of(panel.get("gridPos"))
    width = min(24, max(1, _whole(place.get("w"), 12)))
    return {
        "x": min(max(0, _whole(place.get("x"), 0)), 24 - width),
        "y": min(max(0, _whole(place.get("y"), 0)), 10_000),
        "w": 24 if kind == "row" else width,
        "h": 1 if kind == "row" else min(60, max(2, _whole(place.get("h"), 8))),
    } | ({"x": 0} if kind == "row" else {})


def _whole(value: object, default: int) -> int:
    number = number_of(value)
    return default if number is None or abs(number) > 1e6 else int(number)


def _text(panel: Json, teller: _Teller) -> str:
    options = object_of(panel.get("options"))
    if (options.get("mode") or panel.get("mode")) == "html":
        teller.tell("options.mode", "HTML is shown as text")
    return named(text_of(options.get("content")) or text_of(panel.get("content")))


def _look(panel: Json, kind: str, known: str, teller: _Teller) -> Json:
    config = object_of(panel.get("fieldConfig"))
    defaults = object_of(config.get("defaults"))
    teller.unread(defaults, _DEFAULT_KEYS, "fieldConfig.defaults.")
    for name, value in (
        ("fieldConfig.overrides", config.get("overrides")),
        ("transformations", panel.get("transformations")),
    ):
        if value and name != "transformations":  # That one is told with the panel's unread keys.
            teller.tell(name, "is not read: all series look alike")
    if kind == "gauge":
        teller.tell("type", "a gauge is shown as a single value")
    drawn, is_stacked = _drawn(panel, defaults, known, teller)
    return {
        "kind": drawn,
        "is_stacked": is_stacked,
        "unit": _unit(panel, defaults, teller),
        "decimals": None if (decimals := number_of(defaults.get("decimals"))) is None
        else min(10, max(0, int(decimals))),
        "min": number_of(defaults.get("min")),
        "max": number_of(defaults.get("max")),
        "legend": _legend(panel),
        "reduce": _reduction(panel, teller),
        "thresholds": _thresholds(defaults, teller),
    }  # fmt: skip


def _drawn(panel: Json, defaults: Json, known: str, teller: _Teller) -> tuple[str, bool]:
    """The kind of ours, and whether lines stand on one another."""
    if known != "line":
        return known, False
    custom = object_of(defaults.get("custom"))
    stacking = short(object_of(custom.get("stacking")).get("mode"))
    if stacking == "percent" or panel.get("percentage"):
        teller.tell("fieldConfig.defaults.custom.stacking", "shares of the sum are shown as the sum")
    is_stacked = stacking in ("normal", "percent") or panel.get("stack") is True
    if custom.get("drawStyle") == "bars" or panel.get("bars") is True:
        return "bar", is_stacked
    fill = number_of(custom.get("fillOpacity")) or 0
    is_filled = fill > 0 or (panel.get("type") == "graph" and (number_of(panel.get("fill")) or 0) > 0)
    return ("area" if is_filled or is_stacked else "line"), is_stacked


def _unit(panel: Json, defaults: Json, teller: _Teller) -> str:
    axes = items_of(panel.get("yaxes"))
    given = defaults.get("unit") or panel.get("format") or (object_of(axes[0]).get("format") if axes else "")
    unit = _UNITS.get(short(given))
    if unit is None:
        teller.tell("unit", f"`{short(given)}` is shown as a plain number")
    return unit or ""


def _legend(panel: Json) -> str:
    legend = object_of(object_of(panel.get("options")).get("legend")) or object_of(panel.get("legend"))
    if (
        legend.get("showLegend") is False
        or legend.get("show") is False
        or legend.get("displayMode") == "hidden"
    ):
        return "none"
    return "table" if legend.get("displayMode") == "table" or legend.get("alignAsTable") else "list"


def _reduction(panel: Json, teller: _Teller) -> str:
    options = object_of(object_of(panel.get("options")).get("reduceOptions"))
    calculations = items_of(options.get("calcs"))
    given = short(calculations[0]) if calculations else short(panel.get("valueName")) or "last"
    if options.get("values"):
        teller.tell("options.reduceOptions.values", "each series is one value")
    if given not in _REDUCTIONS:
        teller.tell("options.reduceOptions.calcs", f"`{given}` is shown as the last value")
    return _REDUCTIONS.get(given, "last")


def _thresholds(defaults: Json, teller: _Teller) -> list[Json]:
    thresholds = object_of(defaults.get("thresholds"))
    if thresholds.get("mode") == "percentage" and len(items_of(thresholds.get("steps"))) > 1:
        teller.tell("fieldConfig.defaults.thresholds.mode", "thresholds in percent are not read")
        return []
    found = []
    for step in map(object_of, items_of(thresholds.get("steps"))[:20]):
        value, color = number_of(step.get("value")), color_of(step.get("color"))
        if color is None:
            teller.tell(
                "fieldConfig.defaults.thresholds", f"the colour `{short(step.get('color'))}` is not known"
            )
        elif value is not None:
            found.append({"value": value, "color": color})
        elif color in ("warn", "bad"):
            # Bad from the bottom on: the lowest that the axis shows.
            found.append({"value": number_of(defaults.get("min")) or 0.0, "color": color})
    return found


def _queries(panel: Json, teller: _Teller) -> list[Json]:
    found = []
    for number, target in enumerate(map(object_of, items_of(panel.get("targets")))):
        field = f"targets[{short(target.get('refId')) or number}]"
        if target.get("hide"):
            teller.tell(field, "a hidden query is left out")
            continue
        if not isinstance(target.get("expr"), str):
            source = object_of(target.get("datasource") or panel.get("datasource")).get("type")
            teller.tell(
                field, f"only PromQL is read, and this is of {short(source) or 'another data source'}"
            )
            continue
        teller.unread(target, _TARGET_KEYS, f"{field}.")
        legend = short(target.get("legendFormat"))
        found.append(
            {
                "kind": "promql",
                "expr": named(text_of(target["expr"])),
                "legend": "" if legend == "__auto" else named(legend),
            }
        )
    if len(found) > 10:
        teller.tell("targets", "the first ten queries are shown")
    return found[:10]


def _links(panel: Json, teller: _Teller) -> list[Json]:
    defaults = object_of(object_of(panel.get("fieldConfig")).get("defaults"))
    found = []
    for link in map(object_of, [*items_of(panel.get("links")), *items_of(defaults.get("links"))]):
        url = named(text_of(link.get("url")))
        if re.fullmatch(r"https?://[^\x00-\x20]{1,1990}", url):
            found.append({"title": short(link.get("title")) or url[:200], "url": url})
        else:
            teller.tell(f"links.{short(link.get('title'))}", "leads to a place in Grafana")
    return found[:20]
