"""The servers that are measured: how to start one, where to post, and how to see that all is queryable."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.environments import environment
from bench.measure import disk_bytes, wait_until


class Target(Protocol):
    name: str
    base_url: str
    headers: dict[str, str]

    def start(self, data_dir: Path) -> float:
        """Start on this folder; seconds until it accepts requests."""

    def stop(self) -> None: ...
    def queryable_spans(self) -> int: ...
    def stored_bytes(self) -> int: ...
    @property
    def pid(self) -> int: ...


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def get_json(url: str, *, timeout_s: float = 120) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=timeout_s) as response:
        answer: dict[str, object] = json.load(response)
        return answer


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@dataclass(slots=True)
class _Process:
    """A server process with its output in a file, shown when it fails to start."""

    command: list[str]
    ready_url: str
    log: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.env},
                start_new_session=True,
            )
        try:
            wait_until(self._is_ready, timeout_s=120, every_s=0.02)
        except (TimeoutError, RuntimeError) as error:
            self.stop()
            raise RuntimeError(
                f"{self.command[0]} did not start ({error}):\n{self.log.read_text()[-3000:]}"
            ) from error
        return time.perf_counter() - started

    def _is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"exit code {self.process.returncode}")
        return answers(self.ready_url)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise RuntimeError("not started")
        return self.process.pid


class _Server:
    """What the targets share: a process, a port, a folder."""

    name = ""

    def __init__(self) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.headers: dict[str, str] = {}
        self.data_dir = Path()
        self._process: _Process | None = None

    def _run(self, command: list[str], ready_path: str, env: dict[str, str]) -> float:
        log = self.data_dir.with_suffix(".log")
        self._process = _Process(command, self.base_url + ready_path, log, env)
        return self._process.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def stored_bytes(self) -> int:
        return disk_bytes(self.data_dir)

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid


class Spanglass(_Server):
    name = "spanglass"

    def start(self, data_dir: Path) -> float:
        self.data_dir = data_dir
        command = [sys.executable, "-m", "spanglass_server.cli", "serve", "--port", str(self.port)]
        command += ["--grpc-port", "0", "--data-dir", str(data_dir)]
        return self._run(command, "/readyz", {})

    def queryable_spans(self) -> int:
        answer = get_json(f"{self.base_url}/api/v1/histogram?target=spans&from=now-48h&to=now&buckets=10")
        buckets = answer["buckets"]
        if not isinstance(buckets, list):
            raise TypeError("histogram without buckets")
        return sum(int(bucket["count"]) for bucket in buckets)

    def stored_bytes(self) -> int:
        """Of the parts in use, by the server's own account: replaced ones stay some minutes, for safety."""
        storage = get_json(f"{self.base_url}/api/v1/status")["storage"]
        if not isinstance(storage, dict):
            raise TypeError("status without storage")
        return int(storage["disk_bytes"])


def _count_rows(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return int(connection.execute("SELECT count(*) FROM spans").fetchone()[0])


class Phoenix(_Server):
    name = "phoenix"
    requirement = "arize-phoenix==20.26.1"

    def start(self, data_dir: Path) -> float:
        self.data_dir = data_dir
        data_dir.mkdir(parents=True, exist_ok=True)
        env = {
            "PHOENIX_WORKING_DIR": str(data_dir),
            "PHOENIX_PORT": str(self.port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        return self._run(
            [str(environment(self.name, self.requirement) / "phoenix"), "serve"], "/healthz", env
        )

    def queryable_spans(self) -> int:
        return _count_rows(self.data_dir / "phoenix.db")


class MLflow(_Server):
    name = "mlflow"
    requirement = "mlflow==3.17.2"

    def start(self, data_dir: Path) -> float:
        self.data_dir = data_dir
        data_dir.mkdir(parents=True, exist_ok=True)
        programs = environment(self.name, self.requirement)
        command = [str(programs / "mlflow"), "server", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--backend-store-uri", f"sqlite:///{data_dir}/mlflow.db"]
        command += ["--default-artifact-root", str(data_dir / "artifacts")]
        path = str(programs) + os.pathsep + os.environ.get("PATH", "")
        seconds = self._run(command, "/health", {"PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"})
        self.headers = {"x-mlflow-experiment-id": "0"}
        return seconds

    def queryable_spans(self) -> int:
        return _count_rows(self.data_dir / "mlflow.db")


PEERS: dict[str, type[Phoenix] | type[MLflow]] = {"phoenix": Phoenix, "mlflow": MLflow}
