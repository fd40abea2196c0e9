"""Parsing: what is accepted and how it reads, what is refused and in which words."""

import pytest

from spanglass_server.base.limits import EXPRESSION_DEPTH_MAX
from spanglass_server.model.series import Matcher
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Matching,
    Number,
    Parentheses,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from spanglass_server.promql.errors import ExpressionInvalid, Unsupported
from spanglass_server.promql.parse import parse, parse_selector
from spanglass_server.promql.print import print_expression


def up(**labels: str) -> Selector:
    matchers = (Matcher("__name__", "=", "up"), *(Matcher(key, "=", value) for key, value in labels.items()))
    return Selector(name="up", matchers=matchers)


def test_a_selector_keeps_all_its_matchers_and_the_name() -> None:
    found = parse('up{job="a", env!="b", zone=~"c.*", host!~"d|e",}')
    assert found == Selector(
        name="up",
        matchers=(
            Matcher("__name__", "=", "up"),
            Matcher("job", "=", "a"),
            Matcher("env", "!=", "b"),
            Matcher("zone", "=~", "c.*"),
            Matcher("host", "!~", "d|e"),
        ),
    )


def test_a_name_may_stand_in_the_braces_and_hold_any_character() -> None:
    found = parse('{"http.server.duration", "service.name"="a"}')
    assert isinstance(found, Selector)
    assert found.name == "http.server.duration"
    assert found.matchers[1] == Matcher("service.name", "=", "a")
    assert print_expression(found) == '{"http.server.duration","service.name"="a"}'


def test_a_name_given_by_a_matcher_is_no_name() -> None:
    found = parse('{__name__="up"}')
    assert found == Selector(matchers=(Matcher("__name__", "=", "up"),))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1_000", 1000),
        ("0x1F", 31),
        ("010", 8),
        ("08", 8),
        (".5e-3", 0.0005),
        ("2.", 2),
        ("5m", 300),
        ("1h30m", 5400),
        ("-3", -3),
        ("iNf", float("inf")),
        ("- Inf", float("-inf")),
    ],
)
def test_numbers_are_read(text: str, number: float) -> None:
    assert parse(text) == Number(value=number)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b\n\u2713\x41\101"', 'a"b\n✓AA'),
        (r"'it\'s'", "it's"),
        (r"`raw \d`", r"raw \d"),
        (r'"\xc3\xa9"', "é"),
        (r'"a\xc5z"', "a\udcc5z"),
    ],
)
def test_strings_are_read_as_go_reads_them(text: str, value: str) -> None:
    assert parse(text) == Text(value=value)


@pytest.mark.parametrize(
    ("text", "range_ms"),
    [("5m", 300_000), ("1h30m5s1ms", 5_405_001), ("300", 300_000), ("1.5", 1500), ("1y2w3d", 33_004_800_000)],
)
def test_ranges_are_exact_milliseconds(text: str, range_ms: int) -> None:
    assert parse(f"up[{text}]") == Range(selector=up(), range_ms=range_ms)


def test_modifiers_belong_to_the_selector() -> None:
    moved = Selector(name="up", matchers=up().matchers, offset_ms=-60_000, at="start")
    assert parse("up offset -1m @ start()") == moved
    assert parse("up[5m] @ start() offset -1m") == Range(selector=moved, range_ms=300_000)
    assert parse("up @ -1.5") == Selector(name="up", matchers=up().matchers, at=-1500)


def test_a_subquery_has_a_range_and_maybe_a_step() -> None:
    assert parse("up[1h:5m] offset 1m") == Subquery(
        expression=up(), range_ms=3_600_000, step_ms=300_000, offset_ms=60_000
    )
    assert parse("up[1h:]") == Subquery(expression=up(), range_ms=3_600_000)


def test_powers_bind_from_the_right_and_stronger_than_signs() -> None:
    assert parse("up ^ up ^ up") == Binary(op="^", left=up(), right=Binary(op="^", left=up(), right=up()))
    assert parse("-up ^ 2") == Unary(op="-", expression=Binary(op="^", left=up(), right=Number(value=2)))
    assert parse("-up * 2") == Binary(op="*", left=Unary(op="-", expression=up()), right=Number(value=2))


def test_or_binds_weaker_than_and() -> None:
    left = Binary(op="and", left=up(), right=up(a="1"))
    assert parse('up AND up{a="1"} Or up{a="2"}') == Binary(op="or", left=left, right=up(a="2"))


def test_matching_says_labels_and_the_side_with_many() -> None:
    found = parse("up > bool on (job) group_left (zone) (up)")
    assert found == Binary(
        op=">",
        left=up(),
        right=Parentheses(expression=up()),
        is_bool=True,
        matching=Matching(is_on=True, labels=("job",), group="left", include=("zone",)),
    )


def test_grouping_may_stand_before_or_behind() -> None:
    found = Aggregation(op="topk", expression=up(), parameter=Number(value=3), labels=("job",))
    assert parse("topk by (job) (3, up)") == found
    assert parse("TOPK(3, up) BY (job,)") == found


def test_words_with_a_meaning_are_metrics_where_nothing_else_is_meant() -> None:
    for name in ("sum", "by", "offset", "start", "and", "group", "fill", "infinity"):
        found = parse(name)
        assert isinstance(found, Selector), name
        assert found.name == name


def test_comments_and_line_breaks_are_space() -> None:
    assert parse("up # the targets\n + # more\n up") == Binary(op="+", left=up(), right=up())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: parse error: no expression found in input"),
        ("a b", '1:3: parse error: unexpected identifier "b"'),
        ("1 +", "1:4: parse error: unexpected end of input"),
        ("* 1", "1:1: parse error: unexpected <op:*>"),
        ("(up", "1:4: parse error: unclosed left parenthesis"),
        ("up)", "1:4: parse error: unexpected right parenthesis ')'"),
        ("up & up", "1:4: parse error: unexpected character: '&'"),
        ("up ! up", "1:4: parse error: unexpected character after '!': ' '"),
        ("up =~ up", "1:4: parse error: unexpected character after '=': '~'"),
        ('"abc', "1:1: parse error: unterminated quoted string"),
        ("`abc", "1:1: parse error: unterminated raw string"),
        (
            'up{a="1" or b="2"}',
            '1:10: parse error: unexpected identifier "or" in label matching, expected "," or "}"',
        ),
        ("up{a=b}", '1:6: parse error: unexpected identifier "b" in label matching, expected string'),
        ("up{a}", '1:5: parse error: unexpected "}" in label matching, expected label matching operator'),
        ("up{", "1:4: parse error: unexpected end of input inside braces"),
        ('up{__name__="a"}', '1:1: parse error: metric name must not be set twice: "up" or "a"'),
        ('{a=~".*", b=""}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ('up{a=~"("}', "1:4: parse error: error parsing regexp: missing ): ("),
        ("up[0s]", "1:4: parse error: duration must be greater than 0"),
        ("up[5m", "1:6: parse error: unexpected end of input in duration expression"),
        ("up[1d1y]", '1:4: parse error: not a valid duration string: "1d1y"'),
        ("(up)[5m]", "1:5: parse error: ranges only allowed for vector selectors"),
        ("up offset 5m [5m]", "1:14: parse error: no offset modifiers allowed before range"),
        ("up @ 5 [5m]", "1:8: parse error: no @ modifiers allowed before range"),
        ("up offset 5m offset 5m", "1:1: parse error: offset may not be set multiple times"),
        ("up @ inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
        (
            "up @ -1e17",
            "1:1: parse error: timestamp out of bounds for @ modifier: -100000000000000000.000000",
        ),
        ("up @ 5 @ 6", "1:1: parse error: @ <timestamp> may not be set multiple times"),
        (
            "sum(up) offset 5m",
            "1:1: parse error: offset modifier must be preceded by an instant vector "
            "selector or range vector "
            "selector or a subquery",
        ),
        (
            "up + rate(up)",
            '1:11: parse error: expected type range vector in call to function "rate", got instant vector',
        ),
        ("rate()", '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'),
        ("round(up, 1, 2)", '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'),
        (
            "label_join(up)",
            '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1',
        ),
        ("up +\n  what(up)", '2:3: parse error: unknown function with name "what"'),
        ("sum(up up)", '1:8: parse error: unexpected identifier "up" in aggregation'),
        ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
        (
            "topk(up)",
            "1:1: parse error: wrong number of arguments for aggregate expression provided, "
            "expected 2, got 1",
        ),
        ("avg(up,)", "1:7: parse error: trailing commas not allowed in function call args"),
        ("sum by up (up)", '1:8: parse error: unexpected identifier "up" in grouping opts, expected "("'),
        ("sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"),
        (
            "topk(up, up)",
            "1:6: parse error: expected type scalar in aggregation parameter, got instant vector",
        ),
        (
            "count_values(1, up)",
            "1:14: parse error: expected type string in aggregation parameter, got scalar",
        ),
        ("1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("up + bool up", "1:4: parse error: bool modifier can only be used on comparison operators"),
        ("1 and up", '1:1: parse error: set operator "and" not allowed in binary scalar expression'),
        ("up > on(a) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
        ("up or on(a) group_left up", '1:1: parse error: no grouping allowed for "or" operation'),
        (
            "up * on(a) group_left(a) up",
            '1:4: parse error: label "a" must not occur in ON and GROUP clause at once',
        ),
        ('"a" + 1', "1:1: parse error: binary expression must contain only scalar and instant vector types"),
        (
            '-"a"',
            "1:1: parse error: unary expression only allowed on expressions of type scalar "
            "or instant vector, got "
            '"string"',
        ),
        ("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
    ],
)
def test_errors_are_prometheus_own(text: str, message: str) -> None:
    with pytest.raises(ExpressionInvalid) as failure:
        parse(text)
    assert failure.value.message == message
    assert failure.value.column is not None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("up[5m + 1m]", "a duration expression"),
        ("up[(5m)]", "a duration expression"),
        ("up[step()]", "a duration expression"),
        ("up + fill(0) up", "fill()"),
        ("up </ 5", "the operator </"),
        ("info(up)", "info()"),
        ("limit_ratio(0.5, up)", "limit_ratio()"),
        ("up smoothed", "smoothed"),
        ("rate(up[5m] anchored)", "anchored"),
        ("integral(up[5m])", "integral()"),
    ],
)
def test_what_is_experimental_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(Unsupported) as failure:
        parse(text)
    assert f"{named} is experimental in Prometheus and is not supported" in failure.value.message


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "up" + ")" * 500,
        " + ".join(["up"] * 500),
        "-" * 500 + "up",
        "up" + " ^ up" * 500,
        "sum(" * 500 + "up" + ")" * 500,
    ],
)
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match=f"more than {EXPRESSION_DEPTH_MAX} expressions"):
        parse(text)


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(ExpressionInvalid, match="longer than 100,000 characters"):
        parse("up" + " " * 100_000)


def test_a_selector_of_hundreds_of_matchers_is_refused() -> None:
    names = [f'l{number}!="x"' for number in range(501)]
    with pytest.raises(ExpressionInvalid, match="1:5: parse error: more than 500 matchers in one selector"):
        parse(f"sum({{{','.join(names)}}})")
    assert len(parse_selector(f"up{{{','.join(names[:499])}}}")) == 500


def test_long_expressions_are_parsed_too() -> None:
    labels = ", ".join(f"l{number}" for number in range(2_000))
    assert parse(f"sum by ({labels}) (up)") == parse(f"sum by ({labels}) (up)")


def test_a_selector_alone_gives_its_matchers() -> None:
    assert parse_selector('up{job="a"}') == up(job="a").matchers
    with pytest.raises(ExpressionInvalid, match="unexpected <offset>"):
        parse_selector("up offset 5m")
    with pytest.raises(ExpressionInvalid, match='unexpected "\\("'):
        parse_selector("rate(up[5m])")
