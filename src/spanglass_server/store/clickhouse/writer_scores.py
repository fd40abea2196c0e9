"""What writing scores means for rows that are stored already: a score is one by its id."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spanglass_server.model.score import Score
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import hour_of
from spanglass_server.store.clickhouse.score_keys import HOUR_OF_SCORE, ScoreKey, find_score_hours


class _ScoreId(NamedTuple):
    project_id: str
    score_id: str


class _Stored(NamedTuple):
    """What the next version of a score has to know of a row before it."""

    project_id: str
    score_id: str
    trace_id: str
    time_ns: int
    created_at_ns: int
    is_public: int


def rows_to_write(engine: Engine, scores: Sequence[Score]) -> list[Score]:
    """One row a score, the last of each id, with the time when the id was first seen; and a tombstone for
    each stored row whose key it does not take over. A public score replaces none that is not."""
    newest: dict[_ScoreId, Score] = {}
    for given in scores:
        score_id = _ScoreId(given.project_id, given.score_id)
        newest[score_id] = _winner(newest.get(score_id), given)
    rows: list[Score] = []
    for stored in _find_stored(engine, list(newest)):
        score_id = _ScoreId(stored.project_id, stored.score_id)
        if (score := newest.get(score_id)) is None:
            continue
        if score.is_public and not stored.is_public:
            del newest[score_id]
            continue
        newest[score_id] = score._replace(created_at_ns=min(stored.created_at_ns, score.created_at_ns))
        if (hour_of(stored.time_ns), stored.trace_id) != (hour_of(score.time_ns), score.trace_id):
            rows.append(_tombstone(stored, score.version))
    # New rows first: should the process die in between, the sender tries again and finds what is left.
    return [*newest.values(), *rows]


def _winner(before: Score | None, score: Score) -> Score:
    return before if before is not None and score.is_public and not before.is_public else score


def _find_stored(engine: Engine, ids: Sequence[_ScoreId]) -> Iterator[_Stored]:
    """The rows of these scores: one each, but for writes that broke off."""
    hours = find_score_hours(engine, (ScoreKey(project, "i", id_) for project, id_ in ids), lane="write")
    if not hours:
        return
    # Without FINAL, which would read whole granules of other scores; versions are few.
    table = engine.query_arrow(
        "SELECT project_id, score_id, trace_id, argMax(time_ns, version) AS at_ns,"
        " argMax(created_at_ns, version) AS first_ns, toInt64(argMax(is_public, version)) AS was_public\n"
        "FROM scores\n"
        f"WHERE (project_id, {HOUR_OF_SCORE}) IN {{hours:Array(Tuple(String, Int64))}}"
        " AND score_id IN {ids:Array(String)}\n"
        f"GROUP BY project_id, score_id, trace_id, {HOUR_OF_SCORE}\n"
        "HAVING argMax(is_deleted, version) = 0",
        {
            "hours": sorted({(key.project_id, hour) for key, hour in hours}),
            "ids": sorted({key.id for key, _ in hours}),
        },
        lane="write",
    )
    wanted = set(ids)
    for values in zip(*(column.to_pylist() for column in table.columns), strict=True):
        stored = _Stored(*values)
        if _ScoreId(stored.project_id, stored.score_id) in wanted:
            yield stored


def _tombstone(stored: _Stored, version: int) -> Score:
    return Score(
        project_id=stored.project_id,
        score_id=stored.score_id,
        name="",
        time_ns=stored.time_ns,
        trace_id=stored.trace_id,
        span_id="",
        session_id="",
        dataset_run_id="",
        data_type="numeric",
        value=None,
        string_value="",
        source="api",
        comment="",
        author="",
        config_id="",
        queue_id="",
        environment="",
        metadata="{}",
        quality=None,
        sampling_rate=1.0,
        evaluator_id="",
        evaluator_version=0,
        is_public=False,
        created_at_ns=stored.created_at_ns,
        is_deleted=True,
        version=version,
    )
