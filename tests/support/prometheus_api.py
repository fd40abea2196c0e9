"""Prometheus' HTTP API in this process, over series in memory, with a clock that stands still."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from fastapi.testclient import TestClient
from tests.support.memory_series import MemorySeries

from spanglass_server.metrics.runner import QueryLimits, QueryRunner
from spanglass_server.rules.reports import GroupReport
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.exposition import Exposition
from spanglass_server.web.prometheus import build_prometheus
from spanglass_server.web.services import Services

NOW_S = 1_790_000_000
NOW_MS = NOW_S * 1_000


class Rules:
    """A RuleStatus that tests fill."""

    def __init__(self) -> None:
        self.groups: Sequence[GroupReport] = ()

    def list_groups(self, project_id: str) -> Sequence[GroupReport]:
        return self.groups


class Ingest:
    """An IngestStatus that tests fill."""

    def __init__(self) -> None:
        self.values = {"accepted_spans": 7, "queue_bytes": 0}

    def counters(self) -> dict[str, int]:
        return self.values


class PrometheusApi:
    """The API of the project `default`. `get` and `post` give the decoded body of an answer."""

    def __init__(self, directory: Path, *, limits: QueryLimits | None = None) -> None:
        self.directory = open_directory(f"sqlite:///{directory / 'metadata.db'}")
        self.directory.migrate()
        default = self.directory.find_project("default")
        assert default is not None
        self.project_id = default.id
        self.series = MemorySeries()
        self.rules = Rules()
        self.ingest = Ingest()
        self.storage_failure: Exception | None = None
        nothing = cast("Any", None)
        fields: dict[str, Any] = dict.fromkeys(Services.__dataclass_fields__, nothing)
        fields |= {
            "directory": self.directory,
            "series": self.series,
            "metrics": QueryRunner(self.series, limits=limits),
            **({"rules": self.rules} if "rules" in fields else {}),
            "ingest": self.ingest,
            "auth_mode": "off",
            "version": "1.2.3",
            "engine_name": "memory",
            "started_at_ns": NOW_S * 1_000_000_000,
            "now_ns": lambda: NOW_S * 1_000_000_000,
        }
        self.services = Services(**fields)
        self.app = cast("Any", build_prometheus(self.services, check=self._check))
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def require_keys(self) -> None:
        self.app.state.services = self.services = replace(self.services, auth_mode="required")

    def scrape(self) -> TestClient:
        """A client of `/metrics`."""
        return TestClient(Exposition(self.services))

    def get(self, path: str, params: Any = None, *, status: int = 200, **options: Any) -> Any:
        return self._read(self.client.get(f"/prometheus/api/v1{path}", params=params, **options), status)

    def post(self, path: str, form: Any = None, *, status: int = 200, **options: Any) -> Any:
        return self._read(self.client.post(f"/prometheus/api/v1{path}", data=form, **options), status)

    def data(self, path: str, params: Any = None) -> Any:
        body = self.get(path, params)
        assert body["status"] == "success"
        return body["data"]

    def add(self, name: str, labels: dict[str, str], points: Sequence[tuple[int, float]]) -> None:
        """`points` are (seconds before now, value)."""
        self.series.add(
            self.project_id, name, labels, [(NOW_MS - ago * 1_000, value) for ago, value in points]
        )

    def close(self) -> None:
        self.client.close()
        self.directory.close()

    def _read(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def _check(self) -> None:
        if self.storage_failure is not None:
            raise self.storage_failure
