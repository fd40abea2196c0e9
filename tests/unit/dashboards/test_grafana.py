"""Grafana's dashboards become documents of ours; what cannot is told by panel and field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.dashboards.grafana import convert_grafana, is_grafana
from spanglass_server.dashboards.grafana_parts import Converted
from spanglass_server.web.api.dashboard_document import Document


def convert(**board: Any) -> Converted:
    converted = convert_grafana({"schemaVersion": 39, "title": "Board", **board})
    Document.model_validate(converted.document)
    return converted


def panel(kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "type": kind,
        "title": "Panel",
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
        "datasource": {"type": "prometheus", "uid": "${DS}"},
        "targets": [{"refId": "A", "expr": "up", "legendFormat": "{{job}}"}],
        **fields,
    }


def one_panel(**fields: Any) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    converted = convert(panels=[panel(**{"kind": "timeseries", **fields})])
    return converted.document["panels"][0], [(told.panel, told.field) for told in converted.problems]


def config(**defaults: Any) -> dict[str, Any]:
    return {"defaults": defaults, "overrides": []}


@pytest.mark.parametrize(
    ("kind", "fields", "ours"),
    [
        ("timeseries", {}, "line"),
        ("timeseries", {"fieldConfig": config(custom={"drawStyle": "bars"})}, "bar"),
        ("timeseries", {"fieldConfig": config(custom={"fillOpacity": 10})}, "area"),
        ("graph", {"bars": True, "lines": False}, "bar"),
        ("graph", {"fill": 1}, "area"),
        ("stat", {}, "value"),
        ("singlestat", {}, "value"),
        ("bargauge", {}, "bar_list"),
        ("table", {}, "table"),
        ("piechart", {}, "pie"),
        ("heatmap", {}, "heatmap"),
    ],
)
def test_a_panel_is_shown_by_its_like(kind: str, fields: dict[str, Any], ours: str) -> None:
    converted, problems = one_panel(kind=kind, **fields)
    assert converted["kind"] == ours
    assert converted["queries"] == [{"kind": "promql", "expr": "up", "legend": "{{job}}"}]
    assert problems == []


def test_look_is_kept() -> None:
    converted, problems = one_panel(
        fieldConfig=config(
            unit="percentunit",
            decimals=2,
            min=0,
            max=1,
            custom={"stacking": {"mode": "normal"}, "lineWidth": 2},
            thresholds={
                "mode": "absolute",
                "steps": [{"color": "green", "value": None}, {"color": "dark-red", "value": 0.5}],
            },
        ),
        options={"legend": {"displayMode": "table", "showLegend": True}, "tooltip": {"mode": "multi"}},
        links=[{"title": "Book", "url": "https://example.org/?v=${var}"}],
    )
    assert problems == []
    assert (converted["unit"], converted["decimals"], converted["min"], converted["max"]) == (
        "ratio",
        2,
        0,
        1,
    )
    assert converted["is_stacked"]
    assert converted["legend"] == "table"
    assert converted["thresholds"] == [{"value": 0.5, "color": "bad"}]
    assert converted["links"] == [{"title": "Book", "url": "https://example.org/?v=${var}"}]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "geomap"}, "type"),
        ({"kind": "gauge"}, "type"),
        ({"repeat": "model"}, "repeat"),
        ({"transformations": [{"id": "merge"}]}, "transformations"),
        ({"timeShift": "1d"}, "timeShift"),
        ({"alert": {"name": "x"}}, "alert"),
        ({"somethingNew": 1}, "somethingNew"),
        ({"fieldConfig": {"defaults": {}, "overrides": [{"matcher": {}}]}}, "fieldConfig.overrides"),
        ({"fieldConfig": config(mappings=[{"type": "value"}])}, "fieldConfig.defaults.mappings"),
        ({"fieldConfig": config(unit="furlongs")}, "unit"),
        ({"targets": [{"refId": "B", "expr": "up", "hide": True}]}, "targets[B]"),
        ({"targets": [{"refId": "C", "rawSql": "SELECT 1"}]}, "targets[C]"),
        ({"targets": [{"refId": "D", "expr": "up", "interval": "1m"}]}, "targets[D].interval"),
        ({"links": [{"title": "in", "url": "/d/abc"}]}, "links.in"),
    ],
)
def test_what_is_not_understood_is_told(fields: dict[str, Any], field: str) -> None:
    _, problems = one_panel(**fields)
    assert ("Panel", field) in problems


def test_a_panel_that_cannot_be_shown_keeps_its_place() -> None:
    converted, _ = one_panel(kind="geomap", gridPos={"x": 6, "y": 3, "w": 4, "h": 5})
    assert converted["kind"] == "text"
    assert converted["place"] == {"x": 6, "y": 3, "w": 4, "h": 5}


def test_folded_rows_are_unfolded_and_move_down_what_follows() -> None:
    inner = panel("stat", id=3, title="In", gridPos={"x": 0, "y": 1, "w": 6, "h": 4})
    converted = convert(
        panels=[
            {"type": "row", "id": 2, "title": "R", "collapsed": True, "panels": [inner],
             "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}},
            panel("stat", id=4, title="After", gridPos={"x": 0, "y": 1, "w": 6, "h": 4}),
        ]
    )  # fmt: skip
    found = [(one["title"], one["kind"], one["place"]["y"]) for one in converted.document["panels"]]
    assert found == [("R", "row", 0), ("In", "value", 1), ("After", "value", 5)]


@pytest.mark.parametrize(
    ("variable", "ours"),
    [
        ({"type": "query", "query": {"query": "label_values(up{job=\"$job\"}, instance)"}},
         {"kind": "label", "match": 'up{job="$job"}', "label_name": "instance"}),
        ({"type": "query", "definition": "label_values(job)"},
         {"kind": "label", "match": "", "label_name": "job"}),
        ({"type": "custom", "query": "a, b ,Long name : c"}, {"kind": "list", "values": ["a", "b", "c"]}),
        ({"type": "interval", "query": "1m,10m"}, {"kind": "list", "values": ["1m", "10m"]}),
        ({"type": "textbox", "query": "x"}, {"kind": "text", "default": ["x"]}),
        ({"type": "constant", "query": "x"}, {"kind": "list", "values": ["x"], "is_hidden": True}),
        ({"type": "custom", "query": "a", "multi": True, "includeAll": True,
          "current": {"value": ["$__all"]}, "hide": 2},
         {"is_multi": True, "has_all": True, "default": ["$__all"], "is_hidden": True}),
    ],
)  # fmt: skip
def test_a_variable_is_kept(variable: dict[str, Any], ours: dict[str, Any]) -> None:
    converted = convert(templating={"list": [{"name": "v", **variable}]})
    (found,) = converted.document["variables"]
    assert {name: found[name] for name in ours} == ours
    assert converted.problems == []


@pytest.mark.parametrize(
    ("variable", "field", "is_kept"),
    [
        ({"type": "adhoc"}, "templating.v", False),
        (
            {"type": "query", "query": "query_result(up)", "options": [{"value": "a"}]},
            "templating.v.query",
            True,
        ),
        ({"type": "query", "query": "label_values(job)", "regex": "/a/"}, "templating.v.regex", True),
        ({"type": "interval", "query": "1m", "auto": True}, "templating.v.auto", True),
    ],
)
def test_what_a_variable_has_more_is_told(variable: dict[str, Any], field: str, is_kept: bool) -> None:
    converted = convert(templating={"list": [{"name": "v", **variable}]})
    assert [told.field for told in converted.problems] == [field]
    assert bool(converted.document["variables"]) == is_kept


def test_data_sources_are_no_question_here() -> None:
    converted = convert(templating={"list": [{"name": "DS", "type": "datasource", "query": "prometheus"}]})
    assert (converted.document["variables"], converted.problems) == ([], [])


def test_old_names_of_variables_are_read() -> None:
    converted, _ = one_panel(targets=[{"refId": "A", "expr": 'up{job="[[job]]"}'}])
    assert converted["queries"][0]["expr"] == 'up{job="${job}"}'


def test_the_second_schema_is_read() -> None:
    board = {
        "apiVersion": "dashboard.grafana.app/v2beta1",
        "kind": "Dashboard",
        "metadata": {"name": "x"},
        "spec": {
            "title": "Second",
            "timeSettings": {"from": "now-1h", "to": "now", "autoRefresh": "30s"},
            "variables": [
                {"kind": "QueryVariable", "spec": {"name": "job", "query": {
                    "kind": "DataQuery", "group": "prometheus", "spec": {"query": "label_values(job)"}}}}
            ],
            "elements": {
                "panel-1": {"kind": "Panel", "spec": {
                    "id": 1, "title": "Up",
                    "data": {"kind": "QueryGroup", "spec": {"queries": [{"kind": "PanelQuery", "spec": {
                        "refId": "A", "hidden": False,
                        "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "up"}}}}]}},
                    "vizConfig": {"kind": "VizConfig", "group": "stat", "spec": {
                        "fieldConfig": {"defaults": {"unit": "s"}, "overrides": []}, "options": {}}},
                }}
            },
            "layout": {"kind": "GridLayout", "spec": {"items": [{"kind": "GridLayoutItem", "spec": {
                "x": 0, "y": 2, "width": 8, "height": 6, "element": {"name": "panel-1"}}}]}},
        },
    }  # fmt: skip
    converted = convert_grafana(board)
    document = Document.model_validate(converted.document)
    assert converted.problems == []
    assert (document.title, document.time.from_, document.refresh) == ("Second", "now-1h", "30s")
    (found,) = document.panels
    assert (found.kind, found.unit, found.place.y, found.place.w) == ("value", "s", 2, 8)
    assert converted.document["variables"][0]["label_name"] == "job"


def test_documents_of_ours_are_told_from_those_of_grafana() -> None:
    assert not is_grafana({"schema": 1, "title": "x", "panels": []})
    assert is_grafana({"dashboard": {"panels": []}, "meta": {}})
    assert is_grafana({"schemaVersion": 36, "panels": []})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["id", "type", "title", "gridPos", "targets", "fieldConfig", "options", "panels", "links", "x", "y", "w",
     "h", "expr", "defaults", "thresholds", "steps", "value", "color", "custom", "unit", "legend"]
)  # fmt: skip
PANELS = st.dictionaries(WORDS, JSON | st.dictionaries(WORDS, JSON, max_size=4), max_size=8)


@given(st.lists(PANELS, max_size=4), JSON, JSON)
def test_whatever_stands_in_the_file_a_valid_document_comes_out(
    panels: list[Any], templating: Any, annotations: Any
) -> None:
    kinds = ["timeseries", "table", "text", "row", None]
    dressed = [{"type": kinds[place % 5], **one} for place, one in enumerate(panels)]
    board = {
        "schemaVersion": 39,
        "panels": dressed,
        "templating": {"list": [templating]},
        "tags": annotations,
    }
    Document.model_validate(convert_grafana(board).document)
