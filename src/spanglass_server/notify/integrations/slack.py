"""Slack: an incoming webhook, or a bot's token with chat.postMessage.

Sources: Slack's documentation of incoming webhooks, chat.postMessage and Block Kit (limits of blocks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from spanglass_server.gotemplate import Record, TemplateError
from spanglass_server.model.alert import Alert
from spanglass_server.notify.context import AlertDetails, TraceExample
from spanglass_server.notify.egress import HttpOptions, HttpResponse, target_of
from spanglass_server.notify.integrations.base import (
    Globals,
    SendFailed,
    Tools,
    post,
    read_secret,
    response_text,
)
from spanglass_server.notify.integrations.details import (
    DETAILED_ALERTS_MAX,
    description_of,
    difference_text,
    other_labels,
    sparkline,
    summary_of,
    value_line,
)
from spanglass_server.notify.integrations.http_config import parse_http_config
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import Secret
from spanglass_server.notify.templates import Templates, to_data
from spanglass_server.notify.yaml_section import Section

_POST_MESSAGE: Final = "https://slack.com/api/chat.postMessage"
_SECTION_CHARS_MAX: Final = 3000
_TITLE_CHARS_MAX: Final = 1024
_ALERTS_MAX: Final = 10
_PASSING_ERRORS: Final = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
_TEXTS: Final = {
    "title": '{{ template "slack.default.title" . }}',
    "title_link": '{{ template "slack.default.titlelink" . }}',
    "fallback": '{{ template "slack.default.fallback" . }}',
    "color": '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}',
    "pretext": "",
    "text": "",
    "footer": "",
    "channel": "",
    "username": "",
    "icon_emoji": "",
    "icon_url": "",
}
"""Of Alertmanager's options those that are templates, with their defaults. A `text` takes the place of what
is otherwise said of each alert."""
_COLORS: Final = {"danger": "#a30200", "good": "#2eb886", "warning": "#daa038"}
"""Names that Slack knows only without blocks."""
_UNSUPPORTED: Final = {
    "actions": "write links into `text`, as <https://example.com|words>",
    "fields": "write them into `text`",
    "image_url": "write a link into `text`",
    "thumb_url": "write a link into `text`",
    "callback_id": "interactive messages are not supported",
    "mrkdwn_in": "all texts are mrkdwn",
    "short_fields": "write fields into `text`",
    "app_token": "write it as `bot_token`",
    "app_token_file": "write it as `bot_token_file`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    url: Secret
    http: HttpOptions
    sends_resolved: bool
    texts: Mapping[str, str]
    is_linking_names: bool
    target: str
    kind: str = "slack"
    hears_each_flush: bool = False

    def send(self, notification: Notification, tools: Tools) -> None:
        message = self._message(notification, tools)
        response = post(
            tools,
            self.url.reveal(),
            orjson.dumps(message),
            now_ms=notification.now_ms,
            options=self.http,
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        _check_answer(response)

    def _message(self, notification: Notification, tools: Tools) -> Mapping[str, object]:
        data = to_data(notification, external_url=tools.external_url, escape=escape)
        texts = {name: _render(text, data, tools) for name, text in self.texts.items()}
        title = texts["title"][:_TITLE_CHARS_MAX]
        linked = f"<{texts['title_link']}|{_without_links(title)}>" if texts["title_link"] else title
        blocks = [_section(f"*{linked}*")]
        if texts["text"]:
            blocks.append(_section(texts["text"]))
        else:
            blocks += _alert_sections(notification, tools)
        if texts["footer"]:
            blocks.append({"type": "context", "elements": [_mrkdwn(texts["footer"])]})
        color = _COLORS.get(texts["color"], texts["color"])
        message: dict[str, object] = {
            "text": texts["pretext"],
            "attachments": [{"color": color, "fallback": texts["fallback"], "blocks": blocks}],
        }
        for name in ("channel", "username", "icon_emoji", "icon_url"):
            if texts[name]:
                message[name] = texts[name]
        if self.is_linking_names:
            message["link_names"] = True
        return message


def parse_slack(section: Section, general: Globals, templates: Templates) -> Slack:
    url = read_secret(section, "api_url", general.sources)
    token = read_secret(section, "bot_token", general.sources)
    if url is None and token is None:
        url, token = general.slack_api_url, general.slack_bot_token
    if url is None and token is None:
        section.fail("Slack needs `api_url` (an incoming webhook) or `bot_token` with `channel`")
    if token is not None and not section.has("channel"):
        section.fail("a bot needs the `channel` that it writes to")
    http = parse_http_config(section, general.http, general.sources)
    if token is not None:
        http = replace(http, authorization="Bearer", username="", secret=token)
    shown_url = section.text("api_url") or ("" if url else _POST_MESSAGE)
    found = Slack(
        url=url or Secret(_POST_MESSAGE),
        http=http,
        sends_resolved=section.boolean("send_resolved", default=False),
        texts={name: section.text(name, default) for name, default in _TEXTS.items()},
        is_linking_names=section.boolean("link_names", default=False),
        target=section.text("channel") or target_of(shown_url) or "slack",
    )
    for text in found.texts.values():
        templates.check(text)
    section.finish(unsupported=_UNSUPPORTED)
    return found


def escape(text: str) -> str:
    """Slack's control characters: without it a label's value could mention a channel or forge a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _render(text: str, data: Record, tools: Tools) -> str:
    try:
        return tools.templates.render(text, data).strip()
    except TemplateError as problem:
        raise SendFailed(problem.message, is_retryable=False) from None


def _alert_sections(notification: Notification, tools: Tools) -> Sequence[Mapping[str, object]]:
    alerts = (*notification.firing, *notification.resolved)
    sections = []
    for position, alert in enumerate(alerts[:_ALERTS_MAX]):
        is_detailed = position < DETAILED_ALERTS_MAX and not alert.ends_at_ms
        details = tools.context.describe(alert, now_ms=notification.now_ms) if is_detailed else AlertDetails()
        sections.append(_section(_alert_text(alert, details)))
    if len(alerts) > _ALERTS_MAX:
        sections.append(_section(f"_and {len(alerts) - _ALERTS_MAX} more_"))
    return sections


def _alert_text(alert: Alert, details: AlertDetails) -> str:
    state = ":white_check_mark: resolved" if alert.ends_at_ms else ":fire: firing"
    labels = " ".join(f"{name}=`{escape(_without_ticks(value))}`" for name, value in other_labels(alert))
    lines = [f"{state} *{escape(summary_of(alert))}*"]
    if description := description_of(alert):
        lines.append(escape(description))
    if not alert.ends_at_ms:
        lines.append(escape(value_line(alert, details)))
        if bars := sparkline(details.points):
            lines.append(f"`{bars}` last hour")
    if labels:
        lines.append(labels)
    lines += [f"• {escape(difference_text(difference))}" for difference in details.differences]
    lines += [_example_line(example) for example in details.examples]
    if links := _links(alert, details):
        lines.append(links)
    return "\n".join(lines)


def _example_line(example: TraceExample) -> str:
    words = f"{example.name or example.trace_id} {example.duration_ms / 1000:.2f} s"
    return f"• trace {_link(example.url, words)}{' failed' if example.is_error else ''}"


def _links(alert: Alert, details: AlertDetails) -> str:
    named = (
        (details.rule_url or alert.generator_url, "rule"),
        (details.traces_url, "traces"),
        (details.silence_url, "silence"),
        (dict(alert.annotations).get("runbook_url", ""), "runbook"),
    )
    return " · ".join(_link(url, name) for url, name in named if url.startswith(("http://", "https://")))


def _link(url: str, words: str) -> str:
    return f"<{escape(url).replace('|', '%7C')}|{_without_links(escape(words))}>" if url else escape(words)


def _without_links(text: str) -> str:
    """A title or a name inside a link must not end it."""
    return text.replace("|", "¦").replace("\n", " ")


def _without_ticks(text: str) -> str:
    return text.replace("`", "'")


def _section(text: str) -> Mapping[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Mapping[str, Any]:
    cut = text if len(text) <= _SECTION_CHARS_MAX else text[: _SECTION_CHARS_MAX - 1] + "…"
    # Slack refuses a text without characters.
    return {"type": "mrkdwn", "text": cut or " "}


def _check_answer(response: HttpResponse) -> None:
    """The Web API answers 200 to what it refuses, and says so in the body."""
    answer = response.json()
    if answer.get("ok") is False:
        reason = str(answer.get("error", response_text(response)))[:200]
        raise SendFailed(f"Slack refused: {reason}", is_retryable=reason in _PASSING_ERRORS)
