"""The web app's build, as make calls it. Building for real is `make ui`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "hatch_build.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose sources are one page; no Node can be found from it."""
    shutil.copy(SCRIPT, tmp_path)
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui" / "index.html").write_text("<p>one</p>")
    return tmp_path


def run(checkout: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "hatch_build.py", *arguments]
    fake_uv = checkout / "uv"
    fake_uv.write_text("#!/bin/sh\nexit 1\n")
    fake_uv.chmod(0o755)
    environment = os.environ | {"PATH": str(checkout), "UV": str(fake_uv), **environ}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def digest_of(checkout: Path) -> str:
    return run(checkout, "digest").stdout.strip()


def stamp(checkout: Path, text: str) -> None:
    static = checkout / "src/spanglass_server/web/static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "build.txt").write_text(text)


def test_what_is_built_from_these_sources_is_not_built_again(checkout: Path) -> None:
    stamp(checkout, digest_of(checkout) + "\n")
    assert run(checkout, "build").returncode == 0


def test_changed_sources_are_built_again(checkout: Path) -> None:
    stamp(checkout, digest_of(checkout))
    (checkout / "ui" / "index.html").write_text("<p>two</p>")
    done = run(checkout, "build")
    assert done.returncode == 1
    assert "hint: install Node.js" in done.stderr


def test_tests_and_installed_packages_are_no_sources(checkout: Path) -> None:
    before = digest_of(checkout)
    (checkout / "ui" / "node_modules").mkdir()
    (checkout / "ui" / "node_modules" / "x.js").write_text("x")
    (checkout / "ui" / "a.test.ts").write_text("x")
    assert digest_of(checkout) == before


def test_the_web_app_can_be_left_out(checkout: Path) -> None:
    assert run(checkout, "build", SPANGLASS_SKIP_UI="1").returncode == 0


def test_an_unknown_command_says_what_there_is(checkout: Path) -> None:
    done = run(checkout, "bild")
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")
