"""What statistics of scores cost: `python -m bench.score_statistics --scores 1000000`.

Scores of as many traces over 30 days, nine tenths of them numbers and the rest categories, are asked for as
the page `/scores` does. Prints the best of five tries in milliseconds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Parameters
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.score_statistics import ClickHouseScoreStatistics
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import PairQuery, QuantileQuery, ScoreBreakdown, ScoreScope

PROJECT = "bench"
DAY_NS = 86_400 * 1_000_000_000
START_NS = 20_700 * DAY_NS
EVERYTHING = ScoreScope(during=TimeRange(START_NS, START_NS + 30 * DAY_NS))
QUALITY = EVERYTHING._replace(names=["quality"])
SEARCHED = QUALITY._replace(where=parse_filter("feature:search", "traces"))
TONE = EVERYTHING._replace(names=["tone"])
TRIES = 5

_SCORES = """INSERT INTO scores (project_id, score_id, name, time_ns, trace_id, data_type, value,
    string_value, source, author, quality, sampling_rate, evaluator_id, evaluator_version, metadata,
    created_at_ns, version)
SELECT {project:String}, concat('s', toString(number)), if(number % 10 = 9, 'tone', 'quality'),
    {start:Int64} + number * {step:Int64}, lower(hex(MD5(toString(number)))),
    if(number % 10 = 9, 'categorical', 'numeric'),
    if(number % 10 = 9, NULL, (number * 7919 % 1000) / 1000),
    if(number % 10 = 9, ['warm', 'cold', 'flat'][number % 3 + 1], ''), 'evaluator', 'judge',
    if(number % 10 = 9, NULL, (number * 7919 % 1000) / 1000), 0.05, 'e', 1, '{}', {start:Int64}, 1
FROM numbers({count:UInt64})"""
_TRACES = """INSERT INTO traces (project_id, trace_id, start_time_ns, end_time_ns, name, feature,
    models, version)
SELECT {project:String}, lower(hex(MD5(toString(number)))), {start:Int64} + number * {step:Int64},
    {start:Int64} + number * {step:Int64} + 1000000000, 'rag', ['search', 'chat', 'mail'][number % 3 + 1],
    [['small', 'large'][number % 2 + 1]], 1
FROM numbers({count:UInt64})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=1_000_000)
    count: int = parser.parse_args().scores
    with tempfile.TemporaryDirectory() as directory:
        engine = EmbeddedEngine(Path(directory))
        ClickHouseAdministration(engine, is_fsynced=False).migrate()
        params: Parameters = {
            "project": PROJECT,
            "start": START_NS,
            "step": 30 * DAY_NS // count,
            "count": count,
        }
        for statement in (_SCORES, _TRACES):
            engine.command(statement, params)
        for name, ask in _questions(ClickHouseScoreStatistics(engine)).items():
            print(f"{name:40} {_best_ms(ask):6.0f} ms")
        engine.close()


def _questions(reader: ClickHouseScoreStatistics) -> dict[str, Callable[[], object]]:
    def sums(scope: ScoreScope, breakdown: ScoreBreakdown) -> Callable[[], object]:
        return lambda: reader.sum_scores(PROJECT, scope, breakdown)

    return {
        "names": lambda: reader.list_names(PROJECT, EVERYTHING),
        "means of all names": sums(EVERYTHING, ScoreBreakdown()),
        "mean of one": sums(QUALITY, ScoreBreakdown()),
        "trend of 60 buckets": sums(QUALITY, ScoreBreakdown(bucket_ns=DAY_NS // 2)),
        "shares of three categories": sums(TONE, ScoreBreakdown(categories=["warm", "cold", "flat"])),
        "quantiles": lambda: reader.find_quantiles(PROJECT, QUALITY, QuantileQuery(levels=[0.5, 0.95])),
        "distribution": lambda: reader.count_bins(PROJECT, QUALITY, first=0.0, width=0.05, bins=20),
        "filtered by feature": sums(SEARCHED, ScoreBreakdown()),
        "by feature": sums(QUALITY, ScoreBreakdown(group_by="feature")),
        "by model": sums(QUALITY, ScoreBreakdown(group_by="model")),
        "pairs of two names": lambda: reader.list_pairs(PROJECT, PairQuery(QUALITY, TONE), limit=1000),
    }


def _best_ms(ask: Callable[[], object]) -> float:
    spent = []
    for _ in range(TRIES):
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    return min(spent)


if __name__ == "__main__":
    main()
