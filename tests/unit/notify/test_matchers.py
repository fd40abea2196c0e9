"""Matchers as Alertmanager writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.model.series import Matcher
from spanglass_server.notify.matchers import (
    is_match,
    matches_empty,
    parse_matcher,
    parse_matchers,
    print_matcher,
    print_matchers,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', Matcher("severity", "=", "critical")),
        (" severity = critical ", Matcher("severity", "=", "critical")),
        ("env!=dev", Matcher("env", "!=", "dev")),
        ('team=~"a|b"', Matcher("team", "=~", "a|b")),
        ("team!~a.*", Matcher("team", "!~", "a.*")),
        ('a=""', Matcher("a", "=", "")),
        ("a=", Matcher("a", "=", "")),
        (r'a="x\"y\\z\n"', Matcher("a", "=", 'x"y\\z\n')),
        ('a="b,c{d}"', Matcher("a", "=", "b,c{d}")),
        ("a=b c", Matcher("a", "=", "b c")),
    ],
)
def test_a_matcher_is_read(text: str, expected: Matcher) -> None:
    assert parse_matcher(text) == expected


@pytest.mark.parametrize("text", ["", "a", "1a=b", 'a="b', 'a=~"("', "a=~[", 'a="b"c'])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_matcher(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{}", []),
        ("", []),
        ('{a="b",}', ["a"]),
        ('a="b,c",d=~"e,f"', ["a", "d"]),
        (r'{a="\",",b=c}', ["a", "b"]),
    ],
)
def test_several_stand_between_commas(text: str, names: list[str]) -> None:
    assert [matcher.name for matcher in parse_matchers(text)] == names


@pytest.mark.parametrize("text", ['{a="b"', 'a="b"}', "a=b,,c=d"])
def test_braces_and_commas_come_in_order(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a matcher|brace"):
        parse_matchers(text)


@given(st.text(), st.sampled_from(["=", "!="]))
def test_printing_and_reading_are_inverses(value: str, op: str) -> None:
    matcher = Matcher("name", op, value)  # type: ignore[arg-type]
    if all(char.isprintable() or char == "\n" for char in value):
        assert parse_matcher(print_matcher(matcher)) == matcher


def test_matchers_are_printed_by_name() -> None:
    assert print_matchers([Matcher("b", "=~", "x"), Matcher("a", "!=", 'y"')]) == r'{a!="y\"",b=~"x"}'


def test_regular_expressions_match_the_whole_value_and_absent_labels_are_empty() -> None:
    assert is_match(parse_matchers('a=~"x|y"'), {"a": "x"})
    assert not is_match(parse_matchers('a=~"x|y"'), {"a": "xy"})
    assert is_match(parse_matchers('a!~"x|y"'), {})
    assert is_match(parse_matchers('a="",b!="c"'), {})
    assert matches_empty(parse_matcher('a=~".*"'))
    assert not matches_empty(parse_matcher('a=~".+"'))


def test_no_regular_expression_takes_more_than_linear_time() -> None:
    assert not is_match(parse_matchers('a=~"(x+x+)+y"'), {"a": "x" * 20_000})
