"""`spanglass rules check` as a user runs it: what it prints, and its exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from spanglass_server.base.errors import BadInput
from spanglass_server.cli.rules_check import check

GOOD = """
groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        for: 5m
        annotations: {summary: "{{ $labels.job }} is down"}
"""
NEVER_FIRES = GOOD.replace("up == 0", "histogram_quantile(0.99, llm_latency_seconds) > 10").replace(
    "job", "le"
)
PER_SERIES = GOOD.replace("up == 0", "increase(llm_cost_usd_total[1h]) > 50").replace("job", "model")
BROKEN = GOOD.replace("up == 0", "sum(up").replace("for:", "fro:")


@pytest.fixture
def run() -> Any:
    app = typer.Typer()
    app.command()(check)
    runner = CliRunner()

    def invoke(*arguments: str, stdin: str = "") -> Any:
        return runner.invoke(app, list(arguments), input=stdin)

    return invoke


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def made(text: str, name: str = "rules.yml") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return made


def test_rules_without_fault_pass(run: Any, write: Any) -> None:
    done = run(write(GOOD), "--strict")
    assert done.exit_code == 0
    assert done.output == "1 rule in 1 file: nothing to find fault with\n"


def test_an_error_is_explained_with_its_place_and_correction_and_fails(run: Any, write: Any) -> None:
    path = write(NEVER_FIRES)
    done = run(path)
    assert done.exit_code == 1
    assert f"{path}:6: error [histogram-without-bucket] Down" in done.output
    assert "never fires" in done.output
    assert "instead: histogram_quantile(0.99, sum by (le) (rate(llm_latency_seconds_bucket[5m]))) > 10" in (
        done.output
    )


def test_a_warning_fails_only_when_asked_to(run: Any, write: Any) -> None:
    path = write(PER_SERIES)
    assert run(path).exit_code == 0
    assert run(path, "--strict").exit_code == 1
    assert "1 rule in 1 file: 1 warning\n" in run(path).output


def test_a_file_that_does_not_load_is_told_with_every_problem(run: Any, write: Any) -> None:
    done = run(write(BROKEN), "--json")
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert {finding["code"] for finding in found["findings"]} == {"invalid-rule-file"}
    assert {finding["line"] for finding in found["findings"]} == {6, 7}
    assert found["files"] == []


def test_a_broken_file_does_not_hide_what_is_wrong_with_another(run: Any, write: Any) -> None:
    done = run(write(BROKEN, "a.yml"), write(NEVER_FIRES, "b.yml"), "--json")
    found = {(Path(f["file"]).name, f["code"]) for f in json.loads(done.output)["findings"]}
    assert ("a.yml", "invalid-rule-file") in found
    assert ("b.yml", "histogram-without-bucket") in found


def test_json_tells_all_of_a_finding(run: Any, write: Any) -> None:
    path = write(PER_SERIES)
    found = json.loads(run(path, "--json").output)
    assert found["rule_count"] == 1
    assert found["counts"] == {"error": 0, "warning": 1, "info": 0}
    (finding,) = found["findings"]
    assert finding == {
        "severity": "warning",
        "code": "threshold-per-series",
        "file": path,
        "line": 6,
        "group": "g",
        "rule": "Down",
        "message": finding["message"],
        "why": finding["why"],
        "expression": "increase(llm_cost_usd_total[1h]) > 50",
        "corrected": "sum by (model) (increase(llm_cost_usd_total[1h])) > 50",
        "advice": None,
    }


def test_directories_are_looked_through(run: Any, write: Any, tmp_path: Path) -> None:
    write(GOOD, "rules/a.yml")
    write(GOOD, "rules/deep/b.yaml")
    write("not yaml: [", "rules/readme.txt")
    done = run(str(tmp_path / "rules"))
    assert done.output == "2 rules in 2 files: nothing to find fault with\n"


def test_rules_come_from_stdin_too(run: Any) -> None:
    done = run("-", stdin=NEVER_FIRES)
    assert done.exit_code == 1
    assert "stdin:6: error" in done.output


def test_a_command_line_without_files_is_wrong(run: Any) -> None:
    assert run().exit_code == 2


def test_a_file_that_is_not_there_is_a_wrong_command_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read"):
        check([str(tmp_path / "missing.yml")])
    with pytest.raises(BadInput, match="no rule file in"):
        check([str(tmp_path)])
    with pytest.raises(BadInput, match="--project names a project of a server"):
        check(["-"], project="shop")
