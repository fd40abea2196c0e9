"""Scores: of the current trace or of what is named, by hand and by evaluating functions."""

import asyncio
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import spanglass
from spanglass import _log
from spanglass.testing import START_NS, Capture, capture
from spanglass_server.wire.scores import read_score


def test_a_score_is_of_the_current_trace(captured: Capture) -> None:
    with spanglass.span("root") as root:
        score_id = spanglass.score("quality", 0.8, comment="grounded", metadata={"by": "me", "n": 1})
    (score,) = captured.scores
    assert score["id"] == score_id
    assert (score["name"], score["value"], score["trace_id"]) == ("quality", 0.8, root.trace_id)
    assert (score["comment"], score["metadata"]) == ("grounded", {"by": "me", "n": 1})
    assert score["timestamp"].endswith("Z")
    assert "span_id" not in score


def test_a_span_scores_itself(captured: Capture) -> None:
    with spanglass.span("root"), spanglass.span("step") as step:
        step.score("relevance", True)
    (score,) = captured.scores
    assert (score["trace_id"], score["span_id"], score["value"]) == (step.trace_id, step.span_id, True)


def test_traces_and_sessions_can_be_named(captured: Capture) -> None:
    spanglass.score("thumbs", 1, trace_id="ab" * 16, id="vote-7")
    spanglass.score("mood", "good", session_id="s1", data_type="categorical")
    assert spanglass.score("nothing", 1) is None
    first, second = captured.scores
    assert (first["id"], first["trace_id"]) == ("vote-7", "ab" * 16)
    assert (second["session_id"], second["data_type"]) == ("s1", "categorical")
    assert "trace_id" not in second


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (Decimal("0.5"), 0.5),
        (np.int64(2), 2.0),
        ("good", "good"),
        (3, 3),
    ],
)
def test_values_are_sent_as_plain_ones(value: Any, sent: object, captured: Capture) -> None:
    spanglass.score("s", value, trace_id="1")
    assert captured.scores[0]["value"] == sent
    assert type(captured.scores[0]["value"]) is type(sent)


@pytest.mark.parametrize("value", [None, object(), [1], {}, 1j, float("nan"), float("inf"), Decimal("nan")])
def test_what_is_no_value_is_no_score(
    value: Any, captured: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    _log.forget_all()
    assert spanglass.score("judged by nobody", value, trace_id="1") is None
    assert captured.scores == []
    assert "judged by nobody" in caplog.text


def test_comments_are_masked() -> None:
    with capture(mask=lambda text: text.replace("555", "***")) as kept:
        spanglass.score("s", 1, trace_id="1", comment="call 555", metadata={"phone": "555"})
    assert (kept.scores[0]["comment"], kept.scores[0]["metadata"]) == ("call ***", {"phone": "***"})


def test_the_server_reads_what_is_sent(captured: Capture) -> None:
    with spanglass.span("root") as root:
        spanglass.score("quality", 0.8, comment="grounded", metadata={"n": 1})
        spanglass.score("verdict", "good", data_type="categorical")
        root.score("passed", True)
    first, second, third = [read_score(score) for score in captured.scores]
    assert (first.name, first.value, first.trace_id, first.comment) == (
        *("quality", 0.8, root.trace_id, "grounded"),
    )
    assert first.time_ns is not None
    assert START_NS < first.time_ns < START_NS + 10**9
    assert (second.value, second.data_type) == ("good", "categorical")
    assert (third.value, third.span_id) == (True, root.span_id)


def test_everything_that_a_score_may_say_arrives(captured: Capture) -> None:
    facts: dict[str, Any] = {
        "source": "evaluator", "author": "judge", "config_id": "c1", "queue_id": "q1", "quality": 0.75,
        "sampling_rate": 0.05, "evaluator_id": "e1", "evaluator_version": 3, "environment": "staging",
    }  # fmt: skip
    spanglass.score("depth", 4, session_id="s1", **facts)
    spanglass.score("answer", "42", data_type="correction", trace_id="t", span_id="b")

    first, second = [read_score(score) for score in captured.scores]
    assert {name: getattr(first, name) for name in facts} == facts
    assert (second.data_type, second.span_id, second.source) == ("correction", "b", "")


def test_a_function_may_say_how_good_what_it_judged_is(captured: Capture) -> None:
    spanglass.evaluated("depth")(lambda trace_id: spanglass.Score(4, quality=0.75))("ab" * 16)

    assert (captured.scores[0]["value"], captured.scores[0]["quality"]) == (4, 0.75)


RESULTS: list[tuple[object, list[tuple[str, object, str | None]]]] = [
    (0.5, [("judge", 0.5, None)]),
    (True, [("judge", True, None)]),
    ("good", [("judge", "good", None)]),
    (None, []),
    ((0.5, "because"), [("judge", 0.5, "because")]),
    (spanglass.Score(0.5, "because", "depth"), [("depth", 0.5, "because")]),
    ({"score": 1, "reason": "so"}, [("judge", 1, "so")]),
    ({"value": 0, "name": "other"}, [("other", 0, None)]),
    ({"neither": 1}, []),
    ([0.5, {"name": "b", "value": 1}], [("judge", 0.5, None), ("b", 1, None)]),
]


@pytest.mark.parametrize(("result", "scores"), RESULTS, ids=str)
def test_what_an_evaluator_returns_becomes_scores_of_the_trace(
    result: object, scores: list[tuple[str, object, str | None]], captured: Capture
) -> None:
    @spanglass.evaluated("judge")
    def judging(answer: str) -> object:
        return result

    with spanglass.span("root") as root:
        assert judging("x") is result
    told = [(s["name"], s["value"], s.get("comment")) for s in captured.scores]
    assert told == scores
    assert {score["trace_id"] for score in captured.scores} <= {root.trace_id}
    span = captured.span("judge")
    assert (span.kind, span.parent) == ("evaluator", captured.span("root"))


def test_evaluators_may_be_bare_async_and_about_finished_traces(captured: Capture) -> None:
    @spanglass.evaluated
    async def groundedness(answer: str, trace_id: str | None = None) -> float:
        return 0.9

    @spanglass.evaluated(comment="by rule")
    def brevity(answer: str) -> float:
        return 1.0

    assert asyncio.run(groundedness("x", trace_id="ab" * 16)) == 0.9
    with spanglass.span("root") as root:
        assert asyncio.run(groundedness("x")) == 0.9
        brevity("x")
    told = [(score["name"].rpartition(".")[2], score["trace_id"]) for score in captured.scores]
    assert told == [
        ("groundedness", "ab" * 16),
        ("groundedness", root.trace_id),
        ("brevity", root.trace_id),
    ]
    assert captured.scores[2]["comment"] == "by rule"


def test_an_evaluator_that_raises_gives_no_score(captured: Capture) -> None:
    @spanglass.evaluated
    def broken(answer: str) -> float:
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        broken("x")
    assert captured.scores == []
    assert captured.spans[0].status == "error"


def test_scores_are_timed_by_the_clock(captured: Capture) -> None:
    spanglass.score("s", 1, trace_id="1")
    assert captured.scores[0]["timestamp"] == "2025-06-15T15:06:40.001000000Z"
    assert START_NS == 1_750_000_000_000_000_000


def test_evaluators_may_be_methods_of_any_sort(captured: Capture) -> None:
    class Judge:
        @spanglass.evaluated
        def method(self, answer: str) -> float:
            return 0.1

        @classmethod
        @spanglass.evaluated
        def below(cls, answer: str) -> float:
            return 0.2

        @spanglass.evaluated
        @classmethod
        def above(cls, answer: str) -> float:
            return 0.3

        @spanglass.evaluated("static")
        @staticmethod
        def plain(answer: str) -> float:
            return 0.4

    with spanglass.span("root"):
        judge = Judge()
        values = [judge.method("a"), judge.below("a"), judge.above("a"), Judge.plain("a")]
    assert [score["value"] for score in captured.scores] == values == [0.1, 0.2, 0.3, 0.4]
    assert captured.scores[3]["name"] == "static"
