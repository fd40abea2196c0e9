"""SQL over the API: one project's rows, as values a program can use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.json_api import JsonApi

from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.metadata.directory import open_directory


@pytest.fixture
def api(engine: Engine, tmp_path: Path, project_id: str) -> Iterator[JsonApi]:
    directory = open_directory(f"sqlite:///{tmp_path / 'metadata.db'}")
    directory.migrate()
    api = JsonApi(engine, directory, f"{project_id}-{engine.name}")
    api.store(*(api.factory.rag_trace() for _ in range(3)))
    yield api
    api.close()
    directory.close()


def post(api: JsonApi, query: str, *, expect: int = 200, **body: Any) -> Any:
    answer = api.client.post(
        "/api/v1/sql", params={"project": api.project.name}, json={"query": query, **body}
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_a_statement_reads_its_project(api: JsonApi) -> None:
    found = post(api, "SELECT count() AS traces, uniq(trace_id) AS ids FROM traces")
    assert found["columns"] == [{"name": "traces", "type": "UInt64"}, {"name": "ids", "type": "UInt64"}]
    assert found["rows"] == [[3, 3]]
    assert (found["row_count"], found["is_cut"]) == (1, False)
    assert found["elapsed_ms"] >= 0
    assert found["read_rows"] >= 3
