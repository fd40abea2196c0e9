"""Rules over time: what is told to notifications, when, and by whom."""

import pytest
from tests.support.rule_story import RulePath, Server, World, run, write

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.store.rules import StoredRuleFile

RULES = """
groups:
- name: g
  interval: 10s
  rules:
  - alert: Hot
    expr: heat > 5
    for: 30s
    labels: {severity: page}
    annotations: {summary: "{{ $labels.room }} has {{ $value }}"}
"""


def firing_s(world: World) -> list[int]:
    return [told.at_s for told in world.told if not told.alert.ends_at_ms]


def resolved_s(world: World) -> list[int]:
    return [told.at_s for told in world.told if told.alert.ends_at_ms]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def server(world: World) -> Server:
    return Server(world, rules={"r.yml": RULES})


def test_alert_stays_pending_until_for_elapses_then_fires_then_resolves(world: World, server: Server) -> None:
    world.set("heat", 9, room="attic")
    server.run(25)
    assert server.states() == {"Hot": "pending"}
    assert world.told == []
    server.run(30)
    assert server.states() == {"Hot": "firing"}
    alert = world.told[0].alert
    assert dict(alert.labels) == {
        "alertname": "Hot",
        "room": "attic",
        "severity": "page",
        "project": "default",
    }
    assert dict(alert.annotations) == {"summary": "attic has 9"}
    assert (alert.value, alert.expression, alert.ends_at_ms) == (9.0, "heat > 5", 0)
    assert alert.generator_url == "http://spanglass.example/explore?expr=heat%20%3E%205&project=default"
    world.set("heat", 1, room="attic")
    server.run(20)
    assert server.states() == {"Hot": "inactive"}
    last = world.told[-1].alert
    assert last.starts_at_ms == alert.starts_at_ms
    assert last.ends_at_ms > last.starts_at_ms


def test_resolved_alerts_are_told_for_a_quarter_of_an_hour(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(60)
    world.set("heat", 1)
    server.run(1_200)
    told = resolved_s(world)
    assert 890 <= told[-1] - told[0] <= 910
    assert len({told.alert.ends_at_ms for told in world.told if told.alert.ends_at_ms}) == 1


def test_flapping_never_fires_a_rule_that_waits(world: World, server: Server) -> None:
    for _ in range(20):
        world.set("heat", 9)
        server.run(20)
        world.set("heat", 1)
        server.run(20)
    assert world.told == []


def test_for_goes_on_after_a_restart(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(25)
    again = Server(world, "a", rules={"r.yml": RULES})
    again.run(20)
    assert again.states() == {"Hot": "firing"}


def test_an_outage_does_not_count_for_for(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(25)
    assert server.states() == {"Hot": "pending"}
    world.move(3_600_000)
    again = Server(world, "a", rules={"r.yml": RULES})
    again.manager.tick()
    assert again.states() == {"Hot": "pending"}
    assert again.group("g").missed >= 359
    again.run(30)
    assert again.states() == {"Hot": "firing"}


def test_an_alert_that_fires_goes_on_firing_after_an_outage(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(60)
    starts_at_ms = world.told[-1].alert.starts_at_ms
    world.move(7_200_000)
    again = Server(world, "a", rules={"r.yml": RULES})
    again.manager.tick()
    assert world.told[-1].alert.starts_at_ms == starts_at_ms


def test_an_alert_that_ended_in_an_outage_is_told_as_resolved(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(60)
    world.set("heat", 1)
    world.move(7_200_000)
    again = Server(world, "a", rules={"r.yml": RULES})
    again.manager.tick()
    assert world.told[-1].alert.ends_at_ms > 0


def test_a_second_server_takes_over_when_the_first_is_lost(world: World) -> None:
    first, second = (Server(world, name, rules={"r.yml": RULES}) for name in "ab")
    world.set("heat", 9)
    run([first, second], 60)
    assert {told.server for told in world.told} == {"a"}
    assert second.held == []
    run([second], 60)
    assert second.held == [True]
    assert {told.server for told in world.told if told.at_s > 80} == {"b"}
    assert len({told.alert.starts_at_ms for told in world.told}) == 1
    gaps = [later - sooner for sooner, later in zip(firing_s(world), firing_s(world)[1:], strict=False)]
    assert max(gaps) <= 30


def test_a_server_that_stops_hands_over_at_once(world: World) -> None:
    first, second = (Server(world, name, rules={"r.yml": RULES}) for name in "ab")
    run([first, second], 5)
    first.manager.stop()
    run([second], 2)
    assert first.held == [True, False]
    assert second.lease.is_held


def test_a_paused_server_that_comes_back_tells_nothing(world: World) -> None:
    first, second = (Server(world, name, rules={"r.yml": RULES}) for name in "ab")
    world.set("heat", 9)
    run([first, second], 45)
    run([second], 40)
    told = len(world.told)
    first.manager.tick()
    assert len(world.told) == told
    run([first, second], 60)
    assert {one.server for one in world.told[told:]} == {"b"}
    assert first.held == [True, False]


def test_a_lease_is_lost_while_the_database_is_away_and_taken_again(world: World, server: Server) -> None:
    server.run(5)
    world.store.failure = StorageUnavailable("down")
    for _ in range(20):
        world.move(1_000)
        try:
            server.manager.tick()
        except StorageUnavailable:
            continue
    assert not server.lease.is_held
    world.store.failure = None
    server.run(20)
    assert server.lease.is_held


def test_missed_rounds_are_counted_after_the_clock_jumped_ahead(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(15)
    world.jump(3_600)
    server.run(5)
    assert server.states() == {"Hot": "pending"}
    assert 355 <= server.group("g").missed <= 361
    server.run(30)
    assert server.states() == {"Hot": "firing"}


def test_evaluation_goes_on_after_the_clock_was_set_back(world: World, server: Server) -> None:
    world.set("heat", 1)
    server.run(60)
    world.jump(-7_200)
    world.set("heat", 9)
    server.run(60)
    assert server.states() == {"Hot": "firing"}


def test_storage_that_is_down_leaves_alerts_as_they_are_and_says_so(world: World, server: Server) -> None:
    world.set("heat", 9)
    server.run(60)
    world.series.failure = StorageUnavailable("the engine is down", hint="start it")
    server.run(60)
    (rule,) = server.group("g").rules
    assert (rule.state, rule.health) == ("firing", "err")
    assert rule.last_error == "the engine is down: start it"
    world.series.failure = None
    server.run(10)
    assert server.group("g").rules[0].health == "ok"
    assert resolved_s(world) == []


def test_samples_that_cannot_be_written_are_an_error_of_the_rule(world: World, server: Server) -> None:
    world.set("heat", 9)
    world.writer.failure = StorageUnavailable("disk full")
    server.run(60)
    assert server.group("g").rules[0].health == "err"
    assert server.states() == {"Hot": "firing"}


def test_a_rule_reads_what_an_earlier_one_of_its_group_records_in_the_same_round(world: World) -> None:
    rules = """
groups:
- name: g
  interval: 10s
  rules:
  - {record: "heat:max", expr: "max(heat)"}
  - {record: "heat:twice", expr: "heat:max * 2"}
  - {alert: Hot, expr: "heat:twice > 10"}
  - {alert: Told, expr: 'ALERTS{alertname="Hot"} == 1'}
"""
    server = Server(world, rules={"r.yml": rules})
    world.set("heat", 9)
    server.run(11)
    assert server.states() == {
        "heat:max": "inactive",
        "heat:twice": "inactive",
        "Hot": "firing",
        "Told": "firing",
    }


def test_a_recorded_series_that_is_no_more_ends_with_a_stale_marker(world: World) -> None:
    rules = "groups: [{name: g, interval: 10s, rules: [{record: 'r', expr: 'sum by (room) (heat)'}]}]"
    server = Server(world, rules={"r.yml": rules})
    world.set("heat", 9, room="attic")
    world.set("heat", 9, room="cellar")
    server.run(30)
    world.set("heat", None, room="attic")
    server.run(30)
    assert [labels for _, labels in world.writer.stale] == [(("__name__", "r"), ("room", "attic"))]


def test_rules_of_one_project_know_nothing_of_another(world: World) -> None:
    world = World("default", "shop")
    server = Server(world, rules={"r.yml": RULES})
    world.set("heat", 9, project="shop")
    server.run(60)
    assert server.states("default") == {"Hot": "inactive"}
    assert server.states("shop") == {"Hot": "firing"}
    assert {told.alert.project_id for told in world.told} == {"shop"}


def test_a_project_that_is_gone_is_forgotten(world: World) -> None:
    world = World("default", "shop")
    server = Server(world, rules={"r.yml": RULES})
    server.run(20)
    world.directory.projects.pop()
    server.run(20)
    assert server.group("g").evaluations >= 3


def test_a_changed_file_keeps_the_alerts_of_rules_that_stayed_the_same(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.mktemp("rules") / "r.yml", RULES)
    server = Server(world, paths=[RulePath("default", str(path))])
    world.set("heat", 9)
    server.run(60)
    starts_at_ms = world.told[-1].alert.starts_at_ms
    write(path, RULES.replace("heat > 5", "heat > 6") + "  - {alert: New, expr: 'heat > 7'}\n")
    server.run(20)
    assert server.states() == {"Hot": "firing", "New": "firing"}
    assert {t.alert.starts_at_ms for t in world.told if ("alertname", "Hot") in t.alert.labels} == {
        starts_at_ms
    }


def test_alerts_of_a_rule_that_is_gone_are_resolved_and_its_series_end(world: World) -> None:
    world.store.put_file(StoredRuleFile("default", "mine.yml", RULES, True, 1))
    server = Server(world)
    world.set("heat", 9)
    server.run(60)
    world.store.delete_file("default", "mine.yml")
    server.run(5)
    assert world.told[-1].alert.ends_at_ms > 0
    assert {dict(labels)["__name__"] for _, labels in world.writer.stale} == {"ALERTS", "ALERTS_FOR_STATE"}
    assert world.store.groups == {}


def test_a_broken_file_keeps_the_rules_that_it_had_and_shows_the_error(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.mktemp("rules") / "r.yml", RULES)
    server = Server(world, paths=[RulePath("default", str(path))])
    world.set("heat", 9)
    server.run(60)
    write(path, "groups: [{name: g, rules: [{alert: Hot, expr: 'heat >'}]}]")
    server.run(20)
    assert server.states() == {"Hot": "firing"}
    (file,) = server.service.list_files("default")
    assert "could not parse expression" in file.error
    path.unlink()
    server.run(5)
    assert "cannot read the file" in server.service.list_files("default")[0].error
    assert server.states() == {"Hot": "firing"}


def test_a_group_beyond_its_limit_makes_no_alerts_and_says_so(world: World) -> None:
    server = Server(world, rules={"r.yml": RULES.replace("interval: 10s", "interval: 10s\n  limit: 2")})
    for room in "abc":
        world.set("heat", 9, room=room)
    server.run(60)
    (rule,) = server.group("g").rules
    assert rule.health == "err"
    assert rule.last_error.startswith("exceeded limit of 2 with 3 alerts")
    assert world.told == []


def test_query_offset_looks_back(world: World) -> None:
    server = Server(
        world, rules={"r.yml": RULES.replace("interval: 10s", "interval: 10s\n  query_offset: 1m")}
    )
    world.set("heat", 9)
    server.run(60)
    assert server.states() == {"Hot": "inactive"}
    server.run(60)
    assert server.states() == {"Hot": "firing"}


def test_alerts_of_one_rule_ask_the_same_query_once(world: World) -> None:
    rules = RULES.replace("{{ $value }}", "{{ query `sum(heat)` | first | value }}").replace(
        "for: 30s", "for: 0s"
    )
    server = Server(world, rules={"r.yml": rules})
    for room in "abcdefgh":
        world.set("heat", 9, room=room)
    server.run(15)
    before = world.series.read_count
    world.told.clear()
    server.run(10)
    assert {dict(told.alert.annotations)["summary"] for told in world.told} == {
        f"{room} has 72" for room in "abcdefgh"
    }
    assert world.series.read_count - before <= 3


def test_what_is_to_end_is_not_forgotten_while_storage_is_down(world: World) -> None:
    world.store.put_file(StoredRuleFile("default", "mine.yml", RULES, True, 1))
    server = Server(world)
    world.set("heat", 9)
    server.run(60)
    world.writer.failure = StorageUnavailable("down")
    world.store.delete_file("default", "mine.yml")
    for _ in range(5):
        world.move(1_000)
        server.manager.reload()
        with pytest.raises(StorageUnavailable):
            server.manager.tick()
    ended = len(world.writer.stale)
    world.writer.failure = None
    server.run(5)
    assert world.told[-1].alert.ends_at_ms > 0
    assert len(world.writer.stale) == ended + 2


def test_evaluations_failures_and_missed_rounds_are_counted(world: World, server: Server) -> None:
    server.run(31)
    before = server.manager.counters()
    assert before == {"rule_evaluations": 4, "rule_evaluations_failed": 0, "rule_rounds_missed": 0}
    world.series.failure = StorageUnavailable("down")
    world.move(600_000)
    server.manager.tick()
    counted = server.manager.counters()
    assert (counted["rule_evaluations"], counted["rule_evaluations_failed"]) == (5, 1)
    assert 58 <= counted["rule_rounds_missed"] <= 60
