"""Rule files, rules' states and leases, on both engines."""

from collections.abc import Iterator

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import RULE_FILES_PER_PROJECT_MAX
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.rules import SqlRuleStore, open_rule_store
from spanglass_server.store.rules import Lease, LeaseLost, StoredGroup, StoredRuleFile


@pytest.fixture
def store(directory: SqlDirectory, database_url: str) -> Iterator[SqlRuleStore]:
    opened = open_rule_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def project_id(directory: SqlDirectory) -> str:
    return directory.create_project("shop").id


@pytest.fixture
def lease(store: SqlRuleStore) -> Lease:
    taken = store.take_lease("rules", "a", None)
    assert taken is not None
    return taken


def file(
    project_id: str, name: str = "a.yml", text: str | None = "groups: []", at_ns: int = 1
) -> StoredRuleFile:
    return StoredRuleFile(project_id, name, text, True, at_ns)


def test_files_come_back_as_they_were_put(store: SqlRuleStore, project_id: str) -> None:
    off = StoredRuleFile(project_id, "llm.yml", None, False, 2)
    store.put_file(file(project_id, "b.yml", "one"))
    store.put_file(file(project_id, "b.yml", "zwei ü", 3))
    store.put_file(off)
    assert store.list_files(project_id) == [file(project_id, "b.yml", "zwei ü", 3), off]
    assert store.list_files() == store.list_files(project_id)
    assert store.list_files("default") == []
    assert store.delete_file(project_id, "b.yml")
    assert not store.delete_file(project_id, "b.yml")
    assert store.list_files(project_id) == [off]


def test_the_stamp_changes_with_every_change(store: SqlRuleStore, project_id: str) -> None:
    stamps = [store.files_stamp()]
    store.put_file(file(project_id, "a.yml", at_ns=10**18))
    stamps.append(store.files_stamp())
    store.put_file(file(project_id, "b.yml", at_ns=10**18 + 1))
    stamps.append(store.files_stamp())
    store.put_file(file(project_id, "a.yml", at_ns=10**18 + 2))
    stamps.append(store.files_stamp())
    store.delete_file(project_id, "b.yml")
    stamps.append(store.files_stamp())
    assert len(set(stamps)) == len(stamps)
    assert store.files_stamp() == stamps[-1]


def test_files_have_a_project_and_a_limit(store: SqlRuleStore, project_id: str) -> None:
    with pytest.raises(NotFound):
        store.put_file(file("no-such-project"))
    for number in range(RULE_FILES_PER_PROJECT_MAX):
        store.put_file(file(project_id, f"{number}.yml"))
    with pytest.raises(BadInput, match="rule files already"):
        store.put_file(file(project_id, "one-more.yml"))
    store.put_file(file(project_id, "0.yml", "changed", 2))


def test_groups_are_saved_replaced_and_forgotten(store: SqlRuleStore, project_id: str, lease: Lease) -> None:
    one, two = StoredGroup("f", "one", "{}"), StoredGroup("f", "two", "{}")
    store.save_groups(lease, project_id, [one, two])
    changed = one._replace(document='{"a": 1}')
    store.save_groups(lease, project_id, [changed], gone=[two])
    assert store.load_groups(project_id) == [changed]
    assert store.load_groups("default") == []


def test_groups_go_with_their_project(
    store: SqlRuleStore, directory: SqlDirectory, project_id: str, lease: Lease
) -> None:
    store.put_file(file(project_id))
    store.save_groups(lease, project_id, [StoredGroup("f", "one", "{}")])
    directory.delete_project(project_id)
    assert store.load_groups(project_id) == []
    assert store.list_files() == []
    store.save_groups(lease, project_id, [StoredGroup("f", "one", "{}")])
    assert store.load_groups(project_id) == []


def test_a_lease_has_one_holder(store: SqlRuleStore, lease: Lease) -> None:
    assert store.take_lease("rules", "b", None) is None
    renewed = store.renew_lease(lease)
    assert renewed == lease._replace(renewals=1)
    assert store.take_lease("rules", "b", lease) is None
    taken = store.take_lease("rules", "b", renewed)
    assert taken == Lease("rules", "b", lease.epoch + 1, 0)
    assert store.renew_lease(lease) is None
    assert renewed is not None
    assert store.renew_lease(renewed) is None
    assert store.find_lease("rules") == taken


def test_who_lost_the_lease_writes_nothing(store: SqlRuleStore, project_id: str, lease: Lease) -> None:
    store.save_groups(lease, project_id, [StoredGroup("f", "one", "{}")])
    store.take_lease("rules", "b", lease)
    with pytest.raises(LeaseLost):
        store.save_groups(lease, project_id, [StoredGroup("f", "one", "changed")])
    assert store.load_groups(project_id) == [StoredGroup("f", "one", "{}")]


def test_a_released_lease_is_nobodys_and_its_epoch_goes_on(store: SqlRuleStore, lease: Lease) -> None:
    store.release_lease(lease)
    found = store.find_lease("rules")
    assert found is not None
    assert found.holder == ""
    again = store.take_lease("rules", "b", found)
    assert again is not None
    assert again.epoch == 2
    store.release_lease(lease)
    assert store.find_lease("rules") == again
