"""Conditions as SQL: every shape, with its values bound."""

import pytest

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.conditions import condition_sql
from spanglass_server.store.clickhouse.views import Column
from spanglass_server.store.views import Condition, ConditionOperator, ConditionValue

TEXT, NUMBER, LIST = Column(sql="t"), Column(sql="n", type="number"), Column(sql="l", type="list")
TIME, BOOL, MAP = Column(sql="at", type="time"), Column(sql="b", type="bool"), Column(sql="m", type="map")
NUMBERS, LISTS = Column(sql="nm", type="number_map"), Column(sql="lm", type="list_map")

SHAPES: list[tuple[Column, ConditionOperator, ConditionValue, str]] = [
    (TEXT, "=", "x", "t = {p0:String}"),
    (TEXT, "<>", "x", "t != {p0:String}"),
    (TEXT, "contains", "x", "position(t, {p0:String}) > 0"),
    (TEXT, "does not contain", "x", "position(t, {p0:String}) = 0"),
    (TEXT, "starts with", "x", "startsWith(t, {p0:String})"),
    (TEXT, "ends with", "x", "endsWith(t, {p0:String})"),
    (TEXT, "matches", "x", "positionCaseInsensitiveUTF8(t, {p0:String}) > 0"),
    (TEXT, "any of", ("x", "y"), "t IN {p0:Array(String)}"),
    (TEXT, "none of", ("x",), "t NOT IN {p0:Array(String)}"),
    (TEXT, "is null", None, "t = ''"),
    (TEXT, "is not null", None, "t != ''"),
    (LIST, "any of", ("x",), "hasAny(l, {p0:Array(String)})"),
    (LIST, "none of", ("x",), "NOT hasAny(l, {p0:Array(String)})"),
    (LIST, "all of", ("x",), "hasAll(l, {p0:Array(String)})"),
    (LIST, "is null", None, "empty(l)"),
    (LIST, "is not null", None, "notEmpty(l)"),
    (NUMBER, ">=", 2, "ifNull(n >= {p0:Float64}, false)"),
    (NUMBER, "is null", None, "isNull(n)"),
    (NUMBER, "is not null", None, "isNotNull(n)"),
    (TIME, "<", 5, "at < {p0:Int64}"),
    (BOOL, "<>", True, "ifNull(b <> {p0:Bool}, false)"),
    (
        NUMBERS,
        ">",
        1,
        "ifNull(if(mapContains(nm, {p0:String}), nm[{p0:String}], NULL) > {p1:Float64}, false)",
    ),
    (LISTS, "any of", ("x",), "hasAny(lm[{p0:String}], {p1:Array(String)})"),
]


@pytest.mark.parametrize(("column", "operator", "value", "sql"), SHAPES)
def test_a_condition_has_one_shape(
    column: Column, operator: ConditionOperator, value: ConditionValue, sql: str
) -> None:
    assert condition_sql(Condition("c", operator, value, "key"), column, Binder()) == sql


def test_values_and_keys_are_bound_and_never_written() -> None:
    bind = Binder()
    text = "'; DROP TABLE spans --"
    sql = condition_sql(Condition("c", "=", text, text), MAP, bind)

    assert "DROP" not in sql
    assert set(bind.params.values()) == {text}


@pytest.mark.parametrize(
    ("column", "operator", "value"),
    [
        (TEXT, ">", "x"),
        (TEXT, "=", None),
        (TEXT, "contains", ("x",)),
        (LIST, "=", "x"),
        (LIST, "any of", "x"),
        (NUMBER, "=", "x"),
        (NUMBER, "contains", 1),
        (NUMBER, ">", True),
        (TIME, "=", "noon"),
        (BOOL, "=", 1),
        (BOOL, ">", True),
    ],
)
def test_what_a_column_does_not_take_is_refused(
    column: Column, operator: ConditionOperator, value: ConditionValue
) -> None:
    with pytest.raises(QueryInvalid, match="`c`"):
        condition_sql(Condition("c", operator, value, "key"), column, Binder())
