"""However events are ordered, grouped and repeated, the same spans and traces come out."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.langfuse_bench import LangfuseBench
from tests.support.langfuse_events import Event, at, event

TRACES = ("t1", "0123456789abcdef0123456789abcdef", "trace/한글")
VERBS = ("create", "update")
HOUR_S = 3_600

seconds = st.sampled_from([0.0, 0.5, 1.0, 2.0, 2 * HOUR_S - 0.25, 2 * HOUR_S + 1.0])
maybe_time = st.none() | seconds.map(at)
values = st.sampled_from([None, "", {}, "text", 0, ["d1"], {"role": "user"}])
metadata = st.none() | st.dictionaries(
    st.sampled_from("ab"), st.sampled_from([1, "x", {"n": 1}, {"m": [2]}]), max_size=2
)


def given_fields(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Each field there or not."""
    return st.fixed_dictionaries({}, optional=fields)


trace_bodies = given_fields(
    name=st.sampled_from(["pipeline", "renamed"]),
    timestamp=maybe_time,
    start_time=maybe_time,
    end_time=maybe_time,
    input=values,
    output=values,
    tags=st.lists(st.sampled_from(["x", "y", "z"])),
    metadata=metadata,
    userId=st.sampled_from(["u1", "u2"]),
    sessionId=st.just("s"),
    environment=st.sampled_from(["prod", "Langfuse-Dev", "no good"]),
    level=st.sampled_from(["DEFAULT", "ERROR"]),
    status_message=st.just("root failed"),
)
observation_bodies = given_fields(
    name=st.sampled_from(["retrieve", "generate"]),
    startTime=maybe_time,
    endTime=maybe_time,
    input=values,
    output=values,
    metadata=metadata,
    level=st.sampled_from(["DEFAULT", "ERROR"]),
    statusMessage=st.just("kaboom"),
    parentObservationId=st.sampled_from(["o1", "o2"]),
    model=st.just("gpt-4o"),
    usage=st.sampled_from([None, {"input": 1, "output": 2}, {"promptTokens": 3, "completionTokens": 4}]),
    usageDetails=st.sampled_from([None, {}, {"input": 5, "output": 6, "cache_read_input_tokens": 1}]),
    environment=st.just("prod"),
)
trace_events = st.builds(
    lambda trace, time, body: event("trace-create", time, id=trace, **body),
    st.sampled_from(TRACES),
    seconds,
    trace_bodies,
)
# An observation has one trace. `alone` names none, `t1` stands alone as a trace of its own.
observation_events = st.builds(
    lambda word, verb, which, time, body: event(f"{word}-{verb}", time, id=which[0], **which[1], **body),
    st.sampled_from(["span", "generation", "event"]),
    st.sampled_from(VERBS),
    st.sampled_from(
        [
            ("o1", {"traceId": TRACES[0]}),
            ("o2", {"traceId": TRACES[0]}),
            ("o3", {"traceId": TRACES[1]}),
            ("alone", {}),
            (TRACES[0], {"traceId": TRACES[0]}),
        ]
    ),
    seconds,
    observation_bodies,
)
some_events = st.lists(
    trace_events | observation_events, min_size=1, max_size=12, unique_by=lambda e: e["id"]
)


@st.composite
def tellings(draw: st.DrawFn) -> tuple[list[Event], list[list[Event]], set[int]]:
    """Events; the same in another order, some twice, in requests; and after which the server restarts."""
    events = draw(some_events)
    repeated = events + draw(st.lists(st.sampled_from(events), max_size=3))
    shuffled = draw(st.permutations(repeated))
    cuts = sorted(draw(st.sets(st.integers(0, len(shuffled)), max_size=4)) | {0, len(shuffled)})
    requests = [shuffled[start:end] for start, end in pairwise(cuts)]
    return events, requests, draw(st.sets(st.integers(0, len(requests) - 1), max_size=2))


@given(tellings())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_events_tell_the_same_in_any_order_and_any_grouping(
    telling: tuple[list[Event], list[list[Event]], set[int]],
) -> None:
    events, requests, restarts = telling
    at_once, in_parts = LangfuseBench(), LangfuseBench()
    assert at_once.tell(*events) == []
    for index, request in enumerate(requests):
        assert in_parts.tell(*request) == []
        if index in restarts:
            in_parts.restart()
    at_once.close()
    in_parts.close()
    assert in_parts.spans() == at_once.spans()
    assert in_parts.traces() == at_once.traces()


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("traceId", "name", "startTime", "endTime", "timestamp", "start_time", "end_time", "input", "output"),
    *("metadata", "tags", "level", "statusMessage", "status_message", "parentObservationId", "model", "type"),
    *("modelParameters", "usage", "usageDetails", "costDetails", "completionStartTime", "promptName"),
    *("promptVersion", "environment", "release", "version", "public", "userId", "sessionId", "id"),
)
odd_events = st.builds(
    lambda kind, body, envelope: {"type": kind, "body": body, **envelope},
    st.sampled_from(
        ["trace-create", "span-create", "generation-update", "observation-create", "tool-create"]
    ),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=10),
    st.fixed_dictionaries({}, optional={"id": json_values, "timestamp": json_values}),
)


@given(st.lists(odd_events, max_size=5))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_an_event_holds_it_is_taken_or_refused_alone(odd: list[Event]) -> None:
    bench = LangfuseBench()
    good = event("span-create", 0, id="good", traceId="t-good", startTime=at(0))
    refused = {rejection.item for rejection in bench.tell(*odd, good)}
    assert refused <= {f"batch[{index}]" for index in range(len(odd))}
    assert ("t-good", "good") in bench.spans()
    stored = len(bench.store.langfuse_events)
    assert bench.tell(*odd, good) is not None
    assert len(bench.store.langfuse_events) == stored
    bench.close()
