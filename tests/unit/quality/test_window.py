"""Targets in flight: whatever the order in which they are finished, nothing is skipped after a crash."""

from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.quality.window import Window
from spanglass_server.store.evaluation import Place, TargetKey

START = Place(0, "")


def key(position: int, trace_id: str, span_id: str = "") -> TargetKey:
    return TargetKey(trace_id, span_id, 0, position)


def test_the_done_place_waits_for_the_slowest_before_it() -> None:
    window = Window(START)
    assert window.add([key(1, "a"), key(2, "b"), key(3, "c")]) == [key(1, "a"), key(2, "b"), key(3, "c")]
    window.finish(("b", ""))
    window.finish(("c", ""))
    assert (window.done, window.read, window.in_flight) == (START, Place(3, "c"), 1)
    window.finish(("a", ""))
    assert (window.done, window.in_flight) == (Place(3, "c"), 0)


def test_a_stretch_without_targets_is_done_when_those_before_it_are() -> None:
    window = Window(START)
    window.add([key(1, "a")])
    window.skip_to(Place(9, ""))
    assert (window.done, window.read) == (START, Place(9, ""))
    window.finish(("a", ""))
    assert window.done == Place(9, "")
    window.skip_to(Place(5, ""))
    assert window.done == Place(9, "")


def test_a_target_that_comes_again_while_it_is_judged_is_judged_once() -> None:
    window = Window(START)
    window.add([key(1, "a")])
    assert window.add([key(2, "a"), key(3, "b")]) == [key(3, "b")]
    window.finish(("b", ""))
    assert window.done == START
    window.finish(("a", ""))
    assert window.done == Place(3, "b")


def test_spans_of_a_trace_are_targets_of_their_own() -> None:
    window = Window(START)
    window.add([key(1, "a", "x"), key(1, "a", "y")])
    window.finish(("a", "y"))
    assert window.done == START
    window.finish(("a", "x"))
    assert window.done == Place(1, "a", "y")


def test_finishing_what_is_not_there_changes_nothing() -> None:
    window = Window(START)
    window.finish(("a", ""))
    assert (window.done, window.in_flight) == (START, 0)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=60))
def test_everything_up_to_the_done_place_is_finished(steps: list[tuple[int, bool]]) -> None:
    """Targets arrive and are finished in any order; some arrive again."""
    window, position = Window(START), 0
    open_places: dict[Place, str] = {}
    for name, arrives in steps:
        if arrives:
            position += 1
            window.add([key(position, str(name))])
            open_places[Place(position, str(name))] = str(name)
        else:
            window.finish((str(name), ""))
            open_places = {place: target for place, target in open_places.items() if target != str(name)}
        assert all(place > window.done for place in open_places)
        assert window.in_flight == len(set(open_places.values()))
        if not open_places:
            assert window.done == window.read
