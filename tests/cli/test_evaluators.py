"""`spanglass evaluators` beside a running server, and from afar."""

import json
from collections.abc import Callable, Iterator

import pytest
from tests.support.evaluating_server import EvaluatingServer
from tests.support.fake_judge import FakeJudge
from typer.testing import CliRunner

from spanglass_server.cli.main import app

Run = Callable[..., tuple[int, str]]
TRACE_ID = "ab" * 16


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvaluatingServer]:
    found = EvaluatingServer(tmp_path_factory.mktemp("evaluators") / "data")
    with FakeJudge() as judge:
        judge.quality = 0.5
        found.connect_judge(judge.openai_url)
        found.send_trace(TRACE_ID, question="Where is it?")
        given = {"name": "relevant", "kind": "judge", "options": {"rubric": "answer_relevance"}}
        found.ask("POST", "/evaluators", {**given, "is_enabled": False, "sampling_rate": 1}, status=201)
        yield found
    found.close()


@pytest.fixture
def run(server: EvaluatingServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SPANGLASS_PORT", str(server.process.port))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: str, typed: str = "") -> tuple[int, str]:
        command = ["evaluators", *arguments, "--data-dir", str(server.process.data_dir)]
        done = CliRunner().invoke(app, command, input=typed)
        return done.exit_code, done.output

    return invoke


def test_kinds_and_rubrics_are_listed(run: Run) -> None:
    status, output = run("kinds")
    assert status == 0
    assert "judge" in output
    assert "faithfulness" in output


def test_evaluators_are_listed_with_status_and_spend(run: Run) -> None:
    assert "paused" in run("list")[1]
    (item,) = json.loads(run("list", "--json")[1])
    assert item["name"] == "relevant"


def test_a_trial_shows_the_score_and_on_request_the_prompt(run: Run) -> None:
    status, output = run("try", "relevant", TRACE_ID)
    assert status == 0
    assert "question: Where is it?" in output
    assert "answer_relevance: 0.5" in output
    assert "boundary" not in output
    assert "boundary" in run("try", "relevant", TRACE_ID, "--prompt")[1]


def test_a_run_tells_its_cost_asks_and_waits(run: Run) -> None:
    assert "1 target to judge: about $" in run("estimate", "relevant", "--from", "now-1h")[1]
    status, output = run("run", "relevant", "--from", "now-1h", typed="n\n")
    assert status == 1
    assert "1 target to judge" in output
    status, output = run("run", "relevant", "--from", "now-1h", "--json", "--yes")
    assert (status, json.loads(output)["scored_count"]) == (0, 1)
    assert "done: 1 skipped" in run("run", "relevant", "--from", "now-1h", typed="y\n")[1]


def test_another_server_is_asked_by_its_address_and_a_key(server: EvaluatingServer) -> None:
    key = server.make_project("elsewhere")
    command = ["evaluators", "list", "--endpoint", server.url, "--api-key", key, "--json"]
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, json.loads(done.output)) == (0, [])


def test_an_unknown_evaluator_is_told_with_those_that_there_are(run: Run) -> None:
    status, _ = run("estimate", "irrelevant")
    assert status != 0
