"""What users' SQL costs, and what it costs others: `python -m bench.sql --spans 1000000`.

Five-span RAG traces over 24 hours go through the writer. Then typical statements run, one after the other;
and a page of traces and commits of 500 spans are timed alone and beside as many heavy statements as a server
runs.
"""

import argparse
import json
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.llm_metrics import DAY_NS, END_NS, PROJECT, TimedEngine, load
from bench.measure import percentile
from bench.rows import TraceMaker
from spanglass_server.base.errors import SpanglassError
from spanglass_server.base.limits import SQL_RUNS_MAX
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.sql import ClickHouseSqlReader
from spanglass_server.store.clickhouse.sql_examples import EXAMPLES
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.store.sql import SqlRequest

DURING = TimeRange(END_NS - DAY_NS, END_NS + DAY_NS)
LAST_HOUR = TimeRange(END_NS - 3_600_000_000_000, END_NS)
HEAVY = "SELECT cityHash64(input, output) AS h, count() FROM spans GROUP BY h ORDER BY h DESC LIMIT 1"
STATEMENTS = {
    "nothing at all": ("SELECT 1", None),
    "count of everything": ("SELECT count() FROM spans", None),
    **{example.title: (example.query, DURING) for example in EXAMPLES[:6]},
    "P50 and P95 by model, last hour": (EXAMPLES[0].query, LAST_HOUR),
    "a word in every input": ("SELECT count() FROM spans WHERE hasToken(input, 'refund')", DURING),
    "a trace's spans, all of time": (
        "SELECT name FROM spans WHERE trace_id = (SELECT max(trace_id) FROM traces)",
        None,
    ),
}


def measured(work: Callable[[], object], runs: int) -> dict[str, float]:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1e3)
    return {"p50_ms": round(percentile(taken, 0.5), 1), "p99_ms": round(percentile(taken, 0.99), 1)}


@contextmanager
def heavy_statements(reader: ClickHouseSqlReader, count: int) -> Iterator[None]:
    """That many, over and over."""
    is_over = threading.Event()

    def run() -> None:
        while not is_over.is_set():
            try:
                _run(reader, HEAVY, None)
            except SpanglassError:
                time.sleep(0.05)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    yield
    is_over.set()
    for thread in threads:
        thread.join()


def _run(reader: ClickHouseSqlReader, query: str, during: TimeRange | None) -> None:
    reader.run(PROJECT, SqlRequest(query=query, during=during, rows_max=1_000), run_id=uuid.uuid4().hex)


def bench_beside(engine: TimedEngine, *, runs: int) -> dict[str, dict[str, float]]:
    """A page of traces and a commit."""
    reader, writer, maker = ClickHouseReader(engine), ClickHouseWriter(engine), TraceMaker(project_id=PROJECT)
    page = PageRequest(50, "", "-start_time")

    def commit() -> None:
        made = list(maker.traces(100, start_ns=END_NS, step_ns=1_000_000))
        writer.write_batch(
            spans=[span for spans, _ in made for span in spans],
            traces=[summary for _, summary in made],
            logs=[],
        )

    return {
        "a page of traces": measured(lambda: reader.list_traces(PROJECT, DURING, None, page), runs),
        "a commit of 500 spans": measured(commit, runs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spanglass-bench-") as place:
        engine = TimedEngine(Path(place))
        ClickHouseAdministration(engine, is_fsynced=True).migrate()
        load(engine, given.spans)
        sql = ClickHouseSqlReader(engine)
        found = {
            name: measured(partial(_run, sql, query, during), given.runs)
            for name, (query, during) in STATEMENTS.items()
        }
        found |= {f"{name}, alone": times for name, times in bench_beside(engine, runs=given.runs).items()}
        with heavy_statements(sql, SQL_RUNS_MAX):
            beside = bench_beside(engine, runs=given.runs)
        found |= {f"{name}, beside {SQL_RUNS_MAX} heavy statements": times for name, times in beside.items()}
        engine.close()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
