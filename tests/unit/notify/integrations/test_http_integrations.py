"""Webhook, PagerDuty and Apprise on loopback endpoints."""

from collections.abc import Iterator

import pytest
from tests.support.http_receiver import HttpReceiver, Reply
from tests.support.notify_messages import make_alert, make_integration, make_notification, make_tools

from spanglass_server.base.errors import BadInput
from spanglass_server.notify.integrations.base import SendFailed

# Apprise's own, when it looks for its plugins.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


def test_a_webhook_gets_alertmanagers_payload_to_the_letter(hook: HttpReceiver) -> None:
    make_integration("webhook_configs", {"url": f"{hook.url}/x?y=1"}).send(
        make_notification(make_alert(feature="search"), make_alert(feature="chat", is_resolved=True)),
        make_tools(),
    )
    assert hook.requests[0].headers["content-type"] == "application/json"
    assert hook.requests[0].json == {
        "receiver": "team",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "HighErrors", "feature": "search", "severity": "critical"},
                "annotations": {"description": "more than 5 %", "summary": "Errors & <!channel> are high"},
                "startsAt": "2026-01-05T07:59:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://spanglass.example/graph?x=1",
                "fingerprint": hook.requests[0].json["alerts"][0]["fingerprint"],
            },
            {
                "status": "resolved",
                "labels": {"alertname": "HighErrors", "feature": "chat", "severity": "critical"},
                "annotations": {"description": "more than 5 %", "summary": "Errors & <!channel> are high"},
                "startsAt": "2026-01-05T07:59:00Z",
                "endsAt": "2026-01-05T08:00:00Z",
                "generatorURL": "http://spanglass.example/graph?x=1",
                "fingerprint": hook.requests[0].json["alerts"][1]["fingerprint"],
            },
        ],
        "groupLabels": {"alertname": "HighErrors"},
        "commonLabels": {"alertname": "HighErrors", "severity": "critical"},
        "commonAnnotations": {"description": "more than 5 %", "summary": "Errors & <!channel> are high"},
        "externalURL": "http://spanglass.example",
        "version": "4",
        "groupKey": '{}:{alertname="HighErrors"}',
        "truncatedAlerts": 0,
    }


def test_a_webhook_takes_at_most_max_alerts(hook: HttpReceiver) -> None:
    alerts = [make_alert(feature=str(number)) for number in range(5)]
    integration = make_integration("webhook_configs", {"url": hook.url, "max_alerts": 2})
    integration.send(make_notification(*alerts), make_tools())
    assert len(hook.requests[0].json["alerts"]) == 2
    assert hook.requests[0].json["truncatedAlerts"] == 3


def test_a_webhook_may_need_a_password_or_a_token(hook: HttpReceiver) -> None:
    for http_config, expected in (
        ({"basic_auth": {"username": "u", "password": "p"}}, "Basic dTpw"),
        ({"authorization": {"credentials": "t0ken"}}, "Bearer t0ken"),
        ({"authorization": {"type": "Key", "credentials": "k"}}, "Key k"),
    ):
        entry = {"url": hook.url, "http_config": http_config}
        make_integration("webhook_configs", entry).send(make_notification(), make_tools())
        assert hook.requests[-1].headers["authorization"] == expected


def test_pagerduty_opens_and_closes_one_incident_for_a_group(hook: HttpReceiver) -> None:
    hook.reply = lambda _request: Reply(202, b'{"status": "success"}')
    entry = {
        "routing_key": "R1",
        "url": f"{hook.url}/v2/enqueue",
        "details": {"runbook": "{{ .ExternalURL }}/r"},
    }
    integration = make_integration("pagerduty_configs", entry)
    integration.send(make_notification(), make_tools())
    integration.send(make_notification(make_alert(feature="search", is_resolved=True)), make_tools())
    opened, closed = (request.json for request in hook.requests)
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"]
    assert opened["routing_key"] == "R1"
    assert opened["payload"]["summary"] == "[FIRING:1] HighErrors (search critical)"
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["custom_details"]["num_firing"] == "1"
    assert opened["payload"]["custom_details"]["runbook"] == "http://spanglass.example/r"
    assert "- feature = search" in opened["payload"]["custom_details"]["firing"]
    assert opened["client_url"] == "http://spanglass.example/alerts?receiver=team"


def test_pagerduty_gets_no_severity_that_it_refuses(hook: HttpReceiver) -> None:
    entry = {"routing_key": "R1", "url": hook.url, "severity": "page-me"}
    make_integration("pagerduty_configs", entry).send(make_notification(), make_tools())
    assert hook.requests[0].json["payload"]["severity"] == "error"


def test_pagerduty_gets_no_event_that_is_too_large(hook: HttpReceiver) -> None:
    details = {str(number): "{{ .CommonLabels.big }}" for number in range(8)}
    notification = make_notification(make_alert(big="x" * 90_000))
    entry = {"routing_key": "R1", "url": hook.url, "details": details}
    make_integration("pagerduty_configs", entry).send(notification, make_tools())
    assert len(hook.requests[0].body) < 512_000
    assert hook.requests[0].json["payload"]["summary"].startswith("[FIRING:1] HighErrors")


def test_apprise_reaches_what_has_a_url(hook: HttpReceiver) -> None:
    entry = {"url": f"json://127.0.0.1:{hook.port}/path"}
    make_integration("apprise_configs", entry).send(make_notification(), make_tools())
    message = hook.requests[0].json
    assert message["title"] == "[FIRING:1] HighErrors (search critical)"
    assert "firing: Errors & <!channel> are high" in message["message"]
    assert "value 0.1235 (threshold > 0.05)" in message["message"]


def test_apprise_may_not_reach_private_addresses_either(hook: HttpReceiver) -> None:
    integration = make_integration("apprise_configs", {"url": f"json://localhost:{hook.port}/path"})
    with pytest.raises(SendFailed) as caught:
        integration.send(make_notification(), make_tools(allows_private=False))
    assert hook.requests == []
    assert "127.0.0.1" in str(caught.value) or "::1" in str(caught.value)


def test_apprise_says_why_it_failed_without_its_secrets(hook: HttpReceiver) -> None:
    hook.reply = lambda _request: Reply(401, b"no t0ps3cret")
    integration = make_integration(
        "apprise_configs", {"url": f"json://user:t0ps3cret@127.0.0.1:{hook.port}/"}
    )
    with pytest.raises(SendFailed) as caught:
        integration.send(make_notification(), make_tools())
    assert "401" in str(caught.value)
    assert "t0ps3cret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["syslog", "dbus", "gnome", "windows"])
def test_apprise_does_not_act_on_the_server_itself(scheme: str) -> None:
    with pytest.raises(BadInput, match="acts on the server itself"):
        make_integration("apprise_configs", {"url": f"{scheme}://x"})


def test_a_url_that_apprise_does_not_know_is_refused_for_good() -> None:
    with pytest.raises(SendFailed, match="does not understand") as caught:
        make_integration("apprise_configs", {"url": "nosuch://x"}).send(make_notification(), make_tools())
    assert not caught.value.is_retryable
