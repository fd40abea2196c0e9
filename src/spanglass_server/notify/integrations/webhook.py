"""Any HTTP endpoint: Alertmanager's webhook payload, version 4."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from spanglass_server.model.alert import Alert
from spanglass_server.notify.egress import HttpOptions, target_of
from spanglass_server.notify.integrations.base import Globals, Tools, post, read_secret
from spanglass_server.notify.integrations.http_config import parse_http_config
from spanglass_server.notify.notification import Notification, fingerprint_of
from spanglass_server.notify.secret import Secret
from spanglass_server.notify.templates import Templates, time_text
from spanglass_server.notify.yaml_section import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    url: Secret
    http: HttpOptions
    sends_resolved: bool
    alerts_max: int
    """0 for no limit."""
    target: str
    kind: str = "webhook"
    hears_each_flush: bool = False

    def send(self, notification: Notification, tools: Tools) -> None:
        payload = to_payload(notification, external_url=tools.external_url, alerts_max=self.alerts_max)
        url = self.url.reveal()
        post(tools, url, orjson.dumps(payload), now_ms=notification.now_ms, options=self.http)


def parse_webhook(section: Section, general: Globals, _templates: Templates) -> Webhook:
    url = read_secret(section, "url", general.sources)
    if url is None:
        section.fail("a webhook needs `url`")
    found = Webhook(
        url=url,
        http=parse_http_config(section, general.http, general.sources),
        sends_resolved=section.boolean("send_resolved", default=True),
        alerts_max=section.integer("max_alerts", 0),
        target=target_of(section.text("url")),
    )
    section.finish(unsupported={"timeout": "requests end after 10 s"})
    return found


def to_payload(notification: Notification, *, external_url: str, alerts_max: int = 0) -> Mapping[str, object]:
    """Source: Alertmanager's documentation of `<webhook_config>`."""
    alerts = notification.alerts[:alerts_max] if alerts_max else notification.alerts
    return {
        "receiver": notification.receiver,
        "status": notification.status,
        "alerts": [to_alert_json(alert) for alert in alerts],
        "groupLabels": dict(notification.group_labels),
        "commonLabels": dict(notification.common_labels),
        "commonAnnotations": dict(notification.common_annotations),
        "externalURL": external_url,
        "version": "4",
        "groupKey": notification.group_key,
        "truncatedAlerts": len(notification.alerts) - len(alerts),
    }


def to_alert_json(alert: Alert) -> Mapping[str, object]:
    return {
        "status": "resolved" if alert.ends_at_ms else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": time_text(alert.starts_at_ms),
        "endsAt": time_text(alert.ends_at_ms),
        "generatorURL": alert.generator_url,
        "fingerprint": fingerprint_of(alert.labels),
    }
