"""Messages' templates: Go's syntax with Alertmanager's functions, data and default templates."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias

from spanglass_server.gotemplate import Function, Record, Template, parse
from spanglass_server.gotemplate.functions import FUNCTIONS as PROMETHEUS_FUNCTIONS
from spanglass_server.gotemplate.functions import to_text
from spanglass_server.gotemplate.values import plain
from spanglass_server.model.alert import Alert
from spanglass_server.model.series import Labels
from spanglass_server.notify.notification import Notification, fingerprint_of

Escape: TypeAlias = Callable[[str], str]
"""What makes a value harmless in the text that it is put into."""

DEFAULTS: Final = """
{{ define "__alertmanager" }}Spanglass{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/alerts?receiver={{ .Receiver | urlquery }}\
{{ with .CommonLabels.project }}&project={{ . | urlquery }}{{ end }}{{ end }}
{{ define "__subject" }}[{{ .Status | toUpper }}\
{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]\
 {{ .GroupLabels.SortedPairs.Values | join " " }}\
 {{ if gt (len .CommonLabels) (len .GroupLabels) }}(\
{{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join " " }}{{ end }}){{ end }}{{ end }}
{{ define "__description" }}{{ end }}
{{ define "__text_alert_list" }}{{ range . }}Labels:
{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Annotations:
{{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}
{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} |\
 {{ template "slack.default.titlelink" . }}{{ end }}
{{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
{{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
{{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "apprise.default.title" }}{{ template "__subject" . }}{{ end }}
""".replace("\\\n", "")

_ZERO_TIME: Final = "0001-01-01T00:00:00Z"
_LAYOUT: Final = re.compile(
    r"2006|January|Jan|Monday|Mon|01|02|15|03|04|05|PM|pm|MST|Z07:00|-07:00|-0700|\.000000000|\.000000|\.000"
)
_STRFTIME: Final = {
    "2006": "%Y",
    "January": "%B",
    "Jan": "%b",
    "Monday": "%A",
    "Mon": "%a",
    "01": "%m",
    "02": "%d",
    "15": "%H",
    "03": "%I",
    "04": "%M",
    "05": "%S",
    "PM": "%p",
    "pm": "%p",
    "MST": "UTC",
    "Z07:00": "Z",
    "-07:00": "+00:00",
    "-0700": "+0000",
    ".000": ".%f",
    ".000000": ".%f",
    ".000000000": ".%f",
}


class Templates:
    """The default templates, and what a configuration defines beside or instead of them."""

    def __init__(self, sources: Sequence[tuple[str, str]] = ()) -> None:
        """`sources`: (file name, text). Raises TemplateError."""
        parsed = [parse(text, name=name, functions=FUNCTIONS) for name, text in sources]
        self._library = [_default_templates(), *parsed]

    def check(self, text: str) -> None:
        """Raises TemplateError for a text that does not parse."""
        parse(text, name="", functions=FUNCTIONS)

    def render(self, text: str, data: Record) -> str:
        """Raises TemplateError. A text without an action is itself."""
        if "{{" not in text:
            return text
        return parse(text, name="", functions=FUNCTIONS).with_bodies(self._library).render(data)


def to_data(notification: Notification, *, external_url: str, escape: Escape = str) -> Record:
    """What Alertmanager gives to templates (its package template, type Data)."""
    alerts = [_alert(alert, escape) for alert in notification.alerts]
    return Record(
        type_name="*template.Data",
        fields={
            "Receiver": escape(notification.receiver),
            "Status": notification.status,
            "Alerts": _alerts(alerts),
            "GroupLabels": _pairs_map(notification.group_labels, escape),
            "CommonLabels": _pairs_map(notification.common_labels, escape),
            "CommonAnnotations": _pairs_map(notification.common_annotations, escape),
            "ExternalURL": escape(external_url),
        },
    )


def time_text(time_ms: int) -> str:
    """RFC 3339 as Go prints it; its zero time for 0."""
    if not time_ms:
        return _ZERO_TIME
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    fraction = f".{time_ms % 1000:03d}".rstrip("0") if time_ms % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


@lru_cache(maxsize=1)
def _default_templates() -> Template:
    return parse(DEFAULTS, name="default.tmpl", functions=FUNCTIONS)


def _alerts(alerts: Sequence[Record]) -> Record:
    return Record(
        type_name="template.Alerts",
        value=alerts,
        methods={
            "Firing": lambda: [alert for alert in alerts if alert.fields["Status"] == "firing"],
            "Resolved": lambda: [alert for alert in alerts if alert.fields["Status"] == "resolved"],
        },
    )


def _alert(alert: Alert, escape: Escape) -> Record:
    return Record(
        type_name="template.Alert",
        fields={
            "Status": "resolved" if alert.ends_at_ms else "firing",
            "Labels": _pairs_map(alert.labels, escape),
            "Annotations": _pairs_map(alert.annotations, escape),
            "StartsAt": _time(alert.starts_at_ms),
            "EndsAt": _time(alert.ends_at_ms),
            "GeneratorURL": escape(alert.generator_url),
            "Fingerprint": fingerprint_of(alert.labels),
        },
    )


def _pairs_map(labels: Labels, escape: Escape) -> Record:
    return _map({name: escape(value) for name, value in labels})


def _map(pairs: Mapping[str, str]) -> Record:
    def remove(names: object) -> Record:
        gone = plain(names)
        assert isinstance(gone, Sequence)
        return _map({name: value for name, value in pairs.items() if name not in gone})

    return Record(
        type_name="template.KV",
        value=MappingProxyType(dict(pairs)),
        methods={
            "SortedPairs": lambda: _sorted_pairs(pairs),
            "Remove": remove,
            "Names": lambda: _sorted_names(pairs),
            "Values": lambda: [pairs[name] for name in _sorted_names(pairs)],
        },
    )


def _sorted_names(pairs: Mapping[str, str]) -> Sequence[str]:
    """The alert's name comes first."""
    return sorted(pairs, key=lambda name: (name != "alertname", name))


def _sorted_pairs(pairs: Mapping[str, str]) -> Record:
    names = _sorted_names(pairs)
    items = [Record(type_name="template.Pair", fields={"Name": name, "Value": pairs[name]}) for name in names]
    return Record(
        type_name="template.Pairs",
        value=items,
        methods={"Names": lambda: names, "Values": lambda: [pairs[name] for name in names]},
    )


def _time(time_ms: int) -> Record:
    def format_(layout: object) -> str:
        if not time_ms:
            return _ZERO_TIME
        pattern = _LAYOUT.sub(lambda found: _STRFTIME[found[0]], str(layout).replace("%", "%%"))
        return datetime.fromtimestamp(time_ms / 1000, UTC).strftime(pattern)

    text = time_text(time_ms).replace("T", " ").replace("Z", " +0000 UTC")
    return Record(
        type_name="time.Time",
        methods={
            "Format": format_,
            "Unix": lambda: time_ms // 1000,
            "IsZero": lambda: time_ms == 0,
            "UTC": lambda: _time(time_ms),
        },
        text=text,
    )


def _safe_html(text: object) -> str:
    """Values are escaped before they come here."""
    return html.unescape(to_text(text, "safeHtml"))


FUNCTIONS: Final[Mapping[str, Function]] = {**PROMETHEUS_FUNCTIONS, "safeHtml": _safe_html}
"""Alertmanager's (its package template, DefaultFuncs), and those of Prometheus beside them."""
