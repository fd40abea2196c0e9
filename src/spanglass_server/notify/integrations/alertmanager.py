"""A real Alertmanager, which then routes and tells: alerts are handed over by its API, version 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from spanglass_server.model.alert import Alert
from spanglass_server.notify.egress import HttpOptions, target_of
from spanglass_server.notify.integrations.base import Globals, Tools, post, read_secret
from spanglass_server.notify.integrations.http_config import parse_http_config
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import Secret
from spanglass_server.notify.templates import Templates, time_text
from spanglass_server.notify.yaml_section import Section

_PATH: Final = "/api/v2/alerts"
_LIFE_INTERVALS: Final = 4
"""A firing alert is told every group_interval; it ends there when not told for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerApi:
    url: Secret
    http: HttpOptions
    target: str
    kind: str = "alertmanager"
    sends_resolved: bool = True
    hears_each_flush: bool = True

    def send(self, notification: Notification, tools: Tools) -> None:
        url = self.url.reveal().rstrip("/")
        body = orjson.dumps([_to_json(alert, notification) for alert in notification.alerts])
        post(tools, f"{url}{_PATH}", body, now_ms=notification.now_ms, options=self.http)


def parse_alertmanager(section: Section, general: Globals, _templates: Templates) -> AlertmanagerApi:
    url = read_secret(section, "url", general.sources)
    if url is None:
        section.fail("an Alertmanager needs `url`, such as http://alertmanager:9093")
    found = AlertmanagerApi(
        url=url,
        http=parse_http_config(section, general.http, general.sources),
        target=target_of(section.text("url")),
    )
    section.finish(unsupported={"send_resolved": "an Alertmanager hears of every end, and decides itself"})
    return found


def _to_json(alert: Alert, notification: Notification) -> Mapping[str, object]:
    life_ms = _LIFE_INTERVALS * notification.group_interval_ms
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": time_text(alert.starts_at_ms),
        "endsAt": time_text(alert.ends_at_ms or notification.now_ms + life_ms),
        "generatorURL": alert.generator_url,
    }
