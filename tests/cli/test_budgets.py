"""`spanglass budgets` beside a running server."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from tests.support.spanglass_process import SpanglassProcess

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    process = SpanglassProcess(tmp_path_factory.mktemp("budgets") / "data")
    yield process
    process.terminate()


@pytest.fixture
def run(server: SpanglassProcess, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SPANGLASS_PORT", str(server.port))
    monkeypatch.setenv("NO_COLOR", "1")

    def invoke(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "spanglass_server.cli", "budgets", *arguments]
        done = subprocess.run(
            [*command, "--data-dir", str(server.data_dir)], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return invoke


def test_a_budget_is_set_listed_changed_and_removed(run: Run) -> None:
    assert run("list") == (0, "there are no budgets\n", "")
    options = ("--scope", "feature", "--value", "search", "--period", "day", "--time-zone", "Asia/Seoul")
    assert run("set", "search", "50", *options) == (0, "search: $0.00 of $50.00 spent this day\n", "")
    assert run("set", "search", "60", *options)[0] == 0
    (item,) = json.loads(run("list", "--json")[1])
    assert (item["name"], item["amount_usd"], item["value"]) == ("search", 60, "search")
    assert "feature search" in run("list")[1]
    assert run("remove", "search") == (0, "search: removed\n", "")
    assert json.loads(run("list", "--json")[1]) == []


def test_what_the_server_refuses_is_told(run: Run) -> None:
    status, _, errors = run("set", "b", "5", "--scope", "team")
    assert status == 2
    assert "which team the budget is for is missing" in errors
    assert run("set", "b", "5", "--time-zone", "Mars/Base")[0] == 2
    assert "there is no budget `b`" in run("remove", "b")[2]


def test_without_a_server_the_command_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANGLASS_PORT", "1")
    status, _, errors = run("list")
    assert status == 1
    assert "no server answers" in errors
