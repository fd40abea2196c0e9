"""Messages to Slack on a loopback endpoint."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.http_receiver import HttpReceiver, Reply
from tests.support.notify_messages import (
    make_alert,
    make_integration,
    make_notification,
    make_tools,
)

from spanglass_server.notify.integrations.base import SendFailed


@pytest.fixture
def slack() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


def _texts(message: Any) -> list[str]:
    return [block["text"]["text"] for block in message["attachments"][0]["blocks"] if "text" in block]


def test_a_message_tells_value_threshold_history_differences_examples_and_links(slack: HttpReceiver) -> None:
    integration = make_integration("slack_configs", {"api_url": f"{slack.url}/services/T/B/X"})
    integration.send(make_notification(), make_tools())
    message = slack.requests[0].json
    attachment = message["attachments"][0]
    assert attachment["color"] == "#a30200"
    assert attachment["fallback"].startswith("[FIRING:1] HighErrors")
    title, text = _texts(message)
    assert title == (
        "*<http://spanglass.example/alerts?receiver=team|[FIRING:1] HighErrors (search critical)>*"
    )
    assert text.splitlines() == [
        ":fire: firing *Errors &amp; &lt;!channel&gt; are high*",
        "more than 5 %",
        "value 0.1235 (threshold &gt; 0.05)",
        "`▁▂▂ ▄█` last hour",
        "feature=`search` severity=`critical`",
        "• model = m&lt;1&gt;: 91% of the traces, 20% before",
        "• feature = chat: 50% of the traces, 25% before",
        "• trace <http://spanglass.example/traces/t1|answer¦it 1.23 s> failed",
        "<http://spanglass.example/alerts/rules|rule> · <http://spanglass.example/traces?filter=a|traces> · "
        "<http://spanglass.example/alerts/silences/new?x=1|silence>",
    ]


def test_the_end_is_green_and_has_no_details(slack: HttpReceiver) -> None:
    integration = make_integration("slack_configs", {"api_url": slack.url, "send_resolved": True})
    integration.send(make_notification(make_alert(is_resolved=True)), make_tools())
    message = slack.requests[0].json
    assert message["attachments"][0]["color"] == "#2eb886"
    assert "resolved" in _texts(message)[1]
    assert "threshold" not in _texts(message)[1]


def test_templates_of_alertmanager_take_the_place_of_our_text(slack: HttpReceiver) -> None:
    entry = {
        "api_url": slack.url,
        "channel": "#{{ .CommonLabels.severity }}",
        "username": "spanglass",
        "title": "{{ .Status | toUpper }} {{ .CommonLabels.alertname }}",
        "text": '{{ range .Alerts }}{{ .Annotations.summary }} {{ .StartsAt.Format "15:04" }}\n{{ end }}',
        "footer": "from {{ .ExternalURL }}",
        "color": "#ff0000",
    }
    make_integration("slack_configs", entry).send(make_notification(), make_tools())
    message = slack.requests[0].json
    assert (message["channel"], message["username"]) == ("#critical", "spanglass")
    assert _texts(message)[1] == "Errors &amp; &lt;!channel&gt; are high 07:59"
    assert "FIRING HighErrors" in _texts(message)[0]
    assert message["attachments"][0]["color"] == "#ff0000"
    assert message["attachments"][0]["blocks"][-1]["elements"][0]["text"] == "from http://spanglass.example"


def test_a_bot_posts_with_its_token_to_its_channel(slack: HttpReceiver) -> None:
    slack.reply = lambda _request: Reply(200, b'{"ok": true, "ts": "1.2"}')
    entry = {"api_url": f"{slack.url}/api/chat.postMessage", "bot_token": "xoxb-1", "channel": "C1"}
    make_integration("slack_configs", entry).send(make_notification(), make_tools())
    request = slack.requests[0]
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == "Bearer xoxb-1"
    assert request.json["channel"] == "C1"


@pytest.mark.parametrize(
    ("reply", "is_retryable"),
    [
        (Reply(200, b'{"ok": false, "error": "ratelimited"}'), True),
        (Reply(200, b'{"ok": false, "error": "channel_not_found"}'), False),
        (Reply(429, b"", {"Retry-After": "30"}), True),
        (Reply(500, b"oops"), True),
        (Reply(404, b"no_service"), False),
        (Reply(403, b"invalid_token"), False),
    ],
)
def test_refusals_that_heal_are_told_from_those_that_do_not(
    slack: HttpReceiver, reply: Reply, is_retryable: bool
) -> None:
    slack.reply = lambda _request: reply
    with pytest.raises(SendFailed) as caught:
        make_integration("slack_configs", {"api_url": slack.url}).send(make_notification(), make_tools())
    assert caught.value.is_retryable is is_retryable
    assert caught.value.retry_after_ms == (30_000 if reply.status == 429 else 0)


def test_a_group_of_hundreds_stays_within_slacks_limits(slack: HttpReceiver) -> None:
    alerts = [make_alert(feature=f"f{number}", long="x" * 5000) for number in range(300)]
    make_integration("slack_configs", {"api_url": slack.url}).send(make_notification(*alerts), make_tools())
    message = slack.requests[0].json
    blocks = message["attachments"][0]["blocks"]
    assert len(blocks) <= 50
    assert all(len(text) <= 3000 for text in _texts(message))
    assert "and 290 more" in json.dumps(message)
