"""Notifications and tools for tests of integrations."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from spanglass_server.model.alert import Alert
from spanglass_server.model.series import labels_of
from spanglass_server.notify.config_file import parse_config
from spanglass_server.notify.context import AlertDetails, Difference, TraceExample
from spanglass_server.notify.egress import Egress
from spanglass_server.notify.integrations.base import Integration, Sources, Tools
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.templates import Templates

NOW_MS = 1_767_600_000_000

DETAILS = AlertDetails(
    threshold="> 0.05",
    points=(0.0, 0.01, 0.02, float("nan"), 0.05, 0.12),
    differences=(Difference("model", "m<1>", 0.91, 0.2), Difference("feature", "chat", 0.5, 0.25)),
    examples=(TraceExample("t1", "answer|it", 1234.0, True, "http://spanglass.example/traces/t1"),),
    traces_url="http://spanglass.example/traces?filter=a",
    silence_url="http://spanglass.example/alerts/silences/new?x=1",
    rule_url="http://spanglass.example/alerts/rules",
)


@dataclass
class FixedContext:
    details: AlertDetails = field(default_factory=lambda: DETAILS)

    def describe(self, alert: Alert, *, now_ms: int) -> AlertDetails:
        return self.details


def make_tools(*, allows_private: bool = True, timeout_s: float = 5.0) -> Tools:
    return Tools(
        egress=Egress(allows_private=allows_private, timeout_s=timeout_s),
        templates=Templates(),
        context=FixedContext(),
        external_url="http://spanglass.example",
    )


def make_alert(name: str = "HighErrors", *, is_resolved: bool = False, **labels: str) -> Alert:
    return Alert(
        project_id="p",
        labels=labels_of({"alertname": name, "severity": "critical", **labels}),
        annotations=labels_of({"summary": "Errors & <!channel> are high", "description": "more than 5 %"}),
        starts_at_ms=NOW_MS - 60_000,
        ends_at_ms=NOW_MS if is_resolved else 0,
        updated_at_ms=NOW_MS,
        value=0.1234567,
        expression="errors > 0.05",
        generator_url="http://spanglass.example/graph?x=1",
    )


def make_notification(*alerts: Alert) -> Notification:
    return Notification(
        project_id="p",
        receiver="team",
        group_key='{}:{alertname="HighErrors"}',
        group_labels=(("alertname", "HighErrors"),),
        alerts=alerts or (make_alert(feature="search"),),
        now_ms=NOW_MS,
        group_interval_ms=300_000,
    )


def make_integration(
    key: str, entry: dict[str, Any], *, directory: Path | None = None, **general: Any
) -> Integration:
    """The one integration of a receiver, read from YAML as a user writes it."""
    text = yaml.safe_dump(
        {
            "global": general,
            "route": {"receiver": "team"},
            "receivers": [{"name": "team", key: [entry]}],
        }
    )
    config = parse_config(text, Sources(environ={}, directory=directory))
    return config.receivers["team"].integrations[0]
