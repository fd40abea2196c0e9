"""What stores promise to evaluations: definitions with their states in the relational store, and what is to
be judged in the span store.

Synchronous, may block, safe from many threads and servers at once. Errors as in store/ports.py and
store/library.py.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from spanglass_server.model.evaluation import (
    EvaluationFailure,
    EvaluatorDefinition,
    EvaluatorState,
    HistoryRun,
    JudgeConnection,
    Spend,
    TargetType,
)
from spanglass_server.query.ast import Expression
from spanglass_server.store.library import PageOf, Slice
from spanglass_server.store.ports import OpenTrace, TimeRange


class EvaluatorStore(Protocol):
    """Deleting a definition takes its state, runs, failures and spend with it; scores stay."""

    def put_evaluator(self, definition: EvaluatorDefinition) -> None:
        """Made, or replaced where there is one of its id. BadInput where another has its name, and beyond
        EVALUATORS_PER_PROJECT_MAX of them; NotFound for a project that is gone."""

    def find_evaluator(self, project_id: str, evaluator_id: str) -> EvaluatorDefinition | None: ...
    def list_evaluators(self, project_id: str | None = None) -> Sequence[EvaluatorDefinition]:
        """By name; of all projects without one."""

    def delete_evaluator(self, project_id: str, evaluator_id: str) -> None: ...

    def put_states(self, states: Sequence[EvaluatorState]) -> None:
        """One that was deleted meanwhile is passed over."""

    def find_states(self, evaluator_ids: Sequence[str]) -> Mapping[str, EvaluatorState]: ...

    def add_spend(self, spend: Spend) -> Spend:
        """Added to what the day has already; the day's sum. Of a deleted evaluator nothing is kept."""

    def list_spend(self, evaluator_id: str, *, days: int, until_day: str) -> Sequence[Spend]:
        """Newest day first; days without are absent."""

    def put_failures(self, failures: Sequence[EvaluationFailure]) -> None:
        """One a target and version; the newest EVALUATION_FAILURES_MAX of an evaluator are kept."""

    def remove_failures(self, evaluator_id: str, targets: Sequence[tuple[str, str]]) -> None:
        """Of these (trace_id, span_id)."""

    def request_retries(self, evaluator_id: str) -> int:
        """Mark all its failures to be judged again, by whichever server judges: `attempts` becomes 0. How
        many."""

    def list_retries(self, limit: int) -> Sequence[EvaluationFailure]:
        """Of all evaluators: failures that are to be judged again, oldest first."""

    def list_failures(self, evaluator_id: str, part: Slice) -> PageOf[EvaluationFailure]:
        """Newest first."""

    def put_run(self, run: HistoryRun) -> None:
        """Made, or replaced whatever it was: how a person starts and cancels one. BadInput beyond
        EVALUATION_RUNS_OPEN_MAX that are not over."""

    def update_run(self, run: HistoryRun) -> bool:
        """Replaced unless it is over, e.g. cancelled meanwhile, or gone: whether it was."""

    def find_run(self, project_id: str, run_id: str) -> HistoryRun | None: ...
    def list_runs(self, project_id: str, evaluator_id: str, part: Slice) -> PageOf[HistoryRun]:
        """Newest first."""

    def list_open_runs(self) -> Sequence[HistoryRun]:
        """Of all projects: neither done nor cancelled, oldest first."""

    def put_connection(self, connection: JudgeConnection) -> None:
        """BadInput beyond JUDGE_CONNECTIONS_PER_PROJECT_MAX of them."""

    def find_connection(self, project_id: str, name: str) -> JudgeConnection | None: ...
    def list_connections(self, project_id: str) -> Sequence[JudgeConnection]:
        """By name."""

    def delete_connection(self, project_id: str, name: str) -> None:
        """NotFound where there is none; so is `delete_evaluator`."""

    def close(self) -> None: ...


class Place(NamedTuple):
    """Where a reading of targets stands: after this one."""

    position_ns: int
    """`version` of the trace where what was stored is followed; its start where history is read."""
    trace_id: str
    span_id: str = ""


class TargetKey(NamedTuple):
    trace_id: str
    span_id: str
    """Empty for a trace."""
    start_time_ns: int
    position_ns: int


class TargetReader(Protocol):
    """Sampling is by `spanglass.evaluators.sampling` of the trace id."""

    def list_stored(
        self,
        project_id: str,
        target_type: TargetType,
        where: Expression | None,
        *,
        after: Place,
        until_ns: int,
        sampling_rate: float,
        limit: int,
    ) -> Sequence[TargetKey]:
        """Targets of traces that were last stored after the place and before `until_ns`, in the order of
        (version, trace_id, span_id). A trace that gets another span moves to the end: it is listed again, or
        for the first time only then. Looks as far back as EVALUATION_LATE_DAYS_MAX; what is older when it
        arrives is for history runs."""

    def list_history(
        self,
        project_id: str,
        target_type: TargetType,
        where: Expression | None,
        *,
        during: TimeRange,
        after: Place | None,
        sampling_rate: float,
        limit: int,
    ) -> Sequence[TargetKey]:
        """Targets that started within, in the order of (start, trace_id, span_id)."""

    def count_history(
        self,
        project_id: str,
        target_type: TargetType,
        where: Expression | None,
        *,
        during: TimeRange,
        sampling_rate: float,
    ) -> int: ...

    def newest_stored_ns(self, project_id: str) -> int | None:
        """When the newest trace was stored, even where it is deleted by now: what lag is measured against."""

    def open_traces(self, project_id: str, keys: Sequence[TargetKey]) -> Mapping[str, OpenTrace]:
        """By trace id, with payloads; those that are gone are absent."""
