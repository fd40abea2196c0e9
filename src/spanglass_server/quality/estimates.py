"""What judging would cost, before it does: how many targets, how long, how many USD."""

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel

from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, JudgeModel, JudgeReply
from spanglass.evaluators.judge import estimate_tokens
from spanglass_server.base.clock import Clock
from spanglass_server.model.evaluation import EvaluatorDefinition
from spanglass_server.quality.budget import day_of
from spanglass_server.quality.definitions import get_kind, options_of, parse_target_filter
from spanglass_server.quality.judging import ConnectedJudge, Judging, TokenRates
from spanglass_server.quality.targets import target_of
from spanglass_server.store.evaluation import EvaluatorStore, Place, TargetKey, TargetReader
from spanglass_server.store.ports import ScoreReader, TimeRange

_PROMPTS_MAX: Final = 20
"""Targets whose prompts are made to see how long they are."""
_SLICES: Final = 5
"""Of the time that is looked at: traces of the morning may be longer than those of the night."""
_COUNTED_MAX: Final = 2_000
"""Targets that are looked up for scores that they have; of more the share is taken."""
_CHUNK: Final = 200
_RECENT_CALLS_MIN: Final = 20
_RECENT_DAYS: Final = 7
_ANSWER_TOKENS: Final = (60, 150, 400)
"""Of a verdict with its reason: low, expected, high."""
_TOKENS_SPREAD: Final = (0.75, 1.0, 1.4)
"""How far the count without the model's own tokenizer may be off."""
_CALL_S: Final = 2.0
_COMPUTE_S: Final = 0.002
_DAY_NS: Final = 86_400 * 1_000_000_000

Basis: TypeAlias = Literal["free", "recent_calls", "prompts", "nothing"]
"""`free`: it asks no model. `recent_calls`: what this version's calls took. `prompts`: those that would be
asked of some of the targets. `nothing`: there is nothing to tell it from."""


class Estimate(NamedTuple):
    target_count: int
    """Sampled ones."""
    scored_count: int
    """Of them, that have a score of this version already; they are skipped."""
    judged_count: int
    """What is left."""
    basis: Basis
    prompt_count: int
    """Of `prompts`: how many were made."""
    input_tokens_per_target: float | None
    output_tokens_per_target: float | None
    usd_low: float | None
    usd_expected: float | None
    usd_high: float | None
    """None where nobody knows: no price, or nothing to tell it from."""
    seconds: float
    """At its concurrency and rate, if the judge answers in two seconds."""


class _PerTarget(NamedTuple):
    """Low, expected, high."""

    basis: Basis
    usd: tuple[float, float, float] | None
    input_tokens: float | None = None
    output_tokens: float | None = None
    prompt_count: int = 0


class Estimator:
    """Safe from many threads. Raises StorageUnavailable, QueryTooLarge and QueryInvalid."""

    def __init__(
        self,
        store: EvaluatorStore,
        targets: TargetReader,
        scores: ScoreReader,
        judging: Judging,
        *,
        clock: Clock,
    ) -> None:
        self._store = store
        self._targets = targets
        self._scores = scores
        self._judging = judging
        self._clock = clock

    def of_run(
        self, definition: EvaluatorDefinition, during: TimeRange, *, filter_text: str, sampling_rate: float
    ) -> Estimate:
        """Raises EvaluatorProblem too, where its judge is gone."""
        where = parse_target_filter(filter_text, definition.target_type)
        count = self._targets.count_history(
            definition.project_id, definition.target_type, where, during=during, sampling_rate=sampling_rate
        )
        keys = list(self._sample(definition, during, filter_text, sampling_rate, limit=_COUNTED_MAX))
        share = self._scored_share(definition, keys)
        scored = min(count, round(count * share))
        per_target = self._per_target(definition, keys)
        return self._estimate(definition, count, scored, per_target)

    def of_day(self, definition: EvaluatorDefinition) -> Estimate:
        """What a day of live evaluation would come to, if it were like the last 24 hours."""
        now_ns = self._clock()
        return self.of_run(
            definition,
            TimeRange(now_ns - _DAY_NS, now_ns),
            filter_text=definition.filter,
            sampling_rate=definition.sampling_rate,
        )

    def _estimate(
        self, definition: EvaluatorDefinition, count: int, scored: int, per_target: _PerTarget
    ) -> Estimate:
        judged = count - scored
        usd = tuple(judged * each for each in per_target.usd) if per_target.usd else (None, None, None)
        return Estimate(
            target_count=count,
            scored_count=scored,
            judged_count=judged,
            basis=per_target.basis,
            prompt_count=per_target.prompt_count,
            input_tokens_per_target=per_target.input_tokens,
            output_tokens_per_target=per_target.output_tokens,
            usd_low=usd[0],
            usd_expected=usd[1],
            usd_high=usd[2],
            seconds=self._seconds(definition, judged),
        )

    def _sample(
        self,
        definition: EvaluatorDefinition,
        during: TimeRange,
        filter_text: str,
        sampling_rate: float,
        *,
        limit: int,
    ) -> Iterator[TargetKey]:
        """Targets from all of the time; all of them where there are few."""
        where = parse_target_filter(filter_text, definition.target_type)
        step_ns = max(1, (during.to_ns - during.from_ns) // _SLICES)
        for start_ns in range(during.from_ns, during.to_ns, step_ns):
            after: Place | None = None
            left = limit // _SLICES
            while left > 0:
                page = self._targets.list_history(
                    definition.project_id,
                    definition.target_type,
                    where,
                    during=TimeRange(start_ns, min(start_ns + step_ns, during.to_ns)),
                    after=after,
                    sampling_rate=sampling_rate,
                    limit=min(left, _CHUNK),
                )
                yield from page
                left -= len(page)
                if len(page) < _CHUNK:
                    break
                after = Place(page[-1].position_ns, page[-1].trace_id, page[-1].span_id)

    def _scored_share(self, definition: EvaluatorDefinition, keys: Sequence[TargetKey]) -> float:
        if not keys or not definition.id:
            return 0.0
        found = 0
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            scores = self._scores.list_scores_of(definition.project_id, [key.trace_id for key in chunk])
            scored = {
                (score.trace_id, score.span_id)
                for each in scores.values()
                for score in each
                if (score.evaluator_id, score.evaluator_version) == (definition.id, definition.version)
            }
            found += sum((key.trace_id, key.span_id) in scored for key in chunk)
        return found / len(keys)

    # Cost

    def _per_target(self, definition: EvaluatorDefinition, keys: Sequence[TargetKey]) -> _PerTarget:
        judges = self._judging.judges_of(definition)
        if not judges:
            return _PerTarget("free", (0.0, 0.0, 0.0))
        recent = self._recent(definition)
        if recent is not None:
            return recent
        prompts = self._prompts(definition, keys)
        rates = self._judging.rates(judges[0])
        if not prompts:
            return _PerTarget("nothing", None)
        input_tokens = sum(prompts) / len(prompts)
        return _PerTarget(
            "prompts",
            _usd(rates, input_tokens) if rates else None,
            input_tokens,
            float(_ANSWER_TOKENS[1]),
            len(prompts),
        )

    def _recent(self, definition: EvaluatorDefinition) -> _PerTarget | None:
        """By what calls of these very options cost in the last days."""
        if not definition.id:
            return None
        today = day_of(self._clock())
        since = day_of(definition.updated_at_ns)
        if definition.version > 1:
            # Earlier calls of that day were another version's.
            since = (date.fromisoformat(since) + timedelta(days=1)).isoformat()
        stored = self._store.list_spend(definition.id, days=_RECENT_DAYS, until_day=today)
        days = [spend for spend in stored if spend.day >= since]
        calls = sum(spend.call_count for spend in days)
        if calls < _RECENT_CALLS_MIN or any(spend.unpriced_count for spend in days):
            return None
        usd = sum(spend.usd for spend in days) / calls
        return _PerTarget(
            "recent_calls",
            (usd * 0.8, usd, usd * 1.25),
            sum(spend.input_tokens for spend in days) / calls,
            sum(spend.output_tokens for spend in days) / calls,
        )

    def _prompts(self, definition: EvaluatorDefinition, keys: Sequence[TargetKey]) -> Sequence[int]:
        """Input tokens of what would be asked of some of the targets."""
        chosen = keys[:: max(1, len(keys) // _PROMPTS_MAX)][:_PROMPTS_MAX]
        opened = self._targets.open_traces(definition.project_id, chosen) if chosen else {}
        prompts = _Prompts(definition)
        for key in chosen:
            trace = opened.get(key.trace_id)
            target = target_of(trace, key.span_id) if trace else None
            if target is not None:
                prompts.ask(target)
        return prompts.tokens

    def _seconds(self, definition: EvaluatorDefinition, count: int) -> float:
        judges = self._judging.judges_of(definition)
        if not judges:
            return count * _COMPUTE_S
        return max(count * _CALL_S / _concurrency(definition, judges), *_by_rate(definition, judges, count))


def _usd(rates: TokenRates, input_tokens: float) -> tuple[float, float, float]:
    low, expected, high = (
        input_tokens * spread * rates.input + answer * rates.output
        for spread, answer in zip(_TOKENS_SPREAD, _ANSWER_TOKENS, strict=True)
    )
    return low, expected, high


def _concurrency(definition: EvaluatorDefinition, judges: Sequence[ConnectedJudge]) -> int:
    return min(definition.concurrency_max, *(judge.connection.concurrency_max for judge in judges))


def _by_rate(
    definition: EvaluatorDefinition, judges: Sequence[ConnectedJudge], count: int
) -> Iterator[float]:
    yield 0.0
    rates = [definition.calls_per_minute_max, *(judge.connection.calls_per_minute_max for judge in judges)]
    for rate in rates:
        if rate is not None:
            yield count * 60.0 / rate


class _Asked(EvaluatorProblem):
    """Ends an evaluation at its first question."""


class _Prompts:
    """Judges that are not asked: how long the questions are is noted."""

    def __init__(self, definition: EvaluatorDefinition) -> None:
        self.tokens: list[int] = []
        self._evaluator = get_kind(definition.kind).build(options_of(definition), self)

    def ask(self, target: EvaluationTarget) -> None:
        """Nothing is noted where the judge would not be asked."""
        found = self._evaluator.evaluate(target)
        if isinstance(found, Coroutine):
            # It asks before it waits for anything else, so one step is enough.
            with suppress(_Asked, StopIteration):
                found.send(None)
            found.close()

    def find(self, connection: str, model: str) -> JudgeModel:
        del connection, model
        return _Measure(self.tokens)


class _Measure:
    provider = "none"
    model = "none"

    def __init__(self, tokens: list[int]) -> None:
        self._tokens = tokens

    async def ask(self, *, system: str, prompt: str, schema: type[BaseModel], max_tokens: int) -> JudgeReply:
        del schema, max_tokens
        self._tokens.append(estimate_tokens(system) + estimate_tokens(prompt))
        raise _Asked("measured")
