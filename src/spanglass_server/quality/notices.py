"""Telling people of single bad answers: the first at once, what follows within the interval as one message.

What has been told stands in the log of attempts, and what was bad in the scores; so a server that goes on
after a crash, or takes over from another, knows both.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import structlog

from spanglass.evaluators import EvaluationTarget
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Busy, SpanglassError, StorageUnavailable
from spanglass_server.model.evaluation import EvaluatorDefinition, LowScoreNotice
from spanglass_server.notify.context import AlertContext
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.office import Told
from spanglass_server.quality.notice_text import (
    BadAnswer,
    NoticeContext,
    NoticeLinks,
    Summary,
    group_key_of,
    to_notification,
)
from spanglass_server.store.evaluation import EvaluatorStore
from spanglass_server.store.ports import ScoreQuery, ScoreReader, SpanReader, TimeRange
from spanglass_server.wire.scores import ScoreRecord

log = structlog.get_logger(__name__)

_WORST_SHOWN: Final = 3
_LOOK_S: Final = 1.0
_QUEUE_MAX: Final = 10_000
_SEEN_MAX: Final = 10_000
_REMEMBERED_NS: Final = 24 * 3600 * 1_000_000_000
"""How far back a server that takes over looks for what nobody was told."""
_RECOVERED_MAX: Final = 1_000
_TRY_AGAIN_NS: Final = (5_000_000_000, 30_000_000_000, 120_000_000_000)
_SECOND_NS: Final = 1_000_000_000
_MS_NS: Final = 1_000_000


class NoticeSender(Protocol):
    """`notify.office.NotificationOffice`."""

    def send(self, notification: Notification, context: AlertContext) -> Told:
        """By each integration of the receiver, once. Raises NotFound where there is none, and Busy where it
        has been told as often as it may in a minute."""

    def last_sent_ms(self, project_id: str, receiver: str, group_key: str) -> int | None:
        """When the receiver was last told of the group, as far as that is kept."""


@dataclass(slots=True)
class _Pending:
    """What is to be told of one evaluator."""

    definition: EvaluatorDefinition
    last_sent_ns: int | None
    count: int = 0
    worst: list[tuple[float, int, BadAnswer]] = field(default_factory=list)
    """A heap, the best of the worst first: it makes room."""
    seen: set[tuple[str, str]] = field(default_factory=set)
    """What is counted: a server that takes over may find in the scores what it is told of too."""
    since_ns: int = 0
    tries: int = 0
    not_before_ns: int = 0

    def add(self, bad: BadAnswer, now_ns: int) -> None:
        if (bad.trace_id, bad.span_id) in self.seen:
            return
        if len(self.seen) < _SEEN_MAX:
            self.seen.add((bad.trace_id, bad.span_id))
        if not self.count:
            self.since_ns = now_ns
        self.count += 1
        item = (-bad.quality, -self.count, bad)
        if len(self.worst) < _WORST_SHOWN:
            heapq.heappush(self.worst, item)
        else:
            heapq.heappushpop(self.worst, item)

    def due_ns(self, notice: LowScoreNotice) -> int:
        if self.last_sent_ns is None:
            return self.not_before_ns
        return max(self.last_sent_ns + int(notice.interval_s * _SECOND_NS), self.not_before_ns)

    def summary(self) -> Summary:
        worst = sorted(self.worst, key=lambda item: item[:2], reverse=True)
        return Summary(
            self.count, [bad for _, _, bad in worst], self.since_ns, is_first=self.last_sent_ns is None
        )

    def empty(self) -> None:
        self.count, self.tries, self.not_before_ns = 0, 0, 0
        self.worst, self.seen = [], set()


class _Considered(NamedTuple):
    definition: EvaluatorDefinition
    bad: BadAnswer


class LowScoreNotices:
    """Safe from many threads. Tells only where `is_leading`: on the server that evaluates."""

    def __init__(
        self,
        store: EvaluatorStore,
        scores: ScoreReader,
        spans: SpanReader,
        sender: NoticeSender,
        *,
        external_url: str,
        project_name: Callable[[str], str],
        is_leading: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._store = store
        self._scores = scores
        self._spans = spans
        self._sender = sender
        self._external_url = external_url
        self._project_name = project_name
        self._is_leading = is_leading
        self._has_recovered = False
        self._clock = clock
        self._state = threading.Condition()
        self._considered: deque[_Considered] = deque()
        self._pending: dict[str, _Pending] = {}
        """By evaluator; of the working thread alone."""
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._sent = self._failed = self._dropped = 0

    def consider(
        self, definition: EvaluatorDefinition, target: EvaluationTarget, records: Sequence[ScoreRecord]
    ) -> None:
        """Scores that live evaluation stored. Never raises and never waits."""
        notice = definition.notice
        if notice is None:
            return
        judged = [record for record in records if record.quality is not None]
        worst = min(judged, key=lambda record: record.quality or 0.0, default=None)
        if worst is None or worst.quality is None or worst.quality >= notice.threshold:
            return
        bad = BadAnswer(
            quality=worst.quality,
            score_name=worst.name,
            reason=worst.comment,
            question=target.input,
            feature=target.feature,
            trace_id=target.trace_id,
            span_id=target.span_id,
        )
        with self._state:
            if len(self._considered) >= _QUEUE_MAX:
                self._dropped += 1
                return
            self._considered.append(_Considered(definition, bad))
            self._state.notify()

    def start(self) -> None:
        with self._state:
            if self._thread is not None:
                return
            self._is_stopping = False
            self._thread = threading.Thread(target=self._run, name="low-score-notices", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """What waits is found again by whoever goes on."""
        with self._state:
            thread, self._thread = self._thread, None
            self._is_stopping = True
            self._state.notify()
        if thread is not None:
            thread.join()

    def counters(self) -> Mapping[str, int]:
        """Since the start, by their metric's name without prefix."""
        with self._state:
            return {
                "low_score_notices_sent": self._sent,
                "low_score_notices_failed": self._failed,
                "low_score_notices_dropped": self._dropped,
            }

    # The thread

    def _run(self) -> None:
        while True:
            with self._state:
                if not self._considered and not self._is_stopping:
                    self._state.wait(_LOOK_S)
                if self._is_stopping:
                    return
            self._guarded(self.look)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except SpanglassError as problem:
            log.warning("low_score_notices_delayed", reason=problem.message)
        except Exception:
            # The edge of a task: whatever one look met, the next one has to come.
            log.exception("low_score_notices_failed")

    def look(self) -> None:
        """Tell what is due. Raises what stores raise; what was considered is kept then."""
        if not self._is_leading():
            self._has_recovered = False
            self._pending.clear()
            return
        if not self._has_recovered:
            self._recover()
            self._has_recovered = True
        now_ns = self._clock()
        while self._considered:
            definition, bad = self._considered[0]
            self._of(definition).add(bad, now_ns)
            self._considered.popleft()
        for pending in self._pending.values():
            notice = pending.definition.notice
            if notice is not None and pending.count and now_ns >= pending.due_ns(notice):
                self._tell(pending, now_ns)

    def _of(self, definition: EvaluatorDefinition) -> _Pending:
        found = self._pending.get(definition.id)
        if found is None:
            found = _Pending(definition, self._last_sent_ns(definition))
            self._pending[definition.id] = found
        found.definition = definition
        return found

    def _last_sent_ns(self, definition: EvaluatorDefinition) -> int | None:
        assert definition.notice is not None
        sent_ms = self._sender.last_sent_ms(
            definition.project_id, definition.notice.receiver, group_key_of(definition)
        )
        return None if sent_ms is None else sent_ms * _MS_NS

    def _tell(self, pending: _Pending, now_ns: int) -> None:
        # As it is by now: it may have another receiver, or be gone.
        definition = self._store.find_evaluator(pending.definition.project_id, pending.definition.id)
        if definition is None or definition.notice is None or not definition.is_enabled:
            pending.empty()
            return
        told = pending.summary()
        links = NoticeLinks(
            external_url=self._external_url, project_name=self._project_name(definition.project_id)
        )
        notification = to_notification(definition, definition.notice, told, links, now_ns)
        try:
            outcome = self._sender.send(notification, NoticeContext(definition, told, links))
        except StorageUnavailable:
            raise
        except Busy as problem:
            pending.not_before_ns = now_ns + problem.retry_after_s * _SECOND_NS
            return
        except SpanglassError as problem:
            log.warning("low_score_notice_failed", evaluator=definition.name, reason=problem.message)
            outcome = Told(is_sent=False, is_retryable=False)
        self._conclude(pending, outcome, now_ns)

    def _conclude(self, pending: _Pending, told: Told, now_ns: int) -> None:
        if told.is_sent:
            pending.last_sent_ns = now_ns
            pending.empty()
        elif told.is_retryable and pending.tries < len(_TRY_AGAIN_NS):
            pending.not_before_ns = now_ns + _TRY_AGAIN_NS[pending.tries]
            pending.tries += 1
            return
        else:
            # Given up: what comes after the interval is told then, with these.
            pending.last_sent_ns, pending.tries, pending.not_before_ns = now_ns, 0, 0
        with self._state:
            self._sent += told.is_sent
            self._failed += not told.is_sent

    # After a restart

    def _recover(self) -> None:
        """Bad answers that nobody was told of before the last server stopped."""
        for definition in self._store.list_evaluators():
            if definition.notice is not None and definition.is_enabled:
                self._recover_one(definition, definition.notice)

    def _recover_one(self, definition: EvaluatorDefinition, notice: LowScoreNotice) -> None:
        now_ns = self._clock()
        pending = self._of(definition)
        since_ns = max(pending.last_sent_ns or 0, definition.updated_at_ns, now_ns - _REMEMBERED_NS)
        query = ScoreQuery(
            TimeRange(since_ns, now_ns + _SECOND_NS), authors=(definition.name,), sources=("evaluator",)
        )
        for score in self._scores.list_scores(definition.project_id, query, limit=_RECOVERED_MAX):
            if score.evaluator_id != definition.id or score.quality is None:
                continue
            if score.quality < notice.threshold:
                question, feature = self._asked(definition.project_id, score.trace_id)
                bad = BadAnswer(
                    score.quality, score.name, score.comment, question, feature, score.trace_id, score.span_id
                )
                pending.add(bad, now_ns)

    def _asked(self, project_id: str, trace_id: str) -> tuple[str, str]:
        opened = self._spans.open_trace(project_id, trace_id, payloads=False)
        if opened is None:
            return "", ""
        return str(opened.trace["input_preview"] or ""), str(opened.trace["feature"] or "")
