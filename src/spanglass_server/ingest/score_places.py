"""Evaluations that know a model's answer by its id alone (`gen_ai.response.id`, without a span's context) are
stored at once and judge nothing yet; here they are given to the span that holds it, once there is one.
Whatever is left undone is found in storage again, by this server or another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import orjson

from spanglass_server.base.clock import Clock
from spanglass_server.ingest.batch import Reply
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.model.score import Score
from spanglass_server.normalize.evaluation_events import RESPONSE_ID
from spanglass_server.normalize.facts import SpanFacts
from spanglass_server.store.ports import TimeRange, TraceKey
from spanglass_server.wire.scores import ScoreRecord, encode_scores

WAIT_NS: Final = 86_400_000_000_000
"""How long after the evaluation its answer may arrive."""
_REACH_NS: Final = 7 * WAIT_NS
"""How long before it the answer may have been given."""
_SCORES_MAX: Final = 1_000
"""Looked at in one round, the newest first."""
_FIRST_WAIT_NS: Final = 10_000_000_000
_STORE_S_MAX: Final = 60.0


class UnplacedReader(Protocol):
    def list_unplaced(
        self, project_ids: Sequence[str], during: TimeRange, *, limit: int
    ) -> Sequence[Score]: ...


class FactReader(Protocol):
    def load_facts(
        self, keys: Sequence[TraceKey], *, response_ids: Sequence[tuple[str, str]], near: TimeRange
    ) -> Mapping[TraceKey, Sequence[SpanFacts]]: ...


class IngestDoor(Protocol):
    def submit(self, request: IngestRequest) -> Reply: ...


class _Answer(NamedTuple):
    project_id: str
    response_id: str


class ScorePlacer:
    def __init__(
        self,
        scores: UnplacedReader,
        facts: FactReader,
        door: IngestDoor,
        *,
        budget: QueueBudget,
        list_projects: Callable[[], Iterable[str]],
        count_unplaced: Callable[[], int],
        clock: Clock,
    ) -> None:
        """`count_unplaced`: how many such scores this server has stored: while there are no more, storage is
        asked only when one that waits is due."""
        self._scores = scores
        self._facts = facts
        self._door = door
        self._budget = budget
        self._list_projects = list_projects
        self._count_unplaced = count_unplaced
        self._clock = clock
        self._seen_count = -1
        self._next_ns: dict[tuple[str, str], int] = {}
        """When a score is looked at again: ever more seldom."""

    def place(self) -> int:
        """How many scores found what they judge. Blocks; raises what the stores and the queue raise."""
        now_ns, count = self._clock(), self._count_unplaced()
        if count == self._seen_count and all(now_ns < at_ns for at_ns in self._next_ns.values()):
            return 0
        during = TimeRange(now_ns - WAIT_NS, now_ns + WAIT_NS)
        unplaced = self._scores.list_unplaced(list(self._list_projects()), during, limit=_SCORES_MAX)
        due = [score for score in unplaced if self._is_due(score, now_ns)]
        self._next_ns = {_key(score): self._next_ns[_key(score)] for score in unplaced}
        self._seen_count = count
        answers = {score: answer for score in due if (answer := _answer_of(score))}
        if not answers:
            return 0
        places = self._find(sorted(set(answers.values())), now_ns)
        placed = {score: places[answer] for score, answer in answers.items() if answer in places}
        for project_id in {score.project_id for score in placed}:
            records = [
                _placed(score, facts) for score, facts in placed.items() if score.project_id == project_id
            ]
            self._store(project_id, records)
        return len(placed)

    def _is_due(self, score: Score, now_ns: int) -> bool:
        """Pauses grow with a score's age: to an hour, for one of half a day."""
        if now_ns < self._next_ns.get(_key(score), 0):
            return False
        pause_ns = max(_FIRST_WAIT_NS, (now_ns - score.created_at_ns) // 12)
        self._next_ns[_key(score)] = now_ns + pause_ns
        return True

    def _find(self, answers: Sequence[_Answer], now_ns: int) -> Mapping[_Answer, SpanFacts]:
        near = TimeRange(now_ns - _REACH_NS, now_ns + WAIT_NS)
        traces = self._facts.load_facts([], response_ids=answers, near=near)
        found: dict[_Answer, list[SpanFacts]] = {}
        for key, spans in traces.items():
            for facts in spans:
                if facts.response_id:
                    found.setdefault(_Answer(key.project_id, facts.response_id), []).append(facts)
        return {answer: min(found[answer], key=_rank) for answer in answers if answer in found}

    def _store(self, project_id: str, records: Sequence[ScoreRecord]) -> None:
        body = encode_scores(records)
        reservation = self._budget.open()
        reservation.grow(len(body))
        request = IngestRequest(project_id, "scores", "json", body, reservation)
        try:
            reply = self._door.submit(request)
        except BaseException:
            reservation.release()
            raise
        reply.result(timeout=_STORE_S_MAX)


def _key(score: Score) -> tuple[str, str]:
    return score.project_id, score.score_id


def _answer_of(score: Score) -> _Answer | None:
    response_id = orjson.loads(score.metadata).get(RESPONSE_ID)
    return _Answer(score.project_id, response_id) if isinstance(response_id, str) and response_id else None


def _rank(facts: SpanFacts) -> tuple[bool, bool, int, str]:
    """Of several spans that tell one answer: the model call that shows it, the outermost."""
    return facts.kind != "llm", not facts.has_payload, facts.start_time_ns, facts.span_id


def _placed(score: Score, facts: SpanFacts) -> ScoreRecord:
    value: float | bool | str = score.string_value
    if score.data_type == "boolean":
        value = bool(score.value)
    elif score.value is not None:
        value = score.value
    return ScoreRecord(
        score_id=score.score_id,
        name=score.name,
        value=value,
        data_type=score.data_type,
        trace_id=facts.trace_id,
        span_id=facts.span_id,
        session_id="",
        dataset_run_id="",
        time_ns=score.time_ns,
        source=score.source,
        comment=score.comment,
        author=score.author,
        config_id=score.config_id,
        queue_id=score.queue_id,
        environment=score.environment,
        metadata=orjson.loads(score.metadata),
        quality=score.quality,
        sampling_rate=score.sampling_rate,
        evaluator_id=score.evaluator_id,
        evaluator_version=score.evaluator_version,
    )
