"""Model calls of an application whose workers are forked from one that has called models already."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
WORKERS = 3


def test_every_workers_calls_are_counted_and_told_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, HERE / "programs" / "prefork.py", str(WORKERS)],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    samples = json.loads(done.stdout)
    requests = [value for name, _, value in samples if name == "llm_requests_total"]
    tokens = [
        value for name, labels, value in samples if name == "llm_tokens_total" and labels["type"] == "input"
    ]
    assert requests == [1 + 2 * WORKERS]
    assert tokens == [1 + 110 * WORKERS]
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert sorted(line["input_tokens"] for line in lines) == sorted([1, *[10, 100] * WORKERS])
    assert len({line["span_id"] for line in lines}) == 1 + 2 * WORKERS
