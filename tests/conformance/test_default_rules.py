"""The rules that come with Spanglass: clean, documented, tested, and good for a real Prometheus."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from spanglass_server.metrics.own import own_metadata
from spanglass_server.rules.files import Rule, parse_rule_file
from spanglass_server.rules.lint import built_in_series, lint

ROOT = Path(__file__).parents[2]
FILE = ROOT / "src/spanglass_server/rules/defaults/llm.yml"
TESTS = sorted((ROOT / "tests/rules").glob("*.test.yml"))
DOCS = (ROOT / "docs/default-rules.md").read_text(encoding="utf-8")
RUNBOOK = "https://github.com/spanglass/spanglass/blob/main/docs/default-rules.md#"


def rules() -> list[Rule]:
    file = parse_rule_file(FILE.read_text(encoding="utf-8"), name="llm.yml")
    return [rule for group in file.groups for rule in group.rules]


ALERTS = [rule for rule in rules() if rule.kind == "alerting"]


def run_promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("promtool")
    if tool is None:
        message = "promtool is missing; on Debian: apt-get install prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)


def test_rules_check_finds_no_fault_with_them() -> None:
    file = parse_rule_file(FILE.read_text(encoding="utf-8"), name="llm.yml")
    assert lint([file], built_in_series(own_metadata())) == []


@pytest.mark.parametrize("rule", ALERTS, ids=[rule.name for rule in ALERTS])
def test_each_alert_waits_says_what_to_do_and_leads_to_its_page(rule: Rule) -> None:
    annotations = dict(rule.annotations)
    assert rule.for_ms > 0
    assert dict(rule.labels)["severity"] in ("critical", "warning", "info")
    assert annotations["summary"]
    assert annotations["description"]
    assert annotations["runbook_url"] == RUNBOOK + rule.name.lower()
    assert f"\n### {rule.name}\n" in DOCS
    assert f"[{rule.name}](#{rule.name.lower()})" in DOCS


def test_the_page_tells_of_no_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (\w+)$", DOCS, re.MULTILINE)) == {rule.name for rule in ALERTS}


def test_each_alert_is_tested() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in TESTS)
    patterns = re.findall(r'alertname=~?"([^"]+)"', tests) + re.findall(r"alertname: (\w+)", tests)
    untested = [rule.name for rule in ALERTS if not any(re.fullmatch(p, rule.name) for p in patterns)]
    assert untested == []


def test_promtool_takes_them() -> None:
    done = run_promtool("check", "rules", str(FILE))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TESTS, ids=[path.name for path in TESTS])
def test_they_fire_and_stay_silent_in_promtool(path: Path) -> None:
    done = run_promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
