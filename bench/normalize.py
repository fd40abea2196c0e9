"""What giving spans their meaning costs: `python -m bench.normalize` prints microseconds a span.

Decoding and storing are not part of it. The traces are those of the benchmark of the whole server, five-span
RAG traces, and the recordings of real libraries.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.payload import make_pool
from spanglass_server.model.span import Span
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.pipeline import normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.settle import facts_of, settle, summarize
from spanglass_server.wire.otlp import decode_traces
from spanglass_server.wire.records import SpanRecord

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """CPU seconds of the fastest round: other processes' load hardly shows."""
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


def group_facts(spans: Sequence[Span]) -> dict[str, list[SpanFacts]]:
    traces: dict[str, list[SpanFacts]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(facts_of(span))
    return traces


def settle_all(spans: Sequence[Span]) -> None:
    traces = group_facts(spans)
    verdicts: dict[str, dict[str, Verdict]] = {trace_id: {} for trace_id in traces}
    for verdict in settle(traces):
        verdicts[verdict.trace_id][verdict.span_id] = verdict
    for trace_id, facts in traces.items():
        summarize(facts, verdicts[trace_id], project_id="p", version=1)


def rag_records(traces: int) -> list[SpanRecord]:
    """What the server decodes of the benchmark's requests: 100 traces in each."""
    rng = np.random.default_rng(1)
    records: list[SpanRecord] = []
    for template in make_pool(requests=max(traces // 100, 1), traces_per_request=100):
        starts = np.full(template.traces, 1_790_000_000_000_000_000, dtype=np.int64)
        records += decode_traces(template.stamp(rng, starts)[0]).records
    return records


def report(name: str, records: Sequence[SpanRecord], rounds: int) -> None:
    prices = PriceBook()
    spans = normalize_spans(records, project_id="p", prices=prices, version=1)
    normalizing = best_of(rounds, lambda: normalize_spans(records, project_id="p", prices=prices, version=1))
    settling = best_of(rounds, lambda: settle_all(spans))
    each = 1e6 / len(records)
    costs = f"normalize {normalizing * each:6.1f} us  settle {settling * each:6.1f} us"
    print(f"{name:<28} {len(records):>6} spans  {costs}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    records = rag_records(options.traces)
    report("five-span RAG traces", records, options.rounds)
    for name in sorted({record.name for record in records}):
        report(f"  {name}", [record for record in records if record.name == name], options.rounds)
    corpus = [
        record
        for path in sorted(CORPUS.glob("*.pb"))
        if not path.name.endswith((".logs.pb", ".metrics.pb"))
        for record in decode_traces(path.read_bytes()).records
    ]
    report("recordings", corpus, options.rounds)


if __name__ == "__main__":
    main()
