"""The pages about instrumentation and structured logs: each of their programs runs as it stands."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, blocks

pytestmark = pytest.mark.slow

PROGRAMS = [
    block
    for page in ("instrumentation.md", "structured-logs.md")
    for block in blocks(ROOT / "docs" / page)
    if block.language == "python"
]


def outcome(program: str, directory: Path) -> Sequence[str]:
    program = program.replace("9464", "0")  # Any port that is free here.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{program}\nimport spanglass\nspanglass.shutdown(0.1)"],
        env={"SPANGLASS_ENDPOINT": "http://127.0.0.1:9", "PATH": "/usr/bin:/bin"},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_every_program_of_the_pages_runs(number: int, tmp_path: Path) -> None:
    assert "Traceback" not in "\n".join(outcome(PROGRAMS[number].text, tmp_path))


def test_the_line_that_the_page_shows_is_the_line_that_is_written(tmp_path: Path) -> None:
    page = ROOT / "docs" / "structured-logs.md"
    (shown,) = (json.loads(block.text) for block in blocks(page) if block.language == "json")
    program = next(block.text for block in blocks(page) if "log_calls=True" in block.text)

    (written,) = (json.loads(line) for line in outcome(program, tmp_path) if line.startswith('{"timestamp"'))

    assert list(written) == list(shown)
    same = ("event", "model", "provider", "input_tokens", "output_tokens", "ttft_ms", "cost_usd", "status")
    assert {name: written[name] for name in same} == {name: shown[name] for name in same}
