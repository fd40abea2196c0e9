"""Rules on a clock that moves when told: gauges that stand as they were set, servers that can be killed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tests.support.memory_series import MemorySeries

from spanglass_server.base.errors import NotFound, StorageUnavailable
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.model.alert import Alert
from spanglass_server.model.series import METRIC_NAME, Labels, MetricMetadata, Series, is_stale, labels_of
from spanglass_server.rules.manager import AlertSink, RuleManager, RuleOptions, RulePorts
from spanglass_server.rules.reports import GroupReport
from spanglass_server.rules.round import RoundRunner
from spanglass_server.rules.service import RuleService
from spanglass_server.rules.sources import RulePath, RuleSources
from spanglass_server.store.directory import Project
from spanglass_server.store.lease import LeaseKeeper
from spanglass_server.store.rules import Lease, LeaseLost, StoredGroup, StoredRuleFile
from spanglass_server.store.thresholds import OwnThresholds

START_S = 1_790_000_000
GRID_S = 5
"""Seconds between the samples of a gauge."""


class MemoryThresholds:
    """A ThresholdStore."""

    def __init__(self) -> None:
        self._by_project: dict[str, OwnThresholds] = {}

    def get(self, project_id: str) -> OwnThresholds:
        return self._by_project.get(project_id, {})

    def list_all(self) -> Mapping[str, OwnThresholds]:
        return {project_id: own for project_id, own in self._by_project.items() if own}

    def replace(self, project_id: str, thresholds: OwnThresholds) -> None:
        self._by_project[project_id] = dict(thresholds)

    def close(self) -> None:
        pass


class MemoryRuleStore:
    """A RuleStore. `failure` is raised by everything while it is set."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], StoredRuleFile] = {}
        self.groups: dict[tuple[str, str, str], StoredGroup] = {}
        self.lease: Lease | None = None
        self.failure: StorageUnavailable | None = None
        self._changes = 0

    def files_stamp(self) -> str:
        self._obstruct()
        return str(self._changes)

    def list_files(self, project_id: str | None = None) -> Sequence[StoredRuleFile]:
        self._obstruct()
        return [file for key, file in sorted(self.files.items()) if project_id in (None, key[0])]

    def put_file(self, file: StoredRuleFile) -> None:
        self._obstruct()
        self._changes += 1
        self.files[file.project_id, file.name] = file

    def delete_file(self, project_id: str, name: str) -> bool:
        self._obstruct()
        self._changes += 1
        return self.files.pop((project_id, name), None) is not None

    def load_groups(self, project_id: str) -> Sequence[StoredGroup]:
        self._obstruct()
        return [group for key, group in sorted(self.groups.items()) if key[0] == project_id]

    def save_groups(
        self, lease: Lease, project_id: str, groups: Sequence[StoredGroup], gone: Sequence[StoredGroup] = ()
    ) -> None:
        self._obstruct()
        if self.lease is None or (self.lease.holder, self.lease.epoch) != (lease.holder, lease.epoch):
            raise LeaseLost("another has it")
        for group in gone:
            self.groups.pop((project_id, group.file, group.name), None)
        for group in groups:
            self.groups[project_id, group.file, group.name] = group

    def find_lease(self, name: str) -> Lease | None:
        self._obstruct()
        return self.lease

    def take_lease(self, name: str, holder: str, seen: Lease | None) -> Lease | None:
        self._obstruct()
        if self.lease != seen:
            return None
        self.lease = Lease(name, holder, seen.epoch + 1 if seen else 1, 0)
        return self.lease

    def renew_lease(self, lease: Lease) -> Lease | None:
        self._obstruct()
        if self.lease != lease:
            return None
        self.lease = lease._replace(renewals=lease.renewals + 1)
        return self.lease

    def release_lease(self, lease: Lease) -> None:
        self._obstruct()
        if self.lease == lease:
            self.lease = lease._replace(holder="")

    def close(self) -> None: ...

    def _obstruct(self) -> None:
        if self.failure is not None:
            raise self.failure


class Projects:
    """As much of a Directory as rules ask for."""

    def __init__(self, *names: str) -> None:
        self.projects = [Project(name, name, None, 0) for name in names]

    def list_projects(self) -> Sequence[Project]:
        return list(self.projects)


class RecordedSamples:
    """A SampleWriter into MemorySeries."""

    def __init__(self, series: MemorySeries) -> None:
        self._series = series
        self.failure: StorageUnavailable | None = None
        self.stale: list[tuple[int, Labels]] = []

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None:
        if self.failure is not None:
            raise self.failure
        for one in series:
            labels = dict(one.labels)
            points = list(zip(one.times_ms.tolist(), one.values.tolist(), strict=True))
            self._series.add(project_id, labels.pop(METRIC_NAME), labels, points)
            if is_stale(np.asarray(one.values)).any():
                self.stale.append((int(one.times_ms[-1]), one.labels))

    def write_metadata(self, project_id: str, metadata: Sequence[MetricMetadata]) -> None:
        raise NotFound("rules have no metadata")


class Told(NamedTuple):
    at_s: int
    """Since the story began."""
    server: str
    alert: Alert


class World:
    """What servers share: time, series, the database."""

    def __init__(self, *projects: str) -> None:
        self.now_ms = START_S * 1_000
        self.monotonic_ms = 0
        self.series = MemorySeries()
        self.writer = RecordedSamples(self.series)
        self.store = MemoryRuleStore()
        self.thresholds = MemoryThresholds()
        self.directory = Projects(*(projects or ("default",)))
        self.told: list[Told] = []
        self._gauges: dict[tuple[str, Labels], float] = {}
        self._written_s = START_S - GRID_S

    @property
    def elapsed_s(self) -> int:
        return (self.monotonic_ms) // 1_000

    def set(self, name: str, value: float | None, *, project: str = "default", **labels: str) -> None:
        """From now on; None ends the series."""
        key = (project, labels_of({METRIC_NAME: name, **labels}))
        if value is None:
            self._gauges.pop(key, None)
            stamp = (self.now_ms // 1_000 // GRID_S + 1) * GRID_S * 1_000
            self.series.add(
                project,
                name,
                labels,
                [(stamp, float(np.array([0x7FF0000000000002], np.uint64).view(np.float64)[0]))],
            )
        else:
            self._gauges[key] = value

    def move(self, milliseconds: int) -> None:
        self.now_ms += milliseconds
        self.monotonic_ms += milliseconds
        now_s = self.now_ms // 1_000
        self._written_s = max(self._written_s, now_s // GRID_S * GRID_S - 600)
        while self._written_s + GRID_S <= now_s:
            self._written_s += GRID_S
            for (project, key), value in self._gauges.items():
                labels = dict(key)
                self.series.add(project, labels.pop(METRIC_NAME), labels, [(self._written_s * 1_000, value)])

    def jump(self, seconds: int) -> None:
        """The wall clock is set; no time passes."""
        self.now_ms += seconds * 1_000
        self._written_s = min(self._written_s, self.now_ms // 1_000 // GRID_S * GRID_S)
        self.move(0)


class Server:
    """One that evaluates, or would if another did not."""

    def __init__(
        self,
        world: World,
        name: str = "a",
        *,
        rules: Mapping[str, str] | None = None,
        paths: Sequence[RulePath] = (),
        sink: AlertSink | None = None,
    ) -> None:
        """`rules`: YAML by file name, for every project."""
        self.world = world
        self.name = name
        self._sink = sink
        self.held: list[bool] = []
        self.lease = LeaseKeeper(world.store, "rules", holder=name, monotonic_ns=self._monotonic_ns)
        self.sources = RuleSources(
            world.store,
            paths=paths,
            defaults=rules or {},
            list_thresholds=world.thresholds.list_all,
            monotonic_ns=self._monotonic_ns,
        )
        self.manager = RuleManager(
            RulePorts(
                sources=self.sources,
                store=world.store,
                directory=world.directory,  # type: ignore[arg-type]
                lease=self.lease,
                rounds=RoundRunner(QueryRunner(world.series), world.writer),
                writer=world.writer,
                sink=self,
                now_ns=self._now_ns,
                on_lease=self.held.append,
            ),
            RuleOptions(external_url="http://spanglass.example"),
        )
        self.service = RuleService(
            world.store,
            self.sources,
            world.directory,  # type: ignore[arg-type]
            world.thresholds,
            interval_ms=60_000,
            query_offset_ms=0,
            now_ns=self._now_ns,
        )

    def receive(self, alerts: Sequence[Alert]) -> None:
        self.world.told += [Told(self.world.elapsed_s, self.name, alert) for alert in alerts]
        if self._sink is not None:
            self._sink.receive(alerts)

    def run(self, seconds: float) -> None:
        """Alone, for so long."""
        run([self], seconds)

    def states(self, project: str = "default") -> dict[str, str]:
        """The rules' states by name."""
        return {rule.name: rule.state for group in self.service.list_groups(project) for rule in group.rules}

    def group(self, name: str, project: str = "default") -> GroupReport:
        return next(group for group in self.service.list_groups(project) if group.name == name)

    def _now_ns(self) -> int:
        return self.world.now_ms * 1_000_000

    def _monotonic_ns(self) -> int:
        return (self.world.monotonic_ms + 1) * 1_000_000


def run(servers: Sequence[Server], seconds: float, *, step_ms: int = 1_000) -> None:
    """All of them tick, a second apart."""
    world = servers[0].world
    for _ in range(round(seconds * 1_000) // step_ms):
        world.move(step_ms)
        for server in servers:
            server.manager.tick()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
