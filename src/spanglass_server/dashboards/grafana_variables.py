"""Variables of Grafana's dashboards (`templating.list`)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from spanglass_server.dashboards.grafana_parts import (
    Json,
    Problems,
    items_of,
    named,
    object_of,
    short,
    text_of,
)

ALL: Final = "$__all"
"""Grafana's own word for all values, and ours."""

_LABEL_VALUES: Final = re.compile(r"\s*label_values\(\s*(?:(.+),\s*)?(\w+)\s*\)\s*", re.DOTALL)


def convert_variable(variable: Mapping[str, Any], problems: Problems) -> Json | None:
    """None for what has no meaning here: of data sources there is one."""
    kind, name = short(variable.get("type")), short(variable.get("name"))
    field = f"templating.{name}"
    if kind == "datasource":
        return None
    if not re.fullmatch(r"[A-Za-z_]\w{0,63}", name) or kind in ("adhoc", "groupby"):
        problems.tell(None, field, f"variables of the type {kind or 'unknown'} are not read")
        return None
    shared = _shared(variable, name)
    if variable.get("allValue") not in (None, "", ".*", ".+"):
        problems.tell(None, f"{field}.allValue", "all values are all values here")
    match kind:
        case "query":
            return {**shared, **_query(variable, field, problems)}
        case "custom" | "interval":
            if variable.get("auto"):
                problems.tell(None, f"{field}.auto", "is not offered; `$__interval` follows the range")
            return {**shared, "kind": "list", "values": _listed(text_of(variable.get("query")))}
        case "textbox":
            return {**_without_choice(shared), "kind": "text", "default": [short(variable.get("query"))]}
        case "constant":
            value = short(variable.get("query"))
            hidden = {"kind": "list", "values": [value], "default": [value], "is_hidden": True}
            return {**_without_choice(shared), **hidden}
    problems.tell(None, field, f"variables of the type {kind or 'unknown'} are not read")
    return None


def _shared(variable: Mapping[str, Any], name: str) -> Json:
    return {
        "name": name,
        "label": short(variable.get("label")),
        "is_multi": variable.get("multi") is True,
        "has_all": variable.get("includeAll") is True,
        "default": _current(variable),
        "is_hidden": variable.get("hide") in (2, "hideVariable"),
    }


def _without_choice(shared: Json) -> Json:
    return {**shared, "is_multi": False, "has_all": False}


def _current(variable: Mapping[str, Any]) -> list[str]:
    value = object_of(variable.get("current")).get("value")
    values = items_of(value) if isinstance(value, list) else [value]
    return [short(one) for one in values if short(one)][:200]


def _query(variable: Mapping[str, Any], field: str, problems: Problems) -> Json:
    query = variable.get("query")
    text = text_of(object_of(query).get("query")) or text_of(query) or text_of(variable.get("definition"))
    if variable.get("regex"):
        problems.tell(None, f"{field}.regex", "values are offered as they are")
    if found := _LABEL_VALUES.fullmatch(text):
        return {"kind": "label", "match": named(found[1] or "").strip(), "label_name": found[2]}
    problems.tell(None, f"{field}.query", f"`{text[:80]}` is not read: its last values are kept as a list")
    options = [short(object_of(option).get("value")) for option in items_of(variable.get("options"))]
    known = [*options, *_current(variable)]
    return {"kind": "list", "values": list(dict.fromkeys(value for value in known if value and value != ALL))}


def _listed(text: str) -> list[str]:
    r"""`a,b,Name : value`; a comma of a value is written `\,`."""
    values = [re.sub(r"\\(.)", r"\1", part).strip() for part in re.split(r"(?<!\\),", text)]
    return [short(value.split(" : ", 1)[-1].strip()) for value in values if value][:1_000]
