"""`store.views.Condition` as a SQL condition with bound values.

Conditions are never NULL, so that what is absent neither matches nor makes its opposite match by accident.
"""

from collections.abc import Mapping
from typing import Final

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.fields import get_field
from spanglass_server.store.clickhouse.compile_fields import Binder, value_sql
from spanglass_server.store.clickhouse.views import Column
from spanglass_server.store.views import Condition, ConditionOperator

_TEXT: Final[Mapping[ConditionOperator, str]] = {
    "=": "{column} = {value}",
    "<>": "{column} != {value}",
    "contains": "position({column}, {value}) > 0",
    "does not contain": "position({column}, {value}) = 0",
    "starts with": "startsWith({column}, {value})",
    "ends with": "endsWith({column}, {value})",
    "matches": "positionCaseInsensitiveUTF8({column}, {value}) > 0",
}
_LIST: Final[Mapping[ConditionOperator, str]] = {
    "any of": "hasAny({column}, {value})",
    "none of": "NOT hasAny({column}, {value})",
    "all of": "hasAll({column}, {value})",
}
_CHOICE: Final[Mapping[ConditionOperator, str]] = {
    "any of": "{column} IN {value}",
    "none of": "{column} NOT IN {value}",
}
_COMPARED: Final = ("=", "<>", ">", ">=", "<", "<=")


def condition_sql(condition: Condition, column: Column, bind: Binder) -> str:
    """Raises QueryInvalid for an operator or a value that the column does not take."""
    match column.type:
        case "text":
            return _of_text(condition, column.sql, bind)
        case "list":
            return _of_list(condition, column.sql, bind)
        case "map":
            return _of_map(condition, bind)
        case "number_map":
            key = bind(condition.key)
            value = f"if(mapContains({column.sql}, {key}), {column.sql}[{key}], NULL)"
            return _of_number(condition, value, bind)
        case "list_map":
            return _of_list(condition, f"{column.sql}[{bind(condition.key)}]", bind)
        case "number":
            return _of_number(condition, column.sql, bind)
        case "time":
            return _of_time(condition, column.sql, bind)
        case "bool":
            return _of_bool(condition, column.sql, bind)


def _of_text(condition: Condition, column: str, bind: Binder) -> str:
    match condition.operator:
        case "is null":
            return f"{column} = ''"
        case "is not null":
            return f"{column} != ''"
    if isinstance(condition.value, tuple):
        return _filled(_CHOICE, condition, column, bind(list(condition.value), "Array(String)"))
    return _filled(_TEXT, condition, column, bind(_text_of(condition)))


def _of_list(condition: Condition, column: str, bind: Binder) -> str:
    match condition.operator:
        case "is null":
            return f"empty({column})"
        case "is not null":
            return f"notEmpty({column})"
    if not isinstance(condition.value, tuple):
        raise _refused(condition)
    return _filled(_LIST, condition, column, bind(list(condition.value), "Array(String)"))


def _of_map(condition: Condition, bind: Binder) -> str:
    """A key of the metadata: strings bare, other values as JSON."""
    if not condition.key:
        raise QueryInvalid(f"`{condition.column}` is asked by `key`")
    value = value_sql(get_field(f"metadata.{condition.key}", "spans"), bind)
    if isinstance(condition.value, int | float) and not isinstance(condition.value, bool):
        return _of_number(condition, f"toFloat64OrNull({value})", bind)
    if isinstance(condition.value, bool):
        condition = condition._replace(value="true" if condition.value else "false")
    return _of_text(condition, value, bind)


def _of_number(condition: Condition, column: str, bind: Binder) -> str:
    match condition.operator:
        case "is null":
            return f"isNull({column})"
        case "is not null":
            return f"isNotNull({column})"
    if condition.operator not in _COMPARED or isinstance(condition.value, bool | str | tuple | None):
        raise _refused(condition)
    return f"ifNull({column} {condition.operator} {bind(float(condition.value), 'Float64')}, false)"


def _of_time(condition: Condition, column: str, bind: Binder) -> str:
    if condition.operator not in _COMPARED or not isinstance(condition.value, int):
        raise _refused(condition)
    return f"{column} {condition.operator} {bind(condition.value, 'Int64')}"


def _of_bool(condition: Condition, column: str, bind: Binder) -> str:
    if condition.operator not in ("=", "<>") or not isinstance(condition.value, bool):
        raise _refused(condition)
    return f"ifNull({column} {condition.operator} {bind(condition.value, 'Bool')}, false)"


def _filled(shapes: Mapping[ConditionOperator, str], condition: Condition, column: str, value: str) -> str:
    shape = shapes.get(condition.operator)
    if shape is None:
        raise _refused(condition)
    return shape.format(column=column, value=value)


def _text_of(condition: Condition) -> str:
    if isinstance(condition.value, bool) or condition.value is None:
        raise _refused(condition)
    return str(condition.value)


def _refused(condition: Condition) -> QueryInvalid:
    return QueryInvalid(
        f"`{condition.column}` cannot be compared by `{condition.operator}` with {condition.value!r}"
    )
