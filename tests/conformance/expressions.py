"""Series and expressions made by chance, such that Prometheus 2.42 and 3 have to agree about them.

What changed between them is kept out by the data, not by comparing loosely (docs/promql.md lists it): samples
stand 137 ms behind full seconds, so none is on a window's border; evaluations are at seconds ending in 7, so
no subquery's step is either; counters never come near zero, so where they began plays no part. atan2 of
vectors, predict_linear and timestamp with @, and deviations of infinities are left out: 2.42 answers them
otherwise.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final

import numpy as np

from spanglass_server.model.series import METRIC_NAME, Series, labels_of, stale_marker

BASE_S: Final = 1_700_000_000
SPAN_S: Final = 6_000
_SCRAPE_S: Final = 15
_LATE_MS: Final = 137


def make_series(chance: random.Random) -> list[Series]:
    return [
        *_counters(chance),
        *_gauges(chance),
        *_histograms(chance),
        *_constants(),
        *_odd(chance),
    ]


def _series(name: str, values: Sequence[float | None], *, every_s: int = _SCRAPE_S, **labels: str) -> Series:
    kept = [(number, value) for number, value in enumerate(values) if value is not None]
    times_ms = [(BASE_S + number * every_s) * 1000 + _LATE_MS for number, _ in kept]
    values_kept = np.array([value for _, value in kept], np.float64)
    return Series(labels_of({METRIC_NAME: name} | labels), np.array(times_ms, np.int64), values_kept)


def _gaps(chance: random.Random, values: list[float | None]) -> list[float | None]:
    """Some samples are missing; once for longer than the lookback, with or without a stale marker."""
    for number in chance.sample(range(len(values)), len(values) // 25):
        values[number] = None
    begin, length = chance.randrange(len(values)), chance.randrange(5, 40)
    values[begin : begin + length] = [None] * len(values[begin : begin + length])
    if chance.random() < 0.5:
        values[begin] = stale_marker()
    return values


def _counters(chance: random.Random) -> Iterator[Series]:
    for number, (job, instance, code) in enumerate(product(("api", "web", "db"), "012", ("200", "500"))):
        value = chance.randrange(5_000, 20_000) + _apart(number)
        values: list[float | None] = []
        for _ in range(SPAN_S // _SCRAPE_S):
            value += chance.randrange(0, 50)
            if chance.random() < 0.01:
                value = chance.randrange(1_000, 2_000) + _apart(number)
            values.append(value)
        yield _series("requests_total", _gaps(chance, values), job=job, instance=instance, code=code)


def _gauges(chance: random.Random) -> Iterator[Series]:
    for number, (job, instance) in enumerate(product(("api", "web", "db"), "01")):
        values: list[float | None] = [
            chance.randrange(-200, 400) / 4 + _apart(number) for _ in range(SPAN_S // _SCRAPE_S)
        ]
        yield _series("temperature", _gaps(chance, values), job=job, instance=instance)
    for number, job in enumerate(("api", "web")):
        rare: list[float | None] = [
            chance.randrange(0, 64) / 8 + _apart(number) for _ in range(SPAN_S // 170)
        ]
        yield _series("rare", rare, every_s=170, job=job)


def _apart(number: int) -> float:
    """Added to one series' values: those of two series are never the same. Exact in binary."""
    return number / 1024


def _histograms(chance: random.Random) -> Iterator[Series]:
    bounds = ("0.1", "0.5", "1", "5", "+Inf")
    for job in ("api", "web"):
        for instance in "01":
            counts = [chance.randrange(2_000, 3_000) * (number + 1) for number in range(len(bounds))]
            rows: list[list[float | None]] = [[] for _ in bounds]
            for _ in range(SPAN_S // _SCRAPE_S):
                for number in range(chance.randrange(8)):
                    at = chance.randrange(len(bounds)) if number else len(bounds) - 1
                    counts[at:] = [count + 1 for count in counts[at:]]
                for row, count in zip(rows, counts, strict=True):
                    row.append(float(count))
            for bound, row in zip(bounds, rows, strict=True):
                yield _series("latency_bucket", row, job=job, instance=instance, le=bound)


def _constants() -> Iterator[Series]:
    for job, version in (("api", "1.2"), ("web", "2.0"), ("db", "1.2")):
        ones: list[float | None] = [1.0] * (SPAN_S // _SCRAPE_S)
        yield _series("build_info", ones, job=job, version=version)


def _odd(chance: random.Random) -> Iterator[Series]:
    for kind, strange in (("nan", math.nan), ("inf", math.inf), ("both", -math.inf)):
        values: list[float | None] = [
            strange if chance.random() < 0.2 else float(chance.randrange(10))
            for _ in range(SPAN_S // _SCRAPE_S)
        ]
        yield _series("odd", values, kind=kind)


class Expressions:
    """A grammar over these series. Each call of `make` gives an instant vector or a scalar."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def make(self, depth: int = 3) -> str:
        return self._scalar(depth) if self._chance.random() < 0.05 else self._vector(depth)

    def _one_of(self, *makers: Callable[[int], str], depth: int) -> str:
        return self._chance.choice(makers)(depth)

    def _pick(self, *words: str) -> str:
        return self._chance.choice(words)

    # Leaves

    def _matchers(self) -> str:
        return self._pick(
            *("", "", "", '{job="api"}', '{job!="db"}', '{job=~"api|web"}', '{instance="0"}', '{job!~"w.*"}'),
            *('{instance=~"[01]",job="web"}', '{job="none"}', '{job=~".+",instance!="1"}'),
        )

    def _shifted(self) -> str:
        at = BASE_S + 10 * self._chance.randrange(100, 500) + 7
        return self._pick(
            *("", "", "", "", "", " offset 1m", " offset 10m", " offset -2m", " offset 1h"),
            *(f" @ {at}", f" @ {at} offset 3m", " @ start()", " @ end()"),
        )

    def _metric(self) -> str:
        return self._pick("requests_total", "temperature", "rare")

    def _selector(self, _: int = 0) -> str:
        return f"{self._metric()}{self._matchers()}{self._shifted()}"

    def _span(self) -> str:
        return self._pick("30s", "1m", "2m", "5m", "5m", "10m", "30m", "1h")

    def _counter_range(self, metric: str = "requests_total") -> str:
        return f"{metric}{self._matchers()}[{self._span()}]{self._shifted()}"

    def _range(self, depth: int) -> str:
        if self._chance.random() < 0.75 or depth <= 0:
            return f"{self._metric()}{self._matchers()}[{self._span()}]{self._shifted()}"
        # Seconds that no step divides: no evaluation inside is on the window's border.
        span, step = self._pick("3m3s", "10m3s", "31m3s"), self._pick("", "10s", "30s", "1m", "2m")
        inner = self._selector() if self._chance.random() < 0.5 else self._without_subquery(depth - 1)
        return f"({inner})[{span}:{step}]"

    def _without_subquery(self, depth: int) -> str:
        """Inside a subquery, evaluated at multiples of its step: no subquery once more."""
        choice = self._chance.randrange(3)
        if choice == 0:
            return f"{self._pick('rate', 'increase', 'irate')}({self._counter_range()})"
        if choice == 1:
            inner = f"{self._metric()}{self._matchers()}[{self._span()}]"
            return f"{self._pick('avg', 'max', 'sum', 'count')}_over_time({inner})"
        return f"{self._pick('sum', 'max', 'avg')} by (job) ({self._metric()})"

    # Vectors

    def _vector(self, depth: int) -> str:
        if depth <= 0:
            return self._selector()
        return self._one_of(
            *(self._selector, self._rate, self._rate, self._over_time, self._over_time, self._trend),
            *(self._aggregate, self._aggregate, self._ranked, self._mapped, self._with_scalar),
            *(self._matched, self._grouped, self._set, self._compared, self._quantile, self._relabelled),
            *(self._dated, self._absent, self._strange, self._converted, self._negated),
            depth=depth,
        )

    def _rate(self, _: int) -> str:
        if self._chance.random() < 0.15:
            function, step = self._pick("rate", "increase"), self._pick("10s", "1m")
            return f"{function}(requests_total{self._matchers()}[10m3s:{step}])"
        return (
            f"{self._pick('rate', 'rate', 'increase', 'irate', 'resets', 'changes')}({self._counter_range()})"
        )

    def _over_time(self, depth: int) -> str:
        function = self._pick(
            *("avg", "min", "max", "sum", "count", "stddev", "stdvar", "last", "present"),
            "quantile",
        )
        parameter = (
            f"{self._pick('0', '0.25', '0.5', '0.9', '1', '-1', '2')}, " if function == "quantile" else ""
        )
        return f"{function}_over_time({parameter}{self._range(depth)})"

    def _trend(self, depth: int) -> str:
        if self._chance.random() < 0.2:
            shifted = self._pick("", " offset 10m")
            inner = f"{self._metric()}{self._matchers()}[{self._span()}]{shifted}"
            return f"predict_linear({inner}, {self._pick('60', '3600', '-600')})"
        return f"{self._pick('delta', 'idelta', 'deriv', 'changes')}({self._range(depth)})"

    def _grouping(self) -> str:
        return self._pick(
            *("", " by (job)", " by (job, instance)", " without (instance)", " by (none)", " without ()"),
        )

    def _aggregate(self, depth: int) -> str:
        if self._chance.random() < 0.2:
            return f"{self._pick('stddev', 'stdvar')}{self._grouping()} ({self._finite(depth - 1)})"
        function = self._pick("sum", "avg", "min", "max", "count", "group", "quantile")
        parameter = f"{self._pick('0', '0.3', '0.5', '0.95', '1')}, " if function == "quantile" else ""
        return f"{function}{self._grouping()} ({parameter}{self._vector(depth - 1)})"

    def _finite(self, depth: int) -> str:
        return self._one_of(self._selector, self._rate, self._trend, depth=min(depth, 0))

    def _ranked(self, _: int) -> str:
        """Of values among which none is twice: which of equal ones counts is not said anywhere."""
        if self._chance.random() < 0.2:
            return f'count_values{self._grouping()} ("value", {self._metric()})'
        number = self._pick("1", "2", "3", "100", "0")
        return f"{self._pick('topk', 'bottomk')}{self._grouping()} ({number}, {self._selector()})"

    def _mapped(self, depth: int) -> str:
        if self._chance.random() < 0.3:
            return self._stepped(depth)
        inner = self._vector(depth - 1)
        return self._pick(
            *(
                f"abs({inner})",
                f"clamp({inner}, 10, 5000)",
                f"clamp_min({inner}, 30)",
                f"tanh({inner} / 100)",
            ),
            *(
                f"clamp_max({inner}, 40)",
                f"sqrt(abs({inner}))",
                f"ln(abs({inner}) + 1)",
                f"exp({inner} / 1e5)",
            ),
            *(f"sin({inner})", f"atan({inner})", f"deg({inner})", f"rad({inner})", f"log2(abs({inner}) + 2)"),
            *(f"sort({inner})", f"sort_desc({inner})", f"log10(abs({inner}) + 3)"),
        )

    def _stepped(self, depth: int) -> str:
        """Functions that jump, of values that are the same to the last digit."""
        inner = self._one_of(self._selector, self._rate, depth=depth)
        return self._pick(
            *(
                f"ceil({inner})",
                f"floor({inner})",
                f"round({inner})",
                f"round({inner}, 0.5)",
                f"sgn({inner})",
            ),
        )

    def _with_scalar(self, depth: int) -> str:
        if self._chance.random() < 0.2:
            return f"({self._selector()}) % {self._pick('7', '2.5', '-3')}"
        operator = self._pick("+", "-", "*", "/")
        sides = [self._vector(depth - 1), self._scalar(depth - 1)]
        self._chance.shuffle(sides)
        return f"({sides[0]}) {operator} ({sides[1]})"

    def _compared(self, depth: int) -> str:
        operator = self._pick("==", "!=", ">", "<", ">=", "<=", "> bool", "<= bool", "== bool")
        return f"({self._vector(depth - 1)}) {operator} {self._pick('0', '1', '20', '6000', 'time()')}"

    def _matched(self, depth: int) -> str:
        operators = ["+", "-", "*", "/", "< bool", "^"]
        on = self._pick("", " on (job, instance)", " ignoring (code)")
        left, right = self._vector(depth - 1), self._vector(depth - 2)
        if self._chance.random() < 0.6:
            # One to one: elsewhere 2.42 overlooks several matches that a comparison filters away.
            left, right = (f"sum by (job, instance) ({side})" for side in (left, right))
            operators.append(">")
        return f"({left}) {self._pick(*operators)}{on} ({right})"

    def _grouped(self, depth: int) -> str:
        many = f"({self._vector(depth - 1)})"
        operator, joined = self._pick("*", "+", "> bool"), self._pick("", "version")
        if self._chance.random() < 0.5:
            return f"{many} {operator} on (job) group_left ({joined}) build_info"
        return f"build_info {operator} on (job) group_right ({joined}) {many}"

    def _set(self, depth: int) -> str:
        on = self._pick("", " on (job)", " ignoring (code)", " on (job, instance)")
        return (
            f"({self._vector(depth - 1)}) {self._pick('and', 'or', 'unless')}{on} ({self._vector(depth - 2)})"
        )

    def _quantile(self, _: int) -> str:
        q = self._pick("0", "0.1", "0.5", "0.9", "0.99", "1", "-1", "1.5")
        matchers = self._pick("", '{job="api"}')
        buckets = f"rate(latency_bucket{matchers}[{self._pick('2m', '5m', '20m')}])"
        by = self._pick("le", "le, job", "le, job, instance")
        inner = self._pick(
            buckets, f"sum by ({by}) ({buckets})", "latency_bucket", f"avg by ({by}) ({buckets})"
        )
        return f"histogram_quantile({q}, {inner})"

    def _relabelled(self, depth: int) -> str:
        inner = self._vector(depth - 1)
        return self._pick(
            f'label_replace({inner}, "first", "$1-x", "job", "(.).*")',
            f'label_replace({inner}, "job", "all-${{1}}$2", "instance", "(.)(.*)")',
            f'label_replace({inner}, "instance", "", "instance", "1")',
            f'label_join({inner}, "both", "/", "job", "instance")',
        )

    def _dated(self, depth: int) -> str:
        part = self._pick("minute", "hour", "day_of_week", "day_of_month", "days_in_month", "month", "year")
        when = f"timestamp({self._metric()}{self._matchers()}{self._pick('', ' offset 10m')})"
        return self._pick(f"{part}()", f"{part}({when})", when, f"timestamp(-({self._vector(depth - 1)}))")

    def _absent(self, _: int) -> str:
        matchers = self._pick("", "{job='none'}", "{job=~'x',instance='0'}")
        inner = f"{self._metric()}{matchers}"
        return self._pick(f"absent({inner})", f"absent_over_time({inner}[{self._span()}])")

    def _strange(self, _: int) -> str:
        function = self._pick("min", "max", "last", "quantile", "count")
        parameter = "0.5, " if function == "quantile" else ""
        whole = self._pick("max", "min", "count", "sum", "avg")
        return self._pick(
            f"{function}_over_time({parameter}odd[5m])", "changes(odd[5m])", f"{whole}(odd)", "odd"
        )

    def _converted(self, depth: int) -> str:
        return f"vector({self._scalar(depth - 1)})"

    def _negated(self, depth: int) -> str:
        return f"-({self._vector(depth - 1)})"

    # Scalars

    def _scalar(self, depth: int) -> str:
        if depth <= 0 or self._chance.random() < 0.5:
            return self._pick("1", "2.5", "-3", "1e3", "pi()", "time()", "0")
        if self._chance.random() < 0.4:
            return f"scalar({self._pick('sum', 'max', 'count')}({self._vector(depth - 1)}))"
        operator = self._pick("+", "-", "*", "> bool", "== bool", "^", "atan2")
        return f"({self._scalar(depth - 1)}) {operator} ({self._scalar(0)})"
