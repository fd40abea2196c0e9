"""Mail by a real SMTP server on a loopback address, with and without TLS and a login."""

import email
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult, LoginPassword
from tests.support.notify_messages import make_alert, make_integration, make_notification, make_tools
from tests.support.spanglass_process import free_port

from spanglass_server.notify.integrations.base import SendFailed


class _Inbox(Message):
    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []

    def prepare_message(self, session: Any, envelope: Any) -> EmailMessage:
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        message["X-Envelope-To"] = ",".join(envelope.rcpt_tos)
        return message

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"ada", b"s3cret"), handled=False)


class _Server:
    def __init__(self, directory: Path, **options: Any) -> None:
        authority = trustme.CA()
        self.ca_file = directory / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self.inbox = _Inbox()
        if options.pop("offers_tls", True):
            options["tls_context"] = context
        self.port = free_port()
        self._controller = Controller(self.inbox, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def entry(self, **more: Any) -> dict[str, Any]:
        return {
            "to": "Ada <ada@example.com>, bob@example.com",
            "from": "spanglass@example.com",
            "smarthost": f"127.0.0.1:{self.port}",
            "tls_config": {"ca_file": str(self.ca_file)},
            **more,
        }

    def close(self) -> None:
        self._controller.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[_Server]:
    made = _Server(tmp_path)
    yield made
    made.close()


def _send(entry: dict[str, Any], directory: Path, *alerts: Any) -> None:
    make_integration("email_configs", entry, directory=directory).send(
        make_notification(*alerts), make_tools()
    )


def test_a_mail_goes_over_tls_as_text_and_as_html(server: _Server, tmp_path: Path) -> None:
    _send(server.entry(), tmp_path)
    mail = server.inbox.mails[0]
    assert mail["Subject"] == "[FIRING:1] HighErrors (search critical)"
    assert mail["X-Envelope-To"] == "ada@example.com,bob@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert "value 0.1235 (threshold > 0.05)" in text.get_content()
    assert "Errors & <!channel> are high" in text.get_content()
    assert "http://spanglass.example/traces/t1" in text.get_content()
    assert "Errors &amp; &lt;!channel&gt; are high" in page.get_content()
    assert "<!channel>" not in page.get_content()


def test_templates_of_html_get_escaped_values(server: _Server, tmp_path: Path) -> None:
    entry = server.entry(
        html="<b>{{ (index .Alerts 0).Annotations.summary }}</b>",
        headers={"subject": "{{ .Status }}\n to all", "X-Team": "{{ .GroupLabels.alertname }}"},
    )
    _send(entry, tmp_path)
    mail = server.inbox.mails[0]
    page = mail.get_body(("html",))
    assert page is not None
    assert "<b>Errors &amp; &lt;!channel&gt; are high</b>" in page.get_content()
    assert mail["Subject"] == "firing to all"
    assert mail["X-Team"] == "HighErrors"


def test_a_login_is_sent_and_a_wrong_one_is_an_error_without_the_password(tmp_path: Path) -> None:
    server = _Server(tmp_path, authenticator=_authenticate, auth_required=True)
    _send(server.entry(auth_username="ada", auth_password="s3cret"), tmp_path)
    assert len(server.inbox.mails) == 1
    with pytest.raises(SendFailed) as caught:
        _send(server.entry(auth_username="ada", auth_password="wr0ng"), tmp_path)
    assert not caught.value.is_retryable
    assert str(caught.value) == "127.0.0.1 refused the login (535)"
    server.close()


def test_a_server_without_tls_is_refused_unless_that_is_allowed(tmp_path: Path) -> None:
    server = _Server(tmp_path, offers_tls=False)
    with pytest.raises(SendFailed, match="offers no TLS"):
        _send(server.entry(), tmp_path)
    assert server.inbox.mails == []
    _send(server.entry(require_tls=False), tmp_path)
    assert len(server.inbox.mails) == 1
    server.close()


def test_a_certificate_that_nobody_vouches_for_is_refused(server: _Server, tmp_path: Path) -> None:
    with pytest.raises(SendFailed, match="is not trusted"):
        _send(server.entry(tls_config={}), tmp_path)
    assert server.inbox.mails == []


def test_a_server_that_is_away_is_tried_again(tmp_path: Path) -> None:
    server = _Server(tmp_path)
    entry = server.entry()
    server.close()
    with pytest.raises(SendFailed, match=r"cannot reach 127\.0\.0\.1") as caught:
        _send(entry, tmp_path, make_alert())
    assert caught.value.is_retryable
