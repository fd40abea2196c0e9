"""What asking costs, below the network: `python -m bench.reads --data-dir DIR`.

DIR is what `python -m bench.insert --spans 1000000 --data-dir DIR` left. Each question is asked with other
values each time, with the engine's cache of conditions off, so that no answer is a remembered one. Prints p50
and p99 in milliseconds, and the median CPU time, which a busy machine distorts less. `--explain FILTER`
prints how the engine would answer one filter instead.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measure import percentile
from spanglass_server.query.fields import Target
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Lane, Parameters, Settings
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.reader_lists import condition_of, range_params
from spanglass_server.store.ports import PageRequest, TimeRange

PROJECT = "bench"
DAY_NS = 86_400 * 1_000_000_000
WORDS = ("kare timo", "serlan", "doper", "navi", "contra", "lanvido per", "mira", "sol")
MODELS = ("claude*", "gpt-4o", "gpt-4o-mini", "gemini*")

Question = Callable[[int], object]


class UncachedEngine(EmbeddedEngine):
    """Forgets which granules a condition matched, as a store that is written to does all the time."""

    def query_arrow(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "read",
    ) -> Any:
        return super().query_arrow(
            sql, params, {"use_query_condition_cache": 0, **(settings or {})}, lane=lane
        )


class Questions:
    def __init__(self, engine: EmbeddedEngine) -> None:
        self.reader = ClickHouseReader(engine)
        newest = engine.query_arrow("SELECT max(start_time_ns) AS newest FROM traces").to_pylist()[0][
            "newest"
        ]
        self.during = TimeRange(newest - DAY_NS, newest + 1)
        page = self.reader.list_traces(PROJECT, self.during, None, PageRequest(1000, "", "-duration"))
        self._trace_ids = [row["trace_id"] for row in page.items]

    def all(self) -> dict[str, Question]:
        return {
            "list, newest 50": self._traces(lambda _: ""),
            "list, errors": self._traces(lambda _: "status:error"),
            "list, feature and duration": self._traces(lambda n: f"feature:search duration>{n % 3}.{n}s"),
            "list, one user": self._traces(lambda n: f"user:user-{1 + n * 37 % 5000}"),
            "list, model": self._traces(lambda n: f"kind:llm model:{MODELS[n % 4]} duration>{n}ms"),
            "list, attribute": self._traces(lambda n: f'attributes.http.route:"/ask" duration>{n}ms'),
            "list, word": self._traces(lambda n: WORDS[n % 8].split()[0]),
            "list, phrase": self._traces(lambda n: f'"{WORDS[n % 8]}"'),
            "list, a word that is nowhere": self._traces(lambda n: f"nowhere{n}"),
            "list, by cost": self._traces(lambda n: f"duration>{n}ms", "-cost"),
            "spans, model calls": self._spans(lambda n: f"kind:llm model:{MODELS[n % 4]}"),
            "open, light": lambda n: self._open(n, payloads=False),
            "open, whole": lambda n: self._open(n, payloads=True),
            "histogram": lambda n: self._histogram("", 50 + n),
            "histogram, model": lambda n: self._histogram(f"model:{MODELS[n % 4]}", 50 + n),
            "histogram, word": lambda n: self._histogram(WORDS[n % 8].split()[0], 50 + n),
            "facet, user_id": lambda n: self._facet("user_id", 10 + n),
            "facet, model": lambda n: self._facet("model", 10 + n),
            "facet, attributes": lambda n: self._facet("attributes", 10 + n),
        }

    def _traces(self, text: Callable[[int], str], order: str = "-start_time") -> Question:
        return lambda n: self.reader.list_traces(
            PROJECT, self.during, parse_filter(text(n), "traces"), PageRequest(50, "", order)
        )

    def _spans(self, text: Callable[[int], str]) -> Question:
        return lambda n: self.reader.list_spans(
            PROJECT, self.during, parse_filter(text(n), "spans"), PageRequest(50, "", "-start_time")
        )

    def _trace_id(self, number: int) -> str:
        return str(self._trace_ids[number * 7919 % len(self._trace_ids)])

    def _open(self, number: int, *, payloads: bool) -> object:
        return self.reader.open_trace(PROJECT, self._trace_id(number), payloads=payloads)

    def _histogram(self, text: str, buckets: int) -> object:
        where = parse_filter(text, "traces")
        return self.reader.histogram(PROJECT, self.during, where, buckets=buckets, target="traces")

    def _facet(self, field: str, limit: int) -> object:
        return self.reader.facets(
            PROJECT, self.during, None, field=field, prefix="", limit=limit, target="traces"
        )


def measure(questions: dict[str, Question], runs: int) -> dict[str, dict[str, float]]:
    found = {}
    for name, ask in questions.items():
        ask(0)
        taken: list[float] = []
        spent: list[float] = []
        for number in range(1, runs + 1):
            began, cpu = time.perf_counter(), time.process_time()
            ask(number)
            taken.append((time.perf_counter() - began) * 1e3)
            spent.append((time.process_time() - cpu) * 1e3)
        found[name] = {
            "p50_ms": round(percentile(taken, 0.5), 1),
            "p99_ms": round(percentile(taken, 0.99), 1),
            "cpu_ms": round(percentile(spent, 0.5), 1),
        }
    return found


def explain(engine: EmbeddedEngine, during: TimeRange, target: Target, text: str) -> str:
    bind = Binder()
    wanted = condition_of(parse_filter(text, target), target, bind)
    sql = f"EXPLAIN indexes = 1 SELECT trace_id FROM {target} FINAL WHERE {wanted}"
    params = {**range_params(PROJECT, during), **bind.params}
    return "\n".join(engine.query_arrow(sql, params).column(0).to_pylist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", default="", help="questions whose name holds this")
    parser.add_argument("--explain", metavar="FILTER")
    parser.add_argument("--target", choices=["traces", "spans"], default="traces")
    args = parser.parse_args()
    engine = UncachedEngine(args.data_dir)
    questions = Questions(engine)
    if args.explain is not None:
        print(explain(engine, questions.during, args.target, args.explain))
    else:
        chosen = {name: ask for name, ask in questions.all().items() if args.only in name}
        print(json.dumps(measure(chosen, args.runs), indent=1))
    engine.close()


if __name__ == "__main__":
    main()
