"""Templates that people bring from Alertmanager."""

import pytest
from tests.support.notify_messages import make_alert, make_notification

from spanglass_server.gotemplate import TemplateError
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.templates import Templates, time_text, to_data


@pytest.fixture
def notification() -> Notification:
    return make_notification(make_alert(feature="search"), make_alert(feature="chat", is_resolved=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain {text}", "plain {text}"),
        ('{{ template "__subject" . }}', "[FIRING:1] HighErrors (critical)"),
        ('{{ template "slack.default.title" . }}', "[FIRING:1] HighErrors (critical)"),
        ("{{ .Alerts.Firing | len }}/{{ .Alerts.Resolved | len }}/{{ len .Alerts }}", "1/1/2"),
        ("{{ range .Alerts }}{{ .Status }} {{ .Labels.feature }};{{ end }}", "firing search;resolved chat;"),
        ('{{ .CommonLabels.Values | join ", " }}', "HighErrors, critical"),
        (
            "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}",
            "alertname=HighErrors severity=critical ",
        ),
        (
            "{{ range $name, $value := .GroupLabels }}{{ $name }}:{{ $value }}{{ end }}",
            "alertname:HighErrors",
        ),
        ('{{ with .CommonLabels.Remove (stringSlice "severity") }}{{ .Names }}{{ end }}', "[alertname]"),
        ("{{ (index .Alerts 0).Annotations.summary }}", "Errors & <!channel> are high"),
        ("{{ .CommonAnnotations.none }}", ""),
        ('{{ if eq .Status "firing" }}a{{ else }}b{{ end }}', "a"),
        ('{{ (index .Alerts 0).StartsAt.Format "02 Jan 06 15:04 MST" }}', "05 Jan 06 07:59 UTC"),
        ("{{ (index .Alerts 0).StartsAt.Unix }}", "1767599940"),
        ("{{ (index .Alerts 0).EndsAt.IsZero }}", "true"),
        ('{{ .CommonLabels.severity | toUpper }} {{ title "abc" }}', "CRITICAL Abc"),
        ('{{ match "^Hi" .CommonLabels.alertname }}', "true"),
        ('{{ reReplaceAll "(.*)Errors" "${1}Mistakes" .CommonLabels.alertname }}', "HighMistakes"),
        (
            "{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}",
            "http://s.example/#/alerts?receiver=team",
        ),
        ("{{ humanizePercentage 0.1234 }}", "12.34%"),
    ],
)
def test_templates_give_what_alertmanager_gives(notification: Notification, text: str, expected: str) -> None:
    assert Templates().render(text, to_data(notification, external_url="http://s.example")) == expected


def test_files_define_templates_and_replace_the_default_ones(notification: Notification) -> None:
    mine = '{{ define "mine" }}<{{ .Status }}>{{ end }}{{ define "__subject" }}short{{ end }}'
    templates = Templates([("mine.tmpl", mine)])
    data = to_data(notification, external_url="")
    assert templates.render('{{ template "mine" . }}', data) == "<firing>"
    assert templates.render('{{ template "email.default.subject" . }}', data) == "short"


@pytest.mark.parametrize(
    "text", ["{{ .Nope }}", "{{ .Alerts.Nope }}", '{{ template "nope" . }}', "{{ end }}"]
)
def test_what_does_not_render_is_an_error_and_no_crash(notification: Notification, text: str) -> None:
    with pytest.raises(TemplateError):
        Templates().render(text, to_data(notification, external_url=""))


def test_times_are_printed_as_go_prints_them() -> None:
    assert time_text(0) == "0001-01-01T00:00:00Z"
    assert time_text(1_767_600_000_000) == "2026-01-05T08:00:00Z"
    assert time_text(1_767_600_000_120) == "2026-01-05T08:00:00.12Z"
