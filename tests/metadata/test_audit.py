"""The audit log, on both engines."""

from collections.abc import Iterator

import pytest

from spanglass_server.model.identity import AuditEntry
from spanglass_server.store.audit import AuditPlace, AuditQuery
from spanglass_server.store.metadata.audit import SqlAuditLog, open_audit_log
from spanglass_server.store.metadata.directory import SqlDirectory

T = 1_700_000_000_000_000_123
EVERYTHING = AuditQuery(0, 1 << 62)


@pytest.fixture
def log(directory: SqlDirectory, database_url: str) -> Iterator[SqlAuditLog]:
    opened = open_audit_log(database_url)
    yield opened
    opened.close()


def entry(number: int, **given: object) -> AuditEntry:
    made = AuditEntry(
        id=f"{number:032}",
        time_ns=T + number // 2,
        actor_type="user",
        actor_id=f"u{number}",
        actor_name=f"Person_{number}@example.com",
        action="key.create",
        project_id="default",
        target="검색 service",
        details={"note": "점수 \U0001f600", "was": None, "list": [1, 2.5]},
        address="::1",
    )
    return made._replace(**given)  # type: ignore[arg-type]


def test_an_entry_is_read_as_it_was_written(log: SqlAuditLog) -> None:
    log.append(entry(1))
    assert log.list(EVERYTHING) == [entry(1)]


def test_what_is_too_long_is_cut(log: SqlAuditLog) -> None:
    log.append(entry(1, target="x" * 900, actor_name="y" * 900, address="z" * 900))
    (found,) = log.list(EVERYTHING)
    assert (len(found.target), len(found.actor_name), len(found.address)) == (500, 320, 64)


def test_pages_have_every_entry_once(log: SqlAuditLog) -> None:
    for number in range(7):
        log.append(entry(number))
    first = log.list(EVERYTHING._replace(limit=3))
    second = log.list(EVERYTHING._replace(limit=10, before=AuditPlace(first[-1].time_ns, first[-1].id)))
    assert [found.id for found in (*first, *second)] == [entry(number).id for number in reversed(range(7))]


def test_filters(log: SqlAuditLog) -> None:
    log.append(entry(1))
    log.append(entry(2, action="keyring.open", project_id=""))
    log.append(entry(3, action="key.revoke"))

    def ids(**asked: object) -> list[str]:
        return [found.id[-1] for found in log.list(EVERYTHING._replace(**asked))]  # type: ignore[arg-type]

    assert ids(action="key.") == ["3", "1"]
    assert ids(project_id="default") == ["3", "1"]
    assert ids(actor="person_2") == ["2"]
    assert ids(actor="u3") == ["3"]
    assert ids(actor="_") == ["3", "2", "1"]
    assert ids(actor="%") == []
    assert ids(from_ns=T + 1, to_ns=T + 2) == ["3", "2"]
    assert log.list_actions("default") == ["key.create", "key.revoke"]
    assert log.list_actions(None) == ["key.create", "key.revoke", "keyring.open"]


def test_old_entries_go(log: SqlAuditLog) -> None:
    log.append(entry(0))
    log.append(entry(9))
    assert log.forget_before(T + 1) == 1
    assert log.list(EVERYTHING) == [entry(9)]
