"""Evaluators in SQLite or PostgreSQL: `store/evaluation.py`'s promises, kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import (
    EVALUATION_FAILURE_CHARS_MAX,
    EVALUATION_FAILURES_MAX,
    EVALUATION_RUNS_OPEN_MAX,
    EVALUATORS_PER_PROJECT_MAX,
    JUDGE_CONNECTIONS_PER_PROJECT_MAX,
)
from spanglass_server.model.evaluation import (
    EvaluationFailure,
    EvaluatorDefinition,
    EvaluatorState,
    HistoryRun,
    JudgeConnection,
    LowScoreNotice,
    Spend,
)
from spanglass_server.store.library import PageOf, Slice
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.evaluator_tables import (
    evaluation_failures,
    evaluation_runs,
    evaluator_spend,
    evaluator_states,
    evaluators,
    judge_connections,
)
from spanglass_server.store.metadata.locks import lock_project

_CHUNK: Final = 200
"""Keys of one statement: SQLite counts its variables."""

_PLAIN: Final = tuple(name for name in EvaluatorDefinition._fields if name != "notice")
_DEFINITION: Final = (
    *(evaluators.c[name] for name in _PLAIN),
    *(evaluators.c[f"notice_{name}"] for name in LowScoreNotice._fields),
)
_STATE: Final = tuple(evaluator_states.c[name] for name in EvaluatorState._fields)
_SPEND: Final = tuple(evaluator_spend.c[name] for name in Spend._fields)
_FAILURE: Final = tuple(evaluation_failures.c[name] for name in EvaluationFailure._fields)
_RUN: Final = tuple(evaluation_runs.c[name] for name in HistoryRun._fields)
_CONNECTION: Final = tuple(judge_connections.c[name] for name in JudgeConnection._fields)
_OVER: Final = ("done", "cancelled")


def open_evaluator_store(url: str) -> "SqlEvaluatorStore":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes its tables."""
    return SqlEvaluatorStore(open_engine(url))


class SqlEvaluatorStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_evaluator(self, definition: EvaluatorDefinition) -> None:
        mine = (evaluators.c.id == definition.id, evaluators.c.project_id == definition.project_id)
        try:
            with write_transaction(self._engine) as connection:
                lock_project(connection, definition.project_id)
                # Never deleted and made again: its state, runs and spend would go with it.
                changed = connection.execute(update(evaluators).where(*mine).values(_row_of(definition)))
                if not changed.rowcount:
                    _check_room(connection, evaluators, definition.project_id, EVALUATORS_PER_PROJECT_MAX)
                    connection.execute(insert(evaluators).values(_row_of(definition)))
        except IntegrityError:
            raise BadInput(
                f"there is another evaluator named `{definition.name}`", hint="choose another name"
            ) from None

    def find_evaluator(self, project_id: str, evaluator_id: str) -> EvaluatorDefinition | None:
        mine = (evaluators.c.id == evaluator_id, evaluators.c.project_id == project_id)
        found = self._rows(select(*_DEFINITION).where(*mine))
        return _definition_of(found[0]) if found else None

    def list_evaluators(self, project_id: str | None = None) -> Sequence[EvaluatorDefinition]:
        query = select(*_DEFINITION).order_by(evaluators.c.name, evaluators.c.id)
        if project_id is not None:
            query = query.where(evaluators.c.project_id == project_id)
        return [_definition_of(row) for row in self._rows(query)]

    def delete_evaluator(self, project_id: str, evaluator_id: str) -> None:
        mine = (evaluators.c.id == evaluator_id, evaluators.c.project_id == project_id)
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(evaluators).where(*mine)).rowcount:
                raise NotFound(f"there is no evaluator `{evaluator_id}`")

    def put_states(self, states: Sequence[EvaluatorState]) -> None:
        if not states:
            return
        with write_transaction(self._engine) as connection:
            living = _lock_living(connection, [state.evaluator_id for state in states])
            kept = {state.evaluator_id: state for state in states if state.evaluator_id in living}
            if kept:
                connection.execute(
                    delete(evaluator_states).where(evaluator_states.c.evaluator_id.in_(list(kept)))
                )
                connection.execute(insert(evaluator_states), [state._asdict() for state in kept.values()])

    def find_states(self, evaluator_ids: Sequence[str]) -> Mapping[str, EvaluatorState]:
        ids = list(dict.fromkeys(evaluator_ids))
        chunks = [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
        rows = [
            row
            for chunk in chunks
            for row in self._rows(select(*_STATE).where(evaluator_states.c.evaluator_id.in_(chunk)))
        ]
        return {row.evaluator_id: EvaluatorState._make(row) for row in rows}

    def add_spend(self, spend: Spend) -> Spend:
        mine = (
            evaluator_spend.c.evaluator_id == spend.evaluator_id,
            evaluator_spend.c.day == spend.day,
        )
        with write_transaction(self._engine) as connection:
            if not _lock_living(connection, [spend.evaluator_id]):
                return spend
            added = {
                name: evaluator_spend.c[name] + getattr(spend, name)
                for name in Spend._fields
                if name not in ("evaluator_id", "day")
            }
            if not connection.execute(update(evaluator_spend).where(*mine).values(added)).rowcount:
                connection.execute(insert(evaluator_spend).values(spend._asdict()))
            return Spend._make(connection.execute(select(*_SPEND).where(*mine)).one())

    def list_spend(self, evaluator_id: str, *, days: int, until_day: str) -> Sequence[Spend]:
        query = (
            select(*_SPEND)
            .where(evaluator_spend.c.evaluator_id == evaluator_id, evaluator_spend.c.day <= until_day)
            .order_by(evaluator_spend.c.day.desc())
            .limit(days)
        )
        first_day = date.fromisoformat(until_day) - timedelta(days=days - 1)
        return [Spend._make(row) for row in self._rows(query) if row.day >= first_day.isoformat()]

    def put_failures(self, failures: Sequence[EvaluationFailure]) -> None:
        if not failures:
            return
        with write_transaction(self._engine) as connection:
            living = _lock_living(connection, [failure.evaluator_id for failure in failures])
            kept = {_failure_key(each): each for each in failures if each.evaluator_id in living}
            for chunk in _chunks(list(kept.values())):
                _replace_failures(connection, chunk)
            for evaluator_id in {failure.evaluator_id for failure in kept.values()}:
                _trim_failures(connection, evaluator_id)

    def remove_failures(self, evaluator_id: str, targets: Sequence[tuple[str, str]]) -> None:
        place = tuple_(evaluation_failures.c.trace_id, evaluation_failures.c.span_id)
        with write_transaction(self._engine) as connection:
            for chunk in _chunks(targets):
                connection.execute(
                    delete(evaluation_failures).where(
                        evaluation_failures.c.evaluator_id == evaluator_id, place.in_(chunk)
                    )
                )

    def request_retries(self, evaluator_id: str) -> int:
        mine = evaluation_failures.c.evaluator_id == evaluator_id
        with write_transaction(self._engine) as connection:
            return connection.execute(update(evaluation_failures).where(mine).values(attempts=0)).rowcount

    def list_retries(self, limit: int) -> Sequence[EvaluationFailure]:
        order = (evaluation_failures.c.at_ns, evaluation_failures.c.trace_id)
        wanted = select(*_FAILURE).where(evaluation_failures.c.attempts == 0)
        return [EvaluationFailure._make(row) for row in self._rows(wanted.order_by(*order).limit(limit))]

    def list_failures(self, evaluator_id: str, part: Slice) -> PageOf[EvaluationFailure]:
        mine = evaluation_failures.c.evaluator_id == evaluator_id
        order = (evaluation_failures.c.at_ns.desc(), evaluation_failures.c.trace_id)
        rows, total = self._page(select(*_FAILURE).where(mine).order_by(*order), part)
        return PageOf([EvaluationFailure._make(row) for row in rows], total)

    def put_run(self, run: HistoryRun) -> None:
        mine = (evaluation_runs.c.id == run.id, evaluation_runs.c.project_id == run.project_id)
        try:
            with write_transaction(self._engine) as connection:
                lock_project(connection, run.project_id)
                if not connection.execute(
                    update(evaluation_runs).where(*mine).values(run._asdict())
                ).rowcount:
                    _check_open_runs(connection, run.project_id)
                    connection.execute(insert(evaluation_runs).values(run._asdict()))
        except IntegrityError:
            raise NotFound(f"there is no evaluator `{run.evaluator_id}`") from None

    def update_run(self, run: HistoryRun) -> bool:
        where = (evaluation_runs.c.id == run.id, evaluation_runs.c.status.not_in(_OVER))
        with write_transaction(self._engine) as connection:
            changed = connection.execute(update(evaluation_runs).where(*where).values(run._asdict()))
            return changed.rowcount > 0

    def find_run(self, project_id: str, run_id: str) -> HistoryRun | None:
        mine = (evaluation_runs.c.id == run_id, evaluation_runs.c.project_id == project_id)
        rows = self._rows(select(*_RUN).where(*mine))
        return HistoryRun._make(rows[0]) if rows else None

    def list_runs(self, project_id: str, evaluator_id: str, part: Slice) -> PageOf[HistoryRun]:
        mine = (
            evaluation_runs.c.project_id == project_id,
            evaluation_runs.c.evaluator_id == evaluator_id,
        )
        order = (evaluation_runs.c.created_at_ns.desc(), evaluation_runs.c.id)
        rows, total = self._page(select(*_RUN).where(*mine).order_by(*order), part)
        return PageOf([HistoryRun._make(row) for row in rows], total)

    def list_open_runs(self) -> Sequence[HistoryRun]:
        query = select(*_RUN).where(evaluation_runs.c.status.not_in(_OVER))
        rows = self._rows(query.order_by(evaluation_runs.c.created_at_ns, evaluation_runs.c.id))
        return [HistoryRun._make(row) for row in rows]

    def put_connection(self, connection: JudgeConnection) -> None:
        mine = (
            judge_connections.c.project_id == connection.project_id,
            judge_connections.c.name == connection.name,
        )
        with write_transaction(self._engine) as database:
            lock_project(database, connection.project_id)
            changed = database.execute(update(judge_connections).where(*mine).values(connection._asdict()))
            if not changed.rowcount:
                _check_room(
                    database, judge_connections, connection.project_id, JUDGE_CONNECTIONS_PER_PROJECT_MAX
                )
                database.execute(insert(judge_connections).values(connection._asdict()))

    def find_connection(self, project_id: str, name: str) -> JudgeConnection | None:
        mine = (judge_connections.c.project_id == project_id, judge_connections.c.name == name)
        rows = self._rows(select(*_CONNECTION).where(*mine))
        return JudgeConnection._make(rows[0]) if rows else None

    def list_connections(self, project_id: str) -> Sequence[JudgeConnection]:
        query = select(*_CONNECTION).where(judge_connections.c.project_id == project_id)
        return [JudgeConnection._make(row) for row in self._rows(query.order_by(judge_connections.c.name))]

    def delete_connection(self, project_id: str, name: str) -> None:
        mine = (judge_connections.c.project_id == project_id, judge_connections.c.name == name)
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(judge_connections).where(*mine)).rowcount:
                raise NotFound(f"there is no connection `{name}` to a judge")

    def close(self) -> None:
        self._engine.dispose()

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with read_transaction(self._engine) as connection:
            return connection.execute(query).all()

    def _page(self, query: Select[Any], part: Slice) -> tuple[Sequence[Row[Any]], int]:
        with read_transaction(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            rows = connection.execute(query.limit(part.limit).offset(part.offset)).all()
        return rows, int(total)


def _row_of(definition: EvaluatorDefinition) -> dict[str, object]:
    notice = definition.notice._asdict() if definition.notice else dict.fromkeys(LowScoreNotice._fields)
    return {
        **{name: getattr(definition, name) for name in _PLAIN},
        **{f"notice_{name}": value for name, value in notice.items()},
    }


def _definition_of(row: Row[Any]) -> EvaluatorDefinition:
    plain = dict(zip(_PLAIN, row, strict=False))
    threshold, receiver, interval_s = row[len(_PLAIN) :]
    notice = None if threshold is None else LowScoreNotice(threshold, receiver, interval_s)
    return EvaluatorDefinition(**plain, notice=notice)


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def _check_room(connection: Connection, table: Table, project_id: str, most: int) -> None:
    query = select(func.count()).select_from(table).where(table.c.project_id == project_id)
    if connection.execute(query).scalar_one() >= most:
        what = table.name.replace("_", " ")
        raise BadInput(
            f"the project has {most} {what}, which is the most that one may have", hint="delete one first"
        )


def _check_open_runs(connection: Connection, project_id: str) -> None:
    open_ones = (evaluation_runs.c.project_id == project_id, evaluation_runs.c.status.not_in(_OVER))
    query = select(func.count()).select_from(evaluation_runs).where(*open_ones)
    if connection.execute(query).scalar_one() >= EVALUATION_RUNS_OPEN_MAX:
        raise BadInput(
            f"{EVALUATION_RUNS_OPEN_MAX} runs over history are under way, which is the most at a time",
            hint="wait for one to end, or cancel one",
        )


def _lock_living(connection: Connection, evaluator_ids: Sequence[str]) -> set[str]:
    """Those that are there, and stay until the transaction ends. In order of ids, so that two servers never
    wait for each other."""
    ids = sorted(set(evaluator_ids))
    living: set[str] = set()
    for chunk in _chunks(ids):
        query = select(evaluators.c.id).where(evaluators.c.id.in_(chunk)).order_by(evaluators.c.id)
        living.update(connection.execute(query.with_for_update()).scalars())
    return living


def _failure_key(failure: EvaluationFailure) -> tuple[str, int, str, str]:
    return failure.evaluator_id, failure.evaluator_version, failure.trace_id, failure.span_id


def _replace_failures(connection: Connection, failures: Sequence[EvaluationFailure]) -> None:
    key = tuple_(
        evaluation_failures.c.evaluator_id,
        evaluation_failures.c.evaluator_version,
        evaluation_failures.c.trace_id,
        evaluation_failures.c.span_id,
    )
    connection.execute(delete(evaluation_failures).where(key.in_([_failure_key(each) for each in failures])))
    rows = [each._asdict() | {"reason": each.reason[:EVALUATION_FAILURE_CHARS_MAX]} for each in failures]
    connection.execute(insert(evaluation_failures), rows)


def _trim_failures(connection: Connection, evaluator_id: str) -> None:
    mine = evaluation_failures.c.evaluator_id == evaluator_id
    newest_beyond = (
        select(evaluation_failures.c.at_ns)
        .where(mine)
        .order_by(evaluation_failures.c.at_ns.desc())
        .offset(EVALUATION_FAILURES_MAX)
        .limit(1)
    )
    oldest = connection.execute(newest_beyond).scalar()
    if oldest is not None:
        connection.execute(delete(evaluation_failures).where(mine, evaluation_failures.c.at_ns <= oldest))
