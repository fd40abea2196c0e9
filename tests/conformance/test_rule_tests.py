"""`spanglass rules test` and Debian's promtool say the same of the same files, to the letter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = sorted((Path(__file__).parent / "rules").glob("*.test.yml"))
DEFAULTS = sorted((ROOT / "tests" / "rules").glob("*.test.yml"))


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not installed")
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    return found


def run(command: list[str], path: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [*command, path.name], cwd=path.parent, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("path", [*OWN, *DEFAULTS], ids=lambda path: path.name)
def test_output_and_exit_status_are_promtools(path: Path, promtool: str) -> None:
    ours = run([sys.executable, "-m", "spanglass_server.cli", "rules", "test"], path)
    assert ours == run([promtool, "test", "rules"], path)


def test_files_that_fail_are_among_them() -> None:
    assert {path.name for path in OWN} == {"breaks.test.yml", "fails.test.yml", "passes.test.yml"}
