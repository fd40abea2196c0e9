"""What the server writes to its log."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import structlog
from spanglass_server.app.logs import configure_logs

def ask(prompt):
    raise ValueError("no answer")

configure_logs("info", sys.argv[1])
try:
    ask("a secret " + "prompt")
except ValueError:
    structlog.get_logger().exception("asking_failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_tells_where_and_why_but_no_payload(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, timeout=60, check=True
    )
    assert "asking_failed" in done.stderr
    assert "ValueError" in done.stderr
    assert "no answer" in done.stderr
    assert "ask" in done.stderr
    assert "a secret prompt" not in done.stderr
