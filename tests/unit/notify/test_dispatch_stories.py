"""Alertmanager's behaviour as stories by a virtual clock."""

import itertools
from typing import Any

import pytest
from tests.support.notify_story import DOWN, HOUR_MS, OK, Answer, Story, webhook_config

ROUTE: dict[str, Any] = {
    "receiver": "team",
    "group_by": ["alertname"],
    "group_wait": "30s",
    "group_interval": "5m",
    "repeat_interval": "4h",
}


@pytest.fixture
def story() -> Story:
    return Story(webhook_config(ROUTE, "team"))


def test_alerts_of_a_group_that_come_within_group_wait_are_one_message(story: Story) -> None:
    story.fire("Slow", service="a")
    story.advance(20)
    story.fire("Slow", service="b")
    story.advance(9)
    assert story.sent == []
    story.advance(1)
    assert story.take() == [("team", ("Slow", "Slow"), ())]


def test_an_alert_that_joins_later_is_told_after_group_interval(story: Story) -> None:
    story.fire("Slow", service="a")
    story.advance(31)
    story.take()
    story.fire("Slow", service="b")
    story.advance(298)
    assert story.take() == []
    story.advance(1)
    assert story.take() == [("team", ("Slow", "Slow"), ())]


def test_groups_wait_each_for_themselves(story: Story) -> None:
    story.fire("Slow")
    story.advance(10)
    story.fire("Dear")
    story.advance(40)
    assert [(message.at_s, message.firing) for message in story.sent] == [(30, ("Slow",)), (40, ("Dear",))]


def test_an_unchanged_group_is_repeated_only_after_repeat_interval(story: Story) -> None:
    story.fire("Slow")
    story.advance(4 * 3600 + 29, step_s=15)
    assert len(story.sent) == 1
    story.advance(60)
    assert story.take() == [("team", ("Slow",), ()), ("team", ("Slow",), ())]


def test_the_end_is_told_once(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.resolve("Slow")
    story.advance(1200)
    assert story.take() == [("team", ("Slow",), ()), ("team", (), ("Slow",))]
    assert story.dispatcher.is_idle


def test_an_end_that_rules_repeat_changes_nothing(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    ended = story.resolve("Slow")
    story.advance(600)
    story.take()
    story.dispatcher.receive([ended], story.now_ms)
    assert story.dispatcher.is_idle
    assert story.dispatcher.drain() == ([], [], [])


def test_an_end_of_an_alert_that_the_store_lost_is_told_by_the_log(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.forget_stored_alerts()
    ended = story.resolve("Slow")
    story.forget_stored_alerts()
    story.restart()
    story.dispatcher.receive([ended], story.now_ms)
    story.advance(600)
    assert story.take() == [("team", (), ("Slow",))]


def test_an_alert_that_ends_within_group_wait_is_never_told(story: Story) -> None:
    story.fire("Slow")
    story.advance(10)
    story.resolve("Slow")
    story.advance(1200)
    assert story.sent == []
    assert story.dispatcher.is_idle


def test_a_group_that_ends_in_part_tells_what_fires_on(story: Story) -> None:
    story.fire("Slow", service="a")
    story.fire("Slow", service="b")
    story.advance(60)
    story.resolve("Slow", service="a")
    story.advance(600)
    assert story.take() == [("team", ("Slow", "Slow"), ()), ("team", ("Slow",), ("Slow",))]


def test_an_alert_that_fires_again_after_its_end_is_told_again(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.resolve("Slow")
    story.advance(600)
    story.fire("Slow")
    story.advance(600)
    assert [message[1:] for message in story.names()] == [(("Slow",), ()), ((), ("Slow",)), (("Slow",), ())]


def test_flapping_within_group_interval_is_not_told(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    for _ in range(5):
        story.resolve("Slow")
        story.advance(20)
        story.fire("Slow")
        story.advance(20)
    story.advance(600)
    assert story.names() == [("team", ("Slow",), ())]


def test_an_integration_that_does_not_hear_of_ends_hears_when_it_fires_again() -> None:
    config = webhook_config(ROUTE, "team").replace(
        '"url": "http://x.example"', '"url": "http://x.example", "send_resolved": false'
    )
    story = Story(config)
    story.fire("Slow", service="a")
    story.fire("Slow", service="b")
    story.advance(60)
    story.resolve("Slow", service="a")
    story.advance(600)
    story.resolve("Slow", service="b")
    story.advance(600)
    assert story.take() == [("team", ("Slow", "Slow"), ())]
    assert story.dispatcher.is_idle
    story.fire("Slow", service="a")
    story.advance(60)
    assert story.take() == [("team", ("Slow",), ())]


def test_what_rules_tell_no_more_ends_after_resolve_timeout(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.forget("Slow")
    story.advance(299)
    assert story.take() == []
    story.advance(301)
    assert story.take() == [("team", (), ("Slow",))]


# Receivers that fail


def test_a_receiver_that_is_down_for_an_hour_hears_once_of_what_is_true_by_then(story: Story) -> None:
    story.fire("Slow", service="a")
    story.fire("Slow", service="b")
    story.answer = lambda _delivery: DOWN
    story.advance(1800)
    story.resolve("Slow", service="a")
    story.fire("Slow", service="c")
    story.advance(1800)
    assert story.sent == []
    assert 30 < len(story.attempts) < 130
    story.answer = lambda _delivery: OK
    story.advance(120)
    assert story.names() == [("team", ("Slow", "Slow"), ("Slow",))]
    story.advance(3600)
    assert len(story.sent) == 1


def test_what_ended_while_its_receiver_was_down_is_not_told_at_all(story: Story) -> None:
    story.fire("Slow")
    story.answer = lambda _delivery: DOWN
    story.advance(600)
    story.resolve("Slow")
    story.advance(600)
    story.answer = lambda _delivery: OK
    story.advance(600)
    assert story.sent == []
    assert story.dispatcher.is_idle


def test_pauses_between_tries_double_up_to_a_minute(story: Story) -> None:
    story.answer = lambda _delivery: DOWN
    story.fire("Slow")
    story.advance(600)
    times = [attempt.at_s for attempt in story.attempts]
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses[0] <= 2
    assert max(pauses[:3]) < 10
    assert all(30 <= pause <= 91 for pause in pauses[7:])


def test_retry_after_is_honoured(story: Story) -> None:
    story.answer = lambda _delivery: Answer("slow down", retry_after_ms=120_000)
    story.fire("Slow")
    story.advance(31)
    assert len(story.attempts) == 1
    story.answer = lambda _delivery: OK
    story.advance(118)
    assert len(story.attempts) == 1
    story.advance(2)
    assert story.names() == [("team", ("Slow",), ())]


def test_retry_after_holds_for_all_groups_of_the_receiver(story: Story) -> None:
    story.answer = lambda _delivery: Answer("slow down", retry_after_ms=120_000)
    story.fire("Slow")
    story.advance(31)
    story.fire("Dear")
    story.advance(100)
    assert len(story.attempts) == 1
    story.answer = lambda _delivery: OK
    story.advance(30)
    assert sorted(message.firing for message in story.sent) == [("Dear",), ("Slow",)]


def test_what_is_refused_for_good_is_tried_again_only_at_the_next_flush(story: Story) -> None:
    story.answer = lambda _delivery: Answer("gone", is_retryable=False)
    story.fire("Slow")
    story.advance(320)
    assert [attempt.at_s for attempt in story.attempts] == [30]
    story.answer = lambda _delivery: OK
    story.advance(20)
    assert story.names() == [("team", ("Slow",), ())]


def test_one_integration_that_fails_does_not_hold_up_the_other() -> None:
    config = webhook_config({**ROUTE, "continue": False}, "team").replace('"continue": false, ', "")
    config = config.replace(
        '"webhook_configs": [', '"webhook_configs": [{"url": "http://y.example"}, '
    ).replace(', "continue": false', "")
    story = Story(config)
    story.answer = lambda delivery: DOWN if delivery.key.integration == "webhook[0]" else OK
    story.fire("Slow")
    story.advance(600)
    assert [message.integration for message in story.sent] == ["webhook[1]"]
    story.resolve("Slow")
    story.answer = lambda _delivery: OK
    story.advance(600)
    assert {(message.integration, message.firing, message.resolved) for message in story.sent[1:]} <= {
        ("webhook[0]", ("Slow",), ()),
        ("webhook[0]", (), ("Slow",)),
        ("webhook[1]", (), ("Slow",)),
    }
    assert story.dispatcher.is_idle


def test_a_slow_answer_does_not_double_a_message(story: Story) -> None:
    story.latency_ms = 290_000
    story.fire("Slow")
    story.advance(3000)
    assert story.names() == [("team", ("Slow",), ())]


def test_what_ended_while_a_failing_try_was_on_its_way_is_not_told_to_fire(story: Story) -> None:
    story.latency_ms = 60_000
    story.answer = lambda _delivery: DOWN
    story.fire("Slow")
    story.advance(320)
    story.resolve("Slow")
    story.advance(30)
    story.answer = lambda _delivery: OK
    story.advance(1200)
    assert story.sent == []
    assert story.dispatcher.is_idle


def test_an_end_that_came_while_the_message_was_on_its_way_is_told_after_it(story: Story) -> None:
    story.latency_ms = 310_000
    story.fire("Slow")
    story.advance(60)
    story.resolve("Slow")
    story.advance(1500)
    assert story.take() == [("team", ("Slow",), ()), ("team", (), ("Slow",))]
    assert story.dispatcher.is_idle


# Rate limits


def test_messages_over_the_limit_wait_and_are_counted() -> None:
    config = webhook_config({**ROUTE, "group_by": ["service"], "group_wait": "0s"}, "team")
    story = Story(config.replace('"name": "team"', '"name": "team", "messages_per_minute": 10'))
    for number in range(25):
        story.fire("Slow", service=str(number))
    story.advance(59)
    assert len(story.sent) == 10
    assert story.dispatcher.counts.deferred == 15
    story.advance(150)
    assert len(story.sent) == 25


def test_what_waits_is_merged_with_what_happens_meanwhile() -> None:
    route = {**ROUTE, "group_by": ["service"], "group_wait": "0s", "group_interval": "10s"}
    story = Story(
        webhook_config(route, "team").replace('"name": "team"', '"name": "team", "messages_per_minute": 1')
    )
    story.fire("Slow", service="a")
    story.advance(1)
    story.fire("Slow", service="b")
    story.advance(5)
    story.fire("Dear", service="b")
    story.advance(60)
    assert story.names() == [("team", ("Slow",), ()), ("team", ("Slow", "Dear"), ())]
    assert story.dispatcher.counts.merged >= 1


# Silences and inhibition


def test_a_silenced_alert_is_not_told_and_is_when_the_silence_ends(story: Story) -> None:
    story.silence('alertname="Slow"', minutes=10)
    story.fire("Slow")
    story.advance(540)
    assert story.sent == []
    story.advance(400)
    assert story.names() == [("team", ("Slow",), ())]


def test_a_silence_that_is_expired_early_lets_alerts_through_at_the_next_flush(story: Story) -> None:
    story.silence('alertname=~"S.*",service!="x"', minutes=600)
    story.fire("Slow")
    story.fire("Slow", service="x")
    story.advance(100)
    assert story.take() == [("team", ("Slow",), ())]
    story.expire_silences()
    story.advance(300)
    assert story.take() == [("team", ("Slow", "Slow"), ())]


def test_an_alert_that_ends_while_it_is_silenced_is_told_to_have_ended_after_the_silence(
    story: Story,
) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.silence('alertname="Slow"', minutes=60)
    story.advance(60)
    story.resolve("Slow")
    story.advance(1800)
    assert story.take() == []
    story.expire_silences()
    story.advance(300)
    assert story.take() == [("team", (), ("Slow",))]
    assert story.dispatcher.is_idle


def test_a_silence_of_the_future_does_nothing_yet(story: Story) -> None:
    story.silence('alertname="Slow"', minutes=60, in_minutes=60)
    story.fire("Slow")
    story.advance(60)
    assert len(story.sent) == 1


def test_an_alert_inhibits_others_with_equal_labels_while_it_fires() -> None:
    rule = {
        "source_matchers": ['severity="critical"'],
        "target_matchers": ['severity="warning"'],
        "equal": ["service"],
    }
    story = Story(webhook_config({**ROUTE, "group_by": ["..."]}, "team", inhibit_rules=[rule]))
    story.fire("Down", severity="critical", service="a")
    story.fire("Slow", severity="warning", service="a")
    story.fire("Dear", severity="warning", service="b")
    story.advance(60)
    assert sorted(message.firing for message in story.sent) == [("Dear",), ("Down",)]
    story.take()
    story.resolve("Down", severity="critical", service="a")
    story.advance(600)
    assert sorted(story.names()) == [("team", (), ("Down",)), ("team", ("Slow",), ())]


def test_an_alert_does_not_inhibit_itself() -> None:
    rule = {"source_matchers": ['team="x"'], "target_matchers": ['team="x"'], "equal": ["service"]}
    story = Story(webhook_config(ROUTE, "team", inhibit_rules=[rule]))
    story.fire("Slow", team="x", service="a")
    story.advance(60)
    assert len(story.sent) == 1


def test_a_route_is_quiet_in_its_mute_intervals_and_tells_after_them() -> None:
    route = {
        **ROUTE,
        "receiver": "quiet",
        "routes": [
            {"receiver": "team", "matchers": ["page=~'.*'".replace("'", '"')], "mute_time_intervals": ["am"]}
        ],
    }
    interval = {"name": "am", "time_intervals": [{"times": [{"start_time": "08:00", "end_time": "09:00"}]}]}
    story = Story(webhook_config(route, "quiet", "team", time_intervals=[interval]))
    story.fire("Slow")
    story.advance(3500, step_s=5)
    assert story.sent == []
    story.advance(600)
    assert story.names() == [("team", ("Slow",), ())]


# Restarts


def test_a_restart_neither_repeats_nor_forgets(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.restart(down_s=20)
    story.advance(900)
    assert story.take() == [("team", ("Slow",), ())]
    story.resolve("Slow")
    story.restart(down_s=5)
    story.advance(600)
    assert story.take() == [("team", (), ("Slow",))]
    story.restart()
    story.advance(600)
    assert story.take() == []


def test_a_restart_within_group_wait_tells_once(story: Story) -> None:
    story.fire("Slow")
    story.advance(10)
    story.restart(down_s=5)
    story.advance(600)
    assert story.names() == [("team", ("Slow",), ())]


def test_a_rule_that_was_deleted_while_the_server_was_down_is_told_to_have_ended(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.forget("Slow")
    story.restart(down_s=7200)
    story.advance(200)
    assert story.take() == []
    story.advance(500)
    assert story.take() == [("team", (), ("Slow",))]


def test_retries_go_on_after_a_restart(story: Story) -> None:
    story.answer = lambda _delivery: DOWN
    story.fire("Slow")
    story.advance(100)
    story.restart(down_s=10)
    story.answer = lambda _delivery: OK
    story.advance(60)
    assert story.names() == [("team", ("Slow",), ())]


def test_a_long_restart_during_evaluation_gap_does_not_end_alerts(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.is_evaluated = False
    story.restart(down_s=3600)
    story.advance(250)
    story.is_evaluated = True
    story.advance(900)
    assert story.take() == []


# Clock and configuration


@pytest.mark.parametrize("hours", [-1, -6, 1, 24])
def test_a_clock_that_jumps_neither_ends_nor_repeats_before_its_time(story: Story, hours: int) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.jump(hours * HOUR_MS / 1000)
    story.advance(700)
    expected = [("team", ("Slow",), ())] if hours >= 4 else []
    assert story.take() == expected
    story.fire("Dear")
    story.advance(60)
    assert story.take() == [("team", ("Dear",), ())]
    story.resolve("Slow")
    story.advance(600)
    assert story.take() == [("team", (), ("Slow",))]


def test_a_changed_configuration_keeps_what_was_told(story: Story) -> None:
    story.fire("Slow")
    story.advance(60)
    story.take()
    story.reconfigure(webhook_config({**ROUTE, "group_interval": "1m"}, "team"))
    story.advance(300)
    assert story.take() == []
    story.reconfigure(webhook_config({**ROUTE, "receiver": "other"}, "team", "other"))
    story.advance(300)
    assert story.take() == [("other", ("Slow",), ())]


def test_a_configuration_that_changes_while_a_message_is_on_its_way_does_not_double_it(story: Story) -> None:
    story.latency_ms = 20_000
    story.fire("Slow")
    story.advance(35)
    story.reconfigure(webhook_config({**ROUTE, "group_interval": "2m"}, "team"))
    story.advance(600)
    assert story.names() == [("team", ("Slow",), ())]


def test_without_a_configuration_alerts_are_held_and_nobody_is_told() -> None:
    story = Story("")
    story.fire("Slow")
    story.advance(600)
    assert [dict(alert.labels)["alertname"] for alert in story.dispatcher.list_alerts()] == ["Slow"]
    story.resolve("Slow")
    story.advance(1)
    assert story.dispatcher.is_idle
