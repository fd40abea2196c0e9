"""From ended spans to told calls: a span processor whose work is done on a thread of its own.

On the caller's thread a plain span costs a look at its attributes; spans of model calls, and other steps of
an application that are counted, are put into a queue.
"""

import logging
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context as Variables
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from spanglass._calls import (
    MODEL_KINDS,
    Call,
    Owner,
    attributes_of,
    is_stream_opener,
    may_be_call,
    read_cache_hit,
    read_call,
    read_kind,
    read_owner,
    says_something,
    scope_of,
)
from spanglass._log import logger
from spanglass._settle_calls import Settler, Telling

if TYPE_CHECKING:
    from spanglass._runtime import ScoreSink

OPEN_SPANS_MAX: Final = 50_000
QUEUED_MAX: Final = 20_000
DEPTH_MAX: Final = 64
SCANNED_MAX: Final = 500
"""With more open spans than these, nobody looks for a call that outlives the one around it."""
FORK_WAIT_S: Final = 5.0
"""How long a fork waits for calls that are being told, at most."""


class Step(NamedTuple):
    """An ended span that is more than plain: of any kind but `span`."""

    kind: str
    name: str
    duration_ns: int
    cache_hit: bool | None
    """Whether a look-up in a cache found something; None where the span tells of none."""
    feature: str
    service: str
    environment: str


class Prices(Protocol):
    def cost_usd(self, call: Call) -> float | None:
        """USD; None where the price or the usage is unknown."""


class Sink(Protocol):
    """Who is told. Called on one thread; an error is logged once and the rest goes on."""

    def tell_call(self, call: Call, cost_usd: float | None, context: Variables | None) -> None: ...

    def tell_step(self, step: Step) -> None: ...


@dataclass(frozen=True, slots=True)
class _Ended:
    """A span that says something, as it was when it ended."""

    span: ReadableSpan
    kind: str
    around: Sequence[ReadableSpan]
    """The open spans around it, nearest first."""
    is_held: bool
    """One of these may tell the same call."""
    has_open_call: bool
    """A model span inside is still open, and will tell of the call."""
    context: Variables | None


@dataclass(frozen=True, slots=True)
class _Flush:
    done: threading.Event
    is_last: bool


_Item: TypeAlias = _Ended | _Flush

_alive: "weakref.WeakSet[CallProcessor]" = weakref.WeakSet()


class _Fork:
    """Lets no process fork while a thread of ours is at work: the child would keep its locks (of an import,
    of prometheus_client's values) for ever."""

    def __init__(self) -> None:
        self.at_work = threading.RLock()
        self._is_held = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before, after_in_parent=self._in_parent, after_in_child=self._in_child
            )

    def _before(self) -> None:
        self._is_held = self.at_work.acquire(timeout=FORK_WAIT_S)

    def _in_parent(self) -> None:
        if self._is_held:
            self._is_held = False
            self.at_work.release()

    def _in_child(self) -> None:
        self.at_work = threading.RLock()
        self._is_held = False
        for processor in list(_alive):
            processor.reset()


_fork = _Fork()


def make(
    *,
    prometheus: object = None,
    log_calls: object = None,
    resource: Mapping[str, str] | None = None,
) -> "CallProcessor | None":
    """What `init` asked for as one processor; None where nothing was, or nothing can be had.

    `prometheus` is True or a registry, `log_calls` True or a standard library's logger. `resource` holds
    attributes that win over those of spans' resources.
    """
    sinks: list[Sink] = []
    if prometheus is not None and prometheus is not False and (counted := _metrics(prometheus)) is not None:
        sinks.append(counted)
    if log_calls:
        from spanglass._logs import CallLog

        sinks.append(CallLog(log_calls if isinstance(log_calls, logging.Logger) else None))
    if not sinks:
        return None
    from spanglass._prices import ListPrices

    return CallProcessor(sinks, ListPrices(), resource=resource, needs_context=bool(log_calls))


def _metrics(registry: object) -> "Sink | None":
    try:
        from spanglass._prometheus import metrics_in

        return metrics_in(None if registry is True else registry)  # type: ignore[arg-type]
    except ImportError:
        logger.warning(
            'model calls are not counted: prometheus_client is missing, pip install "spanglass[prometheus]"'
        )
    except ValueError as reason:
        logger.warning("model calls are not counted: %s", reason)
    return None


class CallProcessor(SpanProcessor):
    """Tells sinks of every model call, once, and of the steps around them. Never raises, never blocks."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        prices: Prices,
        *,
        resource: Mapping[str, str] | None = None,
        needs_context: bool = False,
    ) -> None:
        self._sinks = tuple(sinks)
        self._prices = prices
        self._resource = dict(resource or {})
        self._needs_context = needs_context
        self._open: dict[int, ReadableSpan] = {}
        self._holding: set[int] = set()
        self._complained: set[str] = set()
        self.dropped_count = 0
        self._is_shut = False
        self.reset()
        _alive.add(self)

    def reset(self) -> None:
        """As new, in a forked child too: no thread, nothing queued that the parent tells."""
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._settler = Settler()
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()

    def counting(self, scores: "ScoreSink") -> "ScoreSink":
        """The scores' sink, with their counting in front of it where metrics were asked for."""
        for sink in self._sinks:
            if (counted := getattr(sink, "counting", None)) is not None:
                scores = counted(scores, self._resource)
        return scores

    # On the caller's thread.

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if self._is_shut:
            return
        if len(self._open) >= OPEN_SPANS_MAX:
            self._forget_oldest()
        self._open[span.context.span_id] = span

    def _forget_oldest(self) -> None:
        """Of spans that were never ended; another thread may be doing the same."""
        oldest = next(iter(list(self._open)), None)
        if oldest is not None:
            self._open.pop(oldest, None)

    def on_end(self, span: ReadableSpan) -> None:
        if self._is_shut:
            return
        try:
            self._take(span)
        except Exception as reason:  # noqa: BLE001 telemetry of a span must not fail the application
            self._complain("read", reason)

    def _take(self, span: ReadableSpan) -> None:
        span_id = span.context.span_id
        self._open.pop(span_id, None)
        attributes, scope = attributes_of(span), scope_of(span)
        is_holder = span_id in self._holding
        if not is_holder and not says_something(attributes, span.name, scope):
            return
        self._holding.discard(span_id)
        kind = read_kind(attributes, span.name, scope)
        around = self._spans_around(span)
        holder = self._holder(kind, around) if kind in MODEL_KINDS else 0
        if holder:
            self._holding.add(holder)
        context = copy_context() if self._needs_context and may_be_call(attributes, kind) else None
        has_open = kind in MODEL_KINDS and self._has_open_call(span_id, kind)
        self._put(_Ended(span, kind, around, bool(holder), has_open, context))

    def _has_open_call(self, span_id: int, kind: str) -> bool:
        """Whether a model span directly inside is still open: that of a stream, which outlives the call that
        opened it."""
        if len(self._open) > SCANNED_MAX:
            return False
        return any(
            child.parent is not None
            and child.parent.span_id == span_id
            and read_kind(attributes_of(child), child.name, scope_of(child)) == kind
            for child in list(self._open.values())
        )

    @staticmethod
    def _holder(kind: str, around: Sequence[ReadableSpan]) -> int:
        """The nearest open span around that may tell the same call; 0 for none."""
        for span in around:
            if read_kind(attributes_of(span), span.name, scope_of(span)) == kind:
                return int(span.context.span_id)
        return 0

    def _spans_around(self, span: ReadableSpan) -> list[ReadableSpan]:
        """The open ones of this process, nearest first."""
        around: list[ReadableSpan] = []
        parent = span.parent
        while parent is not None and len(around) < DEPTH_MAX:
            above = self._open.get(parent.span_id)
            if above is None:
                break
            around.append(above)
            parent = above.parent
        return around

    def _put(self, item: _Item) -> None:
        if self._queue.qsize() >= QUEUED_MAX:
            self.dropped_count += 1
            self._complain("dropped", "more model calls than can be counted; some are not told")
            return
        self._queue.put(item)
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._start_lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spanglass-calls", daemon=True)
                self._thread.start()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._flush(timeout_millis, is_last=False)

    def shutdown(self, timeout_millis: int = 5_000) -> None:
        if not self._is_shut:
            self._flush(timeout_millis, is_last=True)
            self._is_shut = True
            self._open.clear()

    def _flush(self, timeout_millis: int, *, is_last: bool) -> bool:
        if self._thread is None or not self._thread.is_alive():
            return True
        done = threading.Event()
        self._queue.put(_Flush(done, is_last))
        return done.wait(timeout_millis / 1000)

    # On the thread of its own.

    def _run(self) -> None:
        is_last = False
        while not is_last:
            item = self._next()
            try:
                with _fork.at_work:
                    is_last = self._handle(item)
                    for telling in self._settler.settled(time.monotonic_ns()):
                        self._tell(telling)
            except Exception as reason:  # noqa: BLE001 one bad call must not end the telling of all others
                self._complain("settle", reason)
            if isinstance(item, _Flush):
                item.done.set()

    def _next(self) -> _Item | None:
        due_ns = self._settler.next_due_ns()
        wait_s = None if due_ns is None else max(0.0, (due_ns - time.monotonic_ns()) / 1e9)
        try:
            return self._queue.get(timeout=wait_s)
        except queue.Empty:
            return None

    def _handle(self, item: _Item | None) -> bool:
        """Whether that was the last."""
        if isinstance(item, _Ended):
            self._read(item)
        elif item is not None:
            for telling in self._settler.flush(is_last=item.is_last):
                self._tell(telling)
            return item.is_last
        return False

    def _read(self, item: _Ended) -> None:
        span, now_ns = item.span, time.monotonic_ns()
        call = read_call(span, item.kind, item.around, self._resource)
        is_told_later = call is not None and item.has_open_call and not call.is_carrier
        if call is not None and not is_stream_opener(call) and not is_told_later:
            above = [around.context.span_id for around in item.around]
            self._settler.add(Telling(call, above=above, is_held=item.is_held, context=item.context), now_ns)
        else:
            self._settler.release(span.context.span_id, now_ns)
        cache_hit = read_cache_hit(attributes_of(span))
        if item.kind != "span" or cache_hit is not None:
            step = _step(span, item.kind, cache_hit, read_owner(span, item.around, self._resource))
            self._tell_all(lambda sink: sink.tell_step(step))

    def _tell(self, telling: Telling) -> None:
        call = telling.call
        cost_usd = self._cost_usd(call)
        context, telling.context = (
            telling.context,
            None,
        )  # The settler remembers the telling, not what it held.
        self._tell_all(lambda sink: sink.tell_call(call, cost_usd, context))

    def _cost_usd(self, call: Call) -> float | None:
        try:
            return self._prices.cost_usd(call)
        except Exception as reason:  # noqa: BLE001 a price list's trouble leaves the call unpriced
            self._complain("price", reason)
            return None

    def _tell_all(self, tell: Callable[[Sink], None]) -> None:
        for sink in self._sinks:
            try:
                tell(sink)
            except Exception as reason:  # noqa: BLE001 a sink's trouble is its own
                self._complain(type(sink).__name__, reason)

    def _complain(self, what: str, reason: object) -> None:
        if what not in self._complained:
            self._complained.add(what)
            logger.warning("telling of model calls: %s: %r", what, reason)


def _step(span: ReadableSpan, kind: str, cache_hit: bool | None, owner: Owner) -> Step:
    return Step(
        kind=kind,
        name=span.name,
        duration_ns=(span.end_time or 0) - (span.start_time or 0),
        cache_hit=cache_hit,
        feature=owner.feature,
        service=owner.service,
        environment=owner.environment,
    )
