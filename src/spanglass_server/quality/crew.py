"""What live evaluation and runs over history share: targets go in, are opened, judged and scored, and each is
told when it is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

import structlog

from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, ScoreForm
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy, QueryTooLarge, SpanglassError
from spanglass_server.model.evaluation import EvaluationFailure, EvaluatorDefinition, HistoryRun
from spanglass_server.quality.definitions import forms_of, parse_target_filter
from spanglass_server.quality.execution import Calling, Computing, Execution, Result, Waiting
from spanglass_server.quality.judging import ReadyEvaluator
from spanglass_server.quality.patience import OnStatus, Patience, Troubles
from spanglass_server.quality.results import expected_ids, to_records
from spanglass_server.quality.targets import target_of
from spanglass_server.query.ast import Expression
from spanglass_server.store.evaluation import EvaluatorStore, TargetKey, TargetReader
from spanglass_server.store.ports import OpenTrace, ScoreReader
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.scores import ScoreRecord, encode_scores

log = structlog.get_logger(__name__)

T = TypeVar("T")

Outcome: TypeAlias = Literal["scored", "empty", "failed", "skipped"]
"""`empty`: there was nothing to judge. `skipped`: it has its score already."""

_OPENED_MAX: Final = 16
"""Traces opened at a time: a few of them wait in memory for their turn."""


class ScoreSink(Protocol):
    """`app.evaluations`: the ingest's queue."""

    def store(self, project_id: str, scores: bytes) -> "Future[Sequence[Rejection]]":
        """What `encode_scores` wrote; done when it is stored. Raises, and its future raises, Busy."""


class Builder(Protocol):
    """`quality.judging.Judging`."""

    def build(self, definition: EvaluatorDefinition, *, run: HistoryRun | None = None) -> ReadyEvaluator: ...


OnScored: TypeAlias = Callable[[EvaluatorDefinition, EvaluationTarget, Sequence[ScoreRecord]], None]
"""Told of each target when what live evaluation gave it is stored. Never raises and never waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPorts:
    store: EvaluatorStore
    targets: TargetReader
    scores: ScoreReader
    sink: ScoreSink
    judging: Builder
    reading: Executor
    """Threads that wait for stores."""
    computing: Executor
    """Threads that read messages and apply rules: one, since they share the interpreter with ingest."""
    now_ns: Clock
    on_scored: OnScored

    async def read(self, function: Callable[..., T], *arguments: Any) -> T:
        """Raises Busy, and EvaluatorProblem where storage cannot answer what it was asked."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.reading, lambda: function(*arguments))
        except (Busy, QueryTooLarge):
            raise
        except SpanglassError as error:
            raise EvaluatorProblem(error.message, scope="evaluator", hint=error.hint) from error


class Current(NamedTuple):
    """An evaluator as it judges now."""

    definition: EvaluatorDefinition
    ready: ReadyEvaluator
    forms: Sequence[ScoreForm]
    where: Expression | None
    sampling_rate: float


def make_current(judging: Builder, definition: EvaluatorDefinition, run: HistoryRun | None = None) -> Current:
    """Raises EvaluatorProblem and BadInput where it cannot run."""
    text, rate = (
        (definition.filter, definition.sampling_rate) if run is None else (run.filter, run.sampling_rate)
    )
    where = parse_target_filter(text, definition.target_type)
    return Current(definition, judging.build(definition, run=run), forms_of(definition), where, rate)


class _Item(NamedTuple):
    key: TargetKey
    target: EvaluationTarget
    environment: str


OnDone: TypeAlias = Callable[[TargetKey, Outcome, str], None]
"""With the reason where it failed."""


class Crew:
    """Workers of one evaluator, on one loop. `run` until cancelled; `feed` beside it."""

    def __init__(
        self,
        ports: EvaluationPorts,
        current: Current,
        *,
        on_status: OnStatus,
        on_done: OnDone,
        on_scored: OnScored | None = None,
        before_each: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`before_each`: awaited before a target is judged; what has time waits there."""
        self._ports = ports
        self._current = current
        troubles = Troubles(on_status)
        self._judges = Patience(troubles.of("judges"))
        self.storage = Patience(troubles.of("storage"))
        """For all that is asked of stores: a judge that is down does not keep it from going well."""
        self._on_done = on_done
        self._on_scored = on_scored
        self._before_each = before_each
        self._execution = self._choose_execution()
        self._pace = Pace()
        self._items: asyncio.Queue[Sequence[_Item]] = asyncio.Queue(maxsize=max(2, self._worker_count))
        self._workers: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    def redefine(self, current: Current) -> None:
        """From the next target on."""
        is_other_kind = current.definition.kind != self._current.definition.kind
        self._current = current
        if is_other_kind:
            self.close()
            self._execution = self._choose_execution()
        self._judges.wake()
        self._changed.set()

    async def run(self) -> None:
        changed = asyncio.create_task(self._changed.wait())
        try:
            while True:
                while len(self._workers) < self._worker_count:
                    self._workers.add(asyncio.create_task(self._work(len(self._workers))))
                done, _ = await asyncio.wait((changed, *self._workers), return_when=asyncio.FIRST_COMPLETED)
                if changed in done:
                    self._changed.clear()
                    changed = asyncio.create_task(self._changed.wait())
                for worker in done & self._workers:
                    self._workers.discard(worker)
                    worker.result()
        finally:
            for task in (changed, *self._workers):
                task.cancel()
            await asyncio.gather(changed, *self._workers, return_exceptions=True)

    def close(self) -> None:
        """After `run` has ended: let go of what the evaluator holds."""
        if isinstance(self._execution, Calling):
            self._execution.close()

    async def feed(self, keys: Sequence[TargetKey]) -> None:
        """Returns when the last of them has been taken, or waits for a worker."""
        judged = await self.storage.attempt(lambda: self._find_judged(keys))
        for key in keys:
            if (key.trace_id, key.span_id) in judged:
                self._on_done(key, "skipped", "")
        fresh = [key for key in keys if (key.trace_id, key.span_id) not in judged]
        for start in range(0, len(fresh), _OPENED_MAX):
            await self._feed_opened(fresh[start : start + _OPENED_MAX])

    async def _feed_opened(self, keys: Sequence[TargetKey]) -> None:
        project_id = self._current.definition.project_id
        try:
            opened = await self.storage.attempt(
                lambda: self._ports.read(self._ports.targets.open_traces, project_id, keys)
            )
        except QueryTooLarge as error:
            if len(keys) > 1:
                for key in keys:
                    await self._feed_opened([key])
                return
            await self._fail(
                self._current, [(keys[0], f"its trace is too large to be read: {error.message}")]
            )
            return
        loop = asyncio.get_running_loop()
        items = await loop.run_in_executor(self._ports.computing, _to_items, keys, opened)
        there = {item.key for item in items}
        for key in keys:
            if key not in there:
                self._on_done(key, "empty", "")
        size = self._execution.targets_max
        for start in range(0, len(items), size):
            await self._items.put(items[start : start + size])

    async def _find_judged(self, keys: Sequence[TargetKey]) -> set[tuple[str, str]]:
        """Those that have a score of this version."""
        definition, forms = self._current.definition, self._current.forms
        if not forms:
            return await self._ports.read(self._find_judged_in_traces, definition, keys)
        ids = {
            found_id: (key.trace_id, key.span_id)
            for key in keys
            for found_id in expected_ids(definition, forms, key.trace_id, key.span_id)
        }
        found = await self._ports.read(self._ports.scores.find_scores, definition.project_id, list(ids))
        return {ids[found_id] for found_id in found}

    def _find_judged_in_traces(
        self, definition: EvaluatorDefinition, keys: Sequence[TargetKey]
    ) -> set[tuple[str, str]]:
        """Of an evaluator that names its scores only when it gives them."""
        found = self._ports.scores.list_scores_of(definition.project_id, [key.trace_id for key in keys])
        own = (definition.id, definition.version)
        return {
            (trace_id, score.span_id)
            for trace_id, scores in found.items()
            for score in scores
            if (score.evaluator_id, score.evaluator_version) == own
        }

    async def _work(self, number: int) -> None:
        while number < self._worker_count:
            if self._before_each is not None:
                await self._before_each()
            items = await self._items.get()
            await self._judge(items)

    async def _judge(self, items: Sequence[_Item]) -> None:
        limit = self._current.definition.calls_per_minute_max
        if limit is not None:
            await self._pace.take(len(items), limit)
        targets = [item.target for item in items]

        async def evaluate() -> tuple[Current, list[Result]]:
            current = self._current
            return current, await self._execution.evaluate(current.ready, targets)

        try:
            current, results = await self._judges.attempt(evaluate)
        except EvaluatorProblem as problem:
            current, results = self._current, [problem] * len(items)
        await self._conclude(current, items, results)

    async def _conclude(self, current: Current, items: Sequence[_Item], results: Sequence[Result]) -> None:
        failures: list[tuple[TargetKey, str]] = []
        records: list[tuple[_Item, list[ScoreRecord]]] = []
        for item, result in zip(items, results, strict=True):
            try:
                records.append((item, _records_of(current, item, result)))
            except EvaluatorProblem as problem:
                failures.append(
                    (item.key, f"{problem.message}; {problem.hint}" if problem.hint else problem.message)
                )
        await self._store(current.definition, [record for _, found in records for record in found])
        if failures:
            await self._fail(current, failures)
        for item, found in records:
            if found and self._on_scored is not None:
                self._on_scored(current.definition, item.target, found)
            self._on_done(item.key, "scored" if found else "empty", "")

    async def _store(self, definition: EvaluatorDefinition, records: Sequence[ScoreRecord]) -> None:
        """Acknowledged, so that whoever goes on after a crash finds them."""
        if not records:
            return
        body = encode_scores(records)

        async def store() -> bool:
            stored = self._ports.sink.store(definition.project_id, body)
            for rejection in await asyncio.wrap_future(stored):
                log.warning("evaluation_score_rejected", evaluator=definition.name, reason=rejection.reason)
            return True

        await self.storage.attempt(store)

    async def _fail(self, current: Current, failures: Sequence[tuple[TargetKey, str]]) -> None:
        definition = current.definition
        now_ns = self._ports.now_ns()
        rows = [
            EvaluationFailure(definition.id, definition.version, key.trace_id, key.span_id, reason, 1, now_ns)
            for key, reason in failures
        ]
        await self.storage.attempt(lambda: self._ports.read(self._put_failures, rows))
        for key, reason in failures:
            self._on_done(key, "failed", reason)

    def _put_failures(self, rows: Sequence[EvaluationFailure]) -> bool:
        self._ports.store.put_failures(rows)
        return True

    @property
    def _worker_count(self) -> int:
        if isinstance(self._execution, Computing):
            return 1
        return max(1, self._current.definition.concurrency_max)

    def _choose_execution(self) -> Execution:
        if self._current.ready.is_judge:
            return Waiting()
        if self._current.definition.kind == "python":
            return Calling()
        return Computing(self._ports.computing)


class Pace:
    """Spreads targets evenly over a minute. For one loop."""

    def __init__(
        self,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._free_at_s = 0.0

    async def take(self, count: int, per_minute_max: int) -> None:
        now_s = self._monotonic_s()
        starts_at_s = max(now_s, self._free_at_s)
        self._free_at_s = starts_at_s + count * 60.0 / per_minute_max
        if starts_at_s > now_s:
            await self._sleep(starts_at_s - now_s)


def _to_items(keys: Sequence[TargetKey], opened: Mapping[str, OpenTrace]) -> list[_Item]:
    """Without those that are gone, and what an evaluator itself recorded."""
    items: list[_Item] = []
    for key in keys:
        trace = opened.get(key.trace_id)
        target = target_of(trace, key.span_id) if trace is not None else None
        if trace is not None and target is not None:
            items.append(_Item(key, target, trace.trace["environment"]))
    return items


def _records_of(current: Current, item: _Item, result: Result) -> list[ScoreRecord]:
    if isinstance(result, EvaluatorProblem):
        raise result
    return to_records(
        result,
        current.definition,
        item.target,
        forms=current.forms,
        sampling_rate=current.sampling_rate,
        environment=item.environment,
    )
