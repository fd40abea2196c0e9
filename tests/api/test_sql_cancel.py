"""A statement ends when its client goes away, over a real socket; those of a project wait for each other."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn
from tests.support.json_api import JsonApi

from spanglass_server.app.server import _HttpServer, _listen
from spanglass_server.base.limits import SQL_RUNS_PER_PROJECT_MAX
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.metadata.directory import open_directory

HEAVY = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 1"
"""Runs until its time is over."""
_RUNNING = "SELECT count() AS n FROM system.processes WHERE query LIKE '%1000000000000%' AND is_cancelled = 0"


@pytest.fixture
def url(embedded_engine: Engine, tmp_path: Path, project_id: str) -> Iterator[str]:
    directory = open_directory(f"sqlite:///{tmp_path / 'metadata.db'}")
    directory.migrate()
    api = JsonApi(embedded_engine, directory, project_id)
    listener, started = _listen("127.0.0.1", 0), threading.Event()
    config = uvicorn.Config(api.app, lifespan="off", http="httptools", ws="none", log_config=None)
    server = _HttpServer(config, on_started=started.set)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
    thread.start()
    assert started.wait(60)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/sql?project={project_id}"
    server.should_exit = True
    thread.join(60)
    listener.close()
    api.close()
    directory.close()


def _running(engine: Engine) -> int:
    # Its own text holds the number too.
    return int(engine.query_arrow(_RUNNING).column("n")[0].as_py()) - 1


def test_statements_end_when_their_clients_go_away(url: str, embedded_engine: Engine) -> None:
    def leave(_: int) -> None:
        with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ReadTimeout):
            client.post(url, json={"query": HEAVY}, timeout=httpx.Timeout(60, read=1.5))

    with ThreadPoolExecutor(SQL_RUNS_PER_PROJECT_MAX) as clients:
        list(clients.map(leave, range(SQL_RUNS_PER_PROJECT_MAX)))
    deadline_s = time.monotonic() + 20  # Before their own time is over.
    while _running(embedded_engine) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert _running(embedded_engine) == 0
    with httpx.Client(trust_env=False) as client:
        answer = client.post(url, json={"query": "SELECT 1 AS one"}, timeout=60)
    assert answer.json()["rows"] == [[1]]
