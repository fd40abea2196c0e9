"""Servers that evaluate together: definitions in a database, targets in memory, real threads."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.support.spans import EPOCH_NS, SpanFactory
from tests.unit.quality.test_targets import DEFINITION, opened

from spanglass._scores import Score as Given
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, is_sampled
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.evaluation import EvaluatorDefinition, EvaluatorState, HistoryRun
from spanglass_server.model.score import Score
from spanglass_server.normalize.scores import normalize_score
from spanglass_server.quality.crew import EvaluationPorts
from spanglass_server.quality.runner import EvaluationRunner, RunnerOptions
from spanglass_server.store.evaluation import Place, TargetKey
from spanglass_server.store.lease import LeaseKeeper
from spanglass_server.store.library import Slice
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore, open_evaluator_store
from spanglass_server.store.metadata.rules import SqlRuleStore, open_rule_store
from spanglass_server.store.ports import OpenTrace
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.scores import decode_scores

FIRST = DEFINITION._replace(project_id="default", updated_at_ns=0, created_at_ns=0)
WAIT_S = 60.0


class World:
    """What all servers share."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'metadata.db'}"
        self.directory = open_directory(url)
        self.directory.migrate()
        self.evaluators: SqlEvaluatorStore = open_evaluator_store(url)
        self.leases: SqlRuleStore = open_rule_store(url)
        self.factory = SpanFactory("default")
        self.traces: dict[str, tuple[int, OpenTrace]] = {}
        self.stored: Counter[str] = Counter()
        self.scores: dict[str, Score] = {}
        self.judge: Callable[[EvaluatorDefinition, EvaluationTarget], Sequence[Given]] = lambda *_: [Given(1)]
        self.is_storage_down = False
        self.lock = threading.Lock()
        self.servers: list[Server] = []

    def add(self, count: int) -> list[str]:
        made: list[str] = []
        for _ in range(count):
            spans = self.factory.rag_trace()
            with self.lock:
                position = time.time_ns()
                self.traces[spans[0].trace_id] = (position, opened(self.factory, spans))
            made.append(spans[0].trace_id)
        return made

    def settled_ns(self) -> int:
        with self.lock:
            return time.time_ns()

    def await_scores(self, count: int) -> None:
        wait_until(lambda: len(self.scores) >= count)

    def close(self) -> None:
        for server in list(self.servers):
            server.stop()
        self.evaluators.close()
        self.leases.close()
        self.directory.close()

    # TargetReader, ScoreReader, ScoreSink and Builder, as far as the runner asks them.

    def list_stored(
        self,
        project_id: str,
        target_type: str,
        where: object,
        *,
        after: Place,
        until_ns: int,
        sampling_rate: float,
        limit: int,
    ) -> Sequence[TargetKey]:
        with self.lock:
            found = sorted((position, trace_id) for trace_id, (position, _) in self.traces.items())
        return [
            TargetKey(trace_id, "", EPOCH_NS, position)
            for position, trace_id in found
            if (position, trace_id) > after[:2]
            and position < until_ns
            and is_sampled(trace_id, sampling_rate)
        ][:limit]

    def list_history(
        self, project_id: str, target_type: str, where: object, **more: Any
    ) -> Sequence[TargetKey]:
        more.pop("during")
        after = more.pop("after") or Place(0, "")
        return self.list_stored(project_id, target_type, where, after=after, until_ns=2**62, **more)

    def newest_stored_ns(self, project_id: str) -> int | None:
        return max((position for position, _ in self.traces.values()), default=None)

    def open_traces(self, project_id: str, keys: Sequence[TargetKey]) -> Mapping[str, OpenTrace]:
        return {key.trace_id: self.traces[key.trace_id][1] for key in keys if key.trace_id in self.traces}

    def find_scores(self, project_id: str, score_ids: Sequence[str]) -> Mapping[str, Score]:
        return {score_id: self.scores[score_id] for score_id in score_ids if score_id in self.scores}

    def store(self, project_id: str, scores: bytes) -> "Future[Sequence[Rejection]]":
        if self.is_storage_down:
            raise StorageUnavailable("storage is down")
        for record in decode_scores(scores):
            self.stored[record.trace_id] += 1
            self.scores[record.score_id] = normalize_score(record, project_id=project_id, now_ns=1, version=1)
        reply: Future[Sequence[Rejection]] = Future()
        reply.set_result(())
        return reply

    def build(self, definition: EvaluatorDefinition, *, run: HistoryRun | None = None) -> "Ready":
        return Ready(self, definition)


class Ready:
    is_judge = False
    run_spent_usd = 0.0

    def __init__(self, world: World, definition: EvaluatorDefinition) -> None:
        self._world = world
        self._definition = definition

    def evaluate(self, target: EvaluationTarget) -> Sequence[Given]:
        return self._world.judge(self._definition, target)


class Server:
    def __init__(self, world: World, name: str) -> None:
        self._reading, self._computing = ThreadPoolExecutor(2), ThreadPoolExecutor(1)
        shared: Any = world
        ports = EvaluationPorts(
            store=world.evaluators,
            targets=shared,
            scores=shared,
            sink=shared,
            judging=shared,
            reading=self._reading,
            computing=self._computing,
            now_ns=time.time_ns,
            on_scored=lambda *_: None,
        )
        lease = LeaseKeeper(world.leases, "evaluations", holder=name, monotonic_ns=time.monotonic_ns)
        self.runner = EvaluationRunner(ports, lease, world.settled_ns, RunnerOptions(tick_s=0.02))
        self.runner.start()
        world.servers.append(self)
        self._world = world

    def stop(self) -> None:
        self._world.servers.remove(self)
        self.runner.stop()
        self._reading.shutdown()
        self._computing.shutdown()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_of_two_servers_one_judges_and_the_other_goes_on_where_it_stopped(world: World) -> None:
    world.evaluators.put_evaluator(FIRST)
    first = Server(world, "one")
    wait_until(lambda: first.runner.is_leading)
    second = Server(world, "two")
    early = world.add(40)
    world.await_scores(40)
    assert not second.runner.is_leading
    first.stop()
    wait_until(lambda: second.runner.is_leading)
    late = world.add(40)
    world.await_scores(80)
    second.stop()
    assert world.stored == dict.fromkeys([*early, *late], 1)
    assert world.evaluators.find_states(["e1"])["e1"].scored_count == 80


def test_one_evaluator_that_fails_leaves_the_others_alone(world: World) -> None:
    """By a surprise, by a problem of single targets, by a judge that is down."""

    def judge(definition: EvaluatorDefinition, target: EvaluationTarget) -> Sequence[Given]:
        if definition.name == "surprise":
            raise KeyError("price")
        if definition.name == "choosy" and target.trace_id.endswith(("1", "3", "5", "7", "9")):
            raise EvaluatorProblem("odd ones are too long")
        return [Given(1)]

    world.judge = judge
    for name in ("stars", "surprise", "choosy"):
        world.evaluators.put_evaluator(FIRST._replace(id=name, name=name))
    server = Server(world, "one")
    traces = world.add(20)
    odd = [trace_id for trace_id in traces if trace_id.endswith(("1", "3", "5", "7", "9"))]
    world.await_scores(40 - len(odd))
    store = world.evaluators
    wait_until(lambda: store.list_failures("surprise", Slice(1, 0)).total == 20)
    wait_until(lambda: store.list_failures("choosy", Slice(1, 0)).total == len(odd))
    wait_until(lambda: sum(state.failed_count for state in states(world).values()) == 20 + len(odd))
    server.stop()
    assert "KeyError" in states(world)["surprise"].last_error
    assert states(world)["stars"].failed_count == 0


def state_of(world: World, evaluator_id: str) -> EvaluatorState | None:
    """None until the runner has written one down, which it does after the first scores."""
    return world.evaluators.find_states([evaluator_id]).get(evaluator_id)


def states(world: World) -> Mapping[str, EvaluatorState]:
    return world.evaluators.find_states(["stars", "surprise", "choosy"])


def test_storage_that_refuses_scores_holds_the_watermark(world: World) -> None:
    world.evaluators.put_evaluator(FIRST)
    world.is_storage_down = True
    server = Server(world, "one")
    traces = world.add(5)
    store = world.evaluators
    wait_until(lambda: (found := state_of(world, "e1")) is not None and found.status == "failing")
    assert store.find_states(["e1"])["e1"].watermark_version_ns < world.traces[traces[0]][0]
    assert not world.scores
    world.is_storage_down = False
    world.await_scores(5)
    server.stop()
    assert world.stored == dict.fromkeys(traces, 1)
    assert store.find_states(["e1"])["e1"].status == "running"


def test_a_deleted_evaluator_stops_and_a_new_one_starts_while_it_runs(world: World) -> None:
    world.evaluators.put_evaluator(FIRST)
    server = Server(world, "one")
    world.add(3)
    world.await_scores(3)
    world.evaluators.delete_evaluator("default", "e1")
    # It begins where it was made.
    world.evaluators.put_evaluator(FIRST._replace(id="e2", name="other", updated_at_ns=time.time_ns()))
    world.add(2)
    world.await_scores(5)
    server.stop()
    assert Counter(score.author for score in world.scores.values()) == {"stars": 3, "other": 2}


def test_a_cancelled_run_stops_and_stays_cancelled(world: World) -> None:
    gate = threading.Event()
    world.evaluators.put_evaluator(FIRST._replace(is_enabled=False))
    traces = world.add(400)

    def judge(_definition: EvaluatorDefinition, target: EvaluationTarget) -> Sequence[Given]:
        if target.trace_id not in traces[:20]:
            gate.wait(WAIT_S)
        return [Given(1)]

    world.judge = judge
    run = history(world)
    server = Server(world, "one")
    world.await_scores(16)
    world.evaluators.put_run(run._replace(status="cancelled"))
    gate.set()
    wait_until(lambda: not world.evaluators.list_open_runs())
    time.sleep(0.1)
    server.stop()
    found = world.evaluators.find_run("default", "r1")
    assert found is not None
    assert found.status == "cancelled"
    assert len(world.scores) < 400


def test_a_run_over_history_skips_what_has_a_score_and_says_what_it_did(world: World) -> None:
    world.evaluators.put_evaluator(FIRST)
    server = Server(world, "one")
    world.add(30)
    world.await_scores(30)
    wait_until(lambda: (found := state_of(world, "e1")) is not None and found.scored_count == 30)
    world.evaluators.put_evaluator(FIRST._replace(is_enabled=False))
    wait_until(lambda: (found := state_of(world, "e1")) is not None and found.status == "paused")
    world.add(20)
    history(world)
    wait_until(lambda: not world.evaluators.list_open_runs())
    server.stop()
    run = world.evaluators.find_run("default", "r1")
    assert run is not None
    assert (run.status, run.done_count, run.scored_count, run.skipped_count) == ("done", 50, 20, 30)
    assert set(world.stored.values()) == {1}


def history(world: World) -> HistoryRun:
    run = HistoryRun(
        project_id="default", id="r1", evaluator_id="e1", evaluator_version=1, from_ns=0, to_ns=2**62,
        filter="", sampling_rate=1.0, budget_usd=None, status="waiting", reason="", position_start_ns=0,
        position_trace_id="", target_count=0, done_count=0, scored_count=0, failed_count=0, empty_count=0,
        skipped_count=0, cost_usd=0.0, created_at_ns=1, updated_at_ns=1,
    )  # fmt: skip
    world.evaluators.put_run(run)
    return run
