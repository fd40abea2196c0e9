"""Whatever happens to spans, traces and scores, the llm_* metrics are what counting by hand gives."""

import random
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pytest
from tests.support.llm_truth import Event, begins_ms, events_of, totals_at
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.model.score import Score
from spanglass_server.model.series import Labels, Matcher, Series, SeriesSelection
from spanglass_server.model.span import Kind, Span, TraceSummary
from spanglass_server.normalize.facts import Verdict
from spanglass_server.store.clickhouse.admin import DAY_NS, ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.llm_rollups import FactRollups
from spanglass_server.store.clickhouse.llm_series import LlmSeries
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PlacedSpan, TimeRange, TraceKey

HOUR_NS = 3600 * SECOND_NS
ODD = ("", "search", 'say "hi"', "größe\n2", "back\\slash")


class Story:
    """One project whose spans, traces and scores change, with the rows as they should be stored."""

    def __init__(self, engine: Engine, project_id: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.series = LlmSeries(engine)
        self.project_id = project_id
        self.factory = SpanFactory(project_id)
        self._engine = engine
        self._writer = ClickHouseWriter(engine)
        self._administration = ClickHouseAdministration(engine, is_fsynced=False)
        self._spans: dict[tuple[str, str], Span] = {}
        self._traces: dict[str, TraceSummary] = {}
        self._scores: dict[str, Score] = {}
        self._expired: list[Event] = []
        self._version = 1

    def events(self) -> list[Event]:
        stored = events_of(self._spans.values(), self._traces.values(), self._scores.values())
        return [*self._expired, *stored]

    def moment_ns(self) -> int:
        """Within five hours; often on the grid, where mistakes are."""
        at_ns = EPOCH_NS + self.random.randrange(5 * HOUR_NS)
        grid = self.random.choice([1, 1, 1_000_000, 15 * SECOND_NS, HOUR_NS])
        return at_ns // grid * grid

    def step(self) -> None:
        change = self.random.choice(
            (
                *(self.write, self.write, self.write, self.send_again, self.change, self.revise, self.score),
                *(self.delete_trace, self.remove_span, self.roll_up, self.roll_up, self.move_trace),
            )
        )
        change()

    def write(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            self._write_trace()

    def send_again(self) -> None:
        if self._spans:
            self._write([self.random.choice(list(self._spans.values()))], [])

    def change(self) -> None:
        """A later version of a span: another end, status, price, model."""
        if self._spans:
            span = self.random.choice(list(self._spans.values()))
            self._version += 1
            self._write([span._replace(**self._fields(span.start_time_ns), version=self._version)], [])

    def revise(self) -> None:
        if not self._spans:
            return
        span = self.random.choice(list(self._spans.values()))
        self._version += 1
        fields = {
            "is_call": self.random.random() < 0.5,
            "is_billable": self.random.random() < 0.5,
            "feature": self.random.choice(ODD),
        }
        kept = {name: getattr(span, name) for name in Verdict._fields}
        verdict = Verdict(**{**kept, **fields})
        self._writer.revise_spans([(self.project_id, span.start_time_ns, verdict)], version=self._version)
        self._spans[span.trace_id, span.span_id] = span._replace(**fields, version=self._version)

    def score(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            known = self.random.choice([*self._traces, "unknown"])
            number = self.random.randrange(20)
            score = make_score(
                self.project_id,
                f"score-{number}",
                name=self.random.choice(["quality", "tone"]),
                trace_id=known,
                quality=self.random.choice([0.0, 0.1, 0.35, 0.7, 1.0, None]),
                author=self.random.choice(["", "judge"]),
                environment=self.random.choice(["", "staging"]),
                time_ns=EPOCH_NS + number * 700 * SECOND_NS,
                version=self._version,
            )
            self._version += 1
            self._writer.write_batch(spans=[], traces=[], logs=[], scores=[score])
            self._scores[score.score_id] = score

    def delete_trace(self) -> None:
        if self._traces:
            trace_id = self.random.choice(list(self._traces))
            self._administration.delete_traces([TraceKey(self.project_id, trace_id)])
            del self._traces[trace_id]
            self._spans = {key: span for key, span in self._spans.items() if key[0] != trace_id}
            self._scores = {key: score for key, score in self._scores.items() if score.trace_id != trace_id}

    def remove_span(self) -> None:
        if self._spans:
            span = self._spans.pop(self.random.choice(list(self._spans)))
            self._writer.remove_spans(
                [PlacedSpan(self.project_id, span.trace_id, span.span_id, span.start_time_ns)]
            )

    def move_trace(self) -> None:
        """An earlier span moves the trace's start to another hour: a tombstone stays where it was."""
        if self._traces:
            trace = self.random.choice(list(self._traces.values()))
            self._version += 1
            start_ns = trace.start_time_ns - HOUR_NS
            moved = trace._replace(start_time_ns=start_ns, version=self._version)
            span = self.factory.span(trace_id=trace.trace_id, start_time_ns=start_ns, version=self._version)
            self._write([span], [trace._replace(is_deleted=True, version=self._version), moved])

    def roll_up(self) -> None:
        FactRollups(self._engine).roll_up(EPOCH_NS + DAY_NS, quiet_s=0)

    def expire(self, before_ns: int) -> None:
        """Retention deletes the hours before; what they counted stays counted."""
        self._administration.set_retention(self.project_id, 1)
        self._administration.enforce_retention(before_ns + DAY_NS)
        self._administration.set_retention(self.project_id, None)
        cut_ns = before_ns // HOUR_NS * HOUR_NS
        gone = [span for span in self._spans.values() if span.start_time_ns < cut_ns]
        traces = [trace for trace in self._traces.values() if trace.start_time_ns < cut_ns]
        by_name = {trace.trace_id: trace for trace in self._traces.values()}
        scores = [score for score in self._scores.values() if score.time_ns < cut_ns + HOUR_NS]
        judged = [by_name[score.trace_id] for score in scores if score.trace_id in by_name]
        self._expired += events_of(gone, traces, [])
        counted = events_of([], judged, scores)
        self._expired += [event for event in counted if "llm_quality" in dict(event.labels)["__name__"]]
        for span in gone:
            del self._spans[span.trace_id, span.span_id]
        for trace in traces:
            del self._traces[trace.trace_id]
        for score in scores:
            del self._scores[score.score_id]

    def _write_trace(self) -> None:
        start_ns = self.moment_ns()
        spans = [
            span._replace(**self._fields(span.start_time_ns), version=self._version)
            for span in self.factory.rag_trace(start_time_ns=start_ns)
        ]
        summary = self.factory.summary(spans)
        self._write(spans, [summary])

    def _fields(self, start_ns: int) -> dict[str, Any]:
        choose = self.random.choice
        lasts_ns = choose([0, 100_000_000, 250_000_001, self.random.randrange(200 * SECOND_NS), 2 * HOUR_NS])
        end_ns = start_ns + lasts_ns
        return {
            "end_time_ns": choose([end_ns, end_ns, -(-end_ns // (15 * SECOND_NS)) * 15 * SECOND_NS]),
            "kind": choose(get_args(Kind)),
            "name": choose(["chat", "answers", 'a "name"']),
            "status": choose(["ok", "error", "unset"]),
            "service": choose(["api", "worker", ""]),
            "feature": choose(ODD),
            "request_model": choose(["gpt-4o", ""]),
            "response_model": choose(["gpt-4o-2024", ""]),
            "is_call": choose([True, False]),
            "is_billable": choose([True, False]),
            "ttft_ns": choose([None, 0, 100_000_000, 3 * SECOND_NS]),
            "cost_usd": choose([None, 0.0, 0.25, 1.125]),
            "input_tokens": choose([None, 0, 10]),
            "output_tokens": choose([None, 7]),
            "cache_read_tokens": choose([None, 3]),
            "reasoning_tokens": choose([None, 2]),
            "cache_hit": choose([None, True, False]),
        }

    def _write(self, spans: Sequence[Span], traces: Sequence[TraceSummary]) -> None:
        shuffled = self.random.sample(spans, len(spans))
        self._writer.write_batch(spans=shuffled, traces=traces, logs=[])
        for span in spans:
            self._spans[span.trace_id, span.span_id] = span
        for trace in traces:
            if not trace.is_deleted:
                self._traces[trace.trace_id] = trace


def check_totals(story: Story, at_ns: int) -> None:
    at_ns = at_ns // 1_000_000 * 1_000_000
    expected = totals_at(story.events(), at_ns)
    found = {
        series.labels: float(series.values[-1]) for series in story.series.totals(story.project_id, at_ns)
    }
    assert found == pytest.approx(expected)


def check_range(story: Story) -> None:
    """Each sample is what had happened by then, from the zero before the first event on."""
    ends = sorted({story.moment_ns() // 1_000_000, story.moment_ns() // 1_000_000 + 60_000})
    selection = SeriesSelection((), ends[0], ends[-1], range_ms=ends[-1] - ends[0])
    events = story.events()
    begins = begins_ms([event for event in events if event.at_ns <= ends[-1] * 1_000_000])
    found = story.series.select(story.project_id, selection)
    assert {series.labels for series in found} == set(begins)
    grid = np.arange(ends[0] // 15_000 * 15_000, ends[-1], 15_000)
    times = [*grid[grid > ends[0]].tolist(), ends[-1]]
    for series in story.random.sample(found, min(8, len(found))):
        assert series.times_ms.tolist() == [time for time in times if time >= begins[series.labels]]
        own = [event for event in events if event.labels == series.labels]
        amounts = [
            totals_at(own, time * 1_000_000).get(series.labels, 0) for time in series.times_ms.tolist()
        ]
        assert series.values.tolist() == pytest.approx(amounts)


def ends_of_windows(series: Sequence[Series], windows: Sequence[tuple[int, int]]) -> dict[Any, Any]:
    found: dict[tuple[Labels, int], list[float]] = {}
    for each in series:
        for from_ms, to_ms in windows:
            inside = (each.times_ms > from_ms) & (each.times_ms <= to_ms)
            times, values = each.times_ms[inside], each.values[inside]
            if len(times):
                ends = [times[0], values[0], times[-1], values[-1]]
                found[each.labels, to_ms] = [round(float(number), 9) for number in ends]
    return found


def check_thinned(story: Story, *, function: str) -> None:
    """What a query looks at in each window is the same in the few samples that are made for it as in all."""
    step_ms = story.random.choice([15_000, 60_000, 900_000, 3_600_000, 7_000])
    range_ms = story.random.choice([180_000, 300_000, 3_600_000, 7_200_000, 200_001])
    start_ms = story.moment_ns() // 1_000_000
    evaluated = [start_ms + number * step_ms for number in range(story.random.randint(1, 12))]
    reach_ms = range_ms if function else 300_000
    matchers = (Matcher("__name__", "=~", "llm_(requests_total|latency_seconds_.*|cost_usd_total)"),)
    hint = {"step_ms": step_ms * (len(evaluated) > 1), "range_ms": range_ms if function else 0}
    ranged = SeriesSelection(matchers, evaluated[0] - reach_ms, evaluated[-1])
    thin = story.series.select(story.project_id, ranged._replace(function=function, **hint))
    full = story.series.select(story.project_id, ranged._replace(range_ms=1))
    windows = [(at_ms - reach_ms, at_ms) for at_ms in evaluated]
    expected, found = ends_of_windows(full, windows), ends_of_windows(thin, windows)
    if not function:
        expected, found = ({key: ends[2:] for key, ends in each.items()} for each in (expected, found))
    assert found == expected


@pytest.mark.parametrize("seed", range(6))
def test_metrics_are_what_counting_by_hand_gives(embedded_engine: Engine, project_id: str, seed: int) -> None:
    story = Story(embedded_engine, project_id, seed)
    story.write()
    for number in range(6):
        story.step()
        check_totals(story, story.moment_ns())
        check_range(story)
        check_thinned(story, function=("", "rate", "increase")[number % 3])
    check_totals(story, EPOCH_NS + DAY_NS)


@pytest.mark.parametrize("seed", range(2))
def test_counters_survive_retention(embedded_engine: Engine, project_id: str, seed: int) -> None:
    story = Story(embedded_engine, project_id, seed)
    for _ in range(3):
        story.write()
    story.score()
    story.expire(EPOCH_NS + 2 * HOUR_NS)
    check_totals(story, EPOCH_NS + DAY_NS)
    story.expire(EPOCH_NS + 4 * HOUR_NS)
    story.roll_up()

    check_totals(story, EPOCH_NS + DAY_NS)


@pytest.mark.parametrize("seed", range(2))
def test_several_selections_at_once_are_each_as_alone(
    embedded_engine: Engine, project_id: str, seed: int
) -> None:
    story = Story(embedded_engine, project_id, seed)
    story.write()
    names = ("llm_requests_total", "llm_latency_seconds_bucket", "llm_tokens_total", "llm_traces_total")
    selections = []
    for _ in range(30):
        to_ms = story.random.choice([EPOCH_NS // 1_000_000 + 7_200_000, story.moment_ns() // 1_000_000])
        range_ms = story.random.choice([0, 60_000, 300_000, 3_600_000])
        matchers = [Matcher("__name__", "=", story.random.choice(names))]
        matchers += story.random.sample(
            [
                Matcher("service", "=", "api"),
                Matcher("feature", "!~", "s.*"),
                Matcher("status", "=", "error"),
            ],
            1,
        )
        function = story.random.choice(["rate", "", "avg_over_time"])
        selections.append(
            SeriesSelection(
                tuple(matchers),
                to_ms - (range_ms or 300_000),
                to_ms,
                0,
                range_ms,
                function if range_ms else "",
            )
        )

    together = story.series.select_many(project_id, selections)

    for selection, found in zip(selections, together, strict=True):
        alone = story.series.select(project_id, selection)
        assert _comparable(found) == _comparable(alone)


def _comparable(found: Sequence[Series]) -> list[Any]:
    return sorted((each.labels, each.times_ms.tolist(), each.values.round(9).tolist()) for each in found)


def test_projects_never_see_each_other(embedded_engine: Engine, project_id: str) -> None:
    story = Story(embedded_engine, project_id, 1)
    story.write()
    other = f"{project_id}-other"

    assert story.series.totals(other, EPOCH_NS + DAY_NS) == []
    assert story.series.list_series(other, TimeRange(0, EPOCH_NS + DAY_NS), [], limit=10) == []
    assert story.series.list_exemplars(other, TimeRange(0, EPOCH_NS + DAY_NS), [], limit=10) == []
