"""What people ask of evaluators, on any server: definitions, how they fare, failures, runs over history."""

import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from spanglass.evaluators import EvaluatorProblem, ScoreForm
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.evaluation import (
    EvaluationFailure,
    EvaluatorDefinition,
    EvaluatorState,
    EvaluatorStatus,
    HistoryRun,
    Spend,
)
from spanglass_server.model.score import ScoreCategory, ScoreConfig
from spanglass_server.quality import definitions
from spanglass_server.quality.budget import day_of
from spanglass_server.quality.connection_trial import ConnectionTest, try_connection
from spanglass_server.quality.connections import JudgeConnections
from spanglass_server.quality.definitions import Draft
from spanglass_server.quality.dry_run import Trial, Trials
from spanglass_server.quality.estimates import Estimate, Estimator
from spanglass_server.quality.judging import Judging
from spanglass_server.quality.loop import JudgeLoop
from spanglass_server.quality.recent import NOTHING_RECENT, RecentQualities, RecentQuality
from spanglass_server.store.directory import is_judges_project
from spanglass_server.store.evaluation import EvaluatorStore, TargetReader
from spanglass_server.store.library import PageOf, ScoreConfigs, Slice
from spanglass_server.store.ports import TimeRange

_SPEND_DAYS: Final = 30
_CONFIGS_MAX: Final = 10_000
_OVER: Final = frozenset({"done", "cancelled"})


class SpendReport(NamedTuple):
    today_usd: float
    today_calls: int
    month_usd: float
    """Of today and the 29 days before."""
    month_calls: int
    unpriced_calls: int
    """Of the month's: what they cost is not in its sum."""


class EvaluatorReport(NamedTuple):
    definition: EvaluatorDefinition
    forms: Sequence[ScoreForm]
    """Empty where this server does not know its kind."""
    is_judge: bool
    status: EvaluatorStatus
    reason: str
    lag_s: float | None
    """How far live evaluation is behind what is stored; None before its first look."""
    state: EvaluatorState | None
    spend: SpendReport
    recent: RecentQuality


class RunRequest(NamedTuple):
    """What somebody gives of a run over history. None of a filter or rate: the evaluator's."""

    during: TimeRange
    filter: str | None = None
    sampling_rate: float | None = None
    budget_usd: float | None = None


class Receivers(Protocol):
    """`notify.office.NotificationOffice`."""

    def list_receiver_names(self, project_id: str) -> Sequence[str]: ...


class EvaluationService:
    """Safe from many threads. Everything may raise StorageUnavailable."""

    def __init__(
        self,
        store: EvaluatorStore,
        targets: TargetReader,
        configs: ScoreConfigs,
        judging: Judging,
        receivers: Receivers,
        connections: JudgeConnections,
        estimator: Estimator,
        trials: Trials,
        loop: JudgeLoop,
        recent: RecentQualities,
        *,
        clock: Clock,
        settled_until_ns: Clock,
    ) -> None:
        """`settled_until_ns`: whatever is stored later has a later version. A definition counts from there: a
        commit that was already open when it was made may bring traces that were sent after."""
        self._settled_until_ns = settled_until_ns
        self._store = store
        self._targets = targets
        self._configs = configs
        self._judging = judging
        self._receivers = receivers
        self._clock = clock
        self._estimator = estimator
        self._trials = trials
        self._loop = loop
        self._recent = recent
        self.connections = connections

    # Definitions

    def list_evaluators(self, project_id: str) -> Sequence[EvaluatorReport]:
        return self._reports(project_id, self._store.list_evaluators(project_id))

    def get_evaluator(self, project_id: str, evaluator_id: str) -> EvaluatorReport:
        (report,) = self._reports(project_id, [self.get_definition(project_id, evaluator_id)])
        return report

    def get_definition(self, project_id: str, evaluator_id: str) -> EvaluatorDefinition:
        definition = self._store.find_evaluator(project_id, evaluator_id)
        if definition is None:
            raise NotFound(f"there is no evaluator `{evaluator_id}`")
        return definition

    def create(self, project_id: str, draft: Draft) -> EvaluatorReport:
        """Raises BadInput and QueryInvalid that name the field."""
        if is_judges_project(project_id):
            raise BadInput(
                "this project has the calls of judges, which are not judged in turn",
                hint="make the evaluator in the project whose answers it judges",
            )
        definition = self.check(project_id, draft, evaluator_id=uuid.uuid4().hex)
        return self._put(definition)

    def change(self, project_id: str, evaluator_id: str, draft: Draft) -> EvaluatorReport:
        """`draft`: the whole, as `definitions.draft_of` gives what there is."""
        before = self.get_definition(project_id, evaluator_id)
        now_ns = self._settled_until_ns()
        made = definitions.redefine(before, self._complete(project_id, draft), now_ns=now_ns)
        # What is only paused must stay so even where its judge is gone.
        if made.is_enabled or made.version != before.version:
            self._check(made)
        return self._put(made)

    def delete(self, project_id: str, evaluator_id: str) -> None:
        """Its scores stay."""
        self._store.delete_evaluator(project_id, evaluator_id)
        self._judging.budgets.forget(evaluator_id)

    def check(self, project_id: str, draft: Draft, *, evaluator_id: str = "") -> EvaluatorDefinition:
        """The definition that a draft makes. Raises as `create`; stores nothing."""
        definition = definitions.define(
            self._complete(project_id, draft),
            project_id=project_id,
            evaluator_id=evaluator_id,
            now_ns=self._settled_until_ns(),
        )
        self._check(definition)
        return definition

    def _complete(self, project_id: str, draft: Draft) -> Draft:
        notice = draft.notice
        if notice is None:
            return draft
        known = self._receivers.list_receiver_names(project_id)
        if notice.receiver not in known:
            raise BadInput(
                f"`notice.receiver`: there is no receiver `{notice.receiver[:64]}`",
                hint=f"there are: {', '.join(known)}" if known else "set up notifications first",
            )
        return draft

    def _check(self, definition: EvaluatorDefinition) -> None:
        """That it can run, and that nobody is surprised by the bill."""
        try:
            self._judging.build(definition)
            for judge in self._judging.judges_of(definition):
                self._judging.check_price(definition, judge)
        except EvaluatorProblem as problem:
            named = problem.message if problem.message.startswith("`") else f"`options`: {problem.message}"
            raise BadInput(named, hint=problem.hint) from None

    def _put(self, definition: EvaluatorDefinition) -> EvaluatorReport:
        self._store.put_evaluator(definition)
        self._make_configs(definition)
        return self.get_evaluator(definition.project_id, definition.id)

    def _make_configs(self, definition: EvaluatorDefinition) -> None:
        """Its scores are known by a configuration: what is best of them, and what they may be."""
        part = Slice(_CONFIGS_MAX, 0)
        known = {config.name for config in self._configs.list(definition.project_id, part).items}
        for form in definitions.forms_of(definition):
            if form.name not in known:
                self._configs.put(definition.project_id, _config_of(form, definition, self._clock()))

    # How they fare

    def _reports(self, project_id: str, found: Sequence[EvaluatorDefinition]) -> Sequence[EvaluatorReport]:
        if not found:
            return []
        states = self._store.find_states([definition.id for definition in found])
        newest_ns = self._targets.newest_stored_ns(project_id)
        recent = self._recent.of(project_id, self._store.list_evaluators(project_id))
        return [
            self._report(each, states.get(each.id), newest_ns, recent.get(each.name, NOTHING_RECENT))
            for each in found
        ]

    def _report(
        self,
        definition: EvaluatorDefinition,
        state: EvaluatorState | None,
        newest_ns: int | None,
        recent: RecentQuality,
    ) -> EvaluatorReport:
        try:
            forms, is_judge = definitions.forms_of(definition), definitions.get_kind(definition.kind).is_judge
        except BadInput:
            forms, is_judge = (), False
        status, reason = _status_of(definition, state)
        return EvaluatorReport(
            definition=definition,
            forms=forms,
            is_judge=is_judge,
            status=status,
            reason=reason,
            lag_s=_lag_s(definition, state, newest_ns),
            state=state,
            spend=self._spend(definition.id) if is_judge else _NOTHING_SPENT,
            recent=recent,
        )

    def _spend(self, evaluator_id: str) -> SpendReport:
        today = day_of(self._clock())
        days = self._store.list_spend(evaluator_id, days=_SPEND_DAYS, until_day=today)
        now = next((spend for spend in days if spend.day == today), None)
        return SpendReport(
            today_usd=now.usd if now else 0.0,
            today_calls=now.call_count if now else 0,
            month_usd=sum(spend.usd for spend in days),
            month_calls=sum(spend.call_count for spend in days),
            unpriced_calls=sum(spend.unpriced_count for spend in days),
        )

    def list_spend(self, project_id: str, evaluator_id: str) -> Sequence[Spend]:
        """Of the last 30 days, newest first; days without are absent."""
        self.get_definition(project_id, evaluator_id)
        return self._store.list_spend(evaluator_id, days=_SPEND_DAYS, until_day=day_of(self._clock()))

    def list_failures(self, project_id: str, evaluator_id: str, part: Slice) -> PageOf[EvaluationFailure]:
        self.get_definition(project_id, evaluator_id)
        return self._store.list_failures(evaluator_id, part)

    def retry_failures(self, project_id: str, evaluator_id: str) -> int:
        """Judge again what could not be judged; how many."""
        self.get_definition(project_id, evaluator_id)
        return self._store.request_retries(evaluator_id)

    # Before anything is judged

    def try_out(self, definition: EvaluatorDefinition, trace_id: str, span_id: str) -> Trial:
        """`definition`: stored, or as `check` gives it."""
        return self._trials.run(definition, trace_id, span_id)

    def test_connection(self, project_id: str, name: str) -> ConnectionTest:
        return try_connection(self.connections, self._loop, project_id, name)

    def estimate_day(self, definition: EvaluatorDefinition) -> Estimate:
        try:
            return self._estimator.of_day(definition)
        except EvaluatorProblem as problem:
            raise BadInput(f"`options`: {problem.message}", hint=problem.hint) from None

    def estimate_run(
        self,
        project_id: str,
        evaluator_id: str,
        during: TimeRange,
        *,
        filter_text: str | None,
        sampling_rate: float | None,
    ) -> Estimate:
        definition = self.get_definition(project_id, evaluator_id)
        try:
            return self._estimator.of_run(
                definition,
                during,
                filter_text=definition.filter if filter_text is None else filter_text,
                sampling_rate=definition.sampling_rate if sampling_rate is None else sampling_rate,
            )
        except EvaluatorProblem as problem:
            raise BadInput(f"`options`: {problem.message}", hint=problem.hint) from None

    # Runs over history

    def start_run(self, project_id: str, evaluator_id: str, wanted: RunRequest) -> HistoryRun:
        definition = self.get_definition(project_id, evaluator_id)
        self._check(definition)
        text = definition.filter if wanted.filter is None else wanted.filter.strip()
        rate = definition.sampling_rate if wanted.sampling_rate is None else wanted.sampling_rate
        where = definitions.parse_target_filter(text, definition.target_type)
        now_ns = self._clock()
        run = HistoryRun(
            project_id=project_id,
            id=uuid.uuid4().hex,
            evaluator_id=evaluator_id,
            evaluator_version=definition.version,
            from_ns=wanted.during.from_ns,
            to_ns=wanted.during.to_ns,
            filter=text,
            sampling_rate=rate,
            budget_usd=wanted.budget_usd,
            status="waiting",
            reason="",
            position_start_ns=0,
            position_trace_id="",
            target_count=self._targets.count_history(
                project_id, definition.target_type, where, during=wanted.during, sampling_rate=rate
            ),
            done_count=0,
            scored_count=0,
            failed_count=0,
            empty_count=0,
            skipped_count=0,
            cost_usd=0.0,
            created_at_ns=now_ns,
            updated_at_ns=now_ns,
        )
        self._store.put_run(run)
        return run

    def list_runs(self, project_id: str, evaluator_id: str, part: Slice) -> PageOf[HistoryRun]:
        self.get_definition(project_id, evaluator_id)
        return self._store.list_runs(project_id, evaluator_id, part)

    def get_run(self, project_id: str, evaluator_id: str, run_id: str) -> HistoryRun:
        run = self._store.find_run(project_id, run_id)
        if run is None or run.evaluator_id != evaluator_id:
            raise NotFound(f"there is no run `{run_id}` of this evaluator")
        return run

    def cancel_run(self, project_id: str, evaluator_id: str, run_id: str) -> HistoryRun:
        """What it scored stays. One that is over stays as it is."""
        run = self.get_run(project_id, evaluator_id, run_id)
        if run.status not in _OVER:
            cancelled = run._replace(status="cancelled", reason="", updated_at_ns=self._clock())
            self._store.update_run(cancelled)
        return self.get_run(project_id, evaluator_id, run_id)


_NOTHING_SPENT: Final = SpendReport(0.0, 0, 0.0, 0, 0)


def _status_of(definition: EvaluatorDefinition, state: EvaluatorState | None) -> tuple[EvaluatorStatus, str]:
    """What a person did counts at once, before the runner has seen it."""
    if not definition.is_enabled:
        return "paused", ""
    if state is None or state.status == "paused":
        return "running", ""
    return state.status, state.reason


def _lag_s(
    definition: EvaluatorDefinition, state: EvaluatorState | None, newest_ns: int | None
) -> float | None:
    if state is None or not definition.is_enabled:
        return None
    return max(0.0, ((newest_ns or 0) - state.watermark_version_ns) / 1e9)


def _config_of(form: ScoreForm, definition: EvaluatorDefinition, now_ns: int) -> ScoreConfig:
    return ScoreConfig(
        id=uuid.uuid4().hex,
        name=form.name,
        data_type=form.data_type,
        min_value=form.min_value,
        max_value=form.max_value,
        categories=tuple(ScoreCategory(label, value) for label, value in form.categories),
        description=f"Given by the evaluator {definition.name}",
        is_archived=False,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
        better=form.better,
    )
