"""What the writer remembers of registered series."""

from spanglass_server.store.clickhouse.samples_index import SeriesIndex


class Stored:
    def __init__(self) -> None:
        self.loads: list[tuple[str, int]] = []
        self.days: dict[tuple[str, int], set[int]] = {}

    def load(self, project_id: str, day: int) -> set[int]:
        self.loads.append((project_id, day))
        return set(self.days.get((project_id, day), ()))


def test_a_day_is_loaded_once_and_then_remembered() -> None:
    stored = Stored()
    stored.days["p", 1] = {10, 11}
    index = SeriesIndex(stored.load, entries_max=100)
    assert index.find_missing("p", 1, [10, 12]) == {12}
    index.add("p", 1, [12])
    assert index.find_missing("p", 1, [10, 12]) == set()
    assert index.count("p", 1) == 3
    assert index.find_missing("q", 1, [10]) == {10}
    assert stored.loads == [("p", 1), ("q", 1)]


def test_days_not_used_lately_are_let_go_and_loaded_again() -> None:
    stored = Stored()
    index = SeriesIndex(stored.load, entries_max=45)
    for day in range(4):
        index.find_missing("p", day, [1])
        index.add("p", day, [1])
    index.find_missing("p", 3, [1])
    index.find_missing("p", 4, [1])
    assert index.find_missing("p", 3, [1]) == set()
    stored.days["p", 0] = {1, 2}
    assert index.count("p", 0) == 2
    assert stored.loads.count(("p", 0)) == 2
    assert stored.loads.count(("p", 3)) == 1


def test_one_day_larger_than_memory_is_kept_while_it_is_used() -> None:
    stored = Stored()
    index = SeriesIndex(stored.load, entries_max=5)
    index.find_missing("p", 1, [])
    index.add("p", 1, range(50))
    assert index.count("p", 1) == 50
    assert stored.loads == [("p", 1)]


def test_a_deleted_project_is_forgotten_and_others_are_not() -> None:
    stored = Stored()
    index = SeriesIndex(stored.load, entries_max=100)
    for project_id in ("p", "q"):
        index.find_missing(project_id, 1, [])
        index.add(project_id, 1, [1])
    index.forget_project("p")
    assert index.find_missing("p", 1, [1]) == {1}
    assert index.find_missing("q", 1, [1]) == set()


def test_what_was_read_before_a_deletion_is_not_kept() -> None:
    index: SeriesIndex

    def load(project_id: str, day: int) -> set[int]:
        if not loads:
            index.forget_project(project_id)
        loads.append(day)
        return {1} if len(loads) == 1 else set()

    loads: list[int] = []
    index = SeriesIndex(load, entries_max=100)
    index.find_missing("p", 1, [1])
    assert index.find_missing("p", 1, [1]) == {1}
