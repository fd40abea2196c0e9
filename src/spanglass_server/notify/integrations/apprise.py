"""Everything that Apprise reaches by a URL: Discord, Teams, Telegram, ntfy, Matrix, Opsgenie and many more.

Apprise makes its connections itself, so what it may reach is checked by an audit hook of the interpreter, at
the very moment of connecting, in the context of the send: Apprise takes that along to its threads.
"""

import functools
import ipaddress
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from spanglass_server.gotemplate import TemplateError
from spanglass_server.notify.egress import Egress, TargetRefused
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
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import Secret, without_secrets
from spanglass_server.notify.templates import Templates, to_data
from spanglass_server.notify.yaml_section import Section

_TITLE: Final = '{{ template "apprise.default.title" . }}'
_BODY_CHARS_MAX: Final = 4000
_ALERTS_MAX: Final = 20
_LOCAL_SCHEMES: Final = frozenset(
    {"dbus", "glib", "gnome", "growl", "kde", "macosx", "qt", "syslog", "windows", "fcm", "vapid"}
)
"""They act on the machine that the server runs on, or read files of it."""


@dataclass(slots=True)
class _Guard:
    """What a send may reach, and what it was refused: Apprise tells of that as of any lost connection."""

    egress: Egress
    refusals: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> NoReturn:
        self.refusals.append(reason)
        raise TargetRefused(reason)

    def check(self, address: str) -> None:
        try:
            ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            self.refuse(f"{address} would be resolved without a check")
        try:
            self.egress.check(address)
        except TargetRefused as problem:
            self.refuse(str(problem))


_guarded: ContextVar[_Guard | None] = ContextVar("guarded_send", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    url: Secret
    title: str
    body: str
    """Template; empty for what is otherwise said."""
    sends_resolved: bool
    target: str
    is_local_refused: bool
    kind: str = "apprise"
    hears_each_flush: bool = False

    def send(self, notification: Notification, tools: Tools) -> None:
        url = self.url.reveal()
        scheme = url.partition(":")[0].lower()
        if self.is_local_refused and scheme in _LOCAL_SCHEMES:
            raise SendFailed(f"{scheme}:// acts on the server itself", is_retryable=False)
        data = to_data(notification, external_url=tools.external_url)
        try:
            title = tools.templates.render(self.title, data)
            body = tools.templates.render(self.body, data) if self.body else _body(notification, tools)
        except TemplateError as problem:
            raise SendFailed(problem.message, is_retryable=False) from None
        with _egress_checked(tools.egress):
            _notify(url, title, body[:_BODY_CHARS_MAX], is_firing=notification.status == "firing")


def parse_apprise(section: Section, general: Globals, templates: Templates) -> Apprise:
    url = read_secret(section, "url", general.sources)
    if url is None:
        section.fail("Apprise needs `url`, such as discord://ID/TOKEN")
    given = section.text("url")
    is_local_refused = general.sources.directory is None
    scheme = given.partition(":")[0].lower()
    if given and "://" not in given:
        section.fail("an Apprise URL begins with the service's scheme, such as ntfy://", key="url")
    if is_local_refused and scheme in _LOCAL_SCHEMES:
        section.fail(f"{scheme}:// acts on the server itself: only its own file may name it", key="url")
    found = Apprise(
        url=url,
        title=section.text("title", _TITLE),
        body=section.text("body"),
        sends_resolved=section.boolean("send_resolved", default=True),
        target=scheme or "apprise",
        is_local_refused=is_local_refused,
    )
    templates.check(found.title)
    templates.check(found.body)
    section.finish()
    return found


def _body(notification: Notification, tools: Tools) -> str:
    alerts = (*notification.firing, *notification.resolved)
    parts = []
    for position, alert in enumerate(alerts[:_ALERTS_MAX]):
        state = "resolved" if alert.ends_at_ms else "firing"
        lines = [f"{state}: {summary_of(alert)}", description_of(alert)]
        if position < DETAILED_ALERTS_MAX and not alert.ends_at_ms:
            details = tools.context.describe(alert, now_ms=notification.now_ms)
            lines += [value_line(alert, details), sparkline(details.points)]
            lines += [difference_text(difference) for difference in details.differences]
            lines += [example.url for example in details.examples]
        lines.append(", ".join(f"{name}={value}" for name, value in other_labels(alert)))
        lines.append(alert.generator_url)
        parts.append("\n".join(line for line in lines if line))
    if len(alerts) > _ALERTS_MAX:
        parts.append(f"and {len(alerts) - _ALERTS_MAX} more")
    return "\n\n".join(parts)


def _notify(url: str, title: str, body: str, *, is_firing: bool) -> None:
    # Imported late: it takes a third of a second, and most servers never need it.
    import apprise

    logging.getLogger("apprise").propagate = False
    service = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    if not service.add(url):
        raise SendFailed("Apprise does not understand the URL", is_retryable=False)
    kind = apprise.NotifyType.WARNING if is_firing else apprise.NotifyType.SUCCESS
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        is_sent = service.notify(
            body=body, title=title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
        )
        reason = without_secrets(" ".join(log.getvalue().split())[:500], url)
    if not is_sent:
        raise SendFailed(reason or "Apprise could not deliver it", is_retryable=True)


@contextmanager
def _egress_checked(egress: Egress) -> Iterator[None]:
    _install_hook()
    guard = _Guard(egress)
    token = _guarded.set(guard)
    try:
        yield
    except (SendFailed, TargetRefused):
        if guard.refusals:
            raise SendFailed(guard.refusals[0], is_retryable=False) from None
        raise
    finally:
        _guarded.reset(token)


@functools.cache
def _install_hook() -> None:
    # It cannot be taken away again; where nothing is sent it costs one look.
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    guard = _guarded.get()
    if guard is None:
        return
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple):
            guard.refuse("only addresses of a network may be reached")
        guard.check(str(address[0]))
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        guard.refuse("a receiver may not start programs")
