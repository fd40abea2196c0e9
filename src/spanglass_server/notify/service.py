"""Runs the dispatchers: one for each project with alerts, a thread that looks at them, threads that send.

Only the server that evaluates rules is started; the others answer questions from the store. Lock order: the
service's lock is held while dispatchers are looked at, never while something is sent or written.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Final

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy
from spanglass_server.model.alert import Alert
from spanglass_server.notify.config_source import ConfigSource, Loaded
from spanglass_server.notify.context import AlertContext
from spanglass_server.notify.dispatch import Changes, Counts, Delivery, Dispatcher
from spanglass_server.notify.egress import Egress
from spanglass_server.notify.integrations.base import Tools
from spanglass_server.notify.lanes import Random
from spanglass_server.notify.sending import Tried, ms_of, to_attempt, try_to_send
from spanglass_server.notify.templates import Templates
from spanglass_server.store.alerting import NotificationStore

log = structlog.get_logger(__name__)

_SENDERS: Final = 16
_SENDERS_PER_PROJECT: Final = 4
"""A project whose receivers are slow must not keep the others' messages waiting."""
_LOOK_S: Final = 1.0
_REFRESH_MS: Final = 2_000
"""How soon silences and configurations that another server wrote count."""
_FORGET_MS: Final = 600_000
_STOP_S: Final = 30.0


@dataclass(slots=True)
class _Running:
    """A project's dispatcher."""

    dispatcher: Dispatcher
    config_version: int
    templates: Templates
    refreshed_ms: int
    in_flight: int = 0
    unsaved: list[Changes] = field(default_factory=list)


class NotificationService:
    """Safe from many threads. `receive` is what rules tell their alerts to."""

    def __init__(
        self,
        store: NotificationStore,
        configs: ConfigSource,
        *,
        egress: Egress,
        context: AlertContext,
        external_url: str,
        clock: Clock,
        random: Random,
    ) -> None:
        self._store = store
        self._configs = configs
        self._egress = egress
        self._context = context
        self._external_url = external_url.rstrip("/")
        self._clock = clock
        self._random = random
        self._projects: dict[str, _Running] = {}
        self._lock = threading.RLock()
        self._saving = threading.Lock()
        """Changes of a project reach the store in the order in which they happened."""
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._senders: ThreadPoolExecutor | None = None
        self._counted = Counter(
            dict.fromkeys(("notifications_sent", "notifications_failed"), 0)
            | {f"notifications_{name}": 0 for name in asdict(Counts())}
        )
        """Of dispatchers that are gone, and of what was sent."""
        self._forgot_ms = 0

    # What rules do

    def start(self) -> None:
        """Go on from what is stored. Nothing happens where it runs already."""
        with self._lock:
            if self._thread is not None:
                return
            self._stopping.clear()
            self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="notify-send")
            self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let messages on their way end, store what they came to, and forget everything."""
        with self._lock:
            thread, senders = self._thread, self._senders
            self._thread = self._senders = None
        if thread is None or senders is None:
            return
        self._stopping.set()
        self._wake.set()
        thread.join(_STOP_S)
        senders.shutdown(wait=True, cancel_futures=True)
        self._save_all()
        with self._lock:
            for running in self._projects.values():
                self._counted.update(_counts_of(running))
            self._projects.clear()

    def receive(self, alerts: Sequence[Alert]) -> None:
        """What rules say of their alerts, each evaluation; alerts that are not told again end after
        resolve_timeout. Quick: nothing is sent or stored here. Passed over while the service is stopped, and
        for a project whose stored state cannot be read for now: rules tell them again."""
        if self._thread is None:
            return
        now_ms = ms_of(self._clock)
        for project_id, some in groupby(alerts, key=lambda alert: alert.project_id):
            try:
                self._receive(project_id, some, now_ms)
            except Busy as problem:
                log.warning("alerts_not_received", project_id=project_id, reason=problem.message)
        self._wake.set()

    def _receive(self, project_id: str, alerts: Iterable[Alert], now_ms: int) -> None:
        with self._lock:
            self._running(project_id, now_ms).dispatcher.receive(alerts, now_ms)

    # What is shown

    def list_alerts(self, project_id: str) -> Sequence[Alert]:
        """As the dispatcher has them; on another server, as it stored them last."""
        with self._lock:
            running = self._projects.get(project_id)
            if running is not None:
                return running.dispatcher.list_alerts()
        return self._store.load_alerts(project_id)

    def counters(self) -> Mapping[str, int]:
        """Since the start, by their metric's name without prefix."""
        with self._lock:
            totals = Counter(self._counted)
            for running in self._projects.values():
                totals.update(_counts_of(running))
            return dict(totals)

    def wake(self) -> None:
        """Something was changed that should count at once."""
        with self._lock:
            for running in self._projects.values():
                running.refreshed_ms = 0
        self._wake.set()

    # The thread

    def _run(self) -> None:
        self._guarded(self._resume)
        while not self._stopping.is_set():
            self._guarded(self.look)
            self._wake.wait(_LOOK_S)
            self._wake.clear()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Busy as problem:
            log.warning("notification_state_unavailable", reason=problem.message)
        except Exception:
            # The edge of a task: whatever one look met, the next one has to come.
            log.exception("notification_look_failed")

    def _resume(self) -> None:
        now_ms = ms_of(self._clock)
        for project_id in self._store.list_projects_with_alerts():
            with self._lock:
                self._running(project_id, now_ms)

    def look(self) -> None:
        """Send what is due, store what changed."""
        now_ms = ms_of(self._clock)
        self._refresh_all(now_ms)
        with self._lock:
            for running in self._projects.values():
                free = _SENDERS_PER_PROJECT - running.in_flight
                for delivery in running.dispatcher.take_due(now_ms, deliveries_max=free):
                    self._submit(running, delivery)
        self._save_all()
        self._drop_idle()
        if now_ms - self._forgot_ms >= _FORGET_MS:
            self._forgot_ms = now_ms
            self._store.forget(now_ms)

    def _running(self, project_id: str, now_ms: int) -> _Running:
        found = self._projects.get(project_id)
        if found is None:
            loaded = self._configs.load(project_id)
            dispatcher = Dispatcher(
                loaded.config,
                project_id=project_id,
                random=self._random,
                alerts=self._store.load_alerts(project_id),
                log=self._store.load_log(project_id),
                now_ms=now_ms,
            )
            dispatcher.set_silences(self._store.list_silences(project_id))
            found = _Running(dispatcher, loaded.version, loaded.config.templates, now_ms)
            self._projects[project_id] = found
        return found

    def _refresh_all(self, now_ms: int) -> None:
        with self._lock:
            stale = [
                (project_id, running)
                for project_id, running in self._projects.items()
                if not 0 <= now_ms - running.refreshed_ms < _REFRESH_MS
            ]
            for _, running in stale:
                running.refreshed_ms = now_ms
        for project_id, running in stale:
            try:
                silences, loaded = self._store.list_silences(project_id), self._configs.load(project_id)
            except Busy as problem:
                # What is known still counts; being told late is better than not.
                log.warning("notification_state_unavailable", reason=problem.message)
                return
            with self._lock:
                running.dispatcher.set_silences(silences)
                self._apply(project_id, running, loaded, now_ms)

    def _apply(self, project_id: str, running: _Running, loaded: Loaded, now_ms: int) -> None:
        if loaded.version != running.config_version:
            running.config_version, running.templates = loaded.version, loaded.config.templates
            running.dispatcher.reconfigure(loaded.config, now_ms)
            log.info("notification_config_loaded", project_id=project_id)

    def _submit(self, running: _Running, delivery: Delivery) -> None:
        assert self._senders is not None
        running.in_flight += 1
        self._senders.submit(self._send, running, delivery, running.templates)

    def _send(self, running: _Running, delivery: Delivery, templates: Templates) -> None:
        started_ms = ms_of(self._clock)
        outcome = try_to_send(delivery.integration, delivery.notification, self.tools(templates))
        ended_ms = ms_of(self._clock)
        with self._lock:
            running.in_flight -= 1
            self._counted["notifications_failed" if outcome.error else "notifications_sent"] += 1
            running.dispatcher.settle(
                delivery,
                ended_ms,
                error=outcome.error,
                is_retryable=outcome.is_retryable,
                retry_after_ms=outcome.retry_after_ms,
            )
        tried = Tried(
            delivery.notification, delivery.key.integration, delivery.number, started_ms, ended_ms, outcome
        )
        self._guarded(lambda: self._record(tried))
        self._guarded(self._save_all)
        self._wake.set()

    def tools(self, templates: Templates) -> Tools:
        return Tools(
            egress=self._egress,
            templates=templates,
            context=self._context,
            external_url=self._external_url,
        )

    def _record(self, tried: Tried) -> None:
        attempt = to_attempt(tried)
        if attempt.error:
            log.warning(
                "notification_failed",
                project_id=attempt.project_id,
                receiver=attempt.receiver,
                integration=attempt.integration,
                error=attempt.error,
                is_retried=attempt.is_retried,
            )
        self._store.write_attempts([attempt])

    # Storing

    def _save_all(self) -> None:
        with self._lock:
            for running in self._projects.values():
                changes = running.dispatcher.drain()
                if any(changes):
                    running.unsaved.append(changes)
            waiting = [
                (project_id, running) for project_id, running in self._projects.items() if running.unsaved
            ]
        for project_id, running in waiting:
            self._save(project_id, running)

    def _save(self, project_id: str, running: _Running) -> None:
        with self._saving:
            while running.unsaved:
                changes = running.unsaved[0]
                self._store.write_alerts(
                    project_id, changed=changes.changed, gone=changes.gone, told=changes.told
                )
                running.unsaved.pop(0)

    def _drop_idle(self) -> None:
        with self._lock:
            for project_id, running in list(self._projects.items()):
                changes = running.dispatcher.drain()
                if any(changes):
                    running.unsaved.append(changes)
                if running.dispatcher.is_idle and not running.unsaved and not running.in_flight:
                    self._counted.update(_counts_of(running))
                    del self._projects[project_id]


def _counts_of(running: _Running) -> Mapping[str, int]:
    return {f"notifications_{name}": count for name, count in asdict(running.dispatcher.counts).items()}
