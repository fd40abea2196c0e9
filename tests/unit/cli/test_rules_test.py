"""`spanglass rules test`, beyond what promtool is held against in tests/conformance."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spanglass_server.cli.rules import app

RULES = "groups: [{name: g, rules: [{alert: A, expr: 'up == 0', for: 1m}]}]"
TESTS = """
rule_files: [rules.yml]
tests:
- interval: 1m
  input_series: [{series: up, values: '0x5'}]
  alert_rule_test: [{eval_time: EVAL, alertname: A}]
"""


@pytest.fixture(autouse=True)
def _inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.yml").write_text(RULES)
    Path("passes.yml").write_text(TESTS.replace("EVAL", "0m"))
    Path("fails.yml").write_text(TESTS.replace("EVAL", "2m"))


def test_json_tells_every_file() -> None:
    done = CliRunner().invoke(app, ["test", "passes.yml", "fails.yml", "--json"])
    assert done.exit_code == 1
    passes, fails = json.loads(done.stdout)["files"]
    assert passes == {"file": "passes.yml", "is_ok": True, "failures": [], "warnings": []}
    assert not fails["is_ok"]
    assert fails["failures"][0].startswith("alertname: A, time: 2m,")


def test_tests_that_pass_exit_with_0() -> None:
    done = CliRunner().invoke(app, ["test", "passes.yml"])
    assert (done.exit_code, done.stdout) == (0, "Unit Testing:  passes.yml\n  SUCCESS\n\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tests: [{intervall: 1m}]", "line 1: field intervall not found"),
        (
            "tests:\n- input_series: [{series: 'up{', values: '1'}]",
            "line 2: cannot read the series at column",
        ),
        ("tests:\n- input_series: [{series: up, values: '1x'}]", "expected a value"),
        ("tests:\n- interval: soon", 'line 2: not a valid duration string: "soon"'),
        (
            "tests: [{alert_rule_test: [{eval_time: 1m}]}]",
            "misses required attribute alertname at eval_time 1m",
        ),
        ("group_eval_order: [a, a]", "group name repeated in evaluation order: a"),
        (
            "tests: [{promql_expr_test: [{expr: up, exp_samples: [{histogram: '{{}}'}]}]}]",
            "native histograms",
        ),
        ("tests: {a: 1}", "line 1: expected a list"),
        ("rule_files: [broken.yml]", "broken.yml: 1:1: field group not found"),
        ("a: [", "not YAML"),
        ("tests: [{alert_rule_test: [{eval_time: 900y, alertname: A}]}]", "out of range"),
        ("tests: [{alert_rule_test: [{eval_time: 200y, alertname: A}]}]", "more than 1,000,000 evaluations"),
    ],
)
def test_what_is_wrong_with_a_test_file_is_told(text: str, reason: str) -> None:
    Path("broken.yml").write_text("group: []")
    Path("t.yml").write_text(text)
    done = CliRunner().invoke(app, ["test", "t.yml"])
    assert done.exit_code == 1
    assert reason in done.stderr


def test_a_file_that_is_not_there_is_told() -> None:
    done = CliRunner().invoke(app, ["test", "none.yml"])
    assert done.exit_code == 1
    assert "cannot read none.yml: No such file or directory" in done.stderr
