"""Printing an expression and parsing it again gives the same expression; what we print, others parse."""

import promql_parser
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.model.series import Matcher
from spanglass_server.promql.ast import (
    Selector,
)
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.promql.print import print_expression

plain_names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in _WORDS)
names = plain_names | st.text(min_size=1, max_size=8)
_WORDS = ["up", "sum", "topk", "rate", "label_join", "by", "on", "group_left", "bool", "offset", "start()"]
NAMES = ["end()", "and", "or", "inf", "nan", "__name__", "[5m]", "[1h:]", "(up)"]
SIGNS = list("@-+^>(){}[],:='\"#") + ["==", "=~", "!~", "!="]
LITERALS = ['"a"', '"("', "`b`", "5m", "1_000", "0x1F", "1e3", ".5", r'"\xc5"', "\\", "\n", '{a="b"}']
TOKENS = WORDS + NAMES + SIGNS + LITERALS


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
