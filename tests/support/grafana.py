"""What Grafana makes of a dashboard before it asks: expressions with variables filled in, and steps."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

DASHBOARD: Final = Path(__file__).parents[2] / "deploy" / "grafana" / "spanglass-llm.json"

_STEPS_S: Final = (
    15,
    20,
    30,
    60,
    120,
    300,
    600,
    900,
    1_200,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    86_400,
)
_SCRAPE_S: Final = 15


class Target(NamedTuple):
    panel: str
    expression: str
    is_instant: bool
    has_exemplars: bool


def load_dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return loaded


def step_s(range_s: int, *, points: int = 1_000) -> int:
    """The interval that Grafana rounds a range's width over the panel's pixels up to, at least the data
    source's scrape interval."""
    return next(step for step in _STEPS_S if step >= max(_SCRAPE_S, range_s / points))


def targets_of(dashboard: Mapping[str, Any], *, range_s: int) -> Iterator[Target]:
    """Each query of each panel, with "All" chosen in every variable."""
    variables = {
        variable["name"]: variable["allValue"]
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    }
    step = step_s(range_s)
    macros = {
        "__rate_interval": f"{max(step + _SCRAPE_S, 4 * _SCRAPE_S)}s",
        "__range": f"{range_s}s",
        "__interval": f"{step}s",
    }
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"]
            for name, value in {**macros, **variables}.items():
                expression = expression.replace(f"${name}", value)
            yield Target(panel["title"], expression, target["instant"], target["exemplar"])
