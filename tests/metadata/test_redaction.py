"""Rules of redaction and their counts, on both engines."""

from collections.abc import Iterator

import pytest

from spanglass_server.base.errors import NotFound
from spanglass_server.model.redaction import (
    DetectorRule,
    FieldRule,
    KeyRule,
    PatternRule,
    RedactionCount,
    RedactionPolicy,
)
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.redaction import SqlRedactionStore, open_redaction
from spanglass_server.store.redaction import CountedRedaction

P = "default"
POLICY = RedactionPolicy(
    detectors=(DetectorRule("email", "hash", ("input", "user_id")), DetectorRule("phone", "mask")),
    patterns=(PatternRule("customer", r"고객-\d+", "drop", ("metadata",)),),
    keys=(KeyRule("http.*", "mask"),),
    fields=(FieldRule("session_id", "hash"),),
    stores_content=False,
    stores_media=False,
)
EMAILS, PHONES = RedactionCount("email", "input", "mask"), RedactionCount("phone", "input", "mask")
HOUR_NS = 3_600 * 10**9


@pytest.fixture
def store(directory: SqlDirectory, database_url: str) -> Iterator[SqlRedactionStore]:
    opened = open_redaction(database_url)
    yield opened
    opened.close()


def test_a_policy_is_read_as_it_was_written(store: SqlRedactionStore) -> None:
    assert store.find(P) is None
    put = store.put(P, POLICY, 17)
    assert store.find(P) == put
    assert put.policy == POLICY
    assert put.updated_at_ns == 17


def test_the_key_is_made_once_for_each_project(store: SqlRedactionStore, directory: SqlDirectory) -> None:
    first = store.put(P, POLICY, 1).key
    store.delete(P)
    assert store.find(P) is None
    assert store.put(P, RedactionPolicy(), 2).key == first
    assert store.put(directory.create_project("other").id, POLICY, 3).key != first
    assert len(first) == 32


def test_judges_calls_go_by_the_rules_of_the_project_that_they_judge(
    store: SqlRedactionStore, directory: SqlDirectory
) -> None:
    judges = directory.ensure_judges(directory.list_projects()[0])
    stored = store.put(P, POLICY, 1)
    assert store.find(judges.id) == stored


def test_counts_are_added_up_within_their_hour(store: SqlRedactionStore) -> None:
    store.add_counts(HOUR_NS, {(P, EMAILS): 2, (P, PHONES): 1})
    store.add_counts(HOUR_NS, {(P, EMAILS): 5})
    store.add_counts(2 * HOUR_NS, {(P, EMAILS): 1, ("gone", EMAILS): 9})
    assert store.list_counts(P, 0) == [
        CountedRedaction(HOUR_NS, EMAILS, 7),
        CountedRedaction(HOUR_NS, PHONES, 1),
        CountedRedaction(2 * HOUR_NS, EMAILS, 1),
    ]
    assert store.list_counts("gone", 0) == []
    store.forget_counts(2 * HOUR_NS)
    assert store.list_counts(P, 0) == [CountedRedaction(2 * HOUR_NS, EMAILS, 1)]


def test_a_deleted_project_takes_its_rules_along(store: SqlRedactionStore, directory: SqlDirectory) -> None:
    project = directory.create_project("short-lived")
    store.put(project.id, POLICY, 1)
    store.add_counts(HOUR_NS, {(project.id, EMAILS): 2})
    directory.delete_project(project.id)
    assert store.find(project.id) is None
    assert store.list_counts(project.id, 0) == []
    with pytest.raises(NotFound):
        store.put(project.id, POLICY, 2)
