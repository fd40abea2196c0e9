"""What evaluators are given to judge, on both engines."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass.evaluators import is_sampled
from spanglass_server.base.limits import EVALUATION_LATE_DAYS_MAX
from spanglass_server.model.evaluation import TargetType
from spanglass_server.model.span import Span
from spanglass_server.query.ast import Expression
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.evaluation_targets import ClickHouseTargetReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.evaluation import Place, TargetKey
from spanglass_server.store.ports import TimeRange, TraceKey

HOUR_NS = 3600 * SECOND_NS
START = Place(EPOCH_NS - HOUR_NS, "")
NOW_NS = EPOCH_NS + 200 * HOUR_NS


@pytest.fixture
def reader(engine: Engine) -> ClickHouseTargetReader:
    return ClickHouseTargetReader(engine)


class Story:
    """Traces as they are stored one after the other."""

    def __init__(self, engine: Engine, factory: SpanFactory) -> None:
        self._writer = ClickHouseWriter(engine)
        self._factory = factory
        self.project_id = factory.project_id

    def store(self, spans: Sequence[Span], version: int, **summary: Any) -> str:
        spans = [span._replace(version=version) for span in spans]
        row = self._factory.summary(list(spans), **summary)
        self._writer.write_batch(spans=spans, traces=[row], logs=())
        return row.trace_id

    def trace(self, version: int, **fields: Any) -> str:
        return self.store(self._factory.rag_trace(**fields), version)


@pytest.fixture
def story(engine: Engine, span_factory: SpanFactory) -> Story:
    return Story(engine, span_factory)


def listed(
    reader: ClickHouseTargetReader,
    project_id: str,
    *,
    target_type: TargetType = "trace",
    where: str = "",
    after: Place = START,
    until_ns: int = NOW_NS,
    rate: float = 1.0,
    limit: int = 1000,
) -> list[TargetKey]:
    return list(
        reader.list_stored(
            project_id,
            target_type,
            _parsed(where, target_type),
            after=after,
            until_ns=until_ns,
            sampling_rate=rate,
            limit=limit,
        )
    )


def _parsed(where: str, target_type: TargetType) -> Expression | None:
    return parse_filter(where, "spans" if target_type == "span" else "traces") if where else None


def ids(keys: Sequence[TargetKey]) -> list[str]:
    return [key.trace_id for key in keys]


def test_targets_come_in_the_order_in_which_they_were_stored(
    reader: ClickHouseTargetReader, story: Story
) -> None:
    late = story.trace(EPOCH_NS + 30, start_time_ns=EPOCH_NS)
    early = story.trace(EPOCH_NS + 10, start_time_ns=EPOCH_NS + 5 * HOUR_NS)
    middle = story.trace(EPOCH_NS + 20, start_time_ns=EPOCH_NS - 20 * HOUR_NS)
    found = listed(reader, story.project_id)
    assert ids(found) == [early, middle, late]
    assert [key.position_ns - EPOCH_NS for key in found] == [10, 20, 30]
    assert found[1].start_time_ns == EPOCH_NS - 20 * HOUR_NS
    assert listed(reader, story.project_id, until_ns=EPOCH_NS + 20) == found[:1]
    assert listed(reader, story.project_id, after=Place(EPOCH_NS + 20, middle)) == found[2:]
    assert listed(reader, "another") == []


@pytest.mark.parametrize("target_type", ["trace", "span"])
def test_pages_hold_every_target_once(
    reader: ClickHouseTargetReader, story: Story, target_type: TargetType
) -> None:
    for number in range(12):
        story.trace(EPOCH_NS + number // 5)
    everything = listed(reader, story.project_id, target_type=target_type)
    assert len(everything) == (12 if target_type == "trace" else 60)
    place, seen = START, []
    while page := listed(reader, story.project_id, target_type=target_type, after=place, limit=7):
        seen += page
        place = Place(page[-1].position_ns, page[-1].trace_id, page[-1].span_id)
    assert seen == everything
    assert [(key.position_ns, key.trace_id, key.span_id) for key in seen] == sorted(
        (key.position_ns, key.trace_id, key.span_id) for key in seen
    )


def test_a_trace_that_is_written_again_moves_to_the_end(
    reader: ClickHouseTargetReader, story: Story, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace()
    first = story.store(spans, EPOCH_NS + 10)
    second = story.trace(EPOCH_NS + 20)
    story.store([*spans, span_factory.span(trace_id=first)], EPOCH_NS + 30)
    assert ids(listed(reader, story.project_id)) == [second, first]
    # Not while the second writing is to be waited for.
    assert ids(listed(reader, story.project_id, until_ns=EPOCH_NS + 25)) == [second]


def test_a_trace_whose_start_moves_to_another_hour_is_listed_once(
    engine: Engine, reader: ClickHouseTargetReader, story: Story, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace(start_time_ns=EPOCH_NS)
    trace_id = story.store(spans, EPOCH_NS + 10)
    root = span_factory.span(trace_id=trace_id, start_time_ns=EPOCH_NS - 2 * HOUR_NS)
    tombstone = span_factory.summary(spans, is_deleted=True, version=EPOCH_NS + 20)
    ClickHouseWriter(engine).write_batch(spans=(), traces=[tombstone], logs=())
    story.store([root, *spans], EPOCH_NS + 20)
    found = listed(reader, story.project_id)
    assert [(key.trace_id, key.start_time_ns) for key in found] == [(trace_id, EPOCH_NS - 2 * HOUR_NS)]
    assert len(listed(reader, story.project_id, target_type="span")) == 6


def test_deleted_traces_are_not_listed(engine: Engine, reader: ClickHouseTargetReader, story: Story) -> None:
    gone = story.trace(EPOCH_NS + 10)
    stays = story.trace(EPOCH_NS + 20)
    ClickHouseAdministration(engine).delete_traces([TraceKey(story.project_id, gone)])
    assert ids(listed(reader, story.project_id)) == [stays]


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("feature:search", {"a"}),
        ("kind:llm", {"a", "b"}),
        ("model:gpt-9", {"b"}),
        ("refunds", {"a", "b"}),
        ("model:gpt-9 name:chat*", {"b"}),
        ("-model:gpt-9", {"a", "c"}),
        ("nothing", set()),
    ],
)
def test_a_filter_chooses_traces_by_themselves_and_by_their_spans(
    reader: ClickHouseTargetReader, story: Story, span_factory: SpanFactory, where: str, wanted: set[str]
) -> None:
    traces = {
        "a": story.trace(EPOCH_NS + 10, feature="search"),
        "b": story.store([span_factory.call(name="chat", response_model="gpt-9")], EPOCH_NS + 20),
        "c": story.store([span_factory.span(name="plain")], EPOCH_NS + 30),
    }
    found = ids(listed(reader, story.project_id, where=where))
    assert found == [trace_id for name, trace_id in traces.items() if name in wanted]


def test_a_span_filter_chooses_spans_and_never_those_that_judge(
    reader: ClickHouseTargetReader, story: Story, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace()
    judge = span_factory.span(trace_id=spans[0].trace_id, kind="evaluator", input="refunds")
    story.store([*spans, judge], EPOCH_NS + 10)
    found = listed(reader, story.project_id, target_type="span", where="kind:llm")
    assert [key.span_id for key in found] == [spans[3].span_id]
    everything = listed(reader, story.project_id, target_type="span")
    assert {key.span_id for key in everything} == {span.span_id for span in spans}
    words = listed(reader, story.project_id, target_type="span", where="refunds")
    assert {key.span_id for key in words} == {spans[0].span_id, spans[3].span_id}


def test_traces_that_took_many_days_are_asked_by_their_spans(
    reader: ClickHouseTargetReader, story: Story, span_factory: SpanFactory
) -> None:
    root = span_factory.span(start_time_ns=EPOCH_NS - 120 * HOUR_NS)
    late = span_factory.call(trace_id=root.trace_id, start_time_ns=EPOCH_NS, response_model="slow-1")
    trace_id = story.store([root, late], EPOCH_NS + 10)
    story.trace(EPOCH_NS + 11)
    assert ids(listed(reader, story.project_id, where="model:slow-1")) == [trace_id]
    keys = listed(reader, story.project_id, target_type="span", where="model:slow-1")
    assert [key.span_id for key in keys] == [late.span_id]
    assert len(reader.open_traces(story.project_id, keys)[trace_id].spans) == 2


def test_a_trace_that_began_too_long_ago_is_left_to_history(
    reader: ClickHouseTargetReader, story: Story
) -> None:
    story.trace(EPOCH_NS, start_time_ns=EPOCH_NS - (24 * EVALUATION_LATE_DAYS_MAX + 2) * HOUR_NS)
    assert listed(reader, story.project_id) == []
    during = TimeRange(0, EPOCH_NS)
    assert reader.count_history(story.project_id, "trace", None, during=during, sampling_rate=1.0) == 1


def test_a_long_stretch_without_traces_is_crossed(reader: ClickHouseTargetReader, story: Story) -> None:
    trace_id = story.trace(EPOCH_NS + 199 * HOUR_NS, start_time_ns=EPOCH_NS + 198 * HOUR_NS)
    assert ids(listed(reader, story.project_id, after=Place(EPOCH_NS - 1000 * HOUR_NS, ""))) == [trace_id]


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.3, 1.0])
def test_storage_samples_as_the_sdk_does(
    engine: Engine, reader: ClickHouseTargetReader, span_factory: SpanFactory, rate: float
) -> None:
    digits = random.Random(7)
    spans = [
        span_factory.span(
            # Langfuse's ids may be of any letters; some clients write hexadecimal digits in capitals.
            trace_id=f"{digits.getrandbits(128):032x}" if number % 3 else f"{digits.getrandbits(128):032X}",
            version=EPOCH_NS + number % 5,
        )
        for number in range(2500)
    ]
    summaries = [span_factory.summary([span]) for span in spans]
    ClickHouseWriter(engine).write_batch(spans=spans, traces=summaries, logs=())
    project_id = span_factory.project_id
    wanted = {span.trace_id for span in spans if is_sampled(span.trace_id, rate)}
    found = ids(listed(reader, project_id, rate=rate, limit=5000))
    assert len(found) == len(set(found))
    assert set(found) == wanted
    of_spans = listed(reader, project_id, target_type="span", rate=rate, limit=5000)
    assert {key.trace_id for key in of_spans} == wanted
    during = TimeRange(0, NOW_NS)
    count = reader.count_history(project_id, "trace", None, during=during, sampling_rate=rate)
    assert count == len(wanted)


@pytest.mark.parametrize("target_type", ["trace", "span"])
def test_history_holds_every_target_once_by_start(
    reader: ClickHouseTargetReader, story: Story, target_type: TargetType
) -> None:
    for number in range(9):
        # Three at a time start at the same moment.
        story.trace(NOW_NS - number, start_time_ns=EPOCH_NS + number // 3 * 7 * HOUR_NS)
    story.trace(NOW_NS, start_time_ns=EPOCH_NS + 30 * HOUR_NS)
    where = _parsed("kind:llm", target_type)
    during = TimeRange(EPOCH_NS, EPOCH_NS + 30 * HOUR_NS)

    def page(after: Place | None, limit: int) -> list[TargetKey]:
        return list(
            reader.list_history(
                story.project_id,
                target_type,
                where,
                during=during,
                after=after,
                sampling_rate=1.0,
                limit=limit,
            )
        )

    everything = page(None, 100)
    assert len(everything) == 9
    after, seen = None, []
    while found := page(after, 2):
        seen += found
        after = Place(found[-1].position_ns, found[-1].trace_id, found[-1].span_id)
    assert seen == everything == sorted(everything, key=lambda key: (key.start_time_ns, key.trace_id))
    count = reader.count_history(story.project_id, target_type, where, during=during, sampling_rate=1.0)
    assert count == 9


def test_traces_are_opened_whole(
    engine: Engine, reader: ClickHouseTargetReader, story: Story, span_factory: SpanFactory
) -> None:
    traces = [span_factory.rag_trace(feature="검색") for _ in range(3)]
    for number, spans in enumerate(traces):
        story.store(spans, EPOCH_NS + number)
    log = span_factory.log(trace_id=traces[1][0].trace_id, span_id=traces[1][3].span_id, body="retrieved")
    ClickHouseWriter(engine).write_batch(spans=(), traces=(), logs=[log, log])
    keys = listed(reader, story.project_id)
    opened = reader.open_traces(story.project_id, [*keys, TargetKey("gone", "", 0, 0), keys[0]])
    assert set(opened) == {spans[0].trace_id for spans in traces}
    second = opened[traces[1][0].trace_id]
    assert second.trace["feature"] == "검색"
    assert [span["span_id"] for span in second.spans] == [span.span_id for span in traces[1]]
    assert "How do refunds work?" in second.spans[3]["input"]
    assert [row["body"] for row in second.logs] == ["retrieved"]
    assert reader.open_traces(story.project_id, []) == {}


def test_the_newest_storing_is_known(reader: ClickHouseTargetReader, story: Story) -> None:
    assert reader.newest_stored_ns(story.project_id) is None
    story.trace(EPOCH_NS + 10)
    story.trace(EPOCH_NS + 7)
    assert reader.newest_stored_ns(story.project_id) == EPOCH_NS + 10
