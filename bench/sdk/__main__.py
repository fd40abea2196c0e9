"""`python -m bench.sdk`: what each SDK costs the application, side by side.

Every contestant runs in its own environment and, for each measure, in a process of its own, sending to a
local sink. Prints a table and writes JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.environments import environment
from bench.sdk.contestants import CONTESTANTS
from bench.sdk.sink import Sink

console = Console(stderr=True)
_ROOT = Path(__file__).parents[2]
_RUN_TIMEOUT_S = 600


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sdk", description=__doc__)
    parser.add_argument("--only", default="", help="contestants by name, comma separated; all where empty")
    parser.add_argument("--calls", type=int, default=20_000, help="calls of a tight loop")
    parser.add_argument(
        "--paced-calls", type=int, default=5_000, help="calls of a run with one a millisecond"
    )
    parser.add_argument("--runs", type=int, default=3, help="processes for each measure; the median is told")
    parser.add_argument("--json", type=Path, default=Path("bench/results/sdk.json"), help="where JSON goes")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    wanted = [name.strip() for name in arguments.only.split(",") if name.strip()] or list(CONTESTANTS)
    sink = Sink()
    try:
        results = _measure(wanted, sink, arguments)
    finally:
        sink.stop()
    _show(results)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(results, indent=2))


def _measure(wanted: Sequence[str], sink: Sink, arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Round after round, each contestant in turn: what changes on the machine meanwhile meets them all."""
    pythons = {name: _python(name) for name in wanted}
    results: dict[str, dict[str, Any]] = {
        name: {"import_ms": _import_ms(pythons[name], CONTESTANTS[name][1], runs=arguments.runs)}
        for name in wanted
    }
    runs: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for round_number in range(arguments.runs):
        console.print(f"round {round_number + 1} of {arguments.runs}")
        for name in wanted:
            for mode, calls in (("tight", arguments.calls), ("paced", arguments.paced_calls)):
                runs[name, mode].append(_drive(pythons[name], name, sink, mode, calls))
    for (name, mode), found in runs.items():
        results[name][mode] = {key: statistics.median(run[key] for run in found) for key in found[0]}
    return results


def _python(name: str) -> str:
    requirements = CONTESTANTS[name][2]
    if not requirements:
        return sys.executable
    folder = f"sdk-{requirements[-1].split('==')[0].replace('.', 'spanglass')}"
    return str(environment(folder, *requirements) / "python")


def _drive(python: str, name: str, sink: Sink, mode: str, calls: int) -> dict[str, float]:
    sink.count()
    command = [python, "-m", "bench.sdk.drive", name, sink.url, mode, str(calls)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=_RUN_TIMEOUT_S)
    if done.returncode:
        raise SystemExit(f"{name}, {mode}: exit {done.returncode}\n{done.stderr[-3000:]}")
    run: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**run, "delivered": sink.count()}


def _import_ms(python: str, modules: str, *, runs: int) -> float:
    """Median of fresh processes, after one that fills the caches; the interpreter's own start left out."""
    if not modules:
        return 0.0
    code = f"import time; t = time.perf_counter()\nimport {modules}\nprint((time.perf_counter() - t) * 1000)"
    times = [
        float(
            subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()[
                -1
            ]
        )
        for _ in range(runs + 3)
    ]
    return statistics.median(times[1:])


def _show(results: dict[str, dict[str, Any]]) -> None:
    table = Table(title="SDK overhead: 1 KB in, 1 KB out")
    for column in (
        "",
        "us/call tight",
        "us/call paced",
        "CPU us/span",
        "delivered tight",
        "paced",
        "import ms",
        "MB",
    ):
        table.add_column(column, justify="left" if not column else "right")
    for name, result in results.items():
        tight, paced = result["tight"], result["paced"]
        table.add_row(
            name,
            f"{tight['us_a_call']:.1f}",
            f"{paced['us_a_call']:.1f}",
            f"{tight['cpu_us_a_span']:.0f}",
            f"{tight['delivered'] / tight['created']:.1%}",
            f"{paced['delivered'] / paced['created']:.1%}",
            f"{result['import_ms']:.0f}",
            f"{tight['added_mb']:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
