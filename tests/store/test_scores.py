"""What is promised of stored scores, on both engines."""

from collections.abc import Sequence

import pytest
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.model.score import Score
from spanglass_server.store.clickhouse.admin import DAY_NS, ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_scores import ClickHouseScoreReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import ScoreQuery, TimeRange, TraceKey

HOUR_NS = 3600 * SECOND_NS
ALWAYS = ScoreQuery(during=TimeRange(0, 2**63 - 1))


class Store:
    """A project's scores, written and read."""

    def __init__(self, engine: Engine, project_id: str) -> None:
        self.project_id = project_id
        self.reader = ClickHouseScoreReader(engine)
        self.administration = ClickHouseAdministration(engine, is_fsynced=False)
        self._writer = ClickHouseWriter(engine)

    def write(self, *scores: Score) -> None:
        self._writer.write_batch(spans=(), traces=(), logs=(), scores=scores)

    def score(self, score_id: str, **fields: object) -> Score:
        return make_score(self.project_id, score_id, **fields)

    def ids(self, **query: object) -> list[str]:
        found = self.reader.list_scores(self.project_id, ALWAYS._replace(**query), limit=100)  # type: ignore[arg-type]
        return [score.score_id for score in found]

    def of(self, *trace_ids: str) -> dict[str, list[str]]:
        found = self.reader.list_scores_of(self.project_id, trace_ids)
        return {trace_id: [score.score_id for score in scores] for trace_id, scores in found.items()}


@pytest.fixture
def store(engine: Engine, project_id: str) -> Store:
    return Store(engine, project_id)


def test_a_score_is_read_as_it_was_written(store: Store) -> None:
    score = store.score(
        "s1", name="답변 품질", span_id="b1", session_id="session", dataset_run_id="run",
        comment="it's\tfine\\", author="kim", config_id="c", queue_id="q", environment="prod",
        metadata='{"a":1}', source="person", quality=0.125, sampling_rate=0.05, evaluator_id="e",
        evaluator_version=7,
    )  # fmt: skip
    category = store.score("s2", data_type="categorical", value=None, string_value="good", quality=None)

    store.write(score, category)

    assert store.reader.find_scores(store.project_id, ["s1", "s2", "s3"]) == {"s1": score, "s2": category}


def test_a_score_with_the_id_of_another_replaces_it_and_keeps_when_it_was_first_seen(store: Store) -> None:
    store.write(store.score("s1", created_at_ns=5))
    second = store.score("s1", name="tone", value=0.9, comment="better", created_at_ns=99, version=2)
    store.write(second)

    assert store.reader.list_scores(store.project_id, ALWAYS, limit=10) == [second._replace(created_at_ns=5)]


@pytest.mark.parametrize(
    "changed",
    [
        {"time_ns": EPOCH_NS + 40 * DAY_NS},
        {"time_ns": EPOCH_NS - 3 * HOUR_NS},
        {"trace_id": "t2"},
        {"trace_id": "", "session_id": "session"},
    ],
    ids=["later", "earlier", "another trace", "a session"],
)
def test_a_score_that_moves_is_found_in_its_new_place_alone(store: Store, changed: dict[str, object]) -> None:
    store.write(store.score("s1", created_at_ns=5))
    moved = store.score("s1", created_at_ns=9, version=2)._replace(**changed)  # type: ignore[arg-type]
    store.write(moved)
    moved = moved._replace(created_at_ns=5)

    assert store.reader.list_scores(store.project_id, ALWAYS, limit=10) == [moved]
    assert store.reader.find_scores(store.project_id, ["s1"]) == {"s1": moved}
    assert store.reader.count_scores(store.project_id, ALWAYS) == 1
    assert store.of("t1", "t2") == ({moved.trace_id: ["s1"]} if moved.trace_id else {})


def test_a_public_score_replaces_none_that_is_not(store: Store) -> None:
    store.write(store.score("s1", value=0.9), store.score("s2", value=0.9, is_public=True))
    store.write(
        store.score("s1", value=0.1, is_public=True, version=2),
        store.score("s2", value=0.1, is_public=True, version=2),
        store.score("s3", value=0.9),
        store.score("s3", value=0.1, is_public=True),
    )

    found = store.reader.find_scores(store.project_id, ["s1", "s2", "s3"])
    assert {score_id: score.value for score_id, score in found.items()} == {"s1": 0.9, "s2": 0.1, "s3": 0.9}


def test_a_score_that_moves_and_comes_back_is_there_once(store: Store) -> None:
    for version, trace_id in enumerate(("t1", "t2", "t1"), start=1):
        store.write(store.score("s1", trace_id=trace_id, version=version))

    assert store.of("t1", "t2") == {"t1": ["s1"]}


def test_the_last_of_several_scores_with_one_id_in_a_commit_counts(store: Store) -> None:
    store.write(store.score("s1", trace_id="t1"), store.score("s1", trace_id="t2"))

    assert store.of("t1", "t2") == {"t2": ["s1"]}


def test_scores_of_a_trace_are_found_however_late_they_came(store: Store) -> None:
    store.write(
        store.score("late", time_ns=EPOCH_NS + 400 * DAY_NS),
        store.score("soon", span_id="b1"),
        store.score("other", trace_id="t2"),
        store.score("sessions", trace_id="", session_id="session"),
    )

    assert store.of("t1", "t2", "t3") == {"t1": ["soon", "late"], "t2": ["other"]}


def test_lists_are_newest_first_and_narrowed_by_what_is_asked(store: Store) -> None:
    store.write(
        store.score("a", value=0.1, environment="prod"),
        store.score("b", value=0.9, time_ns=EPOCH_NS + 1, name="tone", trace_id="t2", span_id="b1"),
        store.score(
            "c", time_ns=EPOCH_NS + 2, data_type="categorical", value=None, string_value="good", trace_id="",
            session_id="session", source="person", author="kim",
        ),
        store.score(
            "d", time_ns=EPOCH_NS + 3, trace_id="", dataset_run_id="run", config_id="c", queue_id="q"
        ),
    )  # fmt: skip

    assert store.ids() == ["d", "c", "b", "a"]
    assert store.ids(during=TimeRange(EPOCH_NS + 1, EPOCH_NS + 3)) == ["c", "b"]
    assert store.ids(names=["quality"], data_types=["numeric"]) == ["d", "a"]
    assert store.ids(trace_ids=["t1", "t2"]) == ["b", "a"]
    assert store.ids(trace_ids=["t1"], during=TimeRange(EPOCH_NS + 1, EPOCH_NS + HOUR_NS)) == []
    assert store.ids(span_ids=["b1"]) == ["b"]
    assert store.ids(session_ids=["session"]) == ["c"]
    assert store.ids(dataset_run_ids=["run"]) == ["d"]
    assert store.ids(score_ids=["a", "c", "x"]) == ["c", "a"]
    assert store.ids(sources=["person"], authors=["kim"]) == ["c"]
    assert store.ids(environments=["prod"]) == ["a"]
    assert store.ids(config_ids=["c"], queue_ids=["q"]) == ["d"]
    assert store.ids(value_min=0.5) == ["d", "b"]
    assert store.ids(value_max=0.5) == ["d", "a"]
    assert store.ids(trace_ids=["nowhere"]) == []


def test_pages_and_counts_agree(store: Store) -> None:
    store.write(*(store.score(f"s{number}", time_ns=EPOCH_NS + number) for number in range(7)))

    pages = [store.reader.list_scores(store.project_id, ALWAYS, limit=3, offset=at) for at in (0, 3, 6)]
    assert [score.score_id for page in pages for score in page] == [f"s{n}" for n in range(6, -1, -1)]
    assert store.reader.count_scores(store.project_id, ALWAYS) == 7
    assert store.reader.count_scores(store.project_id, ALWAYS._replace(score_ids=["s1", "x"])) == 1


def test_projects_do_not_see_each_other(store: Store, engine: Engine) -> None:
    other = Store(engine, f"{store.project_id}-other")
    store.write(store.score("s1"), other.score("s1", value=0.9))

    assert store.reader.find_scores(store.project_id, ["s1"])["s1"].value == 0.5
    assert other.of("t1") == {"t1": ["s1"]}
    other.administration.delete_scores(other.project_id, ["s1"])
    assert (other.ids(), store.ids()) == ([], ["s1"])


def test_a_deleted_score_is_gone_and_its_id_is_free(store: Store) -> None:
    store.write(store.score("s1", created_at_ns=5), store.score("s2"))

    assert store.administration.delete_scores(store.project_id, ["s1", "never"]) == 1
    assert store.administration.delete_scores(store.project_id, ["s1"]) == 0
    assert store.ids() == ["s2"]
    assert store.of("t1") == {"t1": ["s2"]}

    store.write(store.score("s1", created_at_ns=9, version=3))
    assert store.reader.find_scores(store.project_id, ["s1"])["s1"].created_at_ns == 9


def rows_of(engine: Engine, project_id: str) -> Sequence[int]:
    """Stored rows in the tables of scores, tombstones and old versions included."""
    return [
        engine.query_arrow(
            f"SELECT toInt64(count()) AS n FROM {table} WHERE project_id = {{p:String}}", {"p": project_id}
        )
        .column("n")[0]
        .as_py()
        for table in ("scores", "score_hours")
    ]


def test_deleting_a_trace_deletes_its_scores(store: Store, engine: Engine, span_factory: SpanFactory) -> None:
    spans = span_factory.rag_trace()
    trace_id = spans[0].trace_id
    ClickHouseWriter(engine).write_batch(
        spans=spans, traces=[span_factory.summary(spans)], logs=[],
        scores=[store.score("s1", trace_id=trace_id), store.score("s2", trace_id=trace_id, span_id="b")],
    )  # fmt: skip
    store.write(store.score("s3"), store.score("s1", trace_id=trace_id, version=2, time_ns=EPOCH_NS + DAY_NS))

    store.administration.delete_traces([TraceKey(store.project_id, trace_id)])

    assert store.ids() == ["s3"]
    assert store.of(trace_id) == {}


def test_scores_of_a_trace_that_never_came_are_deleted_with_it(store: Store) -> None:
    store.write(store.score("s1"))

    assert store.administration.delete_traces([TraceKey(store.project_id, "t1")]) == 0
    assert store.ids() == []


def test_deleting_a_project_leaves_no_row_of_its_scores(store: Store, engine: Engine) -> None:
    store.write(store.score("s1"), store.score("s2", trace_id="", session_id="x"))

    store.administration.delete_project(store.project_id)

    assert rows_of(engine, store.project_id) == [0, 0]


def test_retention_deletes_old_scores_alone(store: Store, engine: Engine) -> None:
    store.write(store.score("old"), store.score("young", time_ns=EPOCH_NS + 40 * DAY_NS))
    store.administration.set_retention(store.project_id, 30)

    store.administration.enforce_retention(EPOCH_NS + 41 * DAY_NS)

    assert store.ids() == ["young"]
    assert rows_of(engine, store.project_id) == [1, 2]
    store.administration.set_retention(store.project_id, None)


def test_no_more_scores_of_a_trace_are_read_than_its_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanglass_server.store.clickhouse.reader_scores.SCORES_OF_TRACE_MAX", 2)
    store.write(*(store.score(f"s{number}", time_ns=EPOCH_NS + number) for number in range(4)))

    assert store.of("t1") == {"t1": ["s2", "s3"]}
