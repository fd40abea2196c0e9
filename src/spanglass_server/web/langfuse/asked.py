"""What a request to Langfuse's read API asks: pages, times, and its filters as conditions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import Query

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.views import CONDITION_OPERATORS, Condition, ConditionValue
from spanglass_server.web.api.traces import stored_id
from spanglass_server.web.params import parse_time_ns

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageLimit = Annotated[int, Query(ge=1, le=100)]
Environments = Annotated[list[str], Query(default_factory=list)]

FILTER_CONDITIONS_MAX: Final = 50
_ID_COLUMNS: Final = frozenset({"id", "trace_id", "span_id", "parent_id"})
ALL_TIME: Final = TimeRange(0, 2**63 - 1)


def time_range(from_: str | None, to: str | None, now_ns: int, *, names: tuple[str, str]) -> TimeRange:
    """Open ends reach as far as there are rows. `names` are the parameters', for errors."""
    start = parse_time_ns(from_, now_ns, name=names[0]) if from_ else ALL_TIME.from_ns
    end = parse_time_ns(to, now_ns, name=names[1]) if to else ALL_TIME.to_ns
    return TimeRange(start, max(start, end))


def equals(**asked: str | None) -> list[Condition]:
    """A condition for each column that is asked for."""
    return [Condition(column, "=", _as_stored(column, value)) for column, value in asked.items() if value]


def one_of(column: str, values: Sequence[str]) -> list[Condition]:
    return [Condition(column, "any of", tuple(values))] if values else []


def parse_filter(text: str, columns: Mapping[str, str], now_ns: int) -> list[Condition]:
    """`filter`, a JSON array of {column, operator, value, key}. `columns` gives the view's name of each of
    Langfuse's. Raises QueryInvalid that names the place."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise QueryInvalid(f"`filter` is not JSON: {problem}") from None
    return parse_conditions(given, columns, now_ns, name="filter")


def parse_conditions(given: Any, columns: Mapping[str, str], now_ns: int, *, name: str) -> list[Condition]:
    if not isinstance(given, list) or len(given) > FILTER_CONDITIONS_MAX:
        raise QueryInvalid(f"`{name}` is an array of at most {FILTER_CONDITIONS_MAX} conditions")
    return [_condition(item, columns, now_ns, f"{name}[{n}]") for n, item in enumerate(given)]


def _condition(item: Any, columns: Mapping[str, str], now_ns: int, where: str) -> Condition:
    if not isinstance(item, dict):
        raise QueryInvalid(f"`{where}` is not an object")
    column = get_column(item.get("column"), columns, f"{where}.column")
    operator, key, value = item.get("operator"), item.get("key", ""), item.get("value")
    if not isinstance(key, str):
        raise QueryInvalid(f"`{where}.key` is not a text")
    match operator:
        case "is set":
            return Condition(column, "is not null", key=key)
        case "is not set":
            return Condition(column, "is null", key=key)
    if operator not in CONDITION_OPERATORS:
        raise QueryInvalid(f"`{where}.operator`: there is no operator `{operator}`")
    if item.get("type") == "datetime" or column.endswith("_time"):
        value = parse_time_ns(str(value), now_ns, name=f"{where}.value")
    return Condition(column, operator, _as_stored(column, _value(value, where)), key)


def _as_stored(column: str, value: Any) -> Any:
    return stored_id(value) if column in _ID_COLUMNS and isinstance(value, str) else value


def _value(value: Any, where: str) -> ConditionValue:
    match value:
        case None | str() | int() | float() | bool():
            return value
        case list() if all(isinstance(one, str | int | float) for one in value):
            return tuple(str(one) for one in value)
    raise QueryInvalid(f"`{where}.value` is neither a text, a number, a truth value nor an array of texts")


def get_column(name: Any, columns: Mapping[str, str], where: str) -> str:
    found = columns.get(name) if isinstance(name, str) else None
    if found is None:
        raise QueryInvalid(f"`{where}`: there is no `{name}`", hint=f"use one of {', '.join(columns)}")
    return found


def narrowed(during: TimeRange, conditions: Iterable[Condition]) -> tuple[TimeRange, list[Condition]]:
    """Conditions on the start become bounds, which is what makes a read small."""
    start, end = during
    others = []
    for condition in conditions:
        value = condition.value
        if condition.column != "start_time" or not isinstance(value, int):
            others.append(condition)
        elif condition.operator in (">", ">="):
            start = max(start, value + (condition.operator == ">"))
        elif condition.operator in ("<", "<="):
            end = min(end, value + (condition.operator == "<="))
        else:
            others.append(condition)
    return TimeRange(start, max(start, end)), others


def within(during: TimeRange, bounds: TimeRange) -> TimeRange:
    """The part of it in which there are rows."""
    start = max(during.from_ns, bounds.from_ns)
    return TimeRange(start, max(start, min(during.to_ns, bounds.to_ns)))


def words(text: str | None) -> frozenset[str]:
    """Of a comma-separated list."""
    return frozenset(word.strip() for word in (text or "").split(",") if word.strip())


def parse_groups(fields: str | None, known: Sequence[str]) -> frozenset[str]:
    """Of `fields`, a comma-separated list of groups. Raises QueryInvalid for one that is not known."""
    asked = words(fields)
    unknown = asked.difference(known)
    if unknown:
        raise QueryInvalid(
            f"`fields`: there is no group `{min(unknown)}`", hint=f"groups: {', '.join(known)}"
        )
    return asked
