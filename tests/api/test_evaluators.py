"""Evaluators over the API of a whole server, with a judge on loopback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.evaluating_server import EvaluatingServer, await_outcome
from tests.support.fake_judge import FakeJudge

pytestmark = pytest.mark.slow

_JUDGE = {
    "kind": "judge",
    "options": {"rubric": "answer_relevance"},
    "is_enabled": False,
    "sampling_rate": 1.0,
}
"""Paused: it is asked by trials alone."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvaluatingServer]:
    found = EvaluatingServer(tmp_path_factory.mktemp("evaluators") / "data")
    yield found
    found.close()


@pytest.fixture(scope="module")
def judge() -> Iterator[FakeJudge]:
    with FakeJudge() as found:
        yield found


@pytest.fixture
def project(server: EvaluatingServer, judge: FakeJudge, project_id: str) -> str:
    """A project of the test's own, connected to the judge."""
    judge.reset()
    judge.quality = None
    server.make_project(project_id)
    server.connect_judge(judge.openai_url, project=project_id)
    return project_id


@pytest.fixture
def make(server: EvaluatingServer, project: str) -> Callable[..., Any]:
    """An evaluator of the project."""

    def make(name: str = "relevant", *, status: int = 201, **fields: Any) -> Any:
        return server.ask(
            "POST", "/evaluators", {**_JUDGE, "name": name, **fields}, project=project, status=status
        )

    return make


def test_an_evaluator_is_made_with_what_its_kind_usually_has(make: Callable[..., Any]) -> None:
    made = make(sampling_rate=None)
    assert made["version"] == 1
    assert made["sampling_rate"] == 0.05
    assert made["budget_usd_per_day"] == 1.0
    assert made["is_judge"]
    assert made["state"]["status"] == "paused"
    assert made["spend"]["today_usd"] == 0
    assert [form["name"] for form in made["scores"]] == ["answer_relevance"]


def test_making_one_makes_the_configurations_of_its_scores(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    make("harm", options={"rubric": "harmfulness"})
    make("harm again", options={"rubric": "harmfulness"})
    (config,) = server.ask("GET", "/score-configs", project=project)["items"]
    assert config["name"] == "harmfulness"
    assert config["better"] == "lower"


def test_what_decides_scores_makes_a_new_version_and_what_does_not_keeps_it(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    path = f"/evaluators/{make()['id']}"

    def change(**fields: Any) -> Any:
        return server.ask("PATCH", path, fields, project=project)["version"]

    assert change(sampling_rate=0.5, filter="feature:search", delay_s=5, budget_usd_per_day=2) == 1
    assert change(name="renamed", is_enabled=False, concurrency_max=8, calls_per_minute_max=60) == 1
    assert change(options={"rubric": "answer_relevance"}) == 1
    assert change(options={"rubric": "tone"}) == 2
    assert change(target_type="span", filter="") == 3
    assert change(kind="length", options={"at_most": 100}) == 4
    found = server.ask("GET", path, project=project)
    assert (found["name"], found["sampling_rate"], found["calls_per_minute_max"]) == ("renamed", 0.5, 60)


def test_null_takes_away_what_may_be_absent(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    made = make("short", kind="length", options={"at_most": 10}, calls_per_minute_max=5)
    path = f"/evaluators/{made['id']}"
    changed = server.ask("PATCH", path, {"calls_per_minute_max": None, "name": None}, project=project)
    assert changed["calls_per_minute_max"] is None
    assert changed["name"] == "short"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "-no"}, "`name`"),
        ({"kind": "tarot"}, "there is no kind"),
        ({"options": {"rubric": "vibes"}}, "`options.rubric`"),
        ({"options": {"connection": "elsewhere"}}, "no connection `elsewhere`"),
        ({"filter": "feature:("}, "`filter`"),
        ({"sampling_rate": 1.5}, "`sampling_rate`"),
        ({"delay_s": -1}, "`delay_s`"),
        ({"budget_usd_per_day": None}, "`budget_usd_per_day`"),
        ({"notice": {"threshold": 0.5, "receiver": "nobody"}}, "`notice.receiver`"),
        ({"colour": "red"}, "`colour`"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    server: EvaluatingServer, project: str, make: Callable[..., Any], fields: dict[str, Any], told: str
) -> None:
    assert told in make(**fields, status=400)["detail"]
    assert server.ask("GET", "/evaluators", project=project)["items"] == []


def test_a_name_is_there_once(make: Callable[..., Any]) -> None:
    make("same")
    assert "another evaluator named `same`" in make("same", status=400)["detail"]


def test_a_model_whose_price_nobody_knows_needs_one_before_it_may_have_a_budget(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    prices = {"input_usd_per_mtok": None, "output_usd_per_mtok": None}
    server.connect_judge(judge.openai_url, name="own", project=project, **prices)
    options = {"rubric": "tone", "connection": "own"}
    refused = make(options=options, status=400)
    assert "nobody knows what the model `judge-1` costs" in refused["detail"]
    assert "input_usd_per_mtok" in refused["hint"]
    free = dict.fromkeys(prices, 0.0)
    server.connect_judge(judge.openai_url, name="own", project=project, **free)
    assert make(options=options, budget_usd_per_day=None)["budget_usd_per_day"] is None


def test_a_trial_shows_prompt_answer_and_cost_and_stores_no_score(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    judge.quality = 0.25
    made, trace_id = make(), "a1" * 16
    _send(server, project, trace_id, question="Who wrote it?", answer="Nobody knows.", documents=("A page.",))
    trial = server.ask(
        "POST", "/evaluators/try", {"evaluator_id": made["id"], "trace_id": trace_id}, project=project
    )
    (score,) = trial["scores"]
    assert (score["name"], score["value"]) == ("answer_relevance", 0.25)
    assert trial["target"]["input"] == "Who wrote it?"
    assert trial["target"]["documents"][0]["content"] == "A page."
    (call,) = trial["calls"]
    assert "Nobody knows." in call["prompt"]
    assert "Rubric" in call["system"]
    assert '"score"' in call["answer"]
    tokens = call["input_tokens"], call["output_tokens"]
    assert trial["cost_usd"] == pytest.approx((tokens[0] * 1.0 + tokens[1] * 5.0) / 1e6)
    assert score["metadata"]["cost_usd"] == trial["cost_usd"]
    assert score["metadata"]["judge_trace_id"] == trial["judge_trace_id"]
    assert _scores(server, project) == []
    spend = await_outcome(lambda: _spend(server, project, made["id"]))
    assert spend["today_usd"] == pytest.approx(trial["cost_usd"])


def test_a_judges_call_is_a_trace_in_a_project_of_its_own(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    made, trace_id = make(), "a2" * 16
    _send(server, project, trace_id)
    trial = server.ask(
        "POST", "/evaluators/try", {"evaluator_id": made["id"], "trace_id": trace_id}, project=project
    )
    judges = trial["judge_project"]
    assert judges == f"{project}.judges"
    opened = await_outcome(lambda: _find_trace(server, judges, trial["judge_trace_id"]))
    assert opened["trace"]["feature"] == "relevant"
    assert opened["trace"]["metadata"]["judged_trace_id"] == trace_id
    root, call = opened["spans"]
    assert root["kind"] == "evaluator"
    assert call["kind"] == "llm"
    assert call["parent_span_id"] == root["span_id"]
    assert call["request_model"] == "judge-1"
    assert call["input_tokens"] == trial["calls"][0]["input_tokens"]
    assert opened["trace"]["cost_usd"] == pytest.approx(trial["cost_usd"])
    span = server.ask("GET", f"/traces/{trial['judge_trace_id']}/spans/{root['span_id']}", project=judges)
    assert span["links"][0]["trace_id"] == trace_id
    # What was judged is not disturbed.
    assert _find_trace(server, project, trial["judge_trace_id"]) is None


def test_each_call_counts_even_where_a_server_gives_all_answers_one_id(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    made, trace_id = make(), "a6" * 16
    _send(server, project, trace_id)
    body = {"evaluator_id": made["id"], "trace_id": trace_id}
    trials = [server.ask("POST", "/evaluators/try", body, project=project) for _ in range(3)]
    for trial in trials:
        found = await_outcome(lambda t=trial: _find_trace(server, t["judge_project"], t["judge_trace_id"]))  # type: ignore[misc]
        assert found["trace"]["cost_usd"] == pytest.approx(trial["cost_usd"])


def test_an_evaluator_can_be_tried_before_it_is_made(server: EvaluatingServer, project: str) -> None:
    trace_id = "a3" * 16
    _send(server, project, trace_id, answer="Too many words here")
    definition = {"name": "short", "kind": "length", "options": {"at_most": 5, "unit": "characters"}}
    trial = server.ask(
        "POST", "/evaluators/try", {"definition": definition, "trace_id": trace_id}, project=project
    )
    assert trial["scores"][0]["value"] is False
    assert trial["calls"] == []
    assert trial["cost_usd"] == 0
    assert server.ask("GET", "/evaluators", project=project)["items"] == []


def test_what_a_judge_cannot_do_is_told_in_the_trial(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    made, trace_id = make(), "a4" * 16
    _send(server, project, trace_id)
    judge.fail_always("401")
    trial = server.ask(
        "POST", "/evaluators/try", {"evaluator_id": made["id"], "trace_id": trace_id}, project=project
    )
    assert "refuses the API key" in trial["problem"]
    assert trial["hint"]
    assert trial["scores"] == []
    assert "sk-judge-secret" not in str(trial)


def test_a_spent_budget_ends_trials_and_says_when_it_goes_on(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    made, trace_id = make(budget_usd_per_day=0.0025), "a5" * 16
    _send(server, project, trace_id)
    body = {"evaluator_id": made["id"], "trace_id": trace_id}
    trials = [server.ask("POST", "/evaluators/try", body, project=project) for _ in range(6)]
    problems = [trial["problem"] for trial in trials]
    assert problems[0] is None
    assert "of its $0.0025 for today" in problems[-1]
    assert "midnight UTC" in trials[-1]["hint"]
    assert sum(trial["cost_usd"] for trial in trials) <= 0.0025
    server.ask("PATCH", f"/evaluators/{made['id']}", {"budget_usd_per_day": 1}, project=project)
    assert server.ask("POST", "/evaluators/try", body, project=project)["problem"] is None


def test_an_estimate_tells_targets_tokens_and_price_before_anything_is_asked(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    made = make()
    for number in range(6):
        _send(server, project, f"{number + 1:032x}", question="Where? " * 50)
    asked = judge.request_count
    told = server.ask("POST", f"/evaluators/{made['id']}/estimate", {"from": "now-1h"}, project=project)
    assert (told["target_count"], told["scored_count"], told["judged_count"]) == (6, 0, 6)
    assert told["basis"] == "prompts"
    assert told["input_tokens_per_target"] > 100
    assert told["usd_low"] < told["usd_expected"] < told["usd_high"]
    assert told["seconds"] > 0
    assert judge.request_count == asked
    day = server.ask(
        "POST",
        "/evaluators/estimate",
        {"definition": {**_JUDGE, "name": "x", "sampling_rate": 1.0}},
        project=project,
    )
    assert day["judged_count"] == 6
    assert day["usd_expected"] == pytest.approx(told["usd_expected"], rel=0.2)


def test_what_computes_is_free(server: EvaluatingServer, project: str) -> None:
    _send(server, project, "b1" * 16)
    definition = {"name": "x", "kind": "length", "options": {"at_most": 9}}
    told = server.ask("POST", "/evaluators/estimate", {"definition": definition}, project=project)
    assert (told["basis"], told["usd_high"]) == ("free", 0)


def test_a_run_over_history_scores_what_was_there_and_tells_its_progress(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    made = make()
    for number in range(5):
        _send(server, project, f"{number + 1:032x}")
    path = f"/evaluators/{made['id']}/runs"
    started = server.ask("POST", path, {"from": "now-1h", "budget_usd": 1}, project=project, status=201)
    assert started["target_count"] == 5
    done = await_outcome(lambda: _run_over(server, project, path, started["id"]))
    assert (done["status"], done["done_count"], done["scored_count"]) == ("done", 5, 5)
    assert done["cost_usd"] > 0
    scores = _scores(server, project)
    assert len(scores) == 5
    assert {score["author"] for score in scores} == {"relevant"}
    again = server.ask("POST", path, {"from": "now-1h"}, project=project, status=201)
    skipped = await_outcome(lambda: _run_over(server, project, path, again["id"]))
    assert (skipped["skipped_count"], skipped["cost_usd"]) == (5, 0)
    estimate = server.ask("POST", f"/evaluators/{made['id']}/estimate", {"from": "now-1h"}, project=project)
    assert (estimate["scored_count"], estimate["judged_count"]) == (5, 0)
    assert server.ask("GET", path, project=project)["total"] == 2


def test_a_run_can_be_cancelled(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    made = make()
    judge.latency_s = 0.5
    for number in range(12):
        _send(server, project, f"{number + 1:032x}")
    path = f"/evaluators/{made['id']}/runs"
    started = server.ask("POST", path, {"from": "now-1h"}, project=project, status=201)
    cancelled = server.ask("POST", f"{path}/{started['id']}/cancel", project=project)
    judge.latency_s = 0.0
    assert cancelled["status"] == "cancelled"
    again = server.ask("POST", f"{path}/{started['id']}/cancel", project=project)
    assert again["status"] == "cancelled"


def test_failures_are_listed_and_judged_again(
    server: EvaluatingServer, judge: FakeJudge, project: str, make: Callable[..., Any]
) -> None:
    made = make(is_enabled=True, delay_s=0)
    judge.fail_always("refusal")
    trace_id = "c1" * 16
    _send(server, project, trace_id)
    path = f"/evaluators/{made['id']}/failures"
    (failure,) = await_outcome(lambda: server.ask("GET", path, project=project)["items"])
    assert failure["trace_id"] == trace_id
    assert failure["reason"]
    judge.fail_always(None)
    assert server.ask("POST", f"{path}/retry", project=project)["count"] == 1
    await_outcome(lambda: not server.ask("GET", path, project=project)["items"])
    assert len(_scores(server, project)) == 1


def test_kinds_tell_what_they_take_and_give(server: EvaluatingServer) -> None:
    told = server.ask("GET", "/evaluator-kinds")
    kinds = {kind["name"]: kind for kind in told["items"]}
    assert {"judge", "regex", "length", "json_schema"} <= set(kinds)
    assert kinds["judge"]["defaults"]["budget_usd_per_day"] == 1.0
    assert "rubric" in kinds["judge"]["options_schema"]["properties"]
    assert kinds["judge"]["scores"][0]["name"] == "correctness"
    assert [rubric["name"] for rubric in told["rubrics"]][:2] == ["correctness", "faithfulness"]
    assert all(rubric["text"] for rubric in told["rubrics"])


def test_deleting_an_evaluator_leaves_its_scores(
    server: EvaluatingServer, project: str, make: Callable[..., Any]
) -> None:
    made = make("short", kind="length", options={"at_most": 5})
    _send(server, project, "d1" * 16)
    path = f"/evaluators/{made['id']}"
    started = server.ask("POST", f"{path}/runs", {"from": "now-1h"}, project=project, status=201)
    await_outcome(lambda: _run_over(server, project, f"{path}/runs", started["id"]))
    server.ask("DELETE", path, project=project, status=204)
    server.ask("GET", path, project=project, status=404)
    assert len(_scores(server, project)) == 1


def _send(server: EvaluatingServer, project: str, trace_id: str, **told: Any) -> None:
    server.send_trace(trace_id, project=project, **told)


def _scores(server: EvaluatingServer, project: str) -> Any:
    return server.ask("GET", "/scores", project=project)["items"]


def _spend(server: EvaluatingServer, project: str, evaluator_id: str) -> Any:
    spend = server.ask("GET", f"/evaluators/{evaluator_id}", project=project)["spend"]
    return spend if spend["today_calls"] else None


def _find_trace(server: EvaluatingServer, project: str, trace_id: str) -> Any:
    found = server.http.get(f"/api/v1/traces/{trace_id}", params={"project": project})
    return found.json() if found.status_code == 200 else None


def _run_over(server: EvaluatingServer, project: str, path: str, run_id: str) -> Any:
    run = server.ask("GET", f"{path}/{run_id}", project=project)
    return run if run["status"] in ("done", "cancelled") else None
