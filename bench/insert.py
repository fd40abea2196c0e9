"""What storing costs, below the network: `python -m bench.insert --spans 1000000`.

Normalized five-span RAG traces (bench/rows.py) go through the writer as commits of the ingest: spans
and their trace summaries, fsynced. Prints spans a second, CPU microseconds a span (all of rows, insert
and merges), bytes a span on disk, memory, and what `load_facts` and a text search take once all is
stored.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from bench.rows import SPANS_PER_TRACE, TraceMaker
from spanglass_server.model.span import Span, TraceSummary
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.rows import SPANS
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TimeRange, TraceKey

START_NS = 1_790_000_000_000_000_000
TRACE_STEP_NS = 500_000_000
"""Two traces a second: a million spans are 28 hours of them."""


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def median_ms(work: Callable[[int], object], times: int = 15) -> float:
    taken = []
    for turn in range(times):
        began = time.perf_counter()
        work(turn)
        taken.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(taken), 2)


class Load:
    def __init__(self, spans: int, batch: int) -> None:
        self.batches = spans // batch
        self._traces = batch // SPANS_PER_TRACE
        self._maker = TraceMaker()
        self.keys: list[TraceKey] = []

    def make(self, number: int) -> tuple[list[Span], list[TraceSummary]]:
        start_ns = START_NS + number * self._traces * TRACE_STEP_NS
        made = list(self._maker.traces(self._traces, start_ns=start_ns, step_ns=TRACE_STEP_NS))
        self.keys += [TraceKey(summary.project_id, summary.trace_id) for _, summary in made]
        return [span for spans, _ in made for span in spans], [summary for _, summary in made]


def measure_writing(engine: EmbeddedEngine, load: Load, *, pause_s: float) -> dict[str, float]:
    writer = ClickHouseWriter(engine)
    making_cpu = writing_s = rows_cpu = 0.0
    peak_mb, began_cpu, stored = 0.0, cpu_s(), 0
    for number in range(load.batches):
        before = cpu_s()
        spans, traces = load.make(number)
        after = cpu_s()
        SPANS.to_batch(spans)
        rows_cpu += cpu_s() - after
        making_cpu += cpu_s() - before
        began = time.perf_counter()
        writer.write_batch(spans=spans, traces=traces, logs=[])
        writing_s += time.perf_counter() - began
        stored += len(spans)
        peak_mb = max(peak_mb, resident_mb())
        time.sleep(pause_s)
    wait_for_merges(engine)
    return {
        "spans": stored,
        "spans_per_second": round(stored / writing_s),
        "rows_cpu_us_per_span": round(rows_cpu / stored * 1e6, 1),
        "total_cpu_us_per_span": round((cpu_s() - began_cpu - making_cpu) / stored * 1e6, 1),
        "peak_resident_mb": round(peak_mb),
        "resident_mb": round(resident_mb()),
    }


def wait_for_merges(engine: EmbeddedEngine) -> None:
    for _ in range(1_200):
        if not engine.query_arrow("SELECT 1 FROM system.merges").num_rows:
            return
        time.sleep(0.1)


def measure_reading(engine: EmbeddedEngine, keys: list[TraceKey]) -> dict[str, float]:
    writer = ClickHouseWriter(engine)
    everywhere = TimeRange(0, 2**62)
    sample = keys[:: max(1, len(keys) // 200)][:200]
    recent = keys[-200:]

    def facts(of: list[TraceKey]) -> Callable[[int], object]:
        return lambda _: writer.load_facts(of, response_ids=(), near=everywhere)

    def one(turn: int) -> object:
        return writer.load_facts([keys[turn * 97 % len(keys)]], response_ids=(), near=everywhere)

    def search(_: int) -> pa.Table:
        return engine.query_arrow("SELECT count() FROM spans WHERE hasAllTokens(input, 'lanvido per')")

    return {
        "facts_of_200_recent_traces_ms": median_ms(facts(recent)),
        "facts_of_200_traces_spread_over_all_ms": median_ms(facts(sample), 5),
        "facts_of_1_trace_ms": median_ms(one),
        "text_search_ms": median_ms(search, 7),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=10_000, help="spans a commit")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between commits")
    parser.add_argument("--data-dir", type=Path, help="kept afterwards; default: a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        engine = EmbeddedEngine(args.data_dir or Path(temporary))
        administration = ClickHouseAdministration(engine)
        administration.migrate()
        idle_mb = round(resident_mb())
        load = Load(args.spans, args.batch)
        result = measure_writing(engine, load, pause_s=args.pause)
        sizes = administration.disk_bytes()
        bytes_per_span = {table: round(size / result["spans"], 1) for table, size in sizes.items()}
        result |= measure_reading(engine, load.keys)
        print(json.dumps({"idle_mb": idle_mb, "bytes_per_span": bytes_per_span, **result}, indent=1))
        engine.close()


if __name__ == "__main__":
    main()
