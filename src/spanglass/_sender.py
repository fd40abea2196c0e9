"""What leaves the process: a bounded queue, and one thread that posts what is in it.

The application's threads only append bytes. They never wait for the network: a full queue drops what comes
next, counts it, and says so once. The thread starts with the first item, sleeps while there is nothing to
send, and is made anew in a forked child, which sends only what it has queued itself.

What is small is encoded on the thread too, a few hundredths of a second later: an application that calls its
functions now and then gets back to work sooner. One that never rests encodes itself, else the thread, which
waits its turn in Python like any other, would fall behind.

Nothing is imported on the thread: a fork amidst an import would leave the module locked in the child.
"""

import logging
import os
import random
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeAlias

from opentelemetry import context

from spanglass._http import Answer, Poster, Unreachable
from spanglass._log import log_once, logger, say_again

BATCH_BYTES_MAX = 4 << 20
"""Of one request. Large, since each wait for the network costs a busy application's thread switch (5 ms)."""
WAKE_BYTES = 512 << 10
"""Queued bytes that are worth a request before the interval is over."""
UNENCODED_MAX = 128
"""Items that may wait for the thread to encode them."""
LINGER_S = 0.05
"""How long they wait: waking the thread for each would cost more than encoding it."""
YIELD_EVERY = 16
"""Items encoded in a row before another thread may run: about 0.1 ms."""
PASSED_MAX = 2_000
"""Items of other lanes that are looked past for one request."""
GIVE_UP_S = 300.0
"""How long one batch is tried again."""
BACKOFF_S = 0.5
BACKOFF_MAX_S = 30.0
RETRY_AFTER_MAX_S = 120.0
_RETRIED = frozenset({429, 502, 503, 504})
"""OTLP's specification, "Retryable Response Codes"."""


class Lane(NamedTuple):
    """One kind of thing to send."""

    name: str
    """In the plural, for people: spans, scores."""
    url: str
    content_type: str
    items_max: int
    """Of one request."""
    frame: Callable[[Sequence[Any]], bytes]
    """Items to a request's body."""
    rejected: Callable[[bytes], tuple[int, str]]
    """An answer's body to how many items it refused, and why."""


Encode: TypeAlias = Callable[[], tuple[Any, int]]
"""Makes an item, and tells its size in bytes."""


class _Queued(NamedTuple):
    lane: Lane
    item: Any
    size: int
    number: int
    """Of those that were queued, from 1."""


class _Unencoded(NamedTuple):
    lane: Lane
    encode: Encode
    size: int
    """About."""
    number: int


class Sender:
    """Takes items on any thread, posts them on its own. No method raises."""

    def __init__(
        self, make_poster: Callable[[], Poster], *, queue_bytes_max: int, interval_s: float, endpoint: str
    ) -> None:
        self._make_poster = make_poster
        self._queue_bytes_max = queue_bytes_max
        self._interval_s = interval_s
        self._endpoint = endpoint
        self._is_closed = False
        self._reset()
        _restart_after_fork(self)

    def _reset(self) -> None:
        """The state of a process that has queued nothing yet."""
        # Reentrant: a signal's handler, or the garbage collector that closes a generator, may end a span
        # while its thread is in here.
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._progress = threading.Condition(self._lock)
        self._items: deque[_Queued | _Unencoded] = deque()
        self._unencoded = 0
        self._backlog: deque[_Queued] = deque()
        """Taken from the queue and encoded by the thread that sends, and its own."""
        self._bytes = 0
        self._taken = 0
        self._finished = 0
        self._done_through = 0
        """All up to this number have been dealt with."""
        self._flush_goal = 0
        self._deadline: float | None = None
        self._thread: threading.Thread | None = None
        self._poster: Poster | None = None
        self.dropped = 0
        """Items lost: to a full queue, to a refusal, or to the end of the process."""

    def restart_in_child(self) -> None:
        """After a fork: the parent's thread sends what the parent had queued, on the parent's connection."""
        self._reset()

    def put(self, lane: Lane, item: Any, size: int) -> None:
        """Queues an item of `size` bytes, or drops it where the queue is full or closed."""
        with self._lock:
            if self._bytes + size <= self._queue_bytes_max and not self._is_closed:
                is_first = not self._items
                self._taken += 1
                self._items.append(_Queued(lane, item, size, self._taken))
                self._bytes += size
                if is_first or self._bytes - size < WAKE_BYTES <= self._bytes:
                    self._wake.notify()
                if self._thread is not None or not is_first:
                    return
            else:
                self.dropped += 1
        if self._is_closed:
            return
        if self._thread is None:
            self._start()
        else:
            self._say_full(lane)

    def put_later(self, lane: Lane, encode: Encode, size: int) -> bool:
        """Queues an item of about `size` bytes that has yet to be encoded; False where the caller should do
        it and `put` it."""
        with self._lock:
            held = self._bytes + size
            if self._unencoded >= UNENCODED_MAX or held > self._queue_bytes_max or self._is_closed:
                return False
            is_first = not self._items
            self._taken += 1
            self._items.append(_Unencoded(lane, encode, size, self._taken))
            self._unencoded += 1
            self._bytes = held
            if is_first:
                self._wake.notify()
        if is_first and self._thread is None:
            self._start()
        return True

    def _say_full(self, lane: Lane) -> None:
        message = "the queue is full (queue_bytes_max=%d): %s are dropped until %s takes more"
        log_once("queue_full", message, self._queue_bytes_max, lane.name, self._endpoint)

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            thread = self._thread = threading.Thread(target=self._run, name="spanglass-sender", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending: flush sends what is there
            self._thread = None

    def flush(self, timeout_s: float) -> bool:
        """Whether all that was queued before has been dealt with (sent, or refused) in time."""
        end = monotonic() + timeout_s
        with self._lock:
            goal = self._taken
            self._flush_goal = max(self._flush_goal, goal)
            self._wake.notify()
            thread = self._thread
        if thread is None or not thread.is_alive():
            self._drain(end)
            return self._done_through >= goal
        with self._lock:
            while self._done_through < goal:
                left = end - monotonic()
                if left <= 0:
                    return False
                self._progress.wait(left)
        return True

    def close(self, timeout_s: float) -> bool:
        """Sends what is queued, waits for it at most so long, and takes nothing more. Can be called twice."""
        with self._lock:
            if self._is_closed:
                return True
            self._deadline = monotonic() + timeout_s
            dropped_before = self.dropped
        self.flush(timeout_s)
        with self._lock:
            self._is_closed = True
            lost = self._taken - self._finished + self.dropped - dropped_before
            self._items.clear()
            self._wake.notify_all()
        if lost:
            logger.warning("%d records could not be sent to %s before the end", lost, self._endpoint)
        if dropped_before:
            logger.warning("%d records were lost before that", dropped_before)
        return not lost

    # On the sender's thread.

    def _run(self) -> None:
        _suppress_instrumentation()
        while self._await_work():
            try:
                self._send(self._take())
            except Exception:  # noqa: BLE001 - the thread must outlive anything; what is queued stays
                log_once("sender", "sending failed", level=logging.ERROR)
                logger.debug("sending failed", exc_info=True)
        if self._poster is not None:
            self._poster.close()

    def _await_work(self) -> bool:
        """Sleeps until there is something to send, and a little longer for company. False at the end."""
        with self._lock:
            while not self._items and not self._backlog:
                if self._is_closed:
                    return False
                self._wake.wait()
        due = monotonic() + (0 if self._backlog else self._interval_s)
        while True:
            with self._lock:
                left = 0.0 if self._is_urgent() else due - monotonic()
                if left > 0:
                    self._wake.wait(min(left, LINGER_S) if self._unencoded else left)
            if left <= 0:
                return True
            self._fetch()

    def _is_urgent(self) -> bool:
        return (
            self._is_closed
            or self._deadline is not None
            or self._bytes >= WAKE_BYTES
            or self._flush_goal > self._done_through
        )

    def _take(self) -> list[_Queued]:
        """The first items of one lane that fit into a request. Those of other lanes that lie between keep
        their order: spans, logs and scores come mixed, and a request for each would be one an item."""
        self._fetch()
        backlog = self._backlog
        batch: list[_Queued] = []
        passed: list[_Queued] = []
        size = 0
        while backlog and len(passed) < PASSED_MAX:
            if batch and backlog[0].lane is not batch[0].lane:
                passed.append(backlog.popleft())
                continue
            size += backlog[0].size
            if batch and (size > BATCH_BYTES_MAX or len(batch) >= backlog[0].lane.items_max):
                break
            batch.append(backlog.popleft())
        backlog.extendleft(reversed(passed))
        return batch

    def _fetch(self) -> None:
        """Empties the queue into the backlog, in its order."""
        with self._lock:
            fresh, self._items = self._items, deque()
            self._unencoded = 0
        at = 0
        while fresh:
            queued = fresh.popleft()
            if isinstance(queued, _Unencoded):
                at += 1
                if at % YIELD_EVERY == 0:
                    sleep(0)
                encoded = self._encode(queued)
                if encoded is None:
                    continue
                queued = encoded
            self._backlog.append(queued)
        if at:
            self._advance(0)

    def _encode(self, queued: _Unencoded) -> _Queued | None:
        """None where it cannot be encoded."""
        try:
            item, size = queued.encode()
        except Exception:  # noqa: BLE001 - what one item holds must not stop the others
            log_once(f"encode {queued.lane.name}", "some %s could not be encoded", queued.lane.name)
            logger.debug("one of the %s could not be encoded", queued.lane.name, exc_info=True)
            item, size = None, 0
        with self._lock:
            self._bytes += size - queued.size
            if item is not None:
                return _Queued(queued.lane, item, size, queued.number)
            self.dropped += 1
            self._finished += 1
        return None

    def _advance(self, count: int) -> None:
        """So many more have been dealt with: tells those who wait for it."""
        with self._lock:
            self._finished += count
            waiting = self._backlog or self._items
            self._done_through = waiting[0].number - 1 if waiting else self._taken
            self._progress.notify_all()

    def _drain(self, end: float) -> None:
        """On the caller's thread, where the sender's cannot run: at the interpreter's end."""
        self._deadline = end if self._deadline is None else min(end, self._deadline)
        while monotonic() < end and (batch := self._take()):
            self._send(batch)
        self._deadline = None

    def _send(self, batch: list[_Queued]) -> None:
        if not batch:
            return
        try:
            self._deliver(batch[0].lane, batch)
        except Exception:
            self._drop(len(batch))
            raise
        finally:
            with self._lock:
                self._bytes -= sum([queued.size for queued in batch])
            self._advance(len(batch))

    def _deliver(self, lane: Lane, batch: list[_Queued]) -> None:
        body = lane.frame([queued.item for queued in batch])
        answer = self._post_until_answered(lane, body, len(batch))
        if answer is None:
            self._drop(len(batch))
        elif answer.status < 300:
            self._settle(lane, answer)
        elif answer.status == 413 and len(batch) > 1:
            half = len(batch) // 2
            self._deliver(lane, batch[:half])
            self._deliver(lane, batch[half:])
        else:
            self._drop(len(batch))
            self._complain(lane, answer, len(batch))

    def _drop(self, count: int) -> None:
        with self._lock:
            self.dropped += count

    def _post_until_answered(self, lane: Lane, body: bytes, count: int) -> Answer | None:
        """The first answer that is no request to try again; None where there was none in time."""
        give_up = monotonic() + GIVE_UP_S
        pause = BACKOFF_S
        while True:
            wait: float | None = None
            is_refused = False
            try:
                answer = self._connected().post(lane.url, body, lane.content_type, self._time_left())
                if answer.status not in _RETRIED:
                    return answer
                reason = f"it answers {answer.status}"
                wait = _retry_after(answer.headers.get("retry-after"))
            except Unreachable as error:
                reason, is_refused = str(error), error.is_refused
            is_hopeless = is_refused and self._deadline is not None
            self._say_down(lane, reason)
            delay = max(wait or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret, only jitter
            if is_hopeless or monotonic() + delay > give_up or not self._pause(delay, is_refused=is_refused):
                logger.info("%d %s were not sent: %s", count, lane.name, reason)
                return None
            pause = min(pause * 2, BACKOFF_MAX_S)

    def _connected(self) -> Poster:
        if self._poster is None:
            self._poster = self._make_poster()
        return self._poster

    def _time_left(self) -> float | None:
        return None if self._deadline is None else max(0.05, self._deadline - monotonic())

    def _pause(self, delay_s: float, *, is_refused: bool) -> bool:
        """Waits; False where the process ends before. A server that refused is then asked once more."""
        end = monotonic() + delay_s
        with self._lock:
            while (left := end - monotonic()) > 0:
                if is_refused and self._deadline is not None:
                    return True
                if self._is_closed or (self._deadline is not None and self._deadline < end):
                    return False
                self._wake.wait(left)
        return True

    def _say_down(self, lane: Lane, reason: str) -> None:
        hint = "is the server running?"
        if ":4317" in lane.url:
            hint = "4317 is the port of OTLP over gRPC: use the one for HTTP, 4318"
        log_once(
            "down",
            "cannot send to %s: %s. What is recorded is kept (up to queue_bytes_max=%d) and sent when it "
            "answers; %s",
            lane.url,
            reason,
            self._queue_bytes_max,
            hint,
        )

    def _settle(self, lane: Lane, answer: Answer) -> None:
        say_again("down")
        say_again("queue_full")
        say_again(f"refused {lane.name}")
        rejected, reason = lane.rejected(answer.body)
        if rejected:
            self._drop(rejected)
            log_once(f"rejected {lane.name}", "%s rejected %d %s: %s", lane.url, rejected, lane.name, reason)

    def _complain(self, lane: Lane, answer: Answer, count: int) -> None:
        if answer.status in (401, 403):
            fix = (
                "the key is missing or wrong: give init() public_key and secret_key, or set "
                "SPANGLASS_PUBLIC_KEY and SPANGLASS_SECRET_KEY (`spanglass keys create --project NAME` "
                "makes a pair)"
            )
        elif answer.status == 404:
            fix = "nothing takes them there: check the endpoint"
        else:
            fix = " ".join(answer.body[:200].decode("utf-8", "replace").split())
        log_once(
            f"refused {lane.name}",
            "%s answers %d, and %d %s are lost: %s",
            *(lane.url, answer.status, count, lane.name, fix),
        )


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header; a date, which the servers we know never send, is not read."""
    try:
        return min(max(float(text or ""), 0.0), RETRY_AFTER_MAX_S)
    except ValueError:
        return None


def _suppress_instrumentation() -> None:
    """An application that traces its HTTP client does not want to see ours."""
    suppressed = context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True)
    context.attach(context.set_value(context._SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, suppressed))


def _restart_after_fork(sender: Sender) -> None:
    if not hasattr(os, "register_at_fork"):
        return
    reference = weakref.ref(sender)

    def restart() -> None:
        alive = reference()
        if alive is not None:
            alive.restart_in_child()

    os.register_at_fork(after_in_child=restart)
