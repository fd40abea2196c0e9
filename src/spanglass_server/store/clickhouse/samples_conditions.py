"""Matchers as conditions over the table `series`, where a label that is not there is an empty text."""

from collections.abc import Sequence
from typing import Final

from spanglass_server.model.series import METRIC_NAME, Matcher
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.ports import TimeRange

DAY_MS: Final = 86_400_000
PERIOD_MS: Final = 7_200_000
"""The stretch of time by which samples are sorted."""
_TIME_MS_MAX: Final = (2**63 - 1) // 1_000_000
_NS_IN_MS: Final = 1_000_000


def matcher_sql(matcher: Matcher, bind: Binder) -> str:
    column = "name" if matcher.name == METRIC_NAME else f"labels[{bind(matcher.name)}]"
    if matcher.op in ("=", "!="):
        return f"{column} {matcher.op} {bind(matcher.value)}"
    matched = f"match({column}, {bind(f'^(?s:{matcher.value})$')})"
    return matched if matcher.op == "=~" else f"NOT {matched}"


def matchers_sql(matchers: Sequence[Matcher], bind: Binder) -> str:
    return f"({' AND '.join(matcher_sql(matcher, bind) for matcher in matchers) or '1'})"


def selectors_sql(selectors: Sequence[Sequence[Matcher]], bind: Binder) -> str:
    """Any of them; all series where there are none."""
    return f"({' OR '.join(matchers_sql(matchers, bind) for matchers in selectors) or '1'})"


def name_of(matchers: Sequence[Matcher]) -> str:
    """The one metric that the matchers ask for; empty where they may ask for more."""
    return next((m.value for m in matchers if m.name == METRIC_NAME and m.op == "=" and m.value), "")


def days_sql(from_ms: int, to_ms: int, bind: Binder) -> str:
    """Of the milliseconds from_ms <= t <= to_ms."""
    return f"day >= {bind(from_ms // DAY_MS, 'Int32')} AND day <= {bind(to_ms // DAY_MS, 'Int32')}"


def times_sql(from_ms: int, to_ms: int, bind: Binder) -> str:
    """As `days_sql`, over samples: a range that the primary key knows."""
    periods = [bind(edge // PERIOD_MS, "Int64") for edge in (from_ms, to_ms)]
    edges = [bind(edge, "Int64") for edge in (from_ms, to_ms)]
    return (
        f"intDiv(time_ms, {PERIOD_MS}) >= {periods[0]} AND intDiv(time_ms, {PERIOD_MS}) <= {periods[1]}"
        f" AND time_ms >= {edges[0]} AND time_ms <= {edges[1]}"
    )


def milliseconds_of(during: TimeRange) -> tuple[int, int]:
    """The first and the last millisecond in the range, within the times that storage knows."""
    return clamp_ms(-(-during.from_ns // _NS_IN_MS)), clamp_ms(-(-during.to_ns // _NS_IN_MS) - 1)


def clamp_ms(time_ms: int) -> int:
    return min(max(time_ms, 0), _TIME_MS_MAX)
