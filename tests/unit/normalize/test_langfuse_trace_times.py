"""When a trace that several events tell of began."""

import itertools

import orjson

from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.normalize.langfuse_merge import merge_events


def trace_create(event_id: str, time_ns: int, **body: str) -> LangfuseEvent:
    return LangfuseEvent(
        project_id="p",
        trace_id="t",
        entity_type="trace",
        entity_id="t",
        event_id=event_id,
        event_type="trace-create",
        time_ns=time_ns,
        names_trace=True,
        body=orjson.dumps({"id": "t", **body}).decode(),
        sdk_version="3.39.2",
        version=1,
    )


def test_a_trace_begins_at_the_earliest_time_that_any_event_tells() -> None:
    # The old JavaScript SDK: the update, stamped with its own time, was queued before the creation.
    events = [
        trace_create("update", 1, timestamp="2026-01-01T10:01:00.000Z", output="done"),
        trace_create("create", 2, timestamp="2026-01-01T11:00:00.5+01:00", name="checkout"),
        trace_create("other", 3, output="all done"),
        trace_create("odd", 4, timestamp="yesterday"),
    ]
    for order in itertools.permutations(events):
        assert merge_events(order)["timestamp"] == "2026-01-01T11:00:00.5+01:00"
