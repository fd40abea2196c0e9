"""Silences, alerts, the notification log and attempts, on both engines."""

import math
from collections.abc import Iterator

import pytest
from tests.metadata.conftest import SteppingClock

from spanglass_server.base.errors import NotFound
from spanglass_server.base.limits import ATTEMPTS_PER_PROJECT_MAX, SILENCE_KEPT_MS
from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Attempt, LogEntry, LogKey, Silence
from spanglass_server.model.series import Matcher
from spanglass_server.store.alerting import StoredConfig
from spanglass_server.store.metadata.alerting import SqlNotifications, open_notifications
from spanglass_server.store.metadata.directory import SqlDirectory

P = "default"
NOW_MS = 1_767_600_000_123


@pytest.fixture
def store(directory: SqlDirectory, database_url: str) -> Iterator[SqlNotifications]:
    opened = open_notifications(database_url)
    yield opened
    opened.close()


def _alert(name: str, **fields: object) -> Alert:
    alert = Alert(
        project_id=P,
        labels=(("alertname", name), ("b", "한\\'\"\n")),
        annotations=(("summary", "😀"),),
        starts_at_ms=NOW_MS,
        ends_at_ms=0,
        updated_at_ms=NOW_MS,
        value=math.inf,
        expression="x > 1",
        generator_url="http://x",
    )
    return alert._replace(**fields)


def _entry(group: str, **fields: object) -> LogEntry:
    key = LogKey(group, "team", "slack[0]")
    return LogEntry(P, key, frozenset({"1", "2"}), frozenset(), NOW_MS, NOW_MS + 10)._replace(**fields)


def _silence(number: str, **fields: object) -> Silence:
    matchers = (Matcher("a", "=~", "x|y"), Matcher("b", "!=", '"'))
    return Silence(P, number, matchers, NOW_MS, NOW_MS + 5, "ada", "why", NOW_MS)._replace(**fields)


def _attempt(time_ms: int, **fields: object) -> Attempt:
    return Attempt(
        project_id=P,
        time_ms=time_ms,
        duration_ms=3,
        receiver="team",
        integration="slack[0]",
        group_key="{}:{}",
        group_labels="{}",
        status="firing",
        firing_count=1,
        resolved_count=0,
        number=1,
        error="",
        is_retried=False,
    )._replace(**fields)


def test_alerts_and_log_are_read_as_they_were_written_and_replaced_by_what_is_newer(
    store: SqlNotifications,
) -> None:
    store.write_alerts(P, changed=[_alert("A"), _alert("B")], gone=[], told=[_entry("g")])
    store.write_alerts(
        P,
        changed=[_alert("A", ends_at_ms=NOW_MS + 1)],
        gone=[_alert("B")],
        told=[_entry("g", firing=frozenset(), resolved=frozenset({"1"}))],
    )
    assert store.load_alerts(P) == [_alert("A", ends_at_ms=NOW_MS + 1)]
    assert store.load_log(P) == [_entry("g", firing=frozenset(), resolved=frozenset({"1"}))]
    assert store.list_projects_with_alerts() == [P]
    assert store.load_alerts("other") == []


def test_many_alerts_are_written_at_once(store: SqlNotifications) -> None:
    alerts = [_alert(str(number)) for number in range(3_000)]
    store.write_alerts(P, changed=alerts, gone=[], told=[])
    store.write_alerts(P, changed=[], gone=alerts[1:], told=[])
    assert store.load_alerts(P) == alerts[:1]


def test_what_is_written_for_a_project_that_is_gone_is_passed_over(store: SqlNotifications) -> None:
    store.write_alerts("gone", changed=[_alert("A", project_id="gone")], gone=[], told=[])
    store.write_attempts([_attempt(NOW_MS, project_id="gone"), _attempt(NOW_MS)])
    assert store.list_projects_with_alerts() == []
    assert len(store.list_attempts(P, receiver="", limit=9, before_ms=NOW_MS + 1)) == 1
    with pytest.raises(NotFound):
        store.put_silences([_silence("1", project_id="gone")])
    with pytest.raises(NotFound):
        store.put_config("gone", StoredConfig("x", 1))


def test_a_projects_state_goes_with_it(store: SqlNotifications, directory: SqlDirectory) -> None:
    project = directory.create_project("shop").id
    store.write_alerts(
        project,
        changed=[_alert("A", project_id=project)],
        gone=[],
        told=[_entry("g", project_id=project)],
    )
    store.put_silences([_silence("1", project_id=project)])
    store.put_config(project, StoredConfig("route: {}", 5))
    store.write_attempts([_attempt(NOW_MS, project_id=project)])
    directory.delete_project(project)
    assert (store.load_alerts(project), store.load_log(project), store.list_silences(project)) == ([], [], [])
    assert store.find_config(project) is None
    assert store.list_attempts(project, receiver="", limit=9, before_ms=NOW_MS + 1) == []


def test_a_configuration_is_kept_replaced_and_deleted(store: SqlNotifications) -> None:
    assert store.find_config(P) is None
    store.put_config(P, StoredConfig("a: 1", 5))
    store.put_config(P, StoredConfig("a: 2", 6))
    assert store.find_config(P) == StoredConfig("a: 2", 6)
    store.delete_config(P)
    assert store.find_config(P) is None


def test_silences_are_listed_by_their_end_and_changed_together(store: SqlNotifications) -> None:
    store.put_silences([_silence("1"), _silence("2", ends_at_ms=NOW_MS + 9)])
    assert [silence.id for silence in store.list_silences(P)] == ["2", "1"]
    store.put_silences([_silence("1", comment="longer", ends_at_ms=NOW_MS + 99)])
    assert [(silence.id, silence.comment) for silence in store.list_silences(P)] == [
        ("1", "longer"),
        ("2", "why"),
    ]
    assert store.find_silence(P, "2") == _silence("2", ends_at_ms=NOW_MS + 9)
    assert store.find_silence(P, "3") is None
    assert store.find_silence("other", "2") is None


def test_attempts_are_listed_newest_first_of_one_receiver_or_all(store: SqlNotifications) -> None:
    store.write_attempts([_attempt(1), _attempt(3, receiver="b", error="x"), _attempt(2)])
    times = [found.time_ms for found in store.list_attempts(P, receiver="", limit=9, before_ms=9)]
    assert times == [3, 2, 1]
    assert store.list_attempts(P, receiver="b", limit=9, before_ms=9) == [
        _attempt(3, receiver="b", error="x")
    ]
    assert [one.time_ms for one in store.list_attempts(P, receiver="", limit=1, before_ms=3)] == [2]


def test_what_is_old_is_forgotten(store: SqlNotifications, clock: SteppingClock) -> None:
    store.write_alerts(P, changed=[], gone=[], told=[_entry("old"), _entry("new", expires_at_ms=NOW_MS * 2)])
    store.put_silences([_silence("old", ends_at_ms=NOW_MS - SILENCE_KEPT_MS), _silence("new")])
    store.write_attempts([_attempt(1), *(_attempt(NOW_MS + n) for n in range(ATTEMPTS_PER_PROJECT_MAX + 5))])
    store.forget(NOW_MS + 10)
    assert [entry.key.group_key for entry in store.load_log(P)] == ["new"]
    assert [silence.id for silence in store.list_silences(P)] == ["new"]
    left = store.list_attempts(P, receiver="", limit=ATTEMPTS_PER_PROJECT_MAX * 2, before_ms=NOW_MS * 2)
    assert len(left) == ATTEMPTS_PER_PROJECT_MAX
    assert left[-1].time_ms == NOW_MS + 5
