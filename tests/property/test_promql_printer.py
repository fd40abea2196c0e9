"""Printing an expression and parsing it again gives the same expression; what we print, others parse."""

import promql_parser
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.model.series import METRIC_NAME, Matcher, MatchOperator
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Matching,
    Number,
    Parentheses,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from spanglass_server.promql.check import type_of
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.promql.print import print_expression

_WORDS = {"on", "by", "or", "and", "inf", "nan", "bool", "offset", "unless", "atan2", "ignoring", "without"}
plain_names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in _WORDS)
names = (
    plain_names | st.text(min_size=1, max_size=8) | st.sampled_from(["inf", "NaN", "on", "bool", "sum", "or"])
)
values = st.text(max_size=8) | st.sampled_from(['"', "\\", "a\nb", "`"])
texts = values | st.just("\udcc5")
milliseconds = st.integers(1, 400 * 86_400_000)
offsets = st.just(0) | st.integers(-(10**9), 10**9)
times = st.none() | st.sampled_from(["start", "end"]) | st.integers(-(10**12), 2 * 10**12)
operators: st.SearchStrategy[MatchOperator] = st.sampled_from(["=", "!="])


def _selector(name: str, matchers: list[Matcher], offset_ms: int, at: object) -> Selector:
    first = (Matcher(METRIC_NAME, "=", name),)
    return Selector(name=name, matchers=first + tuple(matchers), offset_ms=offset_ms, at=at)  # type: ignore[arg-type]


labels = names.filter(lambda name: name != METRIC_NAME)
patterns: st.SearchStrategy[MatchOperator] = st.sampled_from(["=~", "!~"])
matchers = st.builds(Matcher, labels, operators, values) | st.builds(
    Matcher, labels, patterns, st.sampled_from(["a.*", "", "\\d+|b", "(?i:x)"])
)
selectors = st.builds(_selector, names, st.lists(matchers, max_size=3), offsets, times)
numbers = st.floats(allow_nan=False).map(lambda value: Number(value=value))
ranges = st.builds(lambda selector, ms: Range(selector=selector, range_ms=ms), selectors, milliseconds)
label_lists = st.lists(labels, max_size=3).map(tuple)


def _vectors(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    wrapped = inner.map(lambda node: Parentheses(expression=node))
    subqueries = st.builds(
        lambda node, ms, step, offset_ms, at: Subquery(
            expression=node, range_ms=ms, step_ms=step, offset_ms=offset_ms, at=at
        ),
        wrapped,
        milliseconds,
        st.just(0) | milliseconds,
        offsets,
        times,
    )
    calls = st.builds(
        lambda name, node: FunctionCall(name=name, arguments=(node,)),
        st.sampled_from(["rate", "sum_over_time", "absent_over_time"]),
        ranges | subqueries,
    )
    relabeled = st.builds(
        lambda node, text: FunctionCall(name="label_join", arguments=(node, text, text)),
        inner,
        texts.map(lambda value: Text(value=value)),
    )
    aggregated = st.builds(
        lambda op, node, is_without, by: Aggregation(
            op=op, expression=node, is_without=is_without or False, labels=by
        ),
        st.sampled_from(["sum", "avg", "group"]),
        inner,
        st.booleans(),
        label_lists,
    )
    ranked = st.builds(
        lambda number, node, by: Aggregation(op="topk", expression=node, parameter=number, labels=by),
        numbers,
        inner,
        label_lists,
    )
    negated = wrapped.map(lambda node: Unary(op="-", expression=node))
    return st.one_of(wrapped, calls, relabeled, aggregated, ranked, negated, _binaries(wrapped))


def _binaries(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    simple = st.builds(
        lambda op, left, right: Binary(op=op, left=left, right=right),
        st.sampled_from(["+", "^", "%", "atan2", "==", "<="]),
        inner,
        inner | numbers,
    )
    set_operators = st.builds(
        lambda op, left, right, is_on, by: Binary(
            op=op, left=left, right=right, matching=Matching(is_on=is_on, labels=by)
        ),
        st.sampled_from(["and", "or", "unless"]),
        inner,
        inner,
        st.booleans(),
        label_lists,
    )
    grouped = st.builds(
        lambda left, right, side, is_bool, include: Binary(
            op=">",
            left=left,
            right=right,
            is_bool=is_bool,
            matching=Matching(is_on=True, labels=("on_this",), group=side, include=include),
        ),
        inner,
        inner,
        st.sampled_from(["left", "right"]),
        st.booleans(),
        label_lists.filter(lambda include: "on_this" not in include),
    )
    return st.one_of(simple, set_operators, grouped)


expressions = st.recursive(selectors, _vectors, max_leaves=6)


@given(expressions | numbers | texts.map(lambda value: Text(value=value)) | ranges)
def test_parsing_what_was_printed_gives_the_expression_back(expression: Expression) -> None:
    assert parse(print_expression(expression)) == expression


@given(expressions)
def test_the_type_is_an_instant_vector_whatever_is_inside(expression: Expression) -> None:
    assert type_of(parse(print_expression(expression))) == "vector"


TOKENS = [
    *("up", "sum", "topk", "rate", "label_join", "by", "on", "group_left", "bool", "offset", "start()"),
    *("end()", "and", "or", "inf", "nan", "__name__", "[5m]", "[1h:]", "(up)", "==", "=~", "!~", "!="),
    *"@-+^>(){}[],:='\"#",
    *('"a"', '"("', "`b`", "5m", "1_000", "0x1F", "1e3", ".5", r'"\xc5"', "\\", "\n", '{a="b"}'),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join) | st.text(max_size=20))
def test_any_text_parses_or_is_refused_with_its_place(text: str) -> None:
    refused = _why_refused(text)
    if refused is None:
        expression = parse(text)
        assert parse(print_expression(expression)) == expression or "nan" in text.lower()
    else:
        assert refused.message
        assert refused.column is not None


def _why_refused(text: str) -> ExpressionInvalid | None:
    try:
        parse(text)
    except ExpressionInvalid as error:
        return error
    return None


plain_selectors = st.builds(
    _selector,
    plain_names,
    st.lists(
        st.builds(Matcher, plain_names, operators, st.from_regex(r"[a-z ]*", fullmatch=True)), max_size=3
    ),
    st.integers(-1000, 1000).map(lambda seconds: seconds * 1000),
    st.none() | st.sampled_from(["start", "end"]) | st.integers(0, 10**9).map(lambda seconds: seconds * 1000),
)


@given(
    plain_selectors, st.sampled_from(["{0}", "sum by (a) ({0})", "-{0} ^ 2 * {0}", "{0} > bool on (a) {0}"])
)
def test_another_parser_reads_the_same_where_it_can(selector: Selector, form: str) -> None:
    text = print_expression(parse(form.format(print_expression(selector))))
    theirs = promql_parser.parse(text)
    assert parse(str(theirs)) == parse(text)
