"""`python -m bench`: load a server, then ask it; prints a table and writes JSON.

Nothing here is a test: numbers depend on the machine. docs/performance.md holds those that were measured,
with the command that gave them.
"""

import argparse
import dataclasses
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.llm_metrics import run as bench_metrics
from bench.load import Load
from bench.measure import percentile, process_cost, wait_until
from bench.payload import make_pool
from bench.queries import measure_queries
from bench.targets import PEERS, Spanglass, Target

console = Console(stderr=True)
TRACES_PER_REQUEST = 100
PEER_TRACES_PER_REQUEST = 20


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--sizes", default="100000,1000000", help="store sizes in spans at which queries are timed"
    )
    parser.add_argument("--connections", type=int, default=4, help="connections that post at once")
    parser.add_argument("--runs", type=int, default=40, help="how often each query is asked")
    parser.add_argument(
        "--paced", type=int, default=5000, help="spans/s of the paced run that times acknowledgements"
    )
    parser.add_argument(
        "--peers", default="", help="phoenix, mlflow or both, comma separated: the same load on them"
    )
    parser.add_argument("--peer-spans", type=int, default=5000, help="spans for each peer")
    parser.add_argument(
        "--metrics", type=int, default=1_000_000, help="spans over which metrics and rules are timed; 0: not"
    )
    parser.add_argument(
        "--json", type=Path, default=Path("bench/results/latest.json"), help="where the JSON goes"
    )
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    return parser.parse_args()


def load_to(
    target: Target,
    pool: list[Any],
    *,
    spans: int,
    connections: int,
    seed: int,
    rate: float | None = None,
    history_s: float = 0,
) -> tuple[dict[str, Any], list[str]]:
    """Post until the store holds `spans` more; what that took."""
    before, already = process_cost(target.pid), target.queryable_spans()
    load = Load(
        url=target.base_url + "/v1/traces",
        headers=target.headers,
        pool=pool,
        spans=spans,
        connections=connections,
        history_s=history_s,
        spans_per_s=rate,
        seed=seed,
    )
    started = time.perf_counter()
    result = load.run()
    acknowledged_s = time.perf_counter() - started
    wait_until(lambda: target.queryable_spans() >= already + result.spans, timeout_s=900)
    queryable_s = time.perf_counter() - started
    after = process_cost(target.pid)
    numbers = {
        "spans": result.spans,
        "body_bytes_per_span": result.body_bytes / result.spans,
        "acknowledged_spans_per_s": result.spans / acknowledged_s,
        "queryable_spans_per_s": result.spans / queryable_s,
        "ack_p50_ms": percentile(result.ack_ms, 0.5),
        "ack_p99_ms": percentile(result.ack_ms, 0.99),
        "retried_requests": result.retries,
        "cpu_s_per_1000_spans": (after.cpu_s - before.cpu_s) / result.spans * 1000,
        "rss_mb": after.rss_bytes / 1e6,
        "peak_rss_mb": after.peak_rss_bytes / 1e6,
        "disk_bytes_per_span": target.stored_bytes() / (already + result.spans),
    }
    return numbers, result.trace_ids


def bench_spanglass(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    data_dir = folder / "spanglass"
    cold = Spanglass()
    report: dict[str, Any] = {"cold_start_s": cold.start(data_dir)}
    cold.stop()
    target = Spanglass()
    report["warm_start_s"] = target.start(data_dir)
    time.sleep(3)
    report["idle_rss_mb"] = process_cost(target.pid).rss_bytes / 1e6
    console.print("encoding the load")
    pool = make_pool(requests=20, traces_per_request=TRACES_PER_REQUEST)
    trace_ids: list[str] = []
    try:
        stored, report["load"], report["queries"] = 0, {}, {}
        for turn, size in enumerate(int(part) for part in arguments.sizes.split(",")):
            console.print(f"loading to {size:,} spans")
            # The first load is live traffic; the rest tells a day, so that a time range is worth something.
            numbers, some = load_to(
                target,
                pool,
                spans=size - stored,
                connections=arguments.connections,
                seed=turn,
                history_s=23 * 3600 if turn else 0,
            )
            trace_ids.extend(some)
            stored += numbers["spans"]
            report["load"][str(size)] = numbers
            console.print(f"asking at {stored:,} spans")
            timings = measure_queries(target.base_url, trace_ids, runs=arguments.runs)
            report["queries"][str(size)] = {
                name: dataclasses.asdict(timing) for name, timing in timings.items()
            }
            report["load"][str(size)]["rss_after_queries_mb"] = process_cost(target.pid).rss_bytes / 1e6
        if arguments.paced:
            console.print(f"pacing {arguments.paced:,} spans/s for 20 s")
            report["paced"], _ = load_to(
                target,
                pool,
                spans=arguments.paced * 20,
                connections=arguments.connections,
                seed=99,
                rate=arguments.paced,
            )
        time.sleep(20)
        settled = target.queryable_spans()
        # Parts that a merge has replaced stay on disk for eight minutes, lest a power cut take both.
        report["disk_bytes_per_span_settled"] = target.stored_bytes() / settled
    finally:
        target.stop()
    return report


def bench_peer(name: str, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    target = PEERS[name]()
    data_dir = folder / name
    console.print(f"starting {name}")
    report: dict[str, Any] = {"requirement": target.requirement, "cold_start_s": target.start(data_dir)}
    try:
        time.sleep(3)
        report["idle_rss_mb"] = process_cost(target.pid).rss_bytes / 1e6
        pool = make_pool(requests=10, traces_per_request=PEER_TRACES_PER_REQUEST)
        report["load"], _ = load_to(
            target, pool, spans=arguments.peer_spans, connections=arguments.connections, seed=3
        )
    finally:
        target.stop()
    return report


def print_report(report: dict[str, Any]) -> None:
    ours = report["spanglass"]
    sizes = list(ours["load"])
    table = Table(title="Ingest", title_justify="left")
    for column in ("", *(f"{int(size):,} spans" for size in sizes), "paced", *report["peers"]):
        table.add_column(column, justify="left" if not column else "right")
    columns = [*(ours["load"][size] for size in sizes), ours.get("paced", {})]
    columns += [peer["load"] for peer in report["peers"].values()]
    for key in columns[0]:
        table.add_row(
            key,
            *(
                f"{column[key]:,.3g}"
                if key in column and column[key] < 1000
                else f"{column.get(key, 0):,.0f}"
                for column in columns
            ),
        )
    console.print(table)
    queries = Table(title="Queries, milliseconds p50 / p99", title_justify="left")
    for column in ("", *(f"{int(size):,} spans" for size in sizes)):
        queries.add_column(column, justify="left" if not column else "right")
    for name in ours["queries"][sizes[0]]:
        rows = [ours["queries"][size][name] for size in sizes]
        queries.add_row(name, *(f"{row['p50_ms']:.1f} / {row['p99_ms']:.1f}" for row in rows))
    console.print(queries)
    if report["metrics"]:
        print_metrics(report["metrics"])
    console.print(
        f"start {ours['cold_start_s']:.1f} s cold, {ours['warm_start_s']:.1f} s warm; "
        f"idle {ours['idle_rss_mb']:.0f} MB; "
        f"{ours['disk_bytes_per_span_settled']:.0f} bytes on disk a span after merges"
    )
    for name, peer in report["peers"].items():
        ratio = ours["load"][sizes[-1]]["queryable_spans_per_s"] / peer["load"]["queryable_spans_per_s"]
        cpu = peer["load"]["cpu_s_per_1000_spans"] / ours["load"][sizes[-1]]["cpu_s_per_1000_spans"]
        console.print(
            f"{name}: Spanglass stores {ratio:.0f} times as many spans/s with {cpu:.0f} times less CPU a span"
        )


def print_metrics(report: dict[str, dict[str, float]]) -> None:
    table = Table(title="Metrics: 24 h at 60 s steps, and rules; milliseconds", title_justify="left")
    for column in ("", "p50", "p99", "SQL p50", "CPU p50"):
        table.add_column(column, justify="left" if not column else "right")
    for name, timing in report.items():
        table.add_row(name, *(f"{value:,.0f}" for value in timing.values()))
    console.print(table)


def main() -> None:
    arguments = parse_arguments()
    folder = Path(tempfile.mkdtemp(prefix="spanglass-bench-"))
    report: dict[str, Any] = {
        "command": "python -m bench " + " ".join(sys.argv[1:]),
        "machine": {
            "cpus": os.cpu_count(),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "spanglass": bench_spanglass(arguments, folder),
        "metrics": {},
        "peers": {},
    }
    if arguments.metrics:
        console.print(f"metrics over {arguments.metrics:,} spans of a day")
        report["metrics"] = bench_metrics(arguments.metrics, arguments.runs, folder / "metrics")
    for name in filter(None, arguments.peers.split(",")):
        report["peers"][name] = bench_peer(name, arguments, folder)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report, indent=2))
    print_report(report)
    print(json.dumps(report))
    if not arguments.keep:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
