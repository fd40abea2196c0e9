"""A client that goes away frees its place, over a real socket."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from tests.support.prometheus_api import NOW_MS, NOW_S, PrometheusApi

from spanglass_server.app.server import _HttpServer, _listen
from spanglass_server.metrics.runner import QueryLimits
from spanglass_server.web.compression import Gzip

HEAVY = {
    "query": "quantile_over_time(0.5, queue[1h])",
    "start": str(NOW_S - 3_600),
    "end": str(NOW_S),
    "step": "1",
}
"""Takes about a minute."""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """One evaluation at a time, each with two minutes."""
    api = PrometheusApi(tmp_path, limits=QueryLimits(concurrency_max=1, timeout_s=120))
    points = [(NOW_MS - ago * 1_000, 1.0) for ago in range(0, 7_200, 5)]
    for shop in range(300):
        api.series.add(api.project_id, "queue", {"shop": str(shop)}, points)
    listener, started = _listen("127.0.0.1", 0), threading.Event()
    config = uvicorn.Config(Gzip(api.app), lifespan="off", http="httptools", ws="none", log_config=None)
    server = _HttpServer(config, on_started=started.set)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/prometheus/api/v1"
    server.should_exit = True
    thread.join(20)
    listener.close()
    api.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_query_stops_when_its_client_goes_away(url: str, method: str) -> None:
    parameters = {"params": HEAVY} if method == "GET" else {"data": HEAVY}
    with httpx.Client(trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.request(method, f"{url}/query_range", timeout=0.5, **parameters)
        started_s = time.monotonic()
        answer = client.get(f"{url}/query", params={"query": "1 + 1"}, timeout=60)
        assert answer.status_code == 200
        assert time.monotonic() - started_s < 15


def test_lookups_do_not_wait_for_evaluations(url: str) -> None:
    with httpx.Client(trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{url}/query_range", params={**HEAVY, "timeout": "5"}, timeout=0.2)
        answer = client.get(f"{url}/label/__name__/values", timeout=5)
        assert answer.json()["data"] == ["queue"]
