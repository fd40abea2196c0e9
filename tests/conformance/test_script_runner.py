"""The runner of PromQL scripts, judged by small scripts: what passes, what fails, and what is said."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.promql.runner import run_text

_ROOT = Path(__file__).parents[2]


def _states(script: str) -> list[str]:
    return [outcome.state for outcome in run_text(script)]


def _block(expectations: str, *, expression: str = "x", head: str = "eval instant at 1m") -> str:
    lines = "\n".join(f"  {line}" for line in expectations.splitlines())
    return f'load 1m\n  x{{a="1"}} 1 2 3\n  x{{a="2"}} _ 5 stale\n\n{head} {expression}\n{lines}\n'


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (_block('x{a="1"} 2\nx{a="2"} 5'), "passed"),
        (_block('x{a="1"} 2'), "failed"),
        (_block('x{a="1"} 2\nx{a="2"} 5\nx{a="3"} 5'), "failed"),
        (_block('x{a="1"} 2\nx{a="2"} 5.0001'), "failed"),
        (_block('x{a="1"} 2\nx{a="2"} 5.000001'), "passed"),
        (_block('x{a="1"} 1 2 3\nx{a="2"} _ 5', head="eval range from 0 to 2m step 1m"), "passed"),
        (_block('x{a="1"} 1 2 3\nx{a="2"} 5', head="eval range from 0 to 2m step 1m"), "failed"),
        (_block('{a="1"} 4\n{a="2"} 10', expression="x * 2"), "passed"),
        (_block("7", expression="sum(x)"), "failed"),
        (_block("{} 7", expression="sum(x)"), "passed"),
        (_block("7", expression="3 + 4"), "passed"),
        (_block("{} 7 7", expression="3 + 4", head="eval range from 0 to 1m step 1m"), "passed"),
        (_block('expect ordered\nx{a="2"} 5\nx{a="1"} 2', expression="sort_desc(x)"), "passed"),
        (_block('expect ordered\nx{a="1"} 2\nx{a="2"} 5', expression="sort_desc(x)"), "failed"),
        (_block('expect string "a\\nb"', expression='"a\\nb"'), "passed"),
        (_block('expect string "b"', expression='"a"'), "failed"),
        (_block("expect fail", expression="x + on() x"), "passed"),
        (_block("expect fail"), "failed"),
        (_block("expect fail msg: nothing like it", expression="x + on() x"), "failed"),
        (_block("expect fail regex: many-to-many", expression="x + on() x"), "passed"),
        (
            _block(
                "expected_fail_regexp many-to-many",
                expression="x + on() x",
                head="eval_fail instant at 1m",
            ),
            "passed",
        ),
        (_block('expect info\n{a="1"} 1', expression="increase(x[2m])", head="eval instant at 2m"), "failed"),
        (
            _block(
                "expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\n"
                "{} +Inf",
                expression="quantile(2, x)",
            ),
            "passed",
        ),
        (_block("expect no_warn\n{} +Inf", expression="quantile(2, x)"), "failed"),
        (
            _block('expect range vector from 0 to 1m step 1m\nx{a="1"} 1 2', expression='x{a="1"}[2m]'),
            "passed",
        ),
        ("load 5m\n  h {{count:1}}x3\n\neval instant at 5m count(h)\n  {} 1\n", "unsupported"),
        ("load 5m\n  f 1\n  h {{count:1}}x3\n\neval instant at 4m f\n  f 1\n", "passed"),
        ("load 5m\n  f 1\n  h {{count:1}}x3\n\neval instant at 4m f\n  f 2\n", "failed"),
        ("evaluate instant at 5m 1\n", "failed"),
    ],
)  # fmt: skip
def test_a_block_is_judged_as_prometheus_judges_it(script: str, state: str) -> None:
    assert _states(script) == [state], list(run_text(script))


def test_clear_forgets_and_loads_add_up() -> None:
    script = """
load 1m
  x 1

load 1m
  y 2

eval instant at 0 x + ignoring(a) y
  {} 3

clear
# nothing is left

eval instant at 0 x or y
"""
    assert _states(script) == ["passed", "passed"]


def test_the_command_prints_failures_unsupported_blocks_and_totals(tmp_path: Path) -> None:
    script = tmp_path / "some.test"
    script.write_text(
        "load 1m\n  x 1\n  h {{count:1}}\n\neval instant at 0 x\n  x 1\n\n"
        "eval instant at 0 x + 1\n  {} 3\n\neval instant at 0 h\n  h {{count:1}}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.promql", str(script)],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert f"FAILED {script}:8: x + 1" in done.stdout
    assert "expected {} 3.0@0, got 2.0@0" in done.stdout
    assert f"UNSUPPORTED {script}:11: h (native histograms)" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed"


def test_the_command_succeeds_when_nothing_failed(tmp_path: Path) -> None:
    script = tmp_path / "some.test"
    script.write_text("eval instant at 0 1\n  1\n")
    command = [sys.executable, "-m", "tests.promql", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, check=False)
    assert (done.returncode, done.stdout) == (0, "1 passed, 0 failed\n")


def test_files_that_cannot_be_read_are_named_and_the_others_are_run(tmp_path: Path) -> None:
    script = tmp_path / "some.test"
    script.write_text("eval instant at 0 1\n  1\n")
    missing = tmp_path / "none.test"
    command = [sys.executable, "-m", "tests.promql", str(missing), str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, check=False)
    assert (done.returncode, done.stdout) == (2, "1 passed, 0 failed\n")
    assert done.stderr.splitlines() == [
        f"{missing}: cannot be read: No such file or directory",
        f"{tmp_path}: cannot be read: Is a directory",
    ]
