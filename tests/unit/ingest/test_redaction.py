"""Projects' rules at hand for every request, and what they did counted."""

from collections.abc import Mapping, Sequence

import pytest

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.ingest.redaction import Redaction
from spanglass_server.model.redaction import RedactionCount, RedactionPolicy
from spanglass_server.normalize.redaction import Replaced, Tally
from spanglass_server.store.directory import judges_id_of
from spanglass_server.store.redaction import CountedRedaction, StoredPolicy

P = "p"
SECOND_NS = 10**9


class MemoryStore:
    def __init__(self) -> None:
        self.policies: dict[str, StoredPolicy] = {}
        self.counted: list[tuple[int, Mapping[tuple[str, RedactionCount], int]]] = []
        self.reads = 0
        self.is_away = False

    def find(self, project_id: str) -> StoredPolicy | None:
        self._check()
        self.reads += 1
        return self.policies.get(project_id)

    def put(self, project_id: str, policy: RedactionPolicy, now_ns: int) -> StoredPolicy:
        self.policies[project_id] = StoredPolicy(policy, b"k", now_ns)
        return self.policies[project_id]

    def delete(self, project_id: str) -> None:
        self.policies.pop(project_id, None)

    def add_counts(self, hour_ns: int, counts: Mapping[tuple[str, RedactionCount], int]) -> None:
        self._check()
        self.counted.append((hour_ns, dict(counts)))

    def list_counts(self, project_id: str, from_ns: int) -> Sequence[CountedRedaction]:
        return ()

    def forget_counts(self, before_ns: int) -> None:
        self._check()

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if self.is_away:
            raise StorageUnavailable("away", hint="wait")


class Clock:
    def __init__(self) -> None:
        self.now_ns = 1_700_000_000 * SECOND_NS

    def __call__(self) -> int:
        return self.now_ns


def tally_of(*detectors: str) -> Tally:
    tally = Tally()
    for detector in detectors:
        tally.add(Replaced(detector, "input", "mask"))
    return tally


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def redaction(store: MemoryStore, clock: Clock) -> Redaction:
    return Redaction(store, clock=clock, monotonic_ns=clock)


def test_rules_are_read_now_and_then(redaction: Redaction, store: MemoryStore, clock: Clock) -> None:
    redaction.redactor(P)
    redaction.redactor(P)
    assert store.reads == 1
    clock.now_ns += 6 * SECOND_NS
    redaction.redactor(P)
    assert store.reads == 2


def test_unchanged_rules_are_not_made_anew(redaction: Redaction, clock: Clock) -> None:
    redaction.put(P, RedactionPolicy(stores_content=False))
    one = redaction.redactor(P)
    clock.now_ns += 6 * SECOND_NS
    assert redaction.redactor(P) is one


def test_what_another_server_saved_holds_within_seconds(
    redaction: Redaction, store: MemoryStore, clock: Clock
) -> None:
    assert not redaction.redactor(P).stripped
    store.put(P, RedactionPolicy(stores_content=False), 1)
    clock.now_ns += 6 * SECOND_NS
    assert redaction.redactor(P).stripped


def test_a_change_holds_for_judges_calls_at_once(redaction: Redaction, store: MemoryStore) -> None:
    judges = judges_id_of(P)
    before = redaction.redactor(judges)
    store.put(judges, RedactionPolicy(stores_content=False), 1)
    redaction.put(P, RedactionPolicy(stores_content=False))
    assert redaction.redactor(judges) is not before


def test_without_the_rules_nothing_is_taken(redaction: Redaction, store: MemoryStore) -> None:
    store.is_away = True
    with pytest.raises(StorageUnavailable):
        redaction.redactor(P)


def test_projects_cannot_weaken_what_the_server_stores(store: MemoryStore, clock: Clock) -> None:
    strict = Redaction(store, stores_content=False, clock=clock, monotonic_ns=clock)
    strict.put(P, RedactionPolicy(stores_content=True))
    for project_id in (P, "another"):
        assert strict.redactor(project_id).stripped == {"input", "output"}
        assert not strict.redactor(project_id).stores_media


def test_counts_wait_while_the_store_is_away(redaction: Redaction, store: MemoryStore, clock: Clock) -> None:
    redaction.count(P, tally_of("email", "email", "phone"))
    store.is_away = True
    redaction.flush()
    redaction.count(P, tally_of("email"))
    store.is_away = False
    redaction.flush()
    (counted,) = store.counted
    assert {(project, what.detector): n for (project, what), n in counted[1].items()} == {
        (P, "email"): 3,
        (P, "phone"): 1,
    }
    assert redaction.counters() == {"redactions": 4}
    redaction.flush()
    assert len(store.counted) == 1


def test_each_hour_is_counted_apart(redaction: Redaction, store: MemoryStore, clock: Clock) -> None:
    redaction.count(P, tally_of("email"))
    clock.now_ns += 3_600 * SECOND_NS
    redaction.count(P, tally_of("email"))
    redaction.flush()
    first, second = (hour_ns for hour_ns, _ in store.counted)
    assert second - first == 3_600 * SECOND_NS
