"""Dashboards of Grafana (schemaVersion 16 to 42, and the v2 resource) as documents of ours.

Pure. What cannot be shown is told by panel and field: nothing is dropped in silence. The document is a plain
JSON value that `web` checks like any other.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.dashboards.grafana_panels import convert_panel
from spanglass_server.dashboards.grafana_parts import (
    Converted,
    Json,
    Problems,
    color_of,
    items_of,
    named,
    object_of,
    short,
    text_of,
)
from spanglass_server.dashboards.grafana_v2 import as_classic, is_v2
from spanglass_server.dashboards.grafana_variables import convert_variable

_RELATIVE: Final = re.compile(r"now(-\d{1,6}[smhdw])?")
_REFRESH: Final = ("off", "10s", "30s", "1m", "5m")
_KNOWN: Final = frozenset(
    {
        "title", "description", "tags", "time", "refresh", "templating", "annotations", "panels",
        "schemaVersion",
        # Of Grafana's own housekeeping, or how it looks there.
        "id", "uid", "version", "iteration", "editable", "gnetId", "graphTooltip", "style", "timezone",
        "fiscalYearStartMonth", "liveNow", "weekStart", "preload", "__inputs", "__requires", "__elements",
        "revision", "timepicker", "scopeMeta",
    }
)  # fmt: skip


def is_grafana(value: Mapping[str, Any]) -> bool:
    """Whether it is a dashboard of Grafana rather than a document of ours."""
    if "schema" in value:
        return False
    return any(
        name in value for name in ("schemaVersion", "templating", "gnetId", "dashboard", "spec", "panels")
    )


def convert_grafana(value: Mapping[str, Any]) -> Converted:
    """`value` as Grafana exports it, or as its API answers it (`{"dashboard": ...}`)."""
    problems = Problems()
    board = dict(object_of(value.get("dashboard")) or value)
    if is_v2(board):
        board = as_classic(board, problems)
    for name in sorted(set(board) - _KNOWN):
        if board[name]:
            problems.tell(None, name, "is not read")
    document: Json = {
        "schema": 1,
        "title": short(board.get("title")) or "Imported dashboard",
        "description": text_of(board.get("description")),
        "tags": [short(tag) for tag in items_of(board.get("tags"))[:50]],
        "time": _time(object_of(board.get("time")), problems),
        "refresh": _refresh(board.get("refresh"), problems),
        "variables": _variables(board, problems),
        "annotations": _annotations(board, problems),
        "panels": _panels(board, problems),
    }
    return Converted(document, problems.told)


def _time(time: Json, problems: Problems) -> Json:
    found = {
        edge: text_of(time.get(edge)) or default for edge, default in (("from", "now-6h"), ("to", "now"))
    }
    if all(_RELATIVE.fullmatch(edge) for edge in found.values()):
        return found
    problems.tell(None, "time", f"`{found['from']}` to `{found['to']}` is shown as the last 6 hours")
    return {"from": "now-6h", "to": "now"}


def _refresh(refresh: object, problems: Problems) -> str:
    if not refresh:
        return "off"
    if refresh in _REFRESH:
        return str(refresh)
    problems.tell(None, "refresh", f"`{short(refresh)}` is not offered; it is off")
    return "off"


def _variables(board: Mapping[str, Any], problems: Problems) -> list[Json]:
    listed = items_of(object_of(board.get("templating")).get("list"))
    converted = [convert_variable(object_of(variable), problems) for variable in listed]
    return [variable for variable in converted if variable is not None]


def _annotations(board: Mapping[str, Any], problems: Problems) -> list[Json]:
    found = []
    for listed in items_of(object_of(board.get("annotations")).get("list")):
        annotation = object_of(listed)
        if annotation.get("builtIn"):
            continue
        name, expression = short(annotation.get("name")), text_of(annotation.get("expr"))
        if not expression:
            problems.tell(None, f"annotations.{name}", "only those of a PromQL expression are read")
            continue
        found.append(
            {
                "kind": "promql",
                "name": name,
                "expr": named(expression),
                "is_shown": annotation.get("enable", True) is not False,
                "color": color_of(annotation.get("iconColor")) or "neutral",
            }
        )
    return found


def _panels(board: Mapping[str, Any], problems: Problems) -> list[Json]:
    if not board.get("panels") and board.get("rows"):
        problems.tell(None, "rows", "is of before Grafana 5: open and save it there once")
    panels, ids = [], set[str]()
    for panel in _unfolded(items_of(board.get("panels"))):
        converted = convert_panel(panel, problems)
        converted["id"] = _unique(short(panel.get("id")) or "panel", ids)
        panels.append(converted)
    return panels


def _unique(name: str, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:48]
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _unfolded(panels: Sequence[Any]) -> list[Json]:
    """All panels, those of folded rows below their row, and what comes after moved down by their height."""
    found: list[Json] = []
    moved = 0
    for listed in panels:
        panel = _moved(object_of(listed), moved)
        found.append(panel)
        inner = [object_of(nested) for nested in items_of(panel.get("panels"))]
        if not inner:
            continue
        top = min(_place(nested)["y"] for nested in inner)
        bottom = max(_place(nested)["y"] + _place(nested)["h"] for nested in inner)
        below = _place(panel)["y"] + 1
        found += [_moved(nested, below - top) for nested in inner]
        moved += bottom - top
    return found


def _place(panel: Json) -> dict[str, int]:
    given = object_of(panel.get("gridPos"))
    sizes = {"x": 0, "y": 0, "w": 12, "h": 8}
    return {name: int(value) if isinstance(value := given.get(name), int | float) else size
            for name, size in sizes.items()}  # fmt: skip


def _moved(panel: Json, rows: int) -> Json:
    place = _place(panel)
    return {**panel, "gridPos": {**place, "y": place["y"] + rows}}
