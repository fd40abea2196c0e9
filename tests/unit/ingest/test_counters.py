"""Counts and their events."""

from structlog.testing import capture_logs

from spanglass_server.ingest.counters import Counters


def test_each_count_has_an_event_of_the_same_word() -> None:
    counters = Counters(monotonic_s=lambda: 0.0)
    with capture_logs() as events:
        counters.count("rejected_spans", 3, reason="start_time_unix_nano is missing")
        counters.count("accepted_spans", 5)
    assert counters.snapshot()["rejected_spans"] == 3
    assert counters.snapshot()["accepted_spans"] == 5
    (event,) = events
    assert event["event"] == "rejected_spans"
    assert (event["log_level"], event["count"]) == ("warning", 3)


def test_a_flood_of_events_is_logged_once_a_second_and_counted_whole() -> None:
    now_s = 0.0
    counters = Counters(monotonic_s=lambda: now_s)
    with capture_logs() as events:
        for _ in range(1000):
            counters.count("busy_requests", 1, reason="full")
        now_s = 1.5
        counters.count("busy_requests", 1, reason="full")
    assert counters.snapshot()["busy_requests"] == 1001
    assert [event.get("unlogged_events") for event in events] == [None, 999]
