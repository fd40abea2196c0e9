"""The rules that watch the thresholds, as thresholds and indicators tell of them."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from spanglass_server.model.alert import AlertState
from spanglass_server.rules.reports import GroupReport
from spanglass_server.rules.thresholds import OWNERS
from spanglass_server.web.api.models import Shape
from spanglass_server.web.api.shape import Json
from spanglass_server.web.services import Services


class OwnerRule(Shape):
    name: str = Field(examples=["LLMHighErrorRate"])
    group: str
    file: str
    source: Literal["default", "file", "api"] = Field(
        description="`default` follows the threshold; a rule of the name in another file has its own number."
    )
    state: AlertState
    firing_count: int
    expr: str


def owner_rules(services: Services, project_id: str) -> Mapping[str, Json]:
    """By name, those that watch a threshold and are in force; several of one name are told once, the one that
    comes with Spanglass first."""
    sources = {file.name: file.source for file in services.rules.list_files(project_id)}
    groups: Sequence[GroupReport] = services.rules.list_groups(project_id)
    wanted = set(OWNERS.values())
    found: dict[str, Json] = {}
    for group in sorted(groups, key=lambda group: sources.get(group.file) != "default"):
        for rule in group.rules:
            if rule.name in wanted and rule.name not in found:
                found[rule.name] = {
                    "name": rule.name,
                    "group": group.name,
                    "file": group.file,
                    "source": sources.get(group.file, "default"),
                    "state": rule.state,
                    "firing_count": sum(alert.state == "firing" for alert in rule.alerts),
                    "expr": rule.expression,
                }
    return found
