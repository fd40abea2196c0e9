"""Evaluates the rules of all projects on time, on the one server that holds the lease."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy, SpanglassError, StorageUnavailable
from spanglass_server.model.alert import Alert
from spanglass_server.rules.group import (
    AlertOrigin,
    RunningGroup,
    RunningRule,
    alerts_of,
    series_of,
    stale_samples,
    start_group,
    to_alert,
)
from spanglass_server.rules.round import Due, RoundRunner
from spanglass_server.rules.sources import RuleSources
from spanglass_server.rules.state import GroupState, decode, encode
from spanglass_server.store.directory import Directory, Project
from spanglass_server.store.lease import LeaseKeeper
from spanglass_server.store.rules import LeaseLost, RuleStore, StoredGroup
from spanglass_server.store.series import SampleWriter

log = structlog.get_logger(__name__)

_MS_NS: Final = 1_000_000
_LOOK_MS: Final = 1_000
"""How soon a changed file, a new project or a lapsed lease is noticed, at most."""


class AlertSink(Protocol):
    """Who hears of alerts: `notify.service.NotificationService`."""

    def receive(self, alerts: Sequence[Alert]) -> None:
        """All that fire are told after each evaluation, and resolved ones for a quarter of an hour. May not
        block for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    interval_ms: int = 60_000
    """Of groups that have none."""
    query_offset_ms: int = 0
    """Of groups that have none."""
    external_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePorts:
    """What the manager works with."""

    sources: RuleSources
    store: RuleStore
    directory: Directory
    lease: LeaseKeeper
    rounds: RoundRunner
    writer: SampleWriter
    sink: AlertSink
    now_ns: Clock
    on_lease: Callable[[bool], None] = field(default=lambda _is_held: None)
    """Told when the lease was taken and when it was lost: what else runs on one server only."""


class RuleManager:
    """`tick` does all that is due; `start` has a thread call it. One thread at a time."""

    def __init__(self, ports: RulePorts, options: RuleOptions) -> None:
        self._ports = ports
        self._options = options
        self._groups: dict[tuple[str, str, str], RunningGroup] = {}
        self._origins: dict[str, AlertOrigin] = {}
        self._loaded: tuple[int, Sequence[Project]] | None = None
        """The sources' version and the projects that the groups were made of."""
        self._was_held = False
        self._wake = threading.Event()
        self._is_stopping = False
        self._is_reload_asked = False
        self._thread: threading.Thread | None = None

    # Its thread

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="rules", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits for the round that runs, then lets another server take over."""
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._hand_over(is_released=True)

    def counters(self) -> Mapping[str, int]:
        return self._ports.rounds.counters()

    def reload(self) -> None:
        """Look at the files now (SIGHUP). From any thread."""
        self._is_reload_asked = True
        self._wake.set()

    def _run(self) -> None:
        while not self._is_stopping:
            wait_ms = _LOOK_MS
            try:
                wait_ms = min(wait_ms, self.tick())
            except Busy as error:
                log.warning("rules_storage_unavailable", reason=error.message)
            except Exception:  # a bug in one round must not end all evaluation
                log.exception("rules_round_crashed")
            self._wake.wait(wait_ms / 1000)
            self._wake.clear()

    # A turn

    def tick(self) -> int:
        """Everything that is due; milliseconds until the next round is. Raises StorageUnavailable."""
        if not self._ports.lease.keep():
            self._hand_over(is_released=False)
            return _LOOK_MS
        if not self._was_held:
            self._was_held = True
            self._ports.on_lease(True)
        is_forced, self._is_reload_asked = self._is_reload_asked, False
        self._ports.sources.refresh(is_forced=is_forced)
        now_ms = self._now_ms()
        self._load_groups(now_ms)
        for project_id, dues in self._due(now_ms).items():
            try:
                self._run_round(project_id, dues)
            except LeaseLost as error:
                self._ports.lease.lose(error)
                self._hand_over(is_released=False)
                return _LOOK_MS
        return self._next_ms()

    def _hand_over(self, *, is_released: bool) -> None:
        self._groups.clear()
        self._loaded = None
        if self._was_held:
            self._was_held = False
            self._ports.on_lease(False)
        if not is_released:
            return
        try:
            self._ports.lease.release()
        except StorageUnavailable as error:
            log.warning("rules_lease_not_released", reason=error.message)

    def _due(self, now_ms: int) -> Mapping[str, Sequence[Due]]:
        dues: dict[str, list[Due]] = {}
        for group in self._groups.values():
            slot_ms = group.due_ms(now_ms)
            if slot_ms is not None:
                dues.setdefault(group.project_id, []).append(Due(group, slot_ms))
        return dues

    def _next_ms(self) -> int:
        now_ms = self._now_ms()
        waits = [group.slot_ms(now_ms) + group.interval_ms - now_ms for group in self._groups.values()]
        return max(1, min(waits, default=_LOOK_MS))

    def _run_round(self, project_id: str, dues: Sequence[Due]) -> None:
        origin = self._origins[project_id]
        self._ports.rounds.run(dues, origin)
        alerts = [
            alert
            for due in dues
            for rule in due.group.rules
            for alert in alerts_of(rule, origin, time_ms=due.time_ms)
        ]
        # First written, then told: a server that lost its lease meanwhile tells nothing.
        self._save(project_id, [due.group for due in dues])
        if alerts:
            self._ports.sink.receive(alerts)

    def _save(
        self, project_id: str, groups: Sequence[RunningGroup], gone: Sequence[StoredGroup] = ()
    ) -> None:
        lease = self._ports.lease.current
        if lease is None:
            raise LeaseLost("the lease lapsed during a round")
        stored = [StoredGroup(group.file, group.group.name, encode(group.state())) for group in groups]
        self._ports.store.save_groups(lease, project_id, stored, gone)

    # Loading

    def _load_groups(self, now_ms: int) -> None:
        """Make the groups anew where files or projects changed; state goes with the rules."""
        projects = self._ports.directory.list_projects()
        if self._loaded == (self._ports.sources.version, projects):
            return
        is_first = self._loaded is None
        before, self._groups = self._groups, {}
        self._origins = {project.id: self._origin(project) for project in projects}
        try:
            for project in projects:
                self._load_project(project, before, now_ms, is_first=is_first)
        except SpanglassError:
            # Tried again from the same beginning: what is to be ended must not be forgotten.
            self._groups = before
            raise
        self._loaded = (self._ports.sources.version, projects)

    def _load_project(
        self,
        project: Project,
        before: Mapping[tuple[str, str, str], RunningGroup],
        now_ms: int,
        *,
        is_first: bool,
    ) -> None:
        stored: Mapping[tuple[str, str], GroupState] = {}
        if is_first or not any(key[0] == project.id for key in before):
            found = self._ports.store.load_groups(project.id)
            stored = {(group.file, group.name): decode(group.document) for group in found}
        loaded: list[RunningGroup] = []
        for file in self._ports.sources.list_files(project.id, project.name):
            for group in file.rules.groups if file.rules else ():
                known = before.get((project.id, file.name, group.name))
                state = known.state() if known else stored.get((file.name, group.name))
                running = start_group(
                    project.id,
                    file.name,
                    group,
                    state,
                    interval_ms=self._options.interval_ms,
                    query_offset_ms=self._options.query_offset_ms,
                )
                if known:
                    _keep_series(known, running)
                loaded.append(running)
        self._groups.update((group.key, group) for group in loaded)
        self._retire(project.id, before, stored, loaded, now_ms)

    def _retire(
        self,
        project_id: str,
        before: Mapping[tuple[str, str, str], RunningGroup],
        stored: Mapping[tuple[str, str], GroupState],
        loaded: Sequence[RunningGroup],
        now_ms: int,
    ) -> None:
        """Rules that are no more: their alerts are resolved, their series end."""
        mine = [group for group in before.values() if group.project_id == project_id]
        kept = {id(rule.active) for group in loaded for rule in group.rules if rule.active}
        series = frozenset(
            labels for group in mine for rule in group.rules for labels in rule.series
        ) - frozenset(labels for group in loaded for rule in group.rules for labels in rule.series)
        if series:
            self._ports.writer.write_samples(project_id, series_of(stale_samples(series, now_ms)))
        rules = [
            rule for group in mine for rule in group.rules if rule.active and id(rule.active) not in kept
        ]
        self._resolve(project_id, rules, now_ms)
        names = {(group.file, group.group.name) for group in loaded}
        known = {(group.file, group.group.name) for group in mine} | set(stored)
        gone = [StoredGroup(file, name, "") for file, name in sorted(known - names)]
        if gone or mine:
            self._save(project_id, loaded, gone)

    def _resolve(self, project_id: str, rules: Sequence[RunningRule], now_ms: int) -> None:
        origin = self._origins[project_id]
        alerts = [
            to_alert(
                alert._replace(state="inactive", resolved_at_ms=now_ms), rule.rule, origin, time_ms=now_ms
            )
            for rule in rules
            for alert in rule.active.values()
            if alert.state == "firing"
        ]
        if alerts:
            self._ports.sink.receive(alerts)

    def _origin(self, project: Project) -> AlertOrigin:
        return AlertOrigin(
            project_id=project.id,
            external_labels={"project": project.name},
            external_url=self._options.external_url,
        )

    def _now_ms(self) -> int:
        return self._ports.now_ns() // _MS_NS


def _keep_series(known: RunningGroup, running: RunningGroup) -> None:
    """What a rule stored last, so that it can be ended by a later evaluation."""
    left = [(rule.rule, rule.series) for rule in known.rules]
    for rule in running.rules:
        for index, (old, series) in enumerate(left):
            if (old.kind, old.name, old.labels) == (rule.rule.kind, rule.rule.name, rule.rule.labels):
                rule.series = series
                del left[index]
                break
