"""What judges may spend: reserved before each call, settled after it, kept by the store.

A call is let through while what was spent, what calls in flight may come to and its own estimate stay within
the budget. So calls in parallel exceed it by no more than each one's estimate was wrong.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import structlog

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import SpanglassError
from spanglass_server.model.evaluation import EvaluatorDefinition, HistoryRun, Spend
from spanglass_server.store.evaluation import EvaluatorStore

log = structlog.get_logger(__name__)

_FLUSH_S: Final = 0.5
"""How long a sum may wait for its row: what a killed server can forget."""
_REFRESH_NS: Final = 5_000_000_000
"""How soon what another server spent counts: trials may run on any."""
_RECENT_CALLS: Final = 50
_SAME_USD: Final = 1e-9
"""Sums of the same costs in another order are the same sum."""

BudgetOf: TypeAlias = Literal["day", "run"]


class OverBudget(EvaluatorProblem):
    """The next call would not fit into what is left."""

    def __init__(self, message: str, *, of: BudgetOf, until_ns: int | None, hint: str) -> None:
        """`until_ns`: when there is a new budget by itself; None for a run's, which somebody has to raise."""
        super().__init__(message, scope="evaluator", is_transient=True, hint=hint)
        self.of = of
        self.until_ns = until_ns


@dataclass(slots=True)
class RunPurse:
    """What one run over history may spend, besides its evaluator's day."""

    budget_usd: float | None
    spent_usd: float
    held_usd: float = 0.0

    @classmethod
    def of(cls, run: HistoryRun) -> "RunPurse":
        return cls(run.budget_usd, run.cost_usd)

    def has_room(self, usd: float) -> bool:
        return self.budget_usd is None or self.spent_usd + self.held_usd + usd <= self.budget_usd + _SAME_USD


@dataclass(slots=True)
class _Account:
    """An evaluator's day."""

    day: str
    spent_usd: float
    """As the store has it, with what is unsaved."""
    refreshed_ns: int
    held_usd: float = 0.0
    unsaved: dict[str, Spend] = field(default_factory=dict)
    """By day."""
    recent_usd: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT_CALLS))


@dataclass(slots=True)
class Reservation:
    """Settled exactly once, whatever came of the call."""

    definition: EvaluatorDefinition
    usd: float
    run: RunPurse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a call came to."""

    usd: float
    input_tokens: int = 0
    output_tokens: int = 0
    is_unpriced: bool = False
    is_answered: bool = True
    """Only what was answered says what the next call may cost."""


class Budgets:
    """Safe from many threads and loops. What is spent counts at once here, and within seconds on servers
    beside this one."""

    def __init__(self, store: EvaluatorStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._accounts: dict[str, _Account] = {}
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._timer: threading.Timer | None = None

    def reserve(
        self, definition: EvaluatorDefinition, estimate_usd: float, run: RunPurse | None = None
    ) -> Reservation:
        """`estimate_usd`: for a call of which nothing is known yet; recent calls of the evaluator know
        better. Raises OverBudget."""
        self._refresh(definition.id)
        with self._lock:
            account = self._account(definition.id)
            usd = _expected(account, estimate_usd)
            budget = definition.budget_usd_per_day
            if budget is not None and account.spent_usd + account.held_usd + usd > budget + _SAME_USD:
                raise _over_day(definition.name, account.spent_usd, budget, usd, self._clock())
            if run is not None and not run.has_room(usd):
                raise _over_run(run, usd)
            account.held_usd += usd
            if run is not None:
                run.held_usd += usd
            return Reservation(definition, usd, run)

    def settle(self, reservation: Reservation, charge: Charge) -> None:
        evaluator_id, run = reservation.definition.id, reservation.run
        with self._lock:
            account = self._account(evaluator_id)
            account.held_usd = max(0.0, account.held_usd - reservation.usd)
            account.spent_usd += charge.usd
            if run is not None:
                run.held_usd = max(0.0, run.held_usd - reservation.usd)
                run.spent_usd += charge.usd
            if not charge.is_answered and not charge.usd:
                return
            if charge.is_answered:
                account.recent_usd.append(charge.usd)
            _note(account, _spend(account.day, evaluator_id, charge))
            self._flush_soon()

    def spent_today_usd(self, evaluator_id: str) -> float:
        self._refresh(evaluator_id)
        with self._lock:
            return self._account(evaluator_id).spent_usd

    def may_spend(self, definition: EvaluatorDefinition) -> bool:
        """Whether anything is left of the day for one more call like the latest ones."""
        if definition.budget_usd_per_day is None:
            return True
        self._refresh(definition.id)
        with self._lock:
            account = self._account(definition.id)
            left = definition.budget_usd_per_day - account.spent_usd - account.held_usd
            return left > _SAME_USD and left + _SAME_USD >= _expected(account, 0.0)

    def forget(self, evaluator_id: str) -> None:
        """It was deleted."""
        with self._lock:
            self._accounts.pop(evaluator_id, None)

    def flush(self) -> None:
        """Store what is unsaved. What the store refuses for now is tried again later."""
        with self._saving:
            with self._lock:
                self._timer = None
                waiting = [account for account in self._accounts.values() if account.unsaved]
            for account in waiting:
                self._save(account)

    def close(self) -> None:
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self.flush()

    def _save(self, account: _Account) -> None:
        with self._lock:
            spends, account.unsaved = list(account.unsaved.values()), {}
        for spend in spends:
            try:
                total = self._store.add_spend(spend)
            except SpanglassError as problem:
                log.warning("judge_spend_not_saved", evaluator_id=spend.evaluator_id, reason=problem.message)
                with self._lock:
                    _note(account, spend)
                    self._flush_soon()
                continue
            with self._lock:
                if account.day == total.day:
                    # Of all servers, with what was not saved yet of this one.
                    account.spent_usd = total.usd + _unsaved_usd(account)
                    account.refreshed_ns = self._clock()

    def _refresh(self, evaluator_id: str) -> None:
        """Raises StorageUnavailable."""
        now_ns = self._clock()
        with self._lock:
            account = self._accounts.get(evaluator_id)
            is_fresh = (
                account is not None
                and account.day == day_of(now_ns)
                and now_ns - account.refreshed_ns < _REFRESH_NS
            )
        if is_fresh:
            return
        with self._saving:
            day = day_of(now_ns)
            stored = self._store.list_spend(evaluator_id, days=1, until_day=day)
            usd = sum(spend.usd for spend in stored if spend.day == day)
            with self._lock:
                account = self._account(evaluator_id)
                account.spent_usd, account.refreshed_ns = usd + _unsaved_usd(account), now_ns

    def _account(self, evaluator_id: str) -> _Account:
        """Of today: the day's change empties it, but for what is in flight and what calls cost lately."""
        day = day_of(self._clock())
        account = self._accounts.get(evaluator_id)
        if account is None:
            account = self._accounts[evaluator_id] = _Account(day, 0.0, 0)
        elif account.day != day:
            account.day, account.spent_usd, account.refreshed_ns = day, 0.0, 0
        return account

    def _flush_soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_FLUSH_S, self.flush)
            self._timer.daemon = True
            self._timer.start()


def day_of(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns // 1_000_000_000, UTC):%Y-%m-%d}"


def next_day_ns(time_ns: int) -> int:
    """The coming midnight, UTC."""
    today = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
    return int(midnight.timestamp()) * 1_000_000_000


def _expected(account: _Account, estimate_usd: float) -> float:
    if not account.recent_usd:
        return estimate_usd
    return sum(account.recent_usd) / len(account.recent_usd)


def _unsaved_usd(account: _Account) -> float:
    unsaved = account.unsaved.get(account.day)
    return unsaved.usd if unsaved else 0.0


def _spend(day: str, evaluator_id: str, charge: Charge) -> Spend:
    return Spend(
        evaluator_id, day, charge.usd, 1, charge.input_tokens, charge.output_tokens, int(charge.is_unpriced)
    )


def _note(account: _Account, more: Spend) -> None:
    before = account.unsaved.get(more.day)
    account.unsaved[more.day] = more if before is None else _sum(before, more)


def _sum(one: Spend, other: Spend) -> Spend:
    """Of the same evaluator and day."""
    return one._replace(
        usd=one.usd + other.usd,
        call_count=one.call_count + other.call_count,
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        unpriced_count=one.unpriced_count + other.unpriced_count,
    )


def _over_day(name: str, spent: float, budget: float, usd: float, now_ns: int) -> OverBudget:
    return OverBudget(
        f"`{name}` spent {usd_text(spent)} of its {usd_text(budget)} for today, and a call costs about "
        f"{usd_text(usd)}",
        of="day",
        until_ns=next_day_ns(now_ns),
        hint="it goes on at midnight UTC by itself, or at once when budget_usd_per_day is raised",
    )


def _over_run(run: RunPurse, usd: float) -> OverBudget:
    return OverBudget(
        f"the run spent {usd_text(run.spent_usd)} of its {usd_text(run.budget_usd or 0.0)}, and a call costs "
        f"about {usd_text(usd)}",
        of="run",
        until_ns=None,
        hint="start another run over the rest: what has a score is skipped",
    )


def usd_text(usd: float) -> str:
    """`$0.0042`: enough digits to tell a cent's parts."""
    return f"${usd:.2f}" if usd >= 1 or usd == 0 else f"${usd:.4g}"
