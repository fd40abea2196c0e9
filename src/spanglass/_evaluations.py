"""Evaluations in the background of an application: a bounded queue, a thread that judges, and an event loop
on another for evaluators that wait for a model.

The application's threads only append. A full queue drops what comes next, counts it, and says so once. The
threads start with the first evaluation and are made anew in a forked child.
"""

import asyncio
import inspect
import os
import threading
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.trace import SpanContext

from spanglass._log import log_once, logger
from spanglass._prepared import PreparedEvaluator, forget_prepared
from spanglass._scores import Score, score

if TYPE_CHECKING:
    from spanglass.evaluators import EvaluationTarget

QUEUE_MAX = 1_000
"""Evaluations that may wait."""
CHARS_MAX = 64_000_000
"""Of their texts."""
WAITING_MAX = 16
"""Evaluations that wait for a model at the same time."""
READY_MAX = QUEUE_MAX // 2
"""Evaluations that wait until fewer wait for a model."""
TIMEOUT_S = 300.0
"""Of one evaluation that waits, retries of a judge included."""

CLOSE_S = 1.0
"""For closing connections at the end."""


class Judged(NamedTuple):
    """One evaluation that is asked for."""

    prepared: PreparedEvaluator
    trace_id: str
    span_id: str
    session_id: str | None
    """What is judged where there is no trace id; else only what the evaluator sees."""
    sampling_rate: float
    facts: Mapping[str, Any]
    """Fields of an EvaluationTarget; messages and documents as `_evaluate._captured` leaves them."""
    link: SpanContext | None

    def size(self) -> int:
        facts = self.facts
        texts = (facts["input"], facts["output"], facts["reference"], *facts["metadata"].values())
        items = (*facts["messages"], *facts["documents"])
        return sum(map(len, texts)) + sum(len(item if isinstance(item, str) else item[0]) for item in items)

    def target(self) -> "EvaluationTarget":
        from spanglass._evaluation_texts import make_target

        return make_target(self)


class Evaluations:
    """Takes evaluations on any thread, judges on its own. No method raises."""

    def __init__(self) -> None:
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """The state of a process that has been asked for nothing yet."""
        self._lock = threading.RLock()  # reentrant, as the sender's
        self._wake = threading.Condition(self._lock)
        self._progress = threading.Condition(self._lock)
        self._queue: deque[tuple[int, Judged]] = deque()
        self._ready: deque[tuple[int, Judged, Awaitable[Sequence[Score]]]] = deque()
        """Those that wait until fewer wait for a model."""
        self._sizes: dict[int, int] = {}
        """By number, of all that are not finished; in order."""
        self._chars = 0
        self._taken = 0
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.dropped = 0
        """Evaluations lost: to a full queue, or to the end of the process."""
        self.failed = 0
        """Evaluations whose evaluator raised or took too long."""

    def put(self, judged: Judged) -> bool:
        size = judged.size()
        with self._lock:
            if len(self._sizes) >= QUEUE_MAX or self._chars + size > CHARS_MAX:
                self.dropped += 1
                is_full = True
            else:
                is_full = False
                self._taken += 1
                self._sizes[self._taken] = size
                self._chars += size
                self._queue.append((self._taken, judged))
                self._wake.notify()
        if is_full:
            log_once(
                "evaluations full",
                "%d evaluations are waiting: further ones are dropped (a lower sample_rate asks for fewer)",
                QUEUE_MAX,
            )
            return False
        if self._thread is None:
            self._start()
        return True

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="spanglass-evaluator", daemon=True)
            self._thread = thread
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending
            self._thread = None

    def flush(self, timeout_s: float) -> bool:
        """Whether all that was asked for before has been judged (or has failed) in time."""
        end = monotonic() + timeout_s
        with self._lock:
            goal = self._taken
            while self._sizes and next(iter(self._sizes)) <= goal:
                left = end - monotonic()
                if left <= 0 or self._thread is None:
                    return False
                self._progress.wait(left)
        return True

    def close(self, timeout_s: float) -> None:
        """Waits for what is asked for at most so long, and forgets the rest."""
        if not self._taken:
            return
        self.flush(timeout_s)
        forget_prepared()
        with self._lock:
            lost, loop = len(self._sizes), self._loop
            self._queue.clear()
            while self._ready:
                _discard(self._ready.popleft()[2])
            self._sizes.clear()
            self._chars = 0
            self.dropped += lost
            self._progress.notify_all()
        if lost:
            logger.warning("%d evaluations were not finished before the end", lost)
        if loop is not None:
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(_end_all(), loop).result(CLOSE_S)

    # On the thread that judges.

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._queue:
                    self._wake.wait()
                number, judged = self._queue.popleft()
            try:
                self._judge(number, judged)
            except Exception as error:  # noqa: BLE001 - a user's evaluator may raise anything
                self._fail(number, judged, error)

    def _judge(self, number: int, judged: Judged) -> None:
        evaluator = judged.prepared.built()
        if evaluator is None:
            self._finish(number)
            return
        result = evaluator.evaluate(judged.target())
        if not inspect.isawaitable(result):
            send_scores(judged, result, {})
            self._finish(number)
            return
        with self._lock:
            is_full = len(self._ready) >= READY_MAX
            if not is_full:
                self._ready.append((number, judged, result))
        if is_full:
            self._drop_waiting(number, judged, result)
        self._start_ready()

    def _drop_waiting(self, number: int, judged: Judged, awaitable: Awaitable[Sequence[Score]]) -> None:
        """A judge that hangs must not fill the queue of those that do not wait."""
        _discard(awaitable)
        self.dropped += 1
        log_once(
            "evaluations waiting",
            "%d evaluations wait for models: further ones of %s are dropped",
            READY_MAX,
            judged.prepared.name,
        )
        self._finish(number)

    def _fail(self, number: int, judged: Judged, error: BaseException) -> None:
        name = judged.prepared.name
        self.failed += 1
        hint = getattr(error, "hint", "")
        log_once(
            f"evaluator {name} {type(error).__name__}",
            "the evaluator %s failed: %s: %s%s",
            name,
            type(error).__name__,
            error,
            f"; {hint}" if hint else "",
        )
        logger.debug("the evaluator %s failed", name, exc_info=error)
        self._finish(number)

    def _finish(self, number: int) -> None:
        with self._lock:
            self._chars -= self._sizes.pop(number, 0)
            self._progress.notify_all()

    # On the event loop.

    def _start_ready(self) -> None:
        """Lets wait what may wait."""
        with self._lock:
            while self._ready and self._waiting < WAITING_MAX:
                number, judged, awaitable = self._ready.popleft()
                self._waiting += 1
                asyncio.run_coroutine_threadsafe(self._wait(number, judged, awaitable), self._running_loop())

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="spanglass-judges", daemon=True).start()
        return self._loop

    async def _wait(self, number: int, judged: Judged, awaitable: Awaitable[Sequence[Score]]) -> None:
        from spanglass._judge_spans import evaluator_span

        try:
            with evaluator_span(judged) as evaluation:
                async with asyncio.timeout(TIMEOUT_S):
                    scores = await awaitable
                metadata = evaluation.metadata()
            send_scores(judged, scores, metadata)
            self._finish(number)
        except asyncio.CancelledError:
            self._finish(number)
        except Exception as error:  # noqa: BLE001 - a user's evaluator may raise anything
            self._fail(number, judged, error)
        finally:
            with self._lock:
                self._waiting -= 1
            self._start_ready()


def send_scores(judged: Judged, scores: Sequence[Score], metadata: Mapping[str, object]) -> None:
    prepared = judged.prepared
    target = judged.trace_id or judged.session_id or ""
    for given in scores:
        name = given.name or prepared.name
        score(
            name,
            given.value,
            trace_id=judged.trace_id or None,
            span_id=judged.span_id or None,
            session_id=None if judged.trace_id else judged.session_id,
            comment=given.comment,
            id=prepared.score_id(target, judged.span_id, name),
            metadata={**(given.metadata or {}), **metadata} or None,
            quality=given.quality,
            source="evaluator",
            author=prepared.name,
            sampling_rate=judged.sampling_rate,
            evaluator_id=prepared.name,
            evaluator_version=prepared.version,
        )


def _discard(awaitable: Awaitable[Any]) -> None:
    close = getattr(awaitable, "close", None)  # as coroutines have it, and evaluators of functions
    if close is not None:
        close()


async def _end_all() -> None:
    """Ends what still waits for a model, and the connections to models."""
    from spanglass._judge_spans import close_environment_judges

    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await close_environment_judges()


evaluations = Evaluations()
"""Of this process."""
