"""What online evaluation costs: `python -m bench.evaluations --traces 10000 --concurrency 16`.

A judge that answers after 50 ms scores every trace that is sent, with the shipped rubric for relevance. Told
are judgements a second, how far they were behind, the CPU that the server and the judge took, and what an
ingest that goes on beside them notices of it. Prints JSON; numbers depend on the machine.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

from bench.load import Load, LoadResult
from bench.measure import percentile, process_cost, wait_until
from bench.payload import SPANS_PER_TRACE, RequestTemplate, make_pool
from bench.targets import Spanglass, free_port, get_json

TRACES_PER_REQUEST: Final = 100
SECONDS_MAX: Final = 1_800


class Judge:
    """`tests.support.fake_judge` in a process of its own, so that its CPU is told apart."""

    def __init__(self, latency_ms: float) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.fake_judge"),
                *("--port", str(port), "--latency-ms", str(latency_ms)),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._is_up, timeout_s=60)

    def _is_up(self) -> bool:
        try:
            self.stats()
        except OSError:
            return False
        return True

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = get_json(f"{self.url}/fake/stats")
        return stats

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


class Evaluated:
    """A server with an evaluator that asks the judge about every trace."""

    def __init__(self, folder: Path, judge: Judge, concurrency: int) -> None:
        self.judge = judge
        self.server = Spanglass()
        self.server.start(folder)
        connection = {
            "provider": "openai",
            "base_url": f"{judge.url}/v1",
            "api_key": "key",
            "default_model": "judge-1",
            "input_usd_per_mtok": 1.0,
            "output_usd_per_mtok": 5.0,
            "concurrency_max": concurrency,
        }
        self.call("PUT", "/judge-connections/default", connection)
        definition = {
            "name": "relevance",
            "kind": "judge",
            "options": {"rubric": "answer_relevance", "score_name": "relevance"},
            "sampling_rate": 1.0,
            "delay_s": 0,
            "concurrency_max": concurrency,
            "budget_usd_per_day": 1_000_000.0,
            "is_enabled": False,
        }
        self.id: str = self.call("POST", "/evaluators", definition)["id"]

    def enable(self, *, is_enabled: bool) -> None:
        self.call("PATCH", f"/evaluators/{self.id}", {"is_enabled": is_enabled})
        time.sleep(3)  # Until the runner has seen it.

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/evaluators/{self.id}")["state"]
        return found

    def await_scored(self, count: int) -> None:
        """Asked seldom: an answer costs as much as a judgement."""
        deadline = time.monotonic() + SECONDS_MAX
        while self.state()["scored_count"] < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.state()['scored_count']} of {count} scores")
            time.sleep(1.0)

    def call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.server.base_url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read() or b"null")

    def ingest(self, pool: list[RequestTemplate], spans: int, *, seed: int, rate: float | None) -> LoadResult:
        load = Load(
            url=f"{self.server.base_url}/v1/traces",
            headers={},
            pool=pool,
            spans=spans,
            connections=4,
            history_s=0,
            spans_per_s=rate,
            seed=seed,
        )
        return load.run()


class LagWatch:
    """The largest lag that was seen, and when how much was done."""

    def __init__(self, evaluated: Evaluated) -> None:
        self._evaluated = evaluated
        self.lag_s_max = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(2.0):
            self.lag_s_max = max(self.lag_s_max, self._evaluated.state()["lag_s"] or 0.0)

    def stop(self) -> float:
        self._stopping.set()
        self._thread.join()
        return self.lag_s_max


def measure_backlog(evaluated: Evaluated, pool: list[RequestTemplate], traces: int) -> dict[str, float]:
    """As many traces as can be sent at once, until each has its score."""
    done_before = evaluated.state()["scored_count"]
    server, judge = process_cost(evaluated.server.pid), process_cost(evaluated.judge.process.pid)
    watch = LagWatch(evaluated)
    started = time.perf_counter()
    sent = evaluated.ingest(pool, traces * SPANS_PER_TRACE, seed=1, rate=None)
    wanted = done_before + sent.spans // SPANS_PER_TRACE
    evaluated.await_scored(wanted)
    seconds = time.perf_counter() - started
    count = sent.spans // SPANS_PER_TRACE
    server_after = process_cost(evaluated.server.pid)
    judge_after = process_cost(evaluated.judge.process.pid)
    return {
        "traces": count,
        "seconds": seconds,
        "judgements_per_s": count / seconds,
        "lag_s_max": watch.stop(),
        "lag_s_after": evaluated.state()["lag_s"] or 0.0,
        "server_cpu_ms_per_trace": (server_after.cpu_s - server.cpu_s) / count * 1000,
        "judge_cpu_ms_per_trace": (judge_after.cpu_s - judge.cpu_s) / count * 1000,
        "judge_peak_concurrency": evaluated.judge.stats()["peak_concurrency"],
        "server_peak_rss_mb": server_after.peak_rss_bytes / 1e6,
        **_ingest_numbers(sent),
    }


def measure_pace(
    evaluated: Evaluated, pool: list[RequestTemplate], *, spans_per_s: float, seconds: float, seed: int
) -> dict[str, float]:
    before = process_cost(evaluated.server.pid)
    sent = evaluated.ingest(pool, int(spans_per_s * seconds), seed=seed, rate=spans_per_s)
    after = process_cost(evaluated.server.pid)
    return {"server_cpu_s_per_s": (after.cpu_s - before.cpu_s) / sent.seconds, **_ingest_numbers(sent)}


def _ingest_numbers(sent: LoadResult) -> dict[str, float]:
    return {
        "ingest_spans_per_s": sent.spans / sent.seconds,
        "ack_p50_ms": percentile(sent.ack_ms, 0.5),
        "ack_p99_ms": percentile(sent.ack_ms, 0.99),
    }


def run(
    folder: Path, *, traces: int, concurrency: int, latency_ms: float, spans_per_s: float, seconds: float
) -> dict[str, dict[str, float]]:
    pool = make_pool(requests=20, traces_per_request=TRACES_PER_REQUEST)
    # Requests as an exporter sends them, so that there are enough of them to time.
    small_pool = make_pool(requests=20, traces_per_request=10, seed=2)
    judge = Judge(latency_ms)
    evaluated = Evaluated(folder, judge, concurrency)
    try:
        evaluated.ingest(pool, 10_000, seed=0, rate=None)
        paced = {"spans_per_s": spans_per_s, "seconds": seconds}
        report = {"paced_alone": measure_pace(evaluated, small_pool, seed=3, **paced)}
        alone = evaluated.ingest(pool, traces * SPANS_PER_TRACE, seed=4, rate=None)
        report["burst_alone"] = _ingest_numbers(alone)
        evaluated.enable(is_enabled=True)
        report["burst_judged"] = measure_backlog(evaluated, pool, traces)
        report["paced_judged"] = measure_pace(evaluated, small_pool, seed=5, **paced)
    finally:
        evaluated.server.stop()
        judge.stop()
    return report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluations", description=__doc__)
    parser.add_argument("--traces", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--paced", type=float, default=1_500, help="spans/s of the ingest that is timed")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the paced ingest")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spanglass-bench-") as folder:
        report = run(
            Path(folder) / "data",
            traces=arguments.traces,
            concurrency=arguments.concurrency,
            latency_ms=arguments.latency_ms,
            spans_per_s=arguments.paced,
            seconds=arguments.seconds,
        )
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
