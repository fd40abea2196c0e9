"""A project's alerts told by a virtual clock: a dispatcher whose deliveries go to pretended receivers."""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import LogEntry, LogKey, Silence
from spanglass_server.model.series import Labels, labels_of
from spanglass_server.notify.config_file import parse_config
from spanglass_server.notify.dispatch import Delivery, Dispatcher
from spanglass_server.notify.integrations.base import Sources
from spanglass_server.notify.matchers import parse_matchers

START_MS = 1_767_600_000_000
"""A Monday, 08:00 UTC."""
SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000


class Message(NamedTuple):
    """What a receiver got, or should have got."""

    at_s: float
    """Since the story's start."""
    receiver: str
    integration: str
    firing: tuple[str, ...]
    """The alerts' names, or what `name` picked."""
    resolved: tuple[str, ...]


@dataclass
class Answer:
    """How a receiver answers."""

    error: str = ""
    is_retryable: bool = True
    retry_after_ms: int = 0


OK = Answer()
DOWN = Answer(error="down")


@dataclass
class Stored:
    """What survives a restart."""

    alerts: dict[Labels, Alert] = field(default_factory=dict)
    log: dict[LogKey, LogEntry] = field(default_factory=dict)


class Story:
    """Advances by seconds; rules repeat what they say of their alerts every 15 s, as an evaluator does."""

    def __init__(self, config: str, *, evaluation_s: float = 15.0, seed: int = 1) -> None:
        self.config = config
        self.now_ms = START_MS
        self.sent: list[Message] = []
        self.attempts: list[Message] = []
        self.answer: Callable[[Delivery], Answer] = lambda _delivery: OK
        self.latency_ms = 0
        self.name: Callable[[Alert], str] = lambda alert: dict(alert.labels)["alertname"]
        self.is_evaluated = True
        self._said: dict[Labels, Alert] = {}
        self._evaluation_ms = int(evaluation_s * 1000)
        self._evaluated_ms = 0
        self._random = random.Random(seed)
        self._in_flight: list[tuple[int, Delivery, Answer]] = []
        self._stored = Stored()
        self._silences: list[Silence] = []
        self.dispatcher = self._make()

    def _make(self) -> Dispatcher:
        made = Dispatcher(
            parse_config(self.config, Sources(environ={}, directory=None)),
            project_id="p",
            random=self._random.random,
            alerts=list(self._stored.alerts.values()),
            log=list(self._stored.log.values()),
            now_ms=self.now_ms,
        )
        made.set_silences(self._silences)
        return made

    # What happens

    def fire(self, name: str, **labels: str) -> None:
        alert = self._alert(name, labels)
        self._said[alert.labels] = alert
        self._tell([alert])

    def resolve(self, name: str, **labels: str) -> Alert:
        key = labels_of({"alertname": name, **labels})
        alert = self._said.pop(key)._replace(ends_at_ms=self.now_ms, updated_at_ms=self.now_ms)
        self._tell([alert])
        return alert

    def forget_stored_alerts(self) -> None:
        self._stored.alerts.clear()

    def forget(self, name: str, **labels: str) -> None:
        """The rule went away without a word."""
        del self._said[labels_of({"alertname": name, **labels})]

    def silence(self, matchers: str, *, minutes: float, in_minutes: float = 0) -> None:
        starts = self.now_ms + int(in_minutes * MINUTE_MS)
        number = str(len(self._silences) + 1)
        self._silences = [
            *self._silences,
            Silence(
                "p", number, parse_matchers(matchers), starts, starts + int(minutes * MINUTE_MS), "a", "b", 0
            ),
        ]
        self.dispatcher.set_silences(self._silences)

    def expire_silences(self) -> None:
        self._silences = [silence._replace(ends_at_ms=self.now_ms) for silence in self._silences]
        self.dispatcher.set_silences(self._silences)

    def restart(self, *, is_clean: bool = True, down_s: float = 0) -> None:
        """Messages on their way are lost with a process that is killed."""
        if is_clean:
            self._land(everything=True)
        self._in_flight = []
        self.now_ms += int(down_s * 1000)
        self.dispatcher = self._make()

    def reconfigure(self, config: str) -> None:
        self.config = config
        parsed = parse_config(config, Sources(environ={}, directory=None))
        self.dispatcher.reconfigure(parsed, self.now_ms)

    def jump(self, seconds: float) -> None:
        """The clock is put forward or back."""
        self.now_ms += int(seconds * 1000)
        # What is on its way takes no notice of it.
        self._in_flight = [(at + int(seconds * 1000), *rest) for at, *rest in self._in_flight]

    def advance(self, seconds: float, *, step_s: float = 1.0) -> None:
        end_ms = self.now_ms + int(seconds * 1000)
        while self.now_ms < end_ms:
            self.now_ms = min(end_ms, self.now_ms + int(step_s * 1000))
            self._evaluate()
            self._land()
            self.look()

    def look(self) -> None:
        for delivery in self.dispatcher.take_due(self.now_ms):
            self._in_flight.append((self.now_ms + self.latency_ms, delivery, self.answer(delivery)))
        if not self.latency_ms:
            self._land()
        self._store()

    # What is looked at

    def names(self) -> Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """(receiver, firing, resolved) of each message that arrived."""
        return [(message.receiver, message.firing, message.resolved) for message in self.sent]

    def take(self) -> Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """`names`, and forget them."""
        found = self.names()
        self.sent = []
        return found

    # How it works

    def _alert(self, name: str, labels: dict[str, str]) -> Alert:
        return Alert(
            project_id="p",
            labels=labels_of({"alertname": name, **labels}),
            annotations=(("summary", f"{name} is wrong"),),
            starts_at_ms=self.now_ms,
            ends_at_ms=0,
            updated_at_ms=self.now_ms,
            value=1.0,
            expression="x > 0",
            generator_url="http://localhost/rule",
        )

    def _tell(self, alerts: Iterable[Alert]) -> None:
        self.dispatcher.receive(alerts, self.now_ms)
        self._store()

    def _evaluate(self) -> None:
        if not self.is_evaluated or 0 <= self.now_ms - self._evaluated_ms < self._evaluation_ms:
            return
        self._evaluated_ms = self.now_ms
        self._tell([alert._replace(updated_at_ms=self.now_ms) for alert in self._said.values()])

    def _land(self, *, everything: bool = False) -> None:
        landing = [one for one in self._in_flight if everything or one[0] <= self.now_ms]
        self._in_flight = [one for one in self._in_flight if one not in landing]
        for _, delivery, answer in landing:
            self._settle(delivery, answer)
        self._store()

    def _settle(self, delivery: Delivery, answer: Answer) -> None:
        message = self._message(delivery)
        self.attempts.append(message)
        if not answer.error:
            self.sent.append(message)
        self.dispatcher.settle(
            delivery,
            self.now_ms,
            error=answer.error,
            is_retryable=answer.is_retryable,
            retry_after_ms=answer.retry_after_ms,
        )

    def _message(self, delivery: Delivery) -> Message:
        notification = delivery.notification
        return Message(
            (self.now_ms - START_MS) / 1000,
            notification.receiver,
            delivery.key.integration,
            tuple(self.name(alert) for alert in notification.firing),
            tuple(self.name(alert) for alert in notification.resolved),
        )

    def _store(self) -> None:
        changes = self.dispatcher.drain()
        for alert in changes.gone:
            self._stored.alerts.pop(alert.labels, None)
        for alert in changes.changed:
            self._stored.alerts[alert.labels] = alert
        for entry in changes.told:
            self._stored.log[entry.key] = entry


def webhook_config(route: dict[str, Any], *receivers: str, **more: Any) -> str:
    """A configuration, as JSON is YAML: each receiver has one webhook."""
    return json.dumps(
        {
            "route": route,
            "receivers": [
                {"name": name, "webhook_configs": [{"url": "http://x.example"}]} for name in receivers
            ],
            **more,
        }
    )
