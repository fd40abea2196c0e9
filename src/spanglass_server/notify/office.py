"""What people ask of notifications, on any server: receivers and how they fared, test messages, silences,
alerts with who hears of them."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy, NotFound
from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Attempt, Silence
from spanglass_server.model.series import Labels
from spanglass_server.notify.config import NotificationConfig, Receiver
from spanglass_server.notify.config_source import ConfigSource
from spanglass_server.notify.config_text import mask_secrets
from spanglass_server.notify.context import AlertContext
from spanglass_server.notify.dispatch import named_integrations
from spanglass_server.notify.integrations.base import Integration
from spanglass_server.notify.lanes import RateLimit
from spanglass_server.notify.muting import Mute, Muting
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.sending import Tried, ms_of, to_attempt, try_to_send
from spanglass_server.notify.service import NotificationService
from spanglass_server.notify.silences import Silences, matching
from spanglass_server.store.alerting import NotificationStore

_ATTEMPTS_LOOKED_AT: Final = 1_000
_TESTS_MAX: Final = 4
"""At a time: a receiver that does not answer holds a thread of the API."""
TEST_ALERT_NAME: Final = "TestNotification"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigView:
    text: str
    """Its secrets hidden."""
    source: Literal["file", "project", "none"]
    error: str
    """Why a newer text is not in force; empty where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationReport:
    name: str
    """`slack[0]`."""
    kind: str
    target: str
    sends_resolved: bool
    last_attempt: Attempt | None
    sent_count: int
    """Of the latest attempts, as far as they are kept."""
    failed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    name: str
    messages_per_minute_max: int
    integrations: Sequence[IntegrationReport]
    is_routed: bool
    """A route leads to it."""


class AlertView(NamedTuple):
    alert: Alert
    mute: Mute
    receivers: Sequence[str]
    """Who hears of it, unless it is muted."""


class GroupOfAlerts(NamedTuple):
    labels: Labels
    receiver: str
    alerts: Sequence[AlertView]


class Told(NamedTuple):
    """What came of telling a receiver."""

    is_sent: bool
    """By one integration at least."""
    is_retryable: bool
    """One that was not reached may be, later."""


class NotificationOffice:
    """Safe from many threads. Everything may raise StorageUnavailable."""

    def __init__(
        self,
        store: NotificationStore,
        configs: ConfigSource,
        service: NotificationService,
        *,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._configs = configs
        self._service = service
        self._clock = clock
        self._silences = Silences(store, new_id=new_id)
        self._tests = threading.BoundedSemaphore(_TESTS_MAX)
        self._turns: dict[tuple[str, str], RateLimit] = {}
        self._turns_lock = threading.Lock()

    # Configuration

    def find_config(self, project_id: str) -> ConfigView:
        text = self._configs.text(project_id)
        loaded = self._configs.load(project_id)
        own: Literal["project", "none"] = "project" if text else "none"
        return ConfigView(
            text=mask_secrets(text),
            source="file" if self._configs.file else own,
            error=loaded.error,
        )

    def put_config(self, project_id: str, text: str) -> ConfigView:
        """Masked secrets stand for the stored ones. Raises BadInput with the line."""
        self._configs.put(project_id, text, now_ms=self._now_ms())
        self._service.wake()
        return self.find_config(project_id)

    def delete_config(self, project_id: str) -> None:
        self._configs.delete(project_id)
        self._service.wake()

    # Receivers

    def list_receivers(self, project_id: str) -> Sequence[ReceiverReport]:
        config = self._configs.load(project_id).config
        attempts = self._store.list_attempts(
            project_id, receiver="", limit=_ATTEMPTS_LOOKED_AT, before_ms=self._now_ms() + 1
        )
        by_integration: dict[tuple[str, str], list[Attempt]] = {}
        for attempt in attempts:
            by_integration.setdefault((attempt.receiver, attempt.integration), []).append(attempt)
        routed = {route.receiver for route in config.route.walk()} if config.route else set()
        return [
            ReceiverReport(
                name=receiver.name,
                messages_per_minute_max=receiver.messages_per_minute_max,
                integrations=[
                    _report(name, integration, by_integration.get((receiver.name, name), []))
                    for name, integration in named_integrations(receiver)
                ],
                is_routed=receiver.name in routed,
            )
            for receiver in config.receivers.values()
        ]

    def test_receiver(self, project_id: str, name: str) -> Sequence[Attempt]:
        """Really send a message by each integration; what came of each. Raises NotFound, and Busy where
        as many as may are tried already."""
        config = self._configs.load(project_id).config
        receiver = config.receivers.get(name)
        if receiver is None:
            known = ", ".join(config.receivers) or "none"
            raise NotFound(f"there is no receiver `{name}`", hint=f"there are: {known}")
        if not self._tests.acquire(blocking=False):
            raise Busy("other receivers are being tried", hint="try again in a moment", retry_after_s=5)
        try:
            attempts = [
                self._test(project_id, name, integration_name, integration, config)
                for integration_name, integration in named_integrations(receiver)
            ]
        finally:
            self._tests.release()
        self._store.write_attempts(attempts)
        return attempts

    def _test(
        self, project_id: str, receiver: str, name: str, integration: Integration, config: NotificationConfig
    ) -> Attempt:
        started_ms = self._now_ms()
        notification = test_notification(project_id, receiver, started_ms)
        outcome = try_to_send(integration, notification, self._service.tools(config.templates))
        return to_attempt(Tried(notification, name, 1, started_ms, self._now_ms(), outcome, is_test=True))

    # Messages besides those of rules

    def send(self, notification: Notification, context: AlertContext) -> Told:
        """Tell a receiver of something that no rule watches, by each of its integrations, once; each attempt
        is written down. Routes and silences have no say. Raises NotFound, and Busy where the receiver has
        been told as often as it may in a minute."""
        config = self._configs.load(notification.project_id).config
        receiver = config.receivers.get(notification.receiver)
        if receiver is None:
            raise NotFound(
                f"there is no receiver `{notification.receiver}`",
                hint=f"there are: {', '.join(config.receivers) or 'none'}",
            )
        self._take_turn(notification.project_id, receiver)
        tools = replace(self._service.tools(config.templates), context=context)
        tried = []
        for name, integration in named_integrations(receiver):
            started_ms = self._now_ms()
            outcome = try_to_send(integration, notification, tools)
            tried.append(Tried(notification, name, 1, started_ms, self._now_ms(), outcome))
        self._store.write_attempts([to_attempt(each) for each in tried])
        return Told(
            is_sent=any(not each.outcome.error for each in tried),
            is_retryable=any(each.outcome.is_retryable for each in tried),
        )

    def last_sent_ms(self, project_id: str, receiver: str, group_key: str) -> int | None:
        """When the receiver was last told of the group, as far as attempts are kept."""
        attempts = self._store.list_attempts(
            project_id, receiver=receiver, limit=_ATTEMPTS_LOOKED_AT, before_ms=self._now_ms() + 1
        )
        sent = (each.time_ms for each in attempts if each.group_key == group_key and not each.error)
        return max(sent, default=None)

    def _take_turn(self, project_id: str, receiver: Receiver) -> None:
        now_ms = self._now_ms()
        with self._turns_lock:
            key = project_id, receiver.name
            turns = self._turns.get(key)
            if turns is None or turns.messages_max != receiver.messages_per_minute_max:
                turns = self._turns[key] = RateLimit(receiver.messages_per_minute_max)
            if turns.take(now_ms):
                return
            wait_ms = max(1_000, turns.free_at_ms() - now_ms)
        raise Busy(
            f"the receiver `{receiver.name}` has been told as often as it may in a minute",
            hint="raise its messages_per_minute_max",
            retry_after_s=wait_ms // 1000,
        )

    def list_attempts(
        self, project_id: str, *, receiver: str, limit: int, before_ms: int
    ) -> Sequence[Attempt]:
        return self._store.list_attempts(project_id, receiver=receiver, limit=limit, before_ms=before_ms)

    # Silences

    def list_silences(self, project_id: str) -> Sequence[Silence]:
        return self._silences.list(project_id)

    def get_silence(self, project_id: str, silence_id: str) -> Silence:
        return self._silences.get(project_id, silence_id)

    def put_silence(self, silence: Silence) -> Silence:
        made = self._silences.put(silence, self._now_ms())
        self._service.wake()
        return made

    def expire_silence(self, project_id: str, silence_id: str) -> Silence:
        ended = self._silences.expire(project_id, silence_id, self._now_ms())
        self._service.wake()
        return ended

    def preview_silence(self, silence: Silence) -> Sequence[Alert]:
        """The firing alerts that it would silence."""
        firing = [alert for alert in self._service.list_alerts(silence.project_id) if not alert.ends_at_ms]
        return matching(silence, firing)

    # Alerts

    def list_alerts(self, project_id: str) -> Sequence[AlertView]:
        """Those that fire, by start and labels."""
        config = self._configs.load(project_id).config
        alerts = [alert for alert in self._service.list_alerts(project_id) if not alert.ends_at_ms]
        muting = Muting(config.inhibit_rules, self.list_silences(project_id), alerts, self._now_ms())
        return [
            AlertView(alert, muting.look(alert.labels), _receivers_of(config, alert))
            for alert in sorted(alerts, key=lambda alert: (alert.starts_at_ms, alert.labels))
        ]

    def list_groups(self, project_id: str) -> Sequence[GroupOfAlerts]:
        """As routes gather them."""
        config = self._configs.load(project_id).config
        groups: dict[tuple[str, str, Labels], list[AlertView]] = {}
        for view in self.list_alerts(project_id) if config.route else ():
            assert config.route is not None
            for route in config.route.find(dict(view.alert.labels)):
                key = (route.id, route.receiver, route.group_labels(view.alert.labels))
                groups.setdefault(key, []).append(view)
        return [GroupOfAlerts(labels, receiver, views) for (_, receiver, labels), views in groups.items()]

    def list_receiver_names(self, project_id: str) -> Sequence[str]:
        return list(self._configs.load(project_id).config.receivers)

    def _now_ms(self) -> int:
        return ms_of(self._clock)


def test_notification(project_id: str, receiver: str, now_ms: int) -> Notification:
    alert = Alert(
        project_id=project_id,
        labels=(("alertname", TEST_ALERT_NAME), ("project", project_id), ("severity", "info")),
        annotations=(
            ("description", "Nothing is wrong: somebody asked for this message."),
            ("summary", f"A test of the receiver {receiver}"),
        ),
        starts_at_ms=now_ms,
        ends_at_ms=0,
        updated_at_ms=now_ms,
        value=1.0,
        expression="vector(1) > 0",
        generator_url="",
    )
    return Notification(
        project_id=project_id,
        receiver=receiver,
        group_key=f'{{}}:{{alertname="{TEST_ALERT_NAME}"}}',
        group_labels=(("alertname", TEST_ALERT_NAME),),
        alerts=(alert,),
        now_ms=now_ms,
        group_interval_ms=60_000,
    )


def _report(name: str, integration: Integration, attempts: Sequence[Attempt]) -> IntegrationReport:
    """`attempts`: its own, newest first."""
    return IntegrationReport(
        name=name,
        kind=integration.kind,
        target=integration.target,
        sends_resolved=integration.sends_resolved,
        last_attempt=attempts[0] if attempts else None,
        sent_count=_count(attempts, is_failed=False),
        failed_count=_count(attempts, is_failed=True),
    )


def _count(attempts: Iterable[Attempt], *, is_failed: bool) -> int:
    return sum(bool(attempt.error) == is_failed for attempt in attempts)


def _receivers_of(config: NotificationConfig, alert: Alert) -> Sequence[str]:
    if config.route is None:
        return []
    return list(dict.fromkeys(route.receiver for route in config.route.find(dict(alert.labels))))
