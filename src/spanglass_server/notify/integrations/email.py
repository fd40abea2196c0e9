"""E-mail by SMTP: as text and as HTML, over TLS unless that is switched off."""

import html
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, getaddresses, make_msgid
from typing import Final

from spanglass_server.base.limits import MESSAGE_ALERTS_MAX
from spanglass_server.gotemplate import TemplateError
from spanglass_server.model.alert import Alert
from spanglass_server.notify.context import AlertDetails
from spanglass_server.notify.egress import Egress, HttpOptions, TargetRefused, deadline, tls_context
from spanglass_server.notify.integrations.base import Globals, SendFailed, Tools, read_secret
from spanglass_server.notify.integrations.details import (
    DETAILED_ALERTS_MAX,
    description_of,
    difference_text,
    other_labels,
    sparkline,
    summary_of,
    value_line,
)
from spanglass_server.notify.integrations.http_config import parse_tls_config
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import Secret
from spanglass_server.notify.templates import Templates, to_data
from spanglass_server.notify.yaml_section import Section

_SUBJECT: Final = '{{ template "email.default.subject" . }}'
_SUBJECT_CHARS_MAX: Final = 900
_TLS_PORT: Final = 465
_DIALOGUE_S: Final = 30.0
"""For all of it, while each answer alone may take `Egress.timeout_s`."""
_HEADER_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    recipients: Sequence[str]
    sender: str
    host: str
    port: int
    hello: str
    username: str
    password: Secret | None
    requires_tls: bool
    tls: HttpOptions
    headers: Mapping[str, str]
    """Templates, by their names; `Subject` among them."""
    html: str
    """Template; empty for what is otherwise said."""
    text: str
    sends_resolved: bool
    kind: str = "email"
    hears_each_flush: bool = False

    @property
    def target(self) -> str:
        return ", ".join(self.recipients)

    def send(self, notification: Notification, tools: Tools) -> None:
        message = self._message(notification, tools)
        try:
            self._deliver(message, tools.egress)
        except smtplib.SMTPAuthenticationError as problem:
            raise SendFailed(
                f"{self.host} refused the login ({problem.smtp_code})", is_retryable=False
            ) from None
        except smtplib.SMTPRecipientsRefused as problem:
            code = max((refused[0] for refused in problem.recipients.values()), default=550)
            raise SendFailed(
                f"{self.host} refused the recipients ({code})", is_retryable=code < 500
            ) from None
        except smtplib.SMTPResponseException as problem:
            raise SendFailed(
                f"{self.host} answered {problem.smtp_code}", is_retryable=problem.smtp_code < 500
            ) from None
        except ssl.SSLCertVerificationError as problem:
            reason = f"the certificate of {self.host} is not trusted: {problem.verify_message}"
            raise SendFailed(reason, is_retryable=True) from None
        except TargetRefused as problem:
            raise SendFailed(f"{self.host}: {problem}", is_retryable=False) from None
        except (OSError, smtplib.SMTPException) as problem:
            raise SendFailed(f"cannot reach {self.host}: {_reason(problem)}", is_retryable=True) from None

    def _deliver(self, message: EmailMessage, egress: Egress) -> None:
        context = tls_context(self.tls)
        with (
            _Smtp(egress, self, context if self.port == _TLS_PORT else None) as smtp,
            deadline(smtp, _DIALOGUE_S),
        ):
            if self.requires_tls and self.port != _TLS_PORT:
                smtp.ehlo(self.hello)
                if not smtp.has_extn("starttls"):
                    raise SendFailed(
                        f"{self.host} offers no TLS; `require_tls: false` sends without", is_retryable=False
                    )
                smtp.starttls(context=context)
            smtp.ehlo(self.hello)
            if self.username and self.password is not None:
                smtp.login(self.username, self.password.reveal())
            smtp.send_message(message, self.sender, list(self.recipients))

    def _message(self, notification: Notification, tools: Tools) -> EmailMessage:
        plain = to_data(notification, external_url=tools.external_url)
        escaped = to_data(notification, external_url=tools.external_url, escape=html.escape)
        details = _describe(notification, tools)
        message = EmailMessage(policy=SMTP)
        try:
            for name, template in self.headers.items():
                message[name] = " ".join(tools.templates.render(template, plain).split())[:_SUBJECT_CHARS_MAX]
            text = (
                tools.templates.render(self.text, plain) if self.text else _text_body(notification, details)
            )
            page = tools.templates.render(self.html, escaped)
        except TemplateError as problem:
            raise SendFailed(problem.message, is_retryable=False) from None
        message["From"] = message["From"] or self.sender
        message["To"] = message["To"] or ", ".join(self.recipients)
        message["Date"] = formatdate(notification.now_ms / 1000)
        message["Message-ID"] = make_msgid(domain="spanglass")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        if page or not self.text:
            message.add_alternative(page or _html_body(notification, details), subtype="html")
        return message


class _Smtp(smtplib.SMTP):
    """SMTP whose socket comes from Egress.connect."""

    def __init__(self, egress: Egress, email: Email, context: ssl.SSLContext | None) -> None:
        self._egress = egress
        self._context = context
        super().__init__(email.host, email.port, local_hostname=email.hello, timeout=egress.timeout_s)
        # The name that STARTTLS checks the certificate for.
        self._host = email.tls.server_name or email.host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = self._egress.connect(host, port)
        if self._context is None:
            return connection
        try:
            return self._context.wrap_socket(connection, server_hostname=host)
        except OSError:
            connection.close()
            raise


def parse_email(section: Section, general: Globals, templates: Templates) -> Email:
    recipients = [address for _, address in getaddresses([section.required_text("to")])]
    if not recipients or not all(_is_address(address) for address in recipients):
        section.fail("`to` is no list of mail addresses", key="to")
    sender = section.text("from", general.smtp_from)
    if not _is_address(sender):
        section.fail("e-mail needs `from`, or `smtp_from` in `global`: the sender's address", key="from")
    host, port = _parse_smarthost(section, section.text("smarthost", general.smtp_smarthost))
    ca_file, server_name, is_unverified = parse_tls_config(section, general.sources)
    headers = {"Subject": _SUBJECT} | {
        _header_name(section, k): v for k, v in section.text_map("headers").items()
    }
    found = Email(
        recipients=recipients,
        sender=sender,
        host=host,
        port=port,
        hello=section.text("hello", general.smtp_hello),
        username=section.text("auth_username", general.smtp_auth_username),
        password=read_secret(section, "auth_password", general.sources) or general.smtp_auth_password,
        requires_tls=section.boolean("require_tls", default=general.smtp_require_tls),
        tls=HttpOptions(ca_file=ca_file, server_name=server_name, is_unverified=is_unverified),
        headers=headers,
        # Alertmanager's own page is ours by another name.
        html=_unless_default(section.text("html")),
        text=section.text("text"),
        sends_resolved=section.boolean("send_resolved", default=False),
    )
    for text in (found.html, found.text, *headers.values()):
        templates.check(text)
    section.finish(
        unsupported={
            "auth_secret": "CRAM-MD5 is not supported: use auth_password",
            "auth_identity": "leave it out: the user name is the identity",
        }
    )
    return found


def _unless_default(text: str) -> str:
    return "" if "email.default.html" in text else text


def _header_name(section: Section, name: str) -> str:
    if not name or not set(name) <= _HEADER_NAME:
        section.fail(f"`{name}` is not a header's name", key="headers")
    # The default subject and a given one are the same header.
    return "Subject" if name.lower() == "subject" else name


def _is_address(text: str) -> bool:
    addresses = getaddresses([text])
    return len(addresses) == 1 and "@" in addresses[0][1] and "\n" not in formataddr(addresses[0])


def _parse_smarthost(section: Section, text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        section.fail(
            "e-mail needs `smarthost`, or `smtp_smarthost` in `global`", key="smarthost", hint="as HOST:PORT"
        )
    return host.strip("[]"), int(port)


def _describe(notification: Notification, tools: Tools) -> Mapping[int, AlertDetails]:
    """By the alert's place among the firing ones."""
    return {
        position: tools.context.describe(alert, now_ms=notification.now_ms)
        for position, alert in enumerate(notification.firing[:DETAILED_ALERTS_MAX])
    }


def _text_body(notification: Notification, details: Mapping[int, AlertDetails]) -> str:
    parts = []
    for word, alerts in (("firing", notification.firing), ("resolved", notification.resolved)):
        for position, alert in enumerate(alerts[:MESSAGE_ALERTS_MAX]):
            found = details.get(position, AlertDetails()) if word == "firing" else AlertDetails()
            lines = [f"{word.upper()}: {summary_of(alert)}", *_lines(alert, found)]
            lines += [f"{name}: {url}" for name, url in _links(alert, found)]
            parts.append("\n".join(lines))
        if len(alerts) > MESSAGE_ALERTS_MAX:
            parts.append(f"and {len(alerts) - MESSAGE_ALERTS_MAX} more that are {word}")
    return "\n\n".join(parts) + "\n"


def _html_body(notification: Notification, details: Mapping[int, AlertDetails]) -> str:
    parts = []
    for word, color, alerts in (
        ("firing", "#a30200", notification.firing),
        ("resolved", "#1f7a4d", notification.resolved),
    ):
        for position, alert in enumerate(alerts[:MESSAGE_ALERTS_MAX]):
            found = details.get(position, AlertDetails()) if word == "firing" else AlertDetails()
            lines = "".join(f"<div>{html.escape(line)}</div>" for line in _lines(alert, found))
            links = " · ".join(
                f'<a href="{html.escape(url)}">{html.escape(name)}</a>' for name, url in _links(alert, found)
            )
            parts.append(
                f'<div style="border-left:4px solid {color};padding:4px 12px;margin:12px 0">'
                f"<strong>{word}: {html.escape(summary_of(alert))}</strong>{lines}<div>{links}</div></div>"
            )
        if len(alerts) > MESSAGE_ALERTS_MAX:
            parts.append(f"<p>and {len(alerts) - MESSAGE_ALERTS_MAX} more that are {word}</p>")
    return f'<html><body style="font-family:sans-serif">{"".join(parts)}</body></html>'


def _lines(alert: Alert, details: AlertDetails) -> Sequence[str]:
    lines = [description_of(alert)]
    if not alert.ends_at_ms:
        bars = sparkline(details.points)
        lines += [value_line(alert, details), f"last hour {bars}" if bars else ""]
    lines.append(", ".join(f"{name}={value}" for name, value in other_labels(alert)))
    lines += [difference_text(difference) for difference in details.differences]
    return [line for line in lines if line]


def _links(alert: Alert, details: AlertDetails) -> Sequence[tuple[str, str]]:
    named = [
        ("rule", details.rule_url or alert.generator_url),
        ("traces", details.traces_url),
        ("silence", details.silence_url),
        ("runbook", dict(alert.annotations).get("runbook_url", "")),
        *((f"trace {example.name or example.trace_id}", example.url) for example in details.examples),
    ]
    return [(name, url) for name, url in named if url.startswith(("http://", "https://"))]


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError) and not isinstance(problem, smtplib.SMTPException):
        return problem.strerror or type(problem).__name__
    return type(problem).__name__
