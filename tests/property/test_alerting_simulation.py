"""Rules under everything that happens to servers, on a clock that moves when told. The seed of each run is
printed; SPANGLASS_TEST_SEED runs one again."""

import os
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from tests.support.rule_story import START_S, Server, Told, World

from spanglass_server.base.errors import StorageUnavailable

INTERVAL_S, FOR_S, KEEP_S = 10, 30, 20
TTL_S = 15
RULES = f"""
groups:
- name: g
  interval: {INTERVAL_S}s
  rules:
  - {{record: "heat:max", expr: "max by (room) (heat)"}}
  - alert: Hot
    expr: heat:max > 5
    for: {FOR_S}s
    keep_firing_for: {KEEP_S}s
    labels: {{severity: page}}
"""
ROOMS = ("attic", "cellar", "hall")
SEEDS = [int(os.environ["SPANGLASS_TEST_SEED"])] if "SPANGLASS_TEST_SEED" in os.environ else range(12)


class Was(NamedTuple):
    """What was true in a second."""

    at_s: int
    hot: frozenset[str]
    is_calm: bool
    """A server has evaluated without disturbance for a while."""


class Simulation:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World()
        self.servers = [Server(self.world, name, rules={"r.yml": RULES}) for name in "ab"]
        self.down: set[str] = set()
        self.heat = dict.fromkeys(ROOMS, 1.0)
        self.history: list[Was] = []
        self.calm_since_s = 0
        for room in ROOMS:
            self.world.set("heat", 1, room=room)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self._disturb()
            self.world.move(1_000)
            for server in self.servers:
                if server.name not in self.down:
                    self._tick(server)
            self._remember()

    def _tick(self, server: Server) -> None:
        try:
            server.manager.tick()
        except StorageUnavailable:
            self._disturbed()

    def _remember(self) -> None:
        if self.world.store.failure or self.world.series.failure:
            self._disturbed()
        hot = frozenset(room for room, value in self.heat.items() if value > 5)
        now_s = self.world.elapsed_s
        self.history.append(Was(now_s, hot, now_s - self.calm_since_s > TTL_S + INTERVAL_S))

    def _disturbed(self) -> None:
        self.calm_since_s = self.world.elapsed_s

    def _disturb(self) -> None:
        if self.random.random() < 0.02:
            room = self.random.choice(ROOMS)
            self.heat[room] = self.random.choice((1.0, 9.0))
            self.world.set("heat", self.heat[room], room=room)
        if self.random.random() < 0.005:
            self._kill_or_start()
        is_broken = self.world.store.failure or self.world.series.failure
        if self.random.random() < (0.03 if is_broken else 0.003):
            self._break_or_mend_storage()
        if self.random.random() < 0.001:
            self.world.jump(self.random.choice((-3_600, -45, 20, 3_600)))
            self._disturbed()

    def _kill_or_start(self) -> None:
        """A killed server comes back as a new process: it knows nothing but what is stored."""
        self._disturbed()
        index = self.random.randrange(2)
        name = "ab"[index]
        if name in self.down:
            self.down.remove(name)
            self.servers[index] = Server(self.world, name, rules={"r.yml": RULES})
        elif not self.down:
            self.down.add(name)

    def _break_or_mend_storage(self) -> None:
        self._disturbed()
        store, series = self.world.store, self.world.series
        if store.failure or series.failure:
            store.failure = series.failure = None
        else:
            self.random.choice((store, series)).failure = StorageUnavailable("down")

    def mend(self) -> None:
        """Everything works again, and nothing is hot."""
        self.world.store.failure = None
        self.world.series.failure = None
        self.down.clear()
        for room in ROOMS:
            self.heat[room] = 1.0
            self.world.set("heat", 1, room=room)
        self.random = _Calm()
        self.run(300)


class _Calm(random.Random):
    def random(self) -> float:
        return 1.0


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed-{seed}")
def simulation(request: pytest.FixtureRequest) -> Simulation:
    print(f"seed {request.param}: SPANGLASS_TEST_SEED={request.param} runs it again")  # noqa: T201
    made = Simulation(request.param)
    made.run(2_400)
    return made


def test_alerts_tell_the_truth_whatever_happens_to_servers(simulation: Simulation) -> None:
    _check_each_evaluation_is_told_by_one_server(simulation.world.told)
    _check_firing_alerts_were_hot(simulation)
    _check_what_was_hot_for_long_in_calm_was_told(simulation)
    simulation.mend()
    _check_all_ended(simulation)


def _check_each_evaluation_is_told_by_one_server(told: Sequence[Told]) -> None:
    """Near in time: a clock that was set back makes another evaluation of the same time later."""
    last: dict[tuple[object, int], Told] = {}
    for one in told:
        key = (one.alert.labels, one.alert.updated_at_ms)
        before = last.get(key, one)
        assert one.server == before.server or one.at_s - before.at_s > INTERVAL_S
        last[key] = one


def _check_firing_alerts_were_hot(simulation: Simulation) -> None:
    """Never out of thin air: the room was hot within the time that evaluation, lookback of an outage and
    keep_firing_for may take."""
    for told in simulation.world.told:
        if told.alert.ends_at_ms:
            continue
        room = dict(told.alert.labels)["room"]
        reach_s = KEEP_S + 3 * INTERVAL_S
        recent = [was for was in simulation.history if told.at_s - reach_s <= was.at_s <= told.at_s]
        assert any(room in was.hot for was in recent) or not all(was.is_calm for was in recent), told


def _check_what_was_hot_for_long_in_calm_was_told(simulation: Simulation) -> None:
    firing = {
        (told.at_s // INTERVAL_S, dict(told.alert.labels)["room"])
        for told in simulation.world.told
        if not told.alert.ends_at_ms
    }
    for room, start_s, end_s in _calm_heat(simulation.history):
        for at_s in range(start_s + FOR_S + 2 * INTERVAL_S, end_s - INTERVAL_S, INTERVAL_S):
            near = range(at_s // INTERVAL_S - 1, at_s // INTERVAL_S + 2)
            assert any((slot, room) in firing for slot in near), (room, at_s)


def _calm_heat(history: Sequence[Was]) -> Iterator[tuple[str, int, int]]:
    """Stretches in which a room was hot and everything worked."""
    for room in ROOMS:
        start_s: int | None = None
        for was in history:
            if room in was.hot and was.is_calm:
                start_s = was.at_s if start_s is None else start_s
            elif start_s is not None:
                yield room, start_s, was.at_s
                start_s = None


def _check_all_ended(simulation: Simulation) -> None:
    assert {state for server in simulation.servers for state in server.states().values()} == {"inactive"}
    last: dict[object, Told] = {}
    for told in simulation.world.told:
        last[told.alert.labels] = told
    assert all(told.alert.ends_at_ms for told in last.values())
    for told in simulation.world.told:
        assert told.alert.starts_at_ms >= (START_S - 8_000) * 1_000
        assert not told.alert.ends_at_ms or told.alert.updated_at_ms >= told.alert.ends_at_ms - 8_000_000
