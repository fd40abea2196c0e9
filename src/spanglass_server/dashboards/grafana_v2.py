"""Grafana's dashboards of the second schema (`dashboard.grafana.app/v2`), in the shape of the first."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from spanglass_server.dashboards.grafana_parts import Json, Problems, items_of, object_of, short

_VARIABLES: Final[Mapping[str, str]] = {
    "QueryVariable": "query", "CustomVariable": "custom", "IntervalVariable": "interval",
    "DatasourceVariable": "datasource", "TextVariable": "textbox", "ConstantVariable": "constant",
    "AdhocVariable": "adhoc", "GroupByVariable": "groupby",
}  # fmt: skip


def is_v2(board: Mapping[str, Any]) -> bool:
    return "elements" in object_of(board.get("spec")) or "elements" in board


def as_classic(board: Mapping[str, Any], problems: Problems) -> Json:
    spec = object_of(board.get("spec")) or dict(board)
    elements = object_of(spec.get("elements"))
    panels = list(_laid_out(object_of(spec.get("layout")), elements, 0, problems))
    placed = {short(panel.get("_element")) for panel in panels}
    for name in sorted(set(elements) - placed):
        problems.tell(None, f"elements.{name}", "stands nowhere in the layout")
    settings = object_of(spec.get("timeSettings"))
    return {
        "title": spec.get("title"),
        "description": spec.get("description"),
        "tags": spec.get("tags"),
        "time": {"from": settings.get("from"), "to": settings.get("to")},
        "refresh": settings.get("autoRefresh"),
        "templating": {"list": [_variable(object_of(one)) for one in items_of(spec.get("variables"))]},
        "annotations": {"list": [_annotation(object_of(one)) for one in items_of(spec.get("annotations"))]},
        "links": spec.get("links"),
        "panels": [{name: value for name, value in panel.items() if name != "_element"} for panel in panels],
    }


def _laid_out(layout: Json, elements: Json, top: int, problems: Problems) -> Iterator[Json]:
    """The panels where the layout puts them, from this row of the grid on."""
    spec = object_of(layout.get("spec"))
    match layout.get("kind"):
        case "GridLayout":
            for item in map(object_of, items_of(spec.get("items"))):
                yield from _grid_item(item, elements, top, problems)
        case "RowsLayout":
            for row in map(object_of, items_of(spec.get("rows"))):
                inner = object_of(row.get("spec"))
                yield {"type": "row", "title": inner.get("title"), "gridPos": _at(0, top, 24, 1)}
                panels = list(_laid_out(object_of(inner.get("layout")), elements, top + 1, problems))
                yield from panels
                top = max([top + 1, *(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)])
        case kind:
            problems.tell(None, "layout", f"`{short(kind)}` is laid out two panels a row")
            for number, name in enumerate(elements):
                place = _at(number % 2 * 12, top + number // 2 * 8, 12, 8)
                yield _panel(name, object_of(elements[name]), place, problems)


def _grid_item(item: Json, elements: Json, top: int, problems: Problems) -> Iterator[Json]:
    spec = object_of(item.get("spec"))
    y = spec.get("y") if isinstance(spec.get("y"), int) else 0
    if item.get("kind") == "GridLayoutRow":
        yield {"type": "row", "title": spec.get("title"), "gridPos": _at(0, top + int(y or 0), 24, 1)}
        for nested in map(object_of, items_of(spec.get("elements"))):
            yield from _grid_item(nested, elements, top + int(y or 0) + 1, problems)
        return
    name = short(object_of(spec.get("element")).get("name"))
    place = _at(spec.get("x"), top + int(y or 0), spec.get("width"), spec.get("height"))
    if spec.get("repeat"):
        problems.tell(name, "repeat", "is not read")
    yield _panel(name, object_of(elements.get(name)), place, problems)


def _at(x: object, y: int, width: object, height: object) -> Json:
    sizes = {"x": x, "y": y, "w": width, "h": height}
    defaults = {"x": 0, "y": 0, "w": 12, "h": 8}
    return {name: size if isinstance(size, int) else defaults[name] for name, size in sizes.items()}


def _panel(name: str, element: Json, place: Json, problems: Problems) -> Json:
    spec = object_of(element.get("spec"))
    look = object_of(spec.get("vizConfig"))
    inner = object_of(look.get("spec"))
    group = object_of(object_of(spec.get("data")).get("spec"))
    kind = look.get("group") if look.get("kind") == "VizConfig" else look.get("kind")
    if element.get("kind") == "LibraryPanel":
        kind = "library panel"
    return {
        "_element": name,
        "id": spec.get("id"),
        "type": kind,
        "title": spec.get("title"),
        "description": spec.get("description"),
        "links": spec.get("links"),
        "gridPos": place,
        "fieldConfig": inner.get("fieldConfig"),
        "options": inner.get("options"),
        "transformations": group.get("transformations"),
        "targets": [_target(object_of(query)) for query in items_of(group.get("queries"))],
    }


def _target(query: Json) -> Json:
    spec = object_of(query.get("spec"))
    asked = object_of(spec.get("query"))
    source = asked.get("group") if asked.get("kind") == "DataQuery" else asked.get("kind")
    return {
        **object_of(asked.get("spec")),
        "refId": spec.get("refId"),
        "hide": spec.get("hidden"),
        "datasource": {"type": source},
    }


def _variable(variable: Json) -> Json:
    spec = object_of(variable.get("spec"))
    query = spec.get("query")
    # A query of the second schema holds the data source's own one.
    inner = object_of(object_of(query).get("spec")) if isinstance(query, dict) else query
    return {**spec, "type": _VARIABLES.get(short(variable.get("kind")), ""), "query": inner}


def _annotation(annotation: Json) -> Json:
    spec = object_of(annotation.get("spec"))
    query = object_of(object_of(spec.get("query")).get("spec"))
    return {**spec, "expr": query.get("expr") or spec.get("expr")}
