"""The program of docs/langfuse.md, word by word."""

from pathlib import Path

import pytest
from tests.docs.pages import ROOT, blocks
from tests.langfuse_sdks.harness import Project, Trace

pytestmark = pytest.mark.slow


def test_the_documented_program_of_sdk_2_is_seen(project_by_command: Project, tmp_path: Path) -> None:
    project = project_by_command
    (block,) = [block for block in blocks(ROOT / "docs" / "langfuse.md") if block.language == "python"]
    program = tmp_path / "program.py"
    program.write_text(block.text, encoding="utf-8")
    done = project.start("v2", str(program))
    assert done.returncode == 0, done.stderr
    (summary,) = project.get("/api/v1/traces")["items"]
    found = project.trace(summary["trace_id"])
    assert found.tree() == {"": ["rag_pipeline"], "rag_pipeline": ["retrieve", "rerank", "generate"]}
    assert_told(found)
    assert found.whole("rag_pipeline")["output"] == done.stdout.strip()


def assert_told(trace: Trace) -> None:
    summary = trace.summary
    assert (summary["user_id"], summary["session_id"], summary["tags"]) == ("ada", "session-7", ["rag"])
    assert summary["total_tokens"] > 0
    assert summary["cost_usd"] > 0
    assert summary["scores"] == {"groundedness": 0.9}
