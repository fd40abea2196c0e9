"""A killed server has lost no score that it acknowledged, stored none twice, gone back to no older value."""

import contextlib
import itertools
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.durability.test_sigkill import keyed_client
from tests.support.spanglass_process import SpanglassProcess

ROUNDS = 2
SENDERS = 4
REQUESTS_BEFORE = 60
SCORES_PER_SENDER = 40
"""Each sends its own again and again, with higher values, now of one trace and then of another."""


class Senders:
    def __init__(self, url: str, values: "itertools.count[int]") -> None:
        self.acknowledged: dict[str, int] = {}
        """The last value by the score's id."""
        self._url = url
        self._values = values
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(SENDERS)]
        self.request_count = 0
        for thread in self._threads:
            thread.start()

    def await_requests(self, count: int) -> None:
        deadline_s = time.monotonic() + 60
        while self.request_count < count:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self, sender: int) -> None:
        ids = itertools.cycle(f"{sender}-{number}" for number in range(SCORES_PER_SENDER))
        with (
            contextlib.suppress(httpx.TransportError),
            httpx.Client(base_url=self._url, trust_env=False, timeout=30) as client,
        ):
            while True:
                sent = {next(ids): next(self._values) for _ in range(10)}
                scores = [
                    {"id": score_id, "name": "n", "value": value, "trace_id": f"t{value % 7}"}
                    for score_id, value in sent.items()
                ]
                response = client.post("/api/v1/scores", json=scores)
                assert response.status_code == 200
                self.acknowledged |= sent
                self.request_count += 1


@pytest.mark.slow
def test_every_acknowledged_score_is_there_once_with_its_last_value_after_sigkill(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    values = itertools.count(1)
    acknowledged: dict[str, int] = {}
    server = SpanglassProcess(data_dir)
    for _ in range(ROUNDS):
        senders = Senders(server.url, values)
        senders.await_requests(REQUESTS_BEFORE)
        server.kill()
        senders.join()
        acknowledged |= senders.acknowledged
        server = SpanglassProcess(data_dir)

    client = keyed_client(server)
    scores = list(client.iter_items("/scores", limit=1000))
    of_traces = [score for n in range(7) for score in client.iter_items("/scores", trace_id=f"t{n}")]
    client.close()
    assert server.terminate() == 0

    stored = {score["id"]: score for score in scores}
    assert len(stored) == len(scores)
    # What was on its way when the server went may be stored, or not.
    for score_id, value in acknowledged.items():
        assert stored[score_id]["value"] >= value
    for score in scores:
        assert score["trace_id"] == f"t{int(score['value']) % 7}"
    assert sorted(score["id"] for score in of_traces) == sorted(stored)
