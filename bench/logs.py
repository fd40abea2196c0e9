"""What logs cost, below the network: `python -m bench.logs --rows 1000000`.

Log records of a day, two thirds of them of traces, go through the writer as commits of the ingest; then the
logs page's questions are asked, with other values each time. Prints rows a second and bytes a row, and p50,
p99 and CPU time of each question in milliseconds. `--data-dir` keeps the store: a filled one is only asked.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.payload import Words
from bench.reads import Question, UncachedEngine, measure
from spanglass_server.model.span import Log
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.reader_logs import ClickHouseLogReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PageRequest, TimeRange

PROJECT = "bench"
START_NS = 1_790_000_000_000_000_000
DAY_NS = 86_400 * 1_000_000_000
LATE_NS = 5_000_000_000
"""Records of several services arrive up to this much out of order."""
COMMIT_ROWS = 2_000
ROWS_PER_TRACE = 12
SEVERITIES = ((5, "DEBUG", 20), (9, "INFO", 75), (13, "WARN", 4), (17, "ERROR", 1))
ROUTES = ("/ask", "/search", "/feedback")
WORDS = ("kare", "serlan", "doper", "navi", "contra", "mira", "sol")


def make_commits(rows: int, seed: int = 1) -> Iterator[list[Log]]:
    rng = random.Random(seed)
    words = Words(rng)
    trace_id = ""
    for start in range(0, rows, COMMIT_ROWS):
        commit = []
        for number in range(start, min(rows, start + COMMIT_ROWS)):
            if number % ROWS_PER_TRACE == 0:
                trace_id = f"{rng.getrandbits(128):032x}"
            time_ns = START_NS + number * DAY_NS // rows + rng.randint(-LATE_NS, LATE_NS)
            commit.append(_log(rng, words, number, time_ns, trace_id if number % 3 else ""))
        yield commit


def _log(rng: random.Random, words: Words, number: int, time_ns: int, trace_id: str) -> Log:
    level, word, _ = rng.choices(SEVERITIES, [weight for *_, weight in SEVERITIES])[0]
    marks = (
        f" rare{number // 1000}"
        if number % 1000 == 0
        else " 환불을 처리했습니다"
        if number % 100 == 0
        else ""
    )
    attributes = {"http.route": rng.choice(ROUTES), "user.id": f"user-{rng.randint(1, 5000)}"}
    return Log(
        project_id=PROJECT,
        time_ns=time_ns,
        trace_id=trace_id,
        span_id=f"{rng.getrandbits(64):016x}" if trace_id else "",
        log_id=f"{rng.getrandbits(128):032x}",
        severity_number=level,
        severity_text=word,
        service=rng.choice(("rag-api", "worker", "gateway")),
        environment="prod",
        event_name="",
        body=f"handled in {rng.randint(1, 9000)} ms: {words.text(90)}{marks}",
        attributes=json.dumps(attributes),
        attribute_index=attributes,
        resource='{"service.name":"rag-api"}',
        scope='{"name":"app","version":"","attributes":{}}',
        version=number // COMMIT_ROWS + 1,
    )


class Questions:
    def __init__(self, engine: UncachedEngine) -> None:
        self._logs, self._reader = ClickHouseLogReader(engine), ClickHouseReader(engine)
        self._during = TimeRange(START_NS - LATE_NS, START_NS + DAY_NS + LATE_NS)
        newest = self._logs.list_logs(
            PROJECT, self._during, parse_filter("has:trace", "logs"), PageRequest(1000, "", "-time")
        )
        self._some = newest.items
        self._rows = int(engine.query_arrow("SELECT toInt64(count()) AS n FROM logs").column("n")[0].as_py())

    def all(self) -> dict[str, Question]:
        return {
            "newest 100": self._list(lambda _: ""),
            "newest 100 errors": self._list(lambda n: f"severity>=error -service:none{n}"),
            "of one service": self._list(lambda n: f"service:worker -service:none{n}"),
            "a word": self._list(lambda n: WORDS[n % len(WORDS)]),
            "a Korean word": self._list(lambda n: f"환불 -service:none{n}"),
            "a word in one record": self._list(lambda n: f"rare{n * 7 % (self._rows // 1000)}"),
            "a word that is nowhere": self._list(lambda n: f"nowhere{n}"),
            "one user's": self._list(lambda n: f"attributes.user.id:user-{1 + n * 37}"),
            "of a trace": self._list(lambda n: f"trace_id:{self._some[n * 13]['trace_id']}", "time"),
            "a part of a word": self._list(lambda n: f"body:*nowhere{n}*"),
            "histogram": lambda n: self._logs.log_histogram(PROJECT, self._during, None, buckets=60 + n),
            "facet, severity": lambda n: self._facet("severity", n),
            "facet, service": lambda n: self._facet("service", n),
            "facet, attributes": lambda n: self._facet("attributes", n),
            "tail": self._tail,
            "one record": self._find,
        }

    def _list(self, text: Question, order: str = "-time") -> Question:
        return lambda n: self._logs.list_logs(
            PROJECT, self._during, parse_filter(str(text(n)), "logs"), PageRequest(100, "", order)
        )

    def _facet(self, field: str, number: int) -> object:
        return self._reader.facets(
            PROJECT, self._during, None, field=field, prefix="", limit=10 + number, target="logs"
        )

    def _tail(self, number: int) -> object:
        stored_after = self._rows // COMMIT_ROWS - 1 - number % 2
        cursor = self._logs.start_tail(PROJECT, None, stored_after_ns=max(0, stored_after))
        return self._logs.tail_logs(PROJECT, self._during, None, after=cursor, limit=1000)

    def _find(self, number: int) -> object:
        row = self._some[number]
        return self._logs.find_log(PROJECT, row["time_ns"], row["log_id"])


def fill(engine: UncachedEngine, rows: int) -> dict[str, float]:
    writer = ClickHouseWriter(engine)
    taken = 0.0
    for commit in make_commits(rows):
        began = time.perf_counter()
        writer.write_batch(spans=[], traces=[], logs=commit)
        taken += time.perf_counter() - began
    stored = ClickHouseAdministration(engine).disk_bytes()["logs"]
    return {"rows_per_s": round(rows / taken), "bytes_per_row": round(stored / rows)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--data-dir", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spanglass-bench-") as scratch:
        data_dir = args.data_dir or Path(scratch)
        data_dir.mkdir(parents=True, exist_ok=True)
        engine = UncachedEngine(data_dir)
        ClickHouseAdministration(engine).migrate()
        is_empty = not engine.query_arrow("SELECT 1 FROM logs LIMIT 1").num_rows
        found: dict[str, object] = {"stored": fill(engine, args.rows)} if is_empty else {}
        found["questions"] = measure(Questions(engine).all(), args.runs)
        print(json.dumps(found, indent=1))
        engine.close()


if __name__ == "__main__":
    main()
