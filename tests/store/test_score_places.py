"""Evaluations that name an answer by its id find the span that holds it, whichever comes first."""

from collections.abc import Iterator

import pytest
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestPipeline, PipelineOptions
from spanglass_server.ingest.score_places import WAIT_NS, ScorePlacer
from spanglass_server.model.score import Score
from spanglass_server.model.span import Span
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_scores import ClickHouseScoreReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter

ANSWER = '{"gen_ai.response.id":"chatcmpl-1","label":"relevant"}'


class Story:
    def __init__(self, engine: Engine, factory: SpanFactory) -> None:
        self.now_ns = EPOCH_NS
        self.factory = factory
        self.reader = ClickHouseScoreReader(engine)
        self._writer = ClickHouseWriter(engine)
        self._budget = QueueBudget(1 << 20)
        self._stored = 0
        self.looks = 0
        self.pipeline = IngestPipeline(
            self._writer,
            PriceBook(with_catalog=False),
            budget=self._budget,
            counters=Counters(),
            clock=lambda: self.now_ns,
            is_only_writer=True,
            options=PipelineOptions(commit_interval_ms=1),
        )
        self.placer = ScorePlacer(
            self.reader,
            self._writer,
            self.pipeline,
            budget=self._budget,
            list_projects=self._list_projects,
            count_unplaced=lambda: self._stored,
            clock=lambda: self.now_ns,
        )

    def _list_projects(self) -> list[str]:
        self.looks += 1
        return [self.factory.project_id]

    def score(self, **fields: object) -> Score:
        score = make_score(self.factory.project_id, "s1", trace_id="", metadata=ANSWER, **fields)
        self._writer.write_batch(spans=[], traces=[], logs=[], scores=[score])
        self._stored += 1
        return score

    def answer(self, *spans: Span) -> None:
        self._writer.write_batch(spans=spans, traces=[], logs=[])

    def placed(self) -> Score:
        return self.reader.find_scores(self.factory.project_id, ["s1"])["s1"]


@pytest.fixture
def story(engine: Engine, span_factory: SpanFactory) -> Iterator[Story]:
    story = Story(engine, span_factory)
    story.pipeline.start()
    yield story
    story.pipeline.stop()
    assert story._budget.used == 0


def test_a_score_whose_answer_is_there_is_given_to_the_span_that_holds_it(story: Story) -> None:
    call = story.factory.call(response_id="chatcmpl-1")
    story.answer(call, story.factory.call(response_id="chatcmpl-2"))
    score = story.score(source="evaluator", comment="because", quality=0.25, author="judge")

    assert story.placer.place() == 1

    expected = score._replace(trace_id=call.trace_id, span_id=call.span_id, version=story.placed().version)
    assert story.placed() == expected
    assert story.placer.place() == 0


def test_a_score_waits_for_its_answer_and_finds_it_when_it_comes(story: Story) -> None:
    story.score(data_type="boolean", value=1.0, string_value="true")
    for _ in range(20):
        assert story.placer.place() == 0
        story.now_ns += 10 * SECOND_NS
    call = story.factory.call(response_id="chatcmpl-1")
    story.answer(call)
    story.now_ns += 3600 * SECOND_NS

    assert story.placer.place() == 1
    assert (story.placed().span_id, story.placed().value) == (call.span_id, 1.0)


def test_storage_is_asked_only_while_something_waits(story: Story) -> None:
    for _ in range(5):
        assert story.placer.place() == 0
        story.now_ns += 60 * SECOND_NS
    assert story.looks == 1

    story.score()
    for _ in range(5):
        assert story.placer.place() == 0
    assert story.looks == 2
    story.now_ns += 3600 * SECOND_NS
    assert story.placer.place() == 0
    assert story.looks == 3


def test_a_score_whose_answer_never_comes_is_left_as_it_is(story: Story) -> None:
    score = story.score()
    story.answer(story.factory.call(response_id="chatcmpl-1"))
    story.now_ns += WAIT_NS + 3600 * SECOND_NS

    assert story.placer.place() == 0
    assert story.placed() == score


def test_of_several_spans_that_tell_the_answer_the_model_call_that_shows_it_is_judged(story: Story) -> None:
    chain = story.factory.call(response_id="chatcmpl-1", kind="chain")
    bare = story.factory.call(
        response_id="chatcmpl-1", input="", output="", input_preview="", output_preview=""
    )
    shown = story.factory.call(response_id="chatcmpl-1")
    story.answer(chain, bare, shown)
    story.score()

    assert story.placer.place() == 1
    assert story.placed().span_id == shown.span_id


def test_what_judges_something_is_left_alone(story: Story) -> None:
    story.answer(story.factory.call(response_id="chatcmpl-1"))
    score = story.score(session_id="s")

    assert story.placer.place() == 0
    assert story.placed() == score
