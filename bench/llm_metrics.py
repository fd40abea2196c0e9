"""What metrics cost: `python -m bench.llm_metrics --spans 1000000`.

Five-span RAG traces over 24 hours go through the writer; hours are rolled up as the server does hourly. Then
a 24 h range query at 60 s steps runs through the PromQL engine, and a round of 200 rules as the evaluator
asks for them. Prints p50 and p99 in milliseconds, the part of them that is SQL, and the CPU time, which tells
more than they do on a busy machine.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

import pyarrow as pa

from bench.measure import percentile
from bench.payload import FEATURES
from bench.rows import SPANS_PER_TRACE, TraceMaker
from spanglass_server.base.errors import SpanglassError, StorageUnavailable
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.model.span import Span, TraceSummary
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Lane, Parameters, Settings
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.llm_rollups import FactRollups
from spanglass_server.store.clickhouse.llm_series import LlmSeries
from spanglass_server.store.clickhouse.writer import ClickHouseWriter

PROJECT = "bench"
DAY_NS = 86_400 * 1_000_000_000
END_NS = 1_790_000_000_000_000_000 // 3_600_000_000_000 * 3_600_000_000_000 + 1_234_000_000_000
STEP_MS = 60_000
TRACES_PER_COMMIT = 2_000
TRIES = 30

RANGES = {
    "rate of requests": "sum by (model, status) (rate(llm_requests_total[5m]))",
    "error ratio": 'sum(rate(llm_requests_total{status="error"}[5m])) / sum(rate(llm_requests_total[5m]))',
    "p99 latency": "histogram_quantile(0.99, sum by (le, model) (rate(llm_latency_seconds_bucket[5m])))",
    "p99 of spans": "histogram_quantile(0.99, sum by (le) (rate(llm_span_duration_seconds_bucket[5m])))",
    "cost of the last hour": "sum by (feature) (increase(llm_cost_usd_total[1h]))",
    "tokens": "sum by (type) (rate(llm_tokens_total[5m]))",
}
_RULES = (
    "histogram_quantile(0.99, sum by (le, model)"
    ' (rate(llm_latency_seconds_bucket{feature="$feature"}[5m]))) > $n',
    'sum(rate(llm_requests_total{status="error",feature="$feature"}[5m]))'
    ' / sum(rate(llm_requests_total{feature="$feature"}[5m])) > 0.0$n',
    'sum(increase(llm_cost_usd_total{feature="$feature"}[1h])) > $n',
    'sum by (model) (rate(llm_tokens_total{type="input",team=~"$team"}[${n}m]))'
    ' / sum by (model) (rate(llm_requests_total{team=~"$team"}[${n}m])) > 1000',
    'histogram_quantile(0.9, sum by (le) (rate(llm_ttft_seconds_bucket{team="$team"}[1${n}m]))) > 2',
    'sum by (service) (rate(llm_traces_total{status="error"}[${n}h])) > 0',
    "histogram_quantile(0.95, sum by (le)"
    ' (rate(llm_span_duration_seconds_bucket{kind="retriever"}[1${n}m]))) > 1',
    "sum(llm_unpriced_requests_total) > $n",
)


class TimedEngine(EmbeddedEngine):
    """Adds up the time that statements take."""

    sql_s = 0.0
    statements = 0

    def query_arrow(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "read",
    ) -> pa.Table:
        began = time.perf_counter()
        try:
            return super().query_arrow(sql, params, settings, lane=lane)
        finally:
            self.sql_s += time.perf_counter() - began
            self.statements += 1


def load(engine: EmbeddedEngine, spans: int) -> None:
    """`spans` over the 24 hours before END_NS."""
    writer, maker = ClickHouseWriter(engine), TraceMaker(project_id=PROJECT)
    traces = spans // SPANS_PER_TRACE
    step_ns = DAY_NS // traces
    for first in range(0, traces, TRACES_PER_COMMIT):
        count = min(TRACES_PER_COMMIT, traces - first)
        start_ns = END_NS - DAY_NS + first * step_ns
        made = list(maker.traces(count, start_ns=start_ns, step_ns=step_ns))
        spans_made = [span for spans_of, _ in made for span in spans_of]
        insert(writer, spans_made, [summary for _, summary in made])
    FactRollups(engine).roll_up(END_NS, quiet_s=0)


def insert(writer: ClickHouseWriter, spans: Sequence[Span], traces: Sequence[TraceSummary]) -> None:
    """Again where merges hold the memory just then, as an exporter sends again what got 503."""
    for _ in range(TRIES - 1):
        try:
            return writer.write_batch(spans=spans, traces=traces, logs=[])
        except StorageUnavailable:
            time.sleep(1)
    writer.write_batch(spans=spans, traces=traces, logs=[])


def rules(count: int) -> list[str]:
    teams = ("growth", "platform", "gr.*|core")
    return [
        Template(_RULES[number % len(_RULES)]).substitute(
            feature=FEATURES[number % len(FEATURES)], team=teams[number % 3], n=number % 9 + 1
        )
        for number in range(count)
    ]


def measure(engine: TimedEngine, work: Callable[[int], object], runs: int) -> dict[str, float]:
    taken, in_sql, spent = [], [], []
    work(0)
    for number in range(1, runs + 1):
        sql_s, began, cpu_s = engine.sql_s, time.perf_counter(), time.process_time()
        work(number)
        spent.append((time.process_time() - cpu_s) * 1e3)
        taken.append((time.perf_counter() - began) * 1e3)
        in_sql.append((engine.sql_s - sql_s) * 1e3)
    return {
        "p50_ms": round(percentile(taken, 0.5), 1),
        "p99_ms": round(percentile(taken, 0.99), 1),
        "sql_p50_ms": round(percentile(in_sql, 0.5), 1),
        "cpu_p50_ms": round(percentile(spent, 0.5), 1),
    }


def bench_metrics(engine: TimedEngine, *, runs: int, rule_count: int = 200) -> dict[str, dict[str, float]]:
    """Of a store that `load` has filled."""
    series = LlmSeries(engine)
    runner = QueryRunner(series)
    end_ms = END_NS // 1_000_000

    def ask(expression: str) -> Callable[[int], object]:
        return lambda number: runner.run_range(
            PROJECT,
            expression,
            start_ms=(end_ms // STEP_MS - 1440 - number) * STEP_MS,
            end_ms=(end_ms // STEP_MS - number) * STEP_MS,
            step_ms=STEP_MS,
        )

    def evaluate(number: int) -> Sequence[object]:
        at_ms = end_ms - 15_000 * number
        answers = runner.run_instants(PROJECT, [(expression, at_ms) for expression in rules(rule_count)])
        failures = [answer for answer in answers if isinstance(answer, SpanglassError)]
        if failures:
            raise failures[0]
        return answers

    found = {name: measure(engine, ask(expression), runs) for name, expression in RANGES.items()}
    found[f"a round of {rule_count} rules"] = measure(engine, evaluate, runs)
    found["all series at one moment"] = measure(
        engine, lambda number: series.totals(PROJECT, END_NS - number * 1_000_000_000), runs
    )
    return found


def run(spans: int, runs: int, data_dir: Path) -> dict[str, dict[str, float]]:
    """Fill the data directory, unless it is filled, and measure."""
    engine = TimedEngine(data_dir)
    ClickHouseAdministration(engine).migrate()
    if not engine.query_arrow("SELECT 1 FROM spans LIMIT 1").num_rows:
        load(engine, spans)
    found = bench_metrics(engine, runs=runs)
    engine.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--data-dir", type=Path, help="kept, and not filled again; default: a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(run(args.spans, args.runs, args.data_dir or Path(temporary)), indent=1))


if __name__ == "__main__":
    main()
