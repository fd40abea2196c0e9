"""Counts, numbered pages, groups and sessions, on every engine."""

from collections.abc import Callable

import pytest
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.score import Score
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_views import ClickHouseViewReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.views import After, Condition, Grouping, Measure, Order

ALWAYS = TimeRange(0, 2**63 - 1)
HOUR_NS = 3_600 * SECOND_NS


class Project:
    """Four RAG traces an hour apart, of two sessions; the third failed, the first has a score."""

    def __init__(self, engine: Engine, factory: SpanFactory) -> None:
        self.reader = ClickHouseViewReader(engine)
        self.factory = factory
        self.id = factory.project_id
        self.traces = [
            factory.rag_trace(
                start_time_ns=EPOCH_NS + number * HOUR_NS,
                session_id=f"s{number % 2}",
                user_id=f"u{number}",
                status="error" if number == 2 else "unset",
                metadata=f'{{"tier":"{"gold" if number else "free"}","n":{number}}}',
                tags=("web", f"t{number}"),
            )
            for number in range(4)
        ]
        ClickHouseWriter(engine).write_batch(
            spans=[span for trace in self.traces for span in trace],
            traces=[factory.summary(trace) for trace in self.traces],
            logs=[],
            scores=[_score(self.id, self.traces[0][0].trace_id, self.traces[0][3].span_id)],
        )

    def count(self, view: str, *where: Condition, during: TimeRange = ALWAYS) -> int:
        return self.reader.count(self.id, view, during, where)  # type: ignore[arg-type]


def _score(project_id: str, trace_id: str, span_id: str) -> Score:
    return Score(
        project_id=project_id, score_id="score", name="good", time_ns=EPOCH_NS + SECOND_NS, trace_id=trace_id,
        span_id=span_id, session_id="", dataset_run_id="", data_type="numeric", value=0.5, string_value="",
        source="api", comment="", author="", config_id="", queue_id="", environment="", metadata="{}",
        quality=0.5, sampling_rate=1.0, evaluator_id="", evaluator_version=0, is_public=False,
        created_at_ns=EPOCH_NS, is_deleted=False, version=1,
    )  # fmt: skip


@pytest.fixture
def project(engine: Engine, span_factory: SpanFactory) -> Project:
    return Project(engine, span_factory)


def test_bounds_hold_every_start(project: Project) -> None:
    bounds = project.reader.bounds(project.id)

    starts = [span.start_time_ns for trace in project.traces for span in trace]
    assert bounds == (min(starts), max(starts) + 1)
    assert project.reader.bounds("nobody's") == (0, 0)


def test_rows_are_counted_by_conditions(project: Project) -> None:
    assert project.count("traces") == 4
    assert project.count("spans") == 20
    assert project.count("scores") == 1
    assert project.count("spans", Condition("type", "=", "GENERATION")) == 4
    assert project.count("spans", Condition("level", "=", "ERROR")) == 5
    assert project.count("spans", Condition("parent_id", "is null")) == 4
    assert project.count("traces", Condition("session_id", "=", "s1")) == 2
    assert project.count("traces", Condition("tags", "any of", ("t1", "t3"))) == 2
    assert project.count("traces", Condition("metadata", "=", "gold", "tier")) == 3
    assert project.count("traces", Condition("metadata", ">=", 2, "n")) == 2
    assert project.count("traces", Condition("score_means", "<", 0.6, "good")) == 1
    assert project.count("traces", during=TimeRange(EPOCH_NS + HOUR_NS, EPOCH_NS + 3 * HOUR_NS)) == 2
    trace_id = project.traces[1][0].trace_id
    assert project.count("spans", Condition("trace_id", "=", trace_id)) == 5
    assert project.count("spans", Condition("trace_id", "=", trace_id), during=TimeRange(0, EPOCH_NS)) == 0


def test_numbered_pages_of_traces_are_ordered(project: Project) -> None:
    def users(order: Order, limit: int, offset: int) -> list[str]:
        rows = project.reader.list_traces(project.id, ALWAYS, [], order=order, limit=limit, offset=offset)
        return [row["user_id"] for row in rows]

    assert users(Order("start_time", True), 3, 0) == ["u3", "u2", "u1"]
    assert users(Order("start_time", True), 3, 3) == ["u0"]
    assert users(Order("user_id", False), 2, 1) == ["u1", "u2"]
    assert sorted(users(Order("cost_usd", True), 10, 0)) == ["u0", "u1", "u2", "u3"]
    with pytest.raises(QueryInvalid):
        users(Order("metadata", True), 1, 0)


def test_spans_go_on_behind_the_last_one_shown(project: Project) -> None:
    seen: list[str] = []
    after = None
    while True:
        rows = project.reader.list_spans(project.id, ALWAYS, [], parts=(), limit=3, after=after)
        seen += [row["span_id"] for row in rows]
        if not rows:
            break
        last = rows[-1]
        after = After(last["start_time_ns"], last["trace_id"], last["span_id"])

    newest = sorted(
        (span for trace in project.traces for span in trace), key=lambda span: -span.start_time_ns
    )
    assert seen == [span.span_id for span in newest]


def test_parts_of_spans_are_read_where_asked_for(project: Project) -> None:
    (light,) = project.reader.list_spans(project.id, ALWAYS, [], parts=(), limit=1)
    (whole,) = project.reader.list_spans(
        project.id, ALWAYS, [Condition("type", "=", "GENERATION")], parts=("io", "parameters"), limit=1
    )

    assert "input" not in light
    assert (whole["output_key"], whole["request_parameters"]) == (
        "gen_ai.output.messages",
        '{"temperature":0.2}',
    )


def test_heads_and_sums_of_listed_traces(project: Project) -> None:
    traces = project.reader.list_traces(
        project.id, ALWAYS, [], order=Order("start_time", False), limit=2, offset=0
    )

    heads = project.reader.list_trace_heads(project.id, traces)
    sums = project.reader.sum_traces(project.id, traces)

    assert [head["input"] for head in heads] == ["How do refunds work?"] * 2
    first = project.traces[0]
    assert sums[first[0].trace_id] == (tuple(span.span_id for span in first), 0.00135, "", False)
    found = project.reader.find_traces(project.id, [first[0].trace_id, "nope"])
    assert {trace_id: row["user_id"] for trace_id, row in found.items()} == {first[0].trace_id: "u0"}


def test_a_span_id_leads_to_its_trace(project: Project) -> None:
    span = project.traces[2][3]

    assert project.reader.find_trace_id(project.id, span.span_id) == span.trace_id
    assert project.reader.find_trace_id(project.id, "nope") is None
    assert project.reader.find_trace_id("nobody's", span.span_id) is None


def test_spans_are_grouped_with_what_their_trace_and_their_scores_tell(project: Project) -> None:
    rows = project.reader.aggregate(
        project.id,
        "spans",
        ALWAYS,
        [Condition("type", "=", "GENERATION")],
        Grouping(
            dimensions=("model", "trace_name"),
            measures=(
                Measure("count", "count"),
                Measure("total_tokens", "sum"),
                Measure("latency_ms", "p95"),
                Measure("score_count", "sum"),
                Measure("trace_id", "uniq"),
                Measure("latency_ms", "histogram"),
            ),
            period="day",
            order=(),
            limit=10,
            bins=2,
        ),
    )

    (row,) = rows
    assert (row["model"], row["trace_name"], row["count_count"]) == ("claude-haiku-4-5", "rag_pipeline", 4)
    assert (row["sum_total_tokens"], row["p95_latency_ms"]) == (3000, 700.0)
    assert (row["sum_score_count"], row["uniq_trace_id"]) == (1, 4)
    assert sum(height for _, _, height in row["histogram_latency_ms"]) == 4
    assert row["period_ns"] == EPOCH_NS // (24 * HOUR_NS) * 24 * HOUR_NS


def test_scores_are_grouped_by_what_they_judge(project: Project) -> None:
    rows = project.reader.aggregate(
        project.id,
        "scores",
        ALWAYS,
        [],
        Grouping(
            dimensions=("trace_name", "observation_model", "user_id"),
            measures=(Measure("value", "avg"),),
            period=None,
            order=(Order("avg_value", True),),
            limit=10,
        ),
    )

    assert rows == [
        {
            "trace_name": "rag_pipeline",
            "observation_model": "claude-haiku-4-5",
            "user_id": "u0",
            "avg_value": 0.5,
        }
    ]


def test_sessions_are_summed_up(project: Project) -> None:
    newest, oldest = project.reader.list_sessions(project.id, ALWAYS, environments=(), limit=5, offset=0)

    assert (newest["session_id"], oldest["session_id"]) == ("s1", "s0")
    assert (oldest["start_time_ns"], oldest["trace_count"]) == (EPOCH_NS, 2)
    assert (oldest["error_count"], oldest["total_tokens"]) == (5, 1500)
    assert oldest["cost_usd"] == pytest.approx(0.0027)
    assert oldest["user_ids"] == ("u0", "u2")
    since = TimeRange(EPOCH_NS + 1, ALWAYS.to_ns)
    assert project.reader.count_sessions(project.id, since, environments=("prod",)) == 1
    assert project.reader.count_sessions(project.id, ALWAYS, environments=("dev",)) == 0


def test_other_projects_are_not_read(
    project: Project, engine: Engine, make_factory: Callable[[], SpanFactory]
) -> None:
    other = Project(engine, make_factory())

    assert project.count("spans") == other.count("spans") == 20


def test_unknown_columns_and_operators_are_refused(project: Project) -> None:
    with pytest.raises(QueryInvalid, match="colour"):
        project.count("spans", Condition("colour", "=", "red"))
    with pytest.raises(QueryInvalid, match="latency_s"):
        project.count("spans", Condition("latency_s", "contains", "1"))
    with pytest.raises(QueryInvalid, match="key"):
        project.count("traces", Condition("metadata", "=", "x"))
