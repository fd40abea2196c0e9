"""Values as people write them."""

import pytest

from spanglass_server.query.values import (
    literal_parts,
    parse_duration_ns,
    parse_money_usd,
    parse_number,
    pattern_of,
    print_duration,
    print_number,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5ns", 5), ("5us", 5e3), ("5µs", 5e3), ("1.5ms", 1.5e6), ("2s", 2e9), ("1m", 60e9), ("1h", 3600e9),
        ("2d", 172_800e9), ("0", 0), ("-1s", -1e9), ("2", None), ("2sec", None), ("s", None),
        ("1e400s", None),
    ],
)  # fmt: skip
def test_durations_need_a_unit(text: str, value: float | None) -> None:
    assert parse_duration_ns(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.01", 0.01), ("$0.01", 0.01), ("1k", 1000), ("5c", 0.05), ("5¢", 0.05), ("2USD", 2), ("€2", None)],
)
def test_money_is_in_dollars(text: str, value: float | None) -> None:
    assert parse_money_usd(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("200", 200), ("1.5k", 1500), ("2M", 2e6), ("1e3", 1000), ("x", None), ("", None)]
)
def test_numbers_take_thousands_and_millions(text: str, value: float | None) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [
        (2e9, "2s"),
        (1.5e9, "1500ms"),
        (3600e9, "1h"),
        (90e9, "90s"),
        (1.0, "1ns"),
        (0.0, "0ns"),
        (0.5, "0.5ns"),
    ],
)
def test_durations_print_in_whole_units(value_ns: float, text: str) -> None:
    assert print_duration(value_ns) == text
    assert parse_duration_ns(text) == value_ns


@pytest.mark.parametrize("value", [0.1, 1e-9, 123456789.0, 1e20, 0.30000000000000004])
def test_numbers_print_exactly(value: float) -> None:
    assert parse_number(print_number(value)) == value


@pytest.mark.parametrize(
    ("text", "value", "is_pattern"),
    [("a*", "a*", True), (r"a\*", "a*", False), (r"a\\*", r"a\\*", True), (r"C:\dir", r"C:\dir", False)],
)
def test_a_star_is_a_wildcard_unless_escaped(text: str, value: str, is_pattern: bool) -> None:
    assert pattern_of(text) == (value, is_pattern)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a*b", ["a", "b"]),
        ("*", ["", ""]),
        (r"a\*b*c", ["a*b", "c"]),
        (r"\\*", ["\\", ""]),
        (r"a\b*", [r"a\b", ""]),
    ],
)
def test_patterns_split_at_their_wildcards(pattern: str, parts: list[str]) -> None:
    assert literal_parts(pattern) == parts
