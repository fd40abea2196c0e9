"""Critical path and self time: which span held the trace up, and what it did itself."""

import random
import time

from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.insight.critical_path import SpanTime, TimedSpan, measure_spans


def critical(*spans: TimedSpan) -> dict[str, int]:
    return {span_id: time.critical_path_ns for span_id, time in measure_spans(spans).items()}


def self_times(*spans: TimedSpan) -> dict[str, int]:
    return {span_id: time.self_time_ns for span_id, time in measure_spans(spans).items()}


def span(span_id: str, parent: str, start: int, end: int) -> TimedSpan:
    return TimedSpan(span_id, parent, start, end)


ROOT = span("root", "", 0, 100)


def test_a_lone_root_holds_all_its_time() -> None:
    assert measure_spans([ROOT]) == {"root": SpanTime(100, 100)}


def test_steps_in_a_row_hold_their_time_and_gaps_are_the_parents() -> None:
    found = critical(ROOT, span("a", "root", 10, 40), span("b", "root", 50, 90))
    assert found == {"root": 30, "a": 30, "b": 40}


def test_of_parallel_children_the_last_to_end_is_critical() -> None:
    found = critical(ROOT, span("fast", "root", 0, 60), span("slow", "root", 0, 100))
    assert found == {"root": 0, "fast": 0, "slow": 100}


def test_an_overlap_belongs_to_the_later_ending_child() -> None:
    found = critical(ROOT, span("a", "root", 0, 50), span("b", "root", 30, 80))
    assert found == {"root": 20, "a": 30, "b": 50}


def test_the_path_descends_into_grandchildren() -> None:
    found = critical(ROOT, span("a", "root", 20, 80), span("b", "a", 30, 70))
    assert found == {"root": 40, "a": 20, "b": 40}


def test_work_that_outlives_its_parent_counts_within_it_alone() -> None:
    found = critical(ROOT, span("late", "root", 90, 300), span("after", "root", 100, 200))
    assert found == {"root": 90, "late": 10, "after": 0}


def test_a_clock_that_runs_ahead_does_not_lengthen_the_path() -> None:
    found = critical(ROOT, span("remote", "root", -50, 30))
    assert found == {"root": 70, "remote": 30}


def test_an_orphan_counts_as_a_child_of_the_root() -> None:
    assert critical(ROOT, span("orphan", "gone", 10, 30)) == {"root": 80, "orphan": 20}


def test_orphans_without_a_root_make_the_path_between_them() -> None:
    assert critical(span("a", "gone", 0, 40), span("b", "gone", 50, 100)) == {"a": 40, "b": 50}


def test_several_roots_share_the_time_and_a_gap_is_nobodys() -> None:
    assert critical(span("a", "", 0, 40), span("b", "", 60, 100)) == {"a": 40, "b": 40}


def test_cycles_are_cut() -> None:
    found = critical(ROOT, span("a", "b", 10, 50), span("b", "a", 20, 40), span("own", "own", 60, 70))
    assert sum(found.values()) == 100
    assert found["own"] == 10


def test_a_span_that_ends_before_it_starts_takes_no_time() -> None:
    assert measure_spans([ROOT, span("odd", "root", 50, 40)])["odd"] == SpanTime(0, 0)


def test_self_time_leaves_out_what_any_child_covers() -> None:
    found = self_times(ROOT, span("a", "root", 10, 50), span("b", "root", 30, 60), span("c", "root", 90, 150))
    assert found == {"root": 40, "a": 40, "b": 30, "c": 60}


def test_nothing_is_measured_of_nothing() -> None:
    assert measure_spans([]) == {}


times = st.integers(0, 1000)
trees = st.lists(st.tuples(st.integers(0, 30), times, times), max_size=30)


@given(times, times, trees)
def test_the_path_adds_up_to_the_roots_duration(
    start: int, length: int, children: list[tuple[int, int, int]]
) -> None:
    """Whatever the children do: overlap, gaps, clocks, lost parents, parents that come later, cycles."""
    spans = [span("0", "", start, start + length)]
    spans += [
        span(str(number), str(parent), begin, begin + duration)
        for number, (parent, begin, duration) in enumerate(children, 1)
    ]
    assert sum(critical(*spans).values()) == length


@given(trees)
def test_self_time_is_within_the_duration_and_order_does_not_matter(
    children: list[tuple[int, int, int]],
) -> None:
    spans = [span(str(n), str(parent), begin, begin + d) for n, (parent, begin, d) in enumerate(children)]
    found = measure_spans(spans)
    assert all(0 <= found[s.span_id].self_time_ns <= s.end_ns - s.start_ns for s in spans)
    assert measure_spans(spans[::-1]) == found


def test_ten_thousand_spans_take_a_blink() -> None:
    chance = random.Random(7)
    spans = [span("0", "", 0, 10**6)]
    for number in range(1, 10_000):
        start = chance.randrange(10**6)
        spans.append(span(str(number), str(chance.randrange(number)), start, start + chance.randrange(10**5)))
    deep = [span(str(n), str(n - 1) if n else "", n, 10**6 - n) for n in range(10_000)]
    for tree in (spans, deep):
        before = time.process_time()
        measure_spans(tree)
        # Measured at 60 ms; the bound only tells an n log n from an n squared.
        assert time.process_time() - before < 1
