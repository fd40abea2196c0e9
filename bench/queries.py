"""What a person's browser asks of a full store, over HTTP, one request at a time."""

import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from bench.measure import percentile

WINDOW = {"from": "now-24h", "to": "now"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    p50_ms: float
    p99_ms: float
    runs: int


def _paths(trace_ids: list[str]) -> dict[str, Callable[[int], str]]:
    """One function a kind of question; the turn varies what is asked, so no answer is a repeated one."""

    def query(path: str, **parameters: str) -> str:
        return f"{path}?{urllib.parse.urlencode({**WINDOW, **parameters})}"

    features = ("search", "support", "summaries", "onboarding", "reports")
    texts = ("kare timo", "serlan", "doper", "navi", "contra")
    return {
        "list, newest 50": lambda _: query("/api/v1/traces", limit="50"),
        "list, errors": lambda _: query("/api/v1/traces", filter="status:error"),
        "list, feature and duration": lambda turn: query(
            "/api/v1/traces", filter=f"feature:{features[turn % 5]} duration>{1 + turn % 3}s"
        ),
        "list, one user": lambda turn: query("/api/v1/traces", filter=f"user:user-{1 + turn * 37 % 5000}"),
        "list, model calls by model": lambda turn: query(
            "/api/v1/traces", filter=f"kind:llm model:{('claude*', 'gpt-4o', 'gpt-4o-mini')[turn % 3]}"
        ),
        "spans, attribute": lambda turn: query(
            "/api/v1/spans",
            filter="attributes.http.response.status_code:500",
            payloads="false",
            limit=str(40 + turn),
        ),
        "text search": lambda turn: query("/api/v1/traces", filter=f'"{texts[turn % 5]}"'),
        "overview aggregate": lambda turn: query(
            "/api/v1/histogram", target="traces", buckets=str(50 + turn % 10)
        ),
        "facet, model": lambda turn: query(
            "/api/v1/facets", field="model", target="traces", limit=str(10 + turn % 5)
        ),
        "open a trace": lambda turn: f"/api/v1/traces/{trace_ids[turn * 7919 % len(trace_ids)]}",
    }


def measure_queries(base_url: str, trace_ids: list[str], *, runs: int) -> dict[str, Timing]:
    timings = {}
    for name, path in _paths(trace_ids).items():
        elapsed = [_get_ms(base_url + path(turn)) for turn in range(runs + 2)][2:]
        timings[name] = Timing(p50_ms=percentile(elapsed, 0.5), p99_ms=percentile(elapsed, 0.99), runs=runs)
    return timings


def _get_ms(url: str) -> float:
    started = time.perf_counter()
    with urllib.request.urlopen(url, timeout=120) as response:
        response.read()
    return (time.perf_counter() - started) * 1000
