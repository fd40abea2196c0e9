"""What the read calls of Langfuse's SDKs answer of the traces that the same SDKs made."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from tests.langfuse_sdks.harness import OBSERVE_OF_SDK, Json, Told, nanoseconds

pytestmark = pytest.mark.slow

SECOND_NS = 1_000_000_000
QUESTION = {"args": ["How long do refunds take?"], "kwargs": {}}
TYPES = {
    "agent": "AGENT",
    "retrieve": "RETRIEVER",
    "stream": "GENERATION",
    "look_up": "TOOL",
    "stream_later": "SPAN",
    "fail": "SPAN",
    "block": "SPAN",
    "generate": "GENERATION",
    "handed over": "EVENT",
}


class Read(NamedTuple):
    told: Told
    answers: Json


@pytest.fixture(scope="module", params=OBSERVE_OF_SDK)
def read(request: pytest.FixtureRequest, tell: Callable[[str, str], Told]) -> Read:
    """What the program `<sdk>_reads` was answered of the trace that the SDK's observing program made."""
    sdk = request.param
    told = tell(sdk, OBSERVE_OF_SDK[sdk])
    report = told.report
    return Read(told, told.project.run(sdk, f"{sdk}_reads.py", report["trace_id"], report["generation_id"]))


@pytest.fixture(scope="module")
def checkout(tell: Callable[[str, str], Told]) -> Read:
    """The same for the trace that was made by hand with the SDK 2."""
    told = tell("v2", "v2_client.py")
    ids = told.report["ids"]
    return Read(told, told.project.run("v2", "v2_reads.py", ids["trace"], ids["write"]))


def whole(read: Read, name: str) -> Json:
    found: Json = read.answers["observations"][name]
    return found


def test_observations_have_their_types_and_parents(read: Read) -> None:
    observations = read.answers["observations"]
    assert {name: one["type"] for name, one in observations.items()} == TYPES
    root = read.told.report["agent_id"]
    assert {name: one["parent"] for name, one in observations.items()} == {
        name: None if name == "agent" else root for name in TYPES
    }


def test_observations_have_the_times_of_their_spans(read: Read) -> None:
    spans = {span["name"]: span for span in read.told.trace.spans}
    for name, one in read.answers["observations"].items():
        # Python's datetime holds microseconds.
        assert nanoseconds(one["start"]) == nanoseconds(spans[name]["start_time"]) // 1000 * 1000
        if TYPES[name] != "EVENT":
            assert nanoseconds(one["end"]) == nanoseconds(spans[name]["end_time"]) // 1000 * 1000


def test_a_generation_is_read_as_it_was_written(read: Read) -> None:
    generation = whole(read, "generate")
    assert generation["id"] == read.told.report["generation_id"]
    assert generation["model"] == "gpt-5.4-mini"
    assert generation["usage"] == {"input": 100, "output": 20, "cache_read_input_tokens": 40, "total": 160}
    assert generation["cost"] == {"input": 0.001, "output": 0.002, "total": 0.003}
    assert whole(read, "stream")["parameters"] == {"temperature": 0.2, "max_tokens": 100}
    if read.told.sdk != "v5":  # It has no call for one observation.
        assert read.answers["generation"] == generation


def test_levels_and_messages_are_read_as_they_were_written(read: Read) -> None:
    levels = {name: one["level"] for name, one in read.answers["observations"].items()}
    assert levels == dict.fromkeys(TYPES, "DEFAULT") | {
        "fail": "ERROR",
        "block": "ERROR",
        "handed over": "WARNING",
    }
    assert whole(read, "fail")["status_message"] == "no stock"
    assert whole(read, "handed over")["status_message"] == "queue is long"
    assert "shelf" in whole(read, "block")["status_message"]


def test_metadata_is_read_with_its_types(read: Read) -> None:
    assert whole(read, "retrieve")["metadata"] == {"index": "handbook", "limit": 1, "is_cold": False}


def test_inputs_and_outputs_are_read_as_they_were_written(read: Read) -> None:
    assert whole(read, "stream")["output"] == read.told.report["answer"]
    assert whole(read, "block")["input"] == "text as it is"
    if read.told.sdk != "v5":  # It is given JSON as text, unless it asks otherwise.
        assert whole(read, "agent")["input"] == QUESTION
        assert whole(read, "look_up")["output"] == read.told.report["orders"]


def test_lists_select_and_page(read: Read) -> None:
    lists, trace_id = read.answers["lists"], read.told.report["trace_id"]
    assert lists["generations"] == ["generate", "stream"]
    assert sorted(lists["page"]) == sorted(TYPES)
    assert lists["session"] == [trace_id]
    assert lists["nobody's"] == []
    if read.told.sdk != "v5":  # It lists neither traces nor sessions.
        assert (lists["traces"], lists["total"]) == ([trace_id], 1)
        assert lists["sessions"] == ["session-3"]


def test_scores_are_read_as_they_were_written(read: Read) -> None:
    scores = read.answers["lists"]["scores"]
    new = scores if read.told.sdk == "v5" else read.answers.get("new_scores")
    if new is not None:
        assert new == {"relevance": "high", "steps": 7, "helpful": True}
    if read.told.sdk != "v5":  # Before, a score's category stood beside its value.
        assert (scores["steps"], scores["helpful"]) == (7, 1)
        assert scores.keys() == read.answers["trace"]["scores"].keys() == {"relevance", "steps", "helpful"}


def test_metrics_count_and_add(read: Read) -> None:
    rows = {row["providedModelName"]: row for row in read.answers["metrics"]}
    assert rows.keys() == {"gpt-5.4-mini", "claude-haiku-4-5"}
    assert int(rows["gpt-5.4-mini"]["count_count"]) == 1
    assert int(rows["gpt-5.4-mini"]["sum_totalTokens"]) == 160


def test_projects_and_health_answer(read: Read) -> None:
    assert read.answers["project"].endswith(read.told.sdk)
    assert read.answers["health"] == "OK"


@pytest.mark.parametrize("read", ["v3", "v4"], indirect=True)  # The SDK 5 has no call for traces.
def test_a_trace_is_read_as_it_was_written(read: Read) -> None:
    trace, summary = read.answers["trace"], read.told.trace.summary
    assert (trace["name"], trace["user"], trace["session"]) == ("support agent", "ada", "session-3")
    assert (trace["version"], trace["release"], trace["environment"]) == ("3.1", "1.4.2", "staging")
    assert trace["tags"] == ["support", read.told.sdk]
    metadata = {"tenant": "acme", "attempt": 2, "is_beta": True, "filters": {"language": "en"}}
    if read.told.sdk == "v4":
        metadata = {"tenant": "acme", "attempt": "2"}
    assert trace["metadata"] == metadata
    assert (trace["input"], trace["output"]) == (QUESTION, read.told.report["answer"])
    assert trace["observations"] == sorted(TYPES)
    assert trace["latency_s"] * SECOND_NS == pytest.approx(summary["duration_ms"] * 1e6, abs=1e6)


def assert_leads_to_the_page(url: str, told: Told) -> None:
    with told.project.client() as client:
        answer = client.get(url, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.url.path == f"/traces/{told.report['trace_id']}"


def test_the_url_of_a_trace_leads_to_its_page(read: Read) -> None:
    assert_leads_to_the_page(read.answers["trace_url"], read.told)


def test_the_url_of_a_trace_of_the_sdk_2_leads_to_its_page(checkout: Read) -> None:
    assert_leads_to_the_page(checkout.told.report["trace_url"], checkout.told)


def test_the_sdk_2_reads_its_trace(checkout: Read) -> None:
    trace = checkout.answers["trace"]
    assert trace["name"] == "checkout"
    assert (trace["user"], trace["session"]) == ("grace", "cart-9")
    assert (trace["version"], trace["release"]) == ("7", "2.0.0")
    assert trace["tags"] == ["later", "shop", "web"]
    assert trace["metadata"] == {"shop": "north", "visits": 3, "paid": False}
    assert (trace["input"], trace["output"]) == ({"cart": [1, 2]}, "done")
    assert nanoseconds(trace["start"]) == nanoseconds(checkout.told.report["start"])
    assert trace["latency_s"] == pytest.approx(3.5)
    assert trace["observations"] == ["charge", "mail sent", "plan", "write"]
    assert trace["scores"].keys() == {"satisfaction", "tone", "is_paid"}


def test_the_sdk_2_reads_its_observations(checkout: Read) -> None:
    ids, start_ns = checkout.told.report["ids"], nanoseconds(checkout.told.report["start"])
    found = checkout.answers["observations"]
    assert {name: one["id"] for name, one in found.items()} == {
        name: one for name, one in ids.items() if name != "trace"
    }
    assert {name: one["type"] for name, one in found.items()} == {
        "plan": "SPAN",
        "write": "GENERATION",
        "mail sent": "EVENT",
        "charge": "SPAN",
    }
    assert {name: one["parent"] for name, one in found.items()} == {
        "plan": None,
        "write": ids["plan"],
        "mail sent": None,
        "charge": None,
    }
    seconds = {name: (nanoseconds(one["start"]) - start_ns) / SECOND_NS for name, one in found.items()}
    assert seconds == {"plan": 0.5, "write": 1, "mail sent": 2.5, "charge": 3}
    assert (nanoseconds(found["plan"]["end"]) - start_ns) / SECOND_NS == 3
    assert found["plan"]["metadata"] == {"depth": 1, "nested": {"a": 1, "b": 2}}
    assert (found["plan"]["input"], found["plan"]["output"]) == ("a cart", {"steps": ["write"]})
    assert (found["charge"]["level"], found["charge"]["status_message"]) == ("ERROR", "card declined")
    assert (found["mail sent"]["level"], found["mail sent"]["status_message"]) == ("WARNING", "slow relay")


def test_the_sdk_2_reads_its_generation(checkout: Read) -> None:
    generation = checkout.answers["generation"]
    assert generation == whole(checkout, "write")
    assert (generation["model"], generation["level"]) == ("gpt-5.4-mini", "DEBUG")
    assert {"input": 50, "output": 5, "total": 55}.items() <= generation["usage"].items()
    assert generation["input"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Confirm."},
    ]
    assert generation["output"] == "Confirmed."


def test_the_sdk_2_reads_its_lists(checkout: Read) -> None:
    lists, trace_id = checkout.answers["lists"], checkout.told.report["trace_id"]
    assert (lists["traces"], lists["total"], lists["nobody's"]) == ([trace_id], 1, [])
    assert lists["generations"] == ["write"]
    assert (lists["sessions"], lists["session"]) == (["cart-9"], [trace_id])
    (day,) = lists["daily"]
    assert (day["traces"], day["observations"]) == (1, 4)
    assert day["models"]["gpt-5.4-mini"] == [50, 5]


def test_a_score_with_the_id_of_another_replaces_it(checkout: Read) -> None:
    assert checkout.answers["score"] == {
        "name": "satisfaction",
        "value": 2.5,
        "type": "NUMERIC",
        "comment": "changed",
    }


def test_traces_made_by_hand_are_whole(checkout: Read) -> None:
    told, ids = checkout.told, checkout.told.report["ids"]
    assert told.trace.tree() == {
        "": ["checkout"],
        "checkout": ["plan", "mail sent", "charge"],
        "plan": ["write"],
    }
    assert told.trace.whole("checkout")["span_id"] == ids["trace"]
    assert told.trace.summary["duration_ms"] == 3500
    written = told.trace.whole("write")
    assert written["ttft_ms"] == 250
    assert (written["input_tokens"], written["output_tokens"]) == (50, 5)
    assert told.trace.summary["scores"] == {"satisfaction": 2.5, "tone": "friendly", "is_paid": False}
