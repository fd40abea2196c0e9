"""`spanglass serve` starts, says so, refuses what it cannot do with a reason, and stops."""

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess, free_port


def serve(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A server that should fail to start."""
    return subprocess.run(
        [sys.executable, "-m", "spanglass_server.cli", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin", "HOME": "/nonexistent", **variables},
        check=False,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> "SpanglassProcess":
    return SpanglassProcess(tmp_path_factory.mktemp("serve") / "data")


@pytest.mark.slow
def test_a_running_server_is_alive_ready_and_shows_the_web_app(server: SpanglassProcess) -> None:
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/readyz").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/").headers["content-type"].startswith("text/html")
    status = httpx.get(f"{server.url}/api/v1/status").json()
    assert status["storage"]["engine"] == "embedded"
    assert status["ingest"]["queue_bytes"] == 0


@pytest.mark.slow
def test_the_api_guards_its_answers(server: SpanglassProcess) -> None:
    response = httpx.get(f"{server.url}/api/v1/status")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    missing = httpx.get(f"{server.url}/api/v1/nothing")
    assert missing.status_code == 404
    assert "text/html" not in missing.headers["content-type"]


@pytest.mark.slow
def test_a_second_server_cannot_have_the_same_data_directory(server: SpanglassProcess) -> None:
    failed = serve("--port", str(free_port()), "--grpc-port", "0", "--data-dir", str(server.data_dir))
    assert failed.returncode == 1
    assert str(server.data_dir) in failed.stderr
    assert "hint:" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_a_taken_port_is_told(server: SpanglassProcess, tmp_path: Path) -> None:
    failed = serve("--port", str(server.port), "--grpc-port", "0", "--data-dir", str(tmp_path))
    assert failed.returncode == 1
    assert f"127.0.0.1:{server.port}" in failed.stderr
    assert "--port" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_a_taken_grpc_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        failed = serve("--port", str(free_port()), "--grpc-port", port, "--data-dir", str(tmp_path))
    assert failed.returncode == 1
    assert f"127.0.0.1:{port}" in failed.stderr
    assert "--grpc-port" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    failed = serve("--port", str(free_port()), "--data-dir", str(tmp_path / "file" / "data"))
    assert failed.returncode == 1
    assert "--data-dir" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_a_bad_setting_is_told_with_where_it_came_from(tmp_path: Path) -> None:
    failed = serve("--data-dir", str(tmp_path), SPANGLASS_COMMIT_INTERVAL_MS="soon")
    assert failed.returncode != 0
    assert "SPANGLASS_COMMIT_INTERVAL_MS" in failed.stderr


@pytest.mark.slow
def test_it_stops_cleanly(server: SpanglassProcess) -> None:
    assert server.terminate() == 0
    with sqlite3.connect(server.data_dir / "metadata.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
