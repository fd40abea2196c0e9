"""PagerDuty's Events API, version 2. One incident for each group of alerts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from spanglass_server.gotemplate import TemplateError
from spanglass_server.notify.egress import HttpOptions, target_of
from spanglass_server.notify.integrations.base import Globals, SendFailed, Tools, post, read_secret
from spanglass_server.notify.integrations.http_config import parse_http_config
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import Secret
from spanglass_server.notify.templates import Templates, to_data
from spanglass_server.notify.yaml_section import Section

_SUMMARY_CHARS_MAX: Final = 1024
_EVENT_BYTES_MAX: Final = 512_000
_SEVERITIES: Final = ("critical", "error", "warning", "info")
_TEXTS: Final = {
    "description": '{{ template "pagerduty.default.description" . }}',
    "client": '{{ template "pagerduty.default.client" . }}',
    "client_url": '{{ template "pagerduty.default.clientURL" . }}',
    "severity": "{{ with .CommonLabels.severity }}{{ . | toLower }}{{ else }}error{{ end }}",
    "source": '{{ template "pagerduty.default.client" . }}',
    "class": "",
    "component": "",
    "group": "",
}
_DETAILS: Final = {
    "firing": '{{ template "pagerduty.default.instances" .Alerts.Firing }}',
    "resolved": '{{ template "pagerduty.default.instances" .Alerts.Resolved }}',
    "num_firing": "{{ .Alerts.Firing | len }}",
    "num_resolved": "{{ .Alerts.Resolved | len }}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    routing_key: Secret
    url: str
    http: HttpOptions
    sends_resolved: bool
    texts: Mapping[str, str]
    details: Mapping[str, str]
    links: Sequence[Mapping[str, str]]
    images: Sequence[Mapping[str, str]]
    kind: str = "pagerduty"
    hears_each_flush: bool = False

    @property
    def target(self) -> str:
        return target_of(self.url)

    def send(self, notification: Notification, tools: Tools) -> None:
        event = self._event(notification, tools)
        body = orjson.dumps(event)
        if len(body) > _EVENT_BYTES_MAX:
            event["payload"]["custom_details"] = {"error": "the details were longer than PagerDuty takes"}
            body = orjson.dumps(event)
        post(tools, self.url, body, now_ms=notification.now_ms, options=self.http)

    def _event(self, notification: Notification, tools: Tools) -> dict[str, Any]:
        data = to_data(notification, external_url=tools.external_url)

        def render(text: str) -> str:
            try:
                return tools.templates.render(text, data)
            except TemplateError as problem:
                raise SendFailed(problem.message, is_retryable=False) from None

        texts = {name: render(text) for name, text in self.texts.items()}
        event: dict[str, Any] = {
            "routing_key": self.routing_key.reveal(),
            "event_action": "trigger" if notification.status == "firing" else "resolve",
            "dedup_key": hashlib.sha256(
                f"{notification.project_id}\n{notification.group_key}".encode()
            ).hexdigest(),
            "payload": {
                "summary": texts["description"][:_SUMMARY_CHARS_MAX] or "alert",
                "source": texts["source"] or "Spanglass",
                # PagerDuty refuses an event with any other word.
                "severity": texts["severity"] if texts["severity"] in _SEVERITIES else "error",
                "custom_details": {name: render(text) for name, text in self.details.items()},
                **{name: texts[name] for name in ("class", "component", "group") if texts[name]},
            },
        }
        if notification.status == "firing":
            event |= {"client": texts["client"], "client_url": texts["client_url"]}
            event["links"] = [{key: render(text) for key, text in link.items()} for link in self.links]
            event["images"] = [{key: render(text) for key, text in image.items()} for image in self.images]
        return event


def parse_pagerduty(section: Section, general: Globals, templates: Templates) -> PagerDuty:
    key = read_secret(section, "routing_key", general.sources)
    if section.has("service_key") or section.has("service_key_file"):
        section.fail(
            "`service_key` belongs to PagerDuty's Events API version 1, which is not supported",
            hint="make an integration of the type 'Events API v2', and give its `routing_key`",
        )
    if key is None:
        section.fail("PagerDuty needs `routing_key`")
    found = PagerDuty(
        routing_key=key,
        url=section.text("url", general.pagerduty_url),
        http=parse_http_config(section, general.http, general.sources),
        sends_resolved=section.boolean("send_resolved", default=True),
        texts={name: section.text(name, default) for name, default in _TEXTS.items()},
        details={**_DETAILS, **section.text_map("details")},
        links=_parse_maps(section, "links", ("href", "text")),
        images=_parse_maps(section, "images", ("src", "alt", "href")),
    )
    for text in (*found.texts.values(), *found.details.values()):
        templates.check(text)
    section.finish()
    return found


def _parse_maps(section: Section, key: str, names: Sequence[str]) -> Sequence[Mapping[str, str]]:
    found = []
    for part in section.sections(key, what=f"an entry of `{key}`"):
        found.append({name: part.text(name) for name in names if part.has(name)})
        part.finish()
    return tuple(found)
