"""Evaluators made ready from their definitions: judges that reserve their cost, are priced and traced.

This is what runs use: live evaluation, runs over history, retries and trials alike.
"""

import inspect
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from pydantic import BaseModel

from spanglass._scores import Score
from spanglass.evaluators import (
    EvaluationTarget,
    Evaluator,
    EvaluatorKind,
    EvaluatorProblem,
    JudgeModel,
    JudgeReply,
)
from spanglass.evaluators.judge import JudgeProblem, JudgeUsage, estimate_tokens
from spanglass_server.base.clock import Clock
from spanglass_server.model.evaluation import EvaluatorDefinition, HistoryRun, JudgeConnection
from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.usage import Usage
from spanglass_server.quality.budget import Budgets, Charge, RunPurse
from spanglass_server.quality.definitions import get_kind, options_of

_ANSWER_TOKENS: Final = 300
"""What a judge writes about, of which nothing is known yet: a verdict and its reason."""
_MTOK: Final = 1_000_000


class ConnectedJudge(NamedTuple):
    model: JudgeModel
    connection: JudgeConnection


class JudgeDirectory(Protocol):
    """The connections of all projects: quality/connections.py."""

    def find(self, project_id: str, connection: str, model: str) -> ConnectedJudge:
        """As `Judges.find`. Raises EvaluatorProblem of scope evaluator."""


@dataclass(slots=True, kw_only=True)
class JudgeCall:
    """One question to a model, and what became of it."""

    provider: str
    model: str
    connection: str
    system: str
    prompt: str
    started_at_ns: int
    ended_at_ns: int = 0
    answer: str = ""
    """As the model wrote it."""
    response_model: str = ""
    response_id: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    attempts: int = 0
    cost_usd: float | None = None
    problem: str = ""


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """One target judged once: what the judge's trace shows."""

    definition: EvaluatorDefinition
    target: EvaluationTarget
    trace_id: str
    """Of the judge's own trace; it is sent where a model was asked."""
    started_at_ns: int
    ended_at_ns: int = 0
    calls: list[JudgeCall] = field(default_factory=list)
    scores: Sequence[Score] = ()
    problem: str = ""

    @property
    def cost_usd(self) -> float:
        return sum(call.cost_usd or 0.0 for call in self.calls)


class Tracer(Protocol):
    """quality/tracing.py."""

    def record(self, evaluation: Evaluation) -> None:
        """Never raises and never waits."""


class Judgement(NamedTuple):
    scores: Sequence[Score]
    """With the judge's model, cost, tokens and trace in their metadata."""
    evaluation: Evaluation


_current: ContextVar[Evaluation | None] = ContextVar("evaluation", default=None)


class ReadyEvaluator:
    """An `Evaluator` that may be used for any number of targets, also at once."""

    def __init__(
        self,
        inner: Evaluator,
        definition: EvaluatorDefinition,
        *,
        is_judge: bool,
        tracer: Tracer,
        clock: Clock,
        run: RunPurse | None,
    ) -> None:
        self._inner = inner
        self._tracer = tracer
        self._clock = clock
        self._run = run
        self.definition = definition
        self.is_judge = is_judge

    @property
    def run_spent_usd(self) -> float:
        """Of the run that it was built for, by what was settled."""
        return self._run.spent_usd if self._run else 0.0

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score] | Awaitable[Sequence[Score]]:
        """As Evaluator. Raises OverBudget, which is an EvaluatorProblem, too."""
        if self.is_judge:
            return self._scores(target)
        return self._inner.evaluate(target)

    async def judge(self, target: EvaluationTarget) -> Judgement:
        """As `evaluate`, with how it came about. One that does not wait is computed right here."""
        evaluation = self.begin(target)
        return await self.judge_in(evaluation)

    def begin(self, target: EvaluationTarget) -> Evaluation:
        return Evaluation(
            definition=self.definition,
            target=target,
            trace_id=secrets.token_hex(16),
            started_at_ns=self._clock(),
        )

    async def judge_in(self, evaluation: Evaluation) -> Judgement:
        """The evaluation holds what happened also where this raises."""
        token = _current.set(evaluation)
        try:
            found = self._inner.evaluate(evaluation.target)
            scores = await found if inspect.isawaitable(found) else found
            evaluation.scores = [_told(score, evaluation) for score in scores]
        except EvaluatorProblem as problem:
            evaluation.problem = problem.message
            raise
        finally:
            _current.reset(token)
            evaluation.ended_at_ns = self._clock()
            if evaluation.calls:
                self._tracer.record(evaluation)
        return Judgement(evaluation.scores, evaluation)

    async def _scores(self, target: EvaluationTarget) -> Sequence[Score]:
        return (await self.judge(target)).scores


class TokenRates(NamedTuple):
    """USD of one token."""

    input: float
    output: float


class Judging:
    """Safe from many threads."""

    def __init__(
        self,
        judges: JudgeDirectory,
        budgets: Budgets,
        tracer: Tracer,
        *,
        prices: PriceBook,
        clock: Clock,
    ) -> None:
        self._judges = judges
        self._tracer = tracer
        self._prices = prices
        self._clock = clock
        self.budgets = budgets

    def build(self, definition: EvaluatorDefinition, *, run: HistoryRun | None = None) -> ReadyEvaluator:
        """The evaluator of a definition. Build it once and use it for many targets: a run's budget is what
        was spent of it when this was called and since.

        Raises EvaluatorProblem of scope evaluator where what it needs is gone, and BadInput for options that
        this server does not know.
        """
        kind = get_kind(definition.kind)
        purse = RunPurse.of(run) if run else None
        inner = self._build(kind, definition, purse)
        return ReadyEvaluator(
            inner, definition, is_judge=kind.is_judge, tracer=self._tracer, clock=self._clock, run=purse
        )

    def rates(self, judge: ConnectedJudge) -> TokenRates | None:
        """What its tokens cost now; None where nobody knows."""
        return find_rates(self._prices, judge, at_ns=self._clock())

    def check_price(self, definition: EvaluatorDefinition, judge: ConnectedJudge) -> TokenRates:
        """What its tokens cost. Raises EvaluatorProblem, of scope evaluator, where its budget could hold
        nothing: there is no price, or there is one and no budget."""
        rates = self.rates(judge)
        if rates is None:
            raise EvaluatorProblem(
                f"nobody knows what the model `{judge.model.model}` costs, so no budget can be kept",
                scope="evaluator",
                hint=f"give the connection `{judge.connection.name}` its prices (input_usd_per_mtok, "
                "output_usd_per_mtok; 0 for a model of your own), or name it in the price file",
            )
        if (rates.input or rates.output) and definition.budget_usd_per_day is None:
            raise EvaluatorProblem(
                "`budget_usd_per_day`: this evaluator costs money, so it needs a budget",
                scope="evaluator",
                hint="say how many USD it may spend in a day (UTC)",
            )
        return rates

    def judges_of(self, definition: EvaluatorDefinition) -> Sequence[ConnectedJudge]:
        """Those that a definition names. Raises as `build`."""
        noted = _NotedJudges(definition.project_id, self._judges)
        get_kind(definition.kind).build(options_of(definition), noted)
        return noted.found

    def _build(
        self, kind: EvaluatorKind, definition: EvaluatorDefinition, purse: RunPurse | None
    ) -> Evaluator:
        return kind.build(options_of(definition), _PaidJudges(self, definition, purse))

    def find_paid(
        self, definition: EvaluatorDefinition, purse: RunPurse | None, connection: str, model: str
    ) -> JudgeModel:
        def find() -> ConnectedJudge:
            return self._judges.find(definition.project_id, connection, model)

        return _PaidJudge(self, find, definition, purse, self._prices, self._clock)


def find_rates(prices: PriceBook, judge: ConnectedJudge, *, at_ns: int) -> TokenRates | None:
    own_input, own_output = judge.connection.input_usd_per_mtok, judge.connection.output_usd_per_mtok
    if own_input is not None and own_output is not None:
        return TokenRates(own_input / _MTOK, own_output / _MTOK)
    one_input = _catalog_cost(prices, judge.model, Usage(input_tokens=1000, output_tokens=0), at_ns)
    one_output = _catalog_cost(prices, judge.model, Usage(input_tokens=0, output_tokens=1000), at_ns)
    if one_input is None or one_output is None:
        return None
    return TokenRates(one_input / 1000, one_output / 1000)


def _catalog_cost(prices: PriceBook, model: JudgeModel, usage: Usage, at_ns: int) -> float | None:
    return price_usage(prices, provider=model.provider, model=model.model, usage=usage, at_ns=at_ns).cost_usd


@dataclass(frozen=True, slots=True)
class _PaidJudges:
    judging: Judging
    definition: EvaluatorDefinition
    purse: RunPurse | None

    def find(self, connection: str, model: str) -> JudgeModel:
        return self.judging.find_paid(self.definition, self.purse, connection, model)


class _NotedJudges:
    def __init__(self, project_id: str, judges: JudgeDirectory) -> None:
        self._project_id = project_id
        self._judges = judges
        self.found: list[ConnectedJudge] = []

    def find(self, connection: str, model: str) -> JudgeModel:
        judge = self._judges.find(self._project_id, connection, model)
        self.found.append(judge)
        return judge.model


class _PaidJudge:
    """A JudgeModel that asks only what can be paid."""

    def __init__(
        self,
        judging: Judging,
        find: Callable[[], ConnectedJudge],
        definition: EvaluatorDefinition,
        purse: RunPurse | None,
        prices: PriceBook,
        clock: Clock,
    ) -> None:
        self._judging = judging
        self._find = find
        self._judge = find()
        self._definition = definition
        self._purse = purse
        self._prices = prices
        self._clock = clock

    @property
    def provider(self) -> str:
        return self._judge.model.provider

    @property
    def model(self) -> str:
        return self._judge.model.model

    async def ask(self, *, system: str, prompt: str, schema: type[BaseModel], max_tokens: int) -> JudgeReply:
        # Anew each time: its key, address or price may have been changed.
        self._judge = judge = self._find()
        rates = self._judging.check_price(self._definition, judge)
        call = JudgeCall(
            provider=self.provider,
            model=self.model,
            connection=judge.connection.name,
            system=system,
            prompt=prompt,
            started_at_ns=self._clock(),
        )
        evaluation = _current.get()
        input_tokens = estimate_tokens(system) + estimate_tokens(prompt)
        estimate_usd = input_tokens * rates.input + min(max_tokens, _ANSWER_TOKENS) * rates.output
        budgets = self._judging.budgets
        reservation = budgets.reserve(self._definition, estimate_usd, self._purse)
        charge = Charge(usd=0.0, is_answered=False)
        if evaluation is not None:
            evaluation.calls.append(call)
        try:
            reply = await judge.model.ask(system=system, prompt=prompt, schema=schema, max_tokens=max_tokens)
            charge = self._charge(call, reply)
        except EvaluatorProblem as problem:
            call.problem = problem.message
            if isinstance(problem, JudgeProblem):
                charge = self._charge_failed(call, problem.usage)
            raise
        finally:
            call.ended_at_ns = self._clock()
            budgets.settle(reservation, charge)
        return reply

    def _charge(self, call: JudgeCall, reply: JudgeReply) -> Charge:
        call.answer, call.response_model, call.response_id = reply.text, reply.model, reply.response_id
        call.input_tokens, call.output_tokens = reply.input_tokens, reply.output_tokens
        call.cache_read_tokens, call.cache_write_tokens = reply.cache_read_tokens, reply.cache_write_tokens
        call.attempts = reply.attempts
        call.cost_usd = self._cost_usd(call)
        return _charge_of(call, is_answered=True)

    def _charge_failed(self, call: JudgeCall, used: JudgeUsage) -> Charge:
        """Answers that could not be used are billed too."""
        call.attempts = used.attempts
        if not used.input_tokens and not used.output_tokens:
            return Charge(usd=0.0, is_answered=False)
        call.input_tokens, call.output_tokens = used.input_tokens, used.output_tokens
        call.cache_read_tokens, call.cache_write_tokens = used.cache_read_tokens, used.cache_write_tokens
        call.cost_usd = self._cost_usd(call)
        return _charge_of(call, is_answered=False)

    def _cost_usd(self, call: JudgeCall) -> float | None:
        connection = self._judge.connection
        if connection.input_usd_per_mtok is not None and connection.output_usd_per_mtok is not None:
            input_usd = (call.input_tokens or 0) * connection.input_usd_per_mtok
            return (input_usd + (call.output_tokens or 0) * connection.output_usd_per_mtok) / _MTOK
        usage = Usage(
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            cache_read_tokens=call.cache_read_tokens,
            cache_write_tokens=call.cache_write_tokens,
        )
        return price_usage(
            self._prices,
            provider=self.provider,
            model=call.response_model or self.model,
            request_model=self.model,
            usage=usage,
            at_ns=self._clock(),
        ).cost_usd


def _charge_of(call: JudgeCall, *, is_answered: bool) -> Charge:
    return Charge(
        usd=call.cost_usd or 0.0,
        input_tokens=call.input_tokens or 0,
        output_tokens=call.output_tokens or 0,
        is_unpriced=call.cost_usd is None,
        is_answered=is_answered,
    )


def _told(score: Score, evaluation: Evaluation) -> Score:
    """The score with what it took to get it."""
    if not evaluation.calls:
        return score
    return score._replace(metadata={**(score.metadata or {}), **_facts(evaluation)})


def _facts(evaluation: Evaluation) -> Mapping[str, object]:
    last = evaluation.calls[-1]
    return {
        "judge_model": last.response_model or last.model,
        "judge_connection": last.connection,
        "judge_trace_id": evaluation.trace_id,
        "cost_usd": evaluation.cost_usd if all(c.cost_usd is not None for c in evaluation.calls) else None,
        "input_tokens": sum(call.input_tokens or 0 for call in evaluation.calls),
        "output_tokens": sum(call.output_tokens or 0 for call in evaluation.calls),
    }
