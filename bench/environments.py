"""Virtual environments for what is measured beside Spanglass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = Path(__file__).parent / ".envs"


def environment(name: str, *requirements: str) -> Path:
    """The `bin` of an environment with these requirements; made on first use."""
    folder = ENVIRONMENTS / name
    ready = folder / "ready"
    wanted = "\n".join(requirements)
    if not ready.exists() or ready.read_text() not in ("", wanted):
        shutil.rmtree(folder, ignore_errors=True)
        uv = shutil.which("uv") or str(Path(".cache/uv/bin/uv"))
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        python = str(folder / "bin/python")
        install = [uv, "pip", "install", "--quiet", "--python", python, *requirements]
        subprocess.run(install, check=True, env={**os.environ, "SPANGLASS_SKIP_UI": "1"})
        ready.write_text(wanted)
    return folder / "bin"
