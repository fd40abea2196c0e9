"""Evaluation of what is stored, in a real server with a judge on loopback: nothing is lost, nothing judged
twice, nobody surprised by the bill."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.evaluations import (
    EvaluationClient,
    answered,
    case_of,
    counts_by_case,
    export,
    span,
    trace_id_of,
    wait_for,
)
from tests.support.fake_judge import FakeJudge
from tests.support.spanglass_process import SpanglassProcess

from spanglass_server.store.metadata.evaluators import open_evaluator_store

CONCURRENCY = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    started = SpanglassProcess(tmp_path_factory.mktemp("evaluations") / "data")
    yield started
    assert started.terminate() == 0


@pytest.fixture(scope="module")
def judge() -> Iterator[FakeJudge]:
    with FakeJudge() as started:
        yield started


@pytest.fixture
def client(server: SpanglassProcess, judge: FakeJudge) -> Iterator[EvaluationClient]:
    judge.fail_always(None)
    judge.reset()
    judge.latency_s = 0.0
    with EvaluationClient(server.url) as opened:
        opened.connect(judge)
        yield opened


def cases_of(name: str, count: int) -> list[str]:
    return [f"case-{name}{number:03d}" for number in range(count)]


@pytest.mark.slow
def test_after_sigkill_each_target_has_one_score_and_only_those_in_flight_were_judged_twice(
    tmp_path: Path,
) -> None:
    cases = [case_of(number) for number in range(200)]
    with FakeJudge() as judge:
        judge.latency_s = 0.05
        server = SpanglassProcess(tmp_path / "data")
        with EvaluationClient(server.url) as client:
            client.connect(judge)
            client.make_judge(concurrency_max=CONCURRENCY)
            client.send_cases(cases[:140])
            for requests in (30, 80):
                judge.await_requests(requests)
                server.kill()
                server = SpanglassProcess(tmp_path / "data", port=server.port)
            client.send_cases(cases[140:])
            scores = client.await_scores(len(cases))
        assert server.terminate() == 0
    assert counts_by_case(scores, cases) == dict.fromkeys(cases, 1)
    asked = judge.calls_by_key
    assert set(asked) == set(cases)
    # A score may be acknowledged by the judge and not yet by storage when the server dies.
    assert sum(count - 1 for count in asked.values()) <= 2 * 2 * CONCURRENCY
    assert max(asked.values()) <= 3


def test_a_trace_is_judged_once_it_was_quiet_with_its_late_span(
    client: EvaluationClient, judge: FakeJudge
) -> None:
    evaluator_id = client.make_judge("late", filter="feature:late", delay_s=4.0)
    start_ns = time.time_ns()
    client.send(export([root_of("case-late", start_ns, "A draft.")]))
    late = span("case-late", "chat", start_ns + 10, 100, kind="llm", parent="answer", feature="late")
    client.send(export([root_of("case-late", start_ns, "The answer."), late]))
    client.await_scores(1, "late")
    assert [list(call.texts.values())[-1] for call in judge.calls] == ["The answer."]

    # What comes after the score changes nothing.
    client.send(export([span("case-late", "after", start_ns + 20, 5, kind="tool", parent="answer")]))
    client.await_idle(evaluator_id)
    wait_for(lambda: client.state(evaluator_id), lambda state: state["lag_s"] == 0)
    assert judge.request_count == 1
    assert len(client.scores("late")) == 1
    client.change(evaluator_id, is_enabled=False)


def root_of(case: str, start_ns: int, output: str) -> dict[str, Any]:
    return span(case, "answer", start_ns, 200, kind="chain", feature="late", output=output)


def test_a_new_version_gives_new_scores_beside_the_old_ones(client: EvaluationClient) -> None:
    cases = cases_of("version", 6)
    evaluator_id = client.make_judge("version", filter="feature:version")
    client.send_cases(cases[:4], "version")
    old = client.await_scores(4, "version")
    changed = client.change(
        evaluator_id,
        options={"rubric": "answer_relevance", "score_name": "version", "guidance": "Be strict."},
    )
    assert changed["version"] == 2
    client.send_cases(cases[4:], "version")
    client.await_scores(6, "version")
    # The old traces get theirs by a run over history.
    run = start_run(client, evaluator_id)
    assert (run["scored_count"], run["skipped_count"]) == (4, 2)
    scores = client.await_scores(10, "version")
    assert [score for score in scores if score["evaluator_version"] == 1] == old
    assert counts_by_case([s for s in scores if s["evaluator_version"] == 2], cases) == dict.fromkeys(
        cases, 1
    )
    client.change(evaluator_id, is_enabled=False)


def start_run(client: EvaluationClient, evaluator_id: str, **fields: object) -> dict[str, object]:
    """A run over the last hour, when it is over."""
    wanted = {"from": _time_text(time.time() - 3600), "to": _time_text(time.time() + 60), **fields}
    run = client.call("POST", f"/evaluators/{evaluator_id}/runs", wanted)
    path = f"/evaluators/{evaluator_id}/runs/{run['id']}"
    over: dict[str, object] = wait_for(
        lambda: client.call("GET", path), lambda found: found["status"] in ("done", "cancelled")
    )
    assert over["status"] == "done", over
    return over


def _time_text(time_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_s))


def test_a_judge_that_is_down_for_a_while_costs_no_score(client: EvaluationClient, judge: FakeJudge) -> None:
    cases = cases_of("down", 12)
    evaluator_id = client.make_judge("down", filter="feature:down")
    other_id = client.make(
        name="down length", kind="length", options={"score_name": "down_length"}, delay_s=0,
        filter="feature:down",
    )  # fmt: skip
    judge.fail_always("401")
    client.send_cases(cases, "down")
    failing = client.await_state(evaluator_id, lambda state: state["status"] == "failing")
    assert "key" in failing["reason"]
    # The others go on.
    client.await_scores(12, "down_length")
    assert client.scores("down") == []

    judge.fail_always(None)
    scores = client.await_scores(12, "down")
    assert counts_by_case(scores, cases) == dict.fromkeys(cases, 1)
    client.await_state(evaluator_id, lambda state: state["status"] == "running")
    assert client.call("GET", f"/evaluators/{evaluator_id}/failures")["total"] == 0
    for made in (evaluator_id, other_id):
        client.change(made, is_enabled=False)


def test_answers_that_cannot_be_judged_are_kept_and_judged_again_on_request(
    client: EvaluationClient, judge: FakeJudge
) -> None:
    cases = cases_of("broken", 3)
    evaluator_id = client.make_judge("broken", filter="feature:broken", concurrency_max=1)
    judge.fail_always("too_long")
    client.send_cases(cases, "broken")
    failures = f"/evaluators/{evaluator_id}/failures"
    kept = wait_for(lambda: client.call("GET", failures), lambda found: found["total"] == 3)
    assert {item["trace_id"] for item in kept["items"]} == {trace_id_of(case) for case in cases}
    judge.fail_always(None)
    client.call("POST", f"{failures}/retry")
    scores = client.await_scores(3, "broken")
    assert counts_by_case(scores, cases) == dict.fromkeys(cases, 1)
    wait_for(lambda: client.call("GET", failures), lambda found: found["total"] == 0)
    client.change(evaluator_id, is_enabled=False)


def test_a_spent_budget_stops_the_judge_until_it_is_raised(
    client: EvaluationClient, judge: FakeJudge
) -> None:
    cases = cases_of("budget", 20)
    # Free to begin with, so that what a call costs is known before the budget is set.
    evaluator_id = client.make_judge("budget", filter="feature:budget", concurrency_max=2)
    client.send_cases(cases[:4], "budget")
    paid = client.await_scores(4, "budget")
    one_usd = max(score["metadata"]["cost_usd"] for score in paid)
    client.change(evaluator_id, budget_usd_per_day=one_usd * 10)
    client.send_cases(cases[4:], "budget")
    stopped = client.await_state(evaluator_id, lambda state: state["status"] == "over_budget")
    assert "budget_usd_per_day" in stopped["reason"]
    assert 9 <= judge.request_count <= 11
    spent = client.call("GET", f"/evaluators/{evaluator_id}")["spend"]
    assert spent["today_usd"] <= one_usd * 11

    client.change(evaluator_id, budget_usd_per_day=1000.0)
    scores = client.await_scores(20, "budget")
    assert counts_by_case(scores, cases) == dict.fromkeys(cases, 1)
    client.change(evaluator_id, is_enabled=False)


def test_a_paused_evaluator_goes_on_from_now_and_says_what_it_missed(
    client: EvaluationClient, server: SpanglassProcess
) -> None:
    cases = cases_of("pause", 6)
    evaluator_id = client.make_judge("pause", filter="feature:pause")
    client.send_cases(cases[:2], "pause")
    client.await_scores(2, "pause")
    client.change(evaluator_id, is_enabled=False)
    store = open_evaluator_store(f"sqlite:///{server.data_dir / 'metadata.db'}")
    wait_for(
        # As the runner wrote it down; the API says so at once.
        lambda: store.find_states([evaluator_id])[evaluator_id].status,
        lambda status: status == "paused",
    )
    store.close()
    client.send_cases(cases[2:4], "pause")
    client.change(evaluator_id, is_enabled=True)
    client.send_cases(cases[4:], "pause")
    client.await_scores(4, "pause")
    state = client.await_state(evaluator_id, lambda found: found["reason"])
    assert "history" in state["reason"]
    start_run(client, evaluator_id)
    scores = client.await_scores(6, "pause")
    assert counts_by_case(scores, cases) == dict.fromkeys(cases, 1)
    client.change(evaluator_id, is_enabled=False)


def test_only_the_sampled_share_is_judged(client: EvaluationClient) -> None:
    from spanglass.evaluators import is_sampled

    cases = cases_of("share", 200)
    evaluator_id = client.make(
        name="share", kind="length", options={"score_name": "share"}, sampling_rate=0.2, delay_s=0,
        filter="feature:share",
    )  # fmt: skip
    client.send(answered(cases, feature="share"))
    client.await_idle(evaluator_id)
    wanted = [case for case in cases if is_sampled(trace_id_of(case), 0.2)]
    scores = client.await_scores(len(wanted), "share")
    assert counts_by_case(scores, cases) == dict.fromkeys(wanted, 1)
    assert {score["sampling_rate"] for score in scores} == {0.2}
    client.change(evaluator_id, is_enabled=False)
