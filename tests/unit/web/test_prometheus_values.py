"""Numbers and times read and written as Prometheus does."""

import math

import numpy as np
import pytest

from spanglass_server.web.prometheus.series import unescape_name
from spanglass_server.web.prometheus.values import (
    exponent_text,
    json_text,
    parse_duration_ms,
    parse_time_ms,
    rfc3339_text,
    time_text,
    time_texts,
    value_text,
    value_texts,
)

SHOWN = [
    (0.0, "0"),
    (-0.0, "-0"),
    (1.0, "1"),
    (100.0, "100"),
    (0.1, "0.1"),
    (10.05, "10.05"),
    (-2.5, "-2.5"),
    (1e15, "1000000000000000"),
    (1e16, "10000000000000000"),
    (123456789012345678.0, "123456789012345680"),
    (1e20, "100000000000000000000"),
    (1e21, "1e+21"),
    (1.5e300, "1.5e+300"),
    (0.0001, "0.0001"),
    (1.25e-5, "0.0000125"),
    (1e-6, "0.000001"),
    (-3.5e-6, "-0.0000035"),
    (-1.5e17, "-150000000000000000"),
    (1e-5, "0.00001"),
    (9.999e-6, "0.000009999"),
    (9.9e-7, "9.9e-07"),
    (5e-324, "5e-324"),
    (math.inf, "+Inf"),
    (-math.inf, "-Inf"),
    (math.nan, "NaN"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN)
def test_values_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert value_text(value) == text
    assert value_texts(np.array([value, 1.0, value])) == [text, "1", text]


def test_many_plain_values_are_written_as_each_alone() -> None:
    values = np.concatenate([np.arange(-50, 50, 0.37), np.array([1e-4, 1e14, 0.0, 99.0])])
    assert value_texts(values) == [value_text(value) for value in values.tolist()]
    assert value_texts(np.array([])) == []


@pytest.mark.parametrize(
    ("time_ms", "text"), [(0, "0"), (1, "0.001"), (1_500, "1.500"), (-1_500, "-1.500"), (7_000, "7")]
)
def test_times_have_three_digits_of_fraction_or_none(time_ms: int, text: str) -> None:
    assert time_text(time_ms) == text
    assert time_texts(np.array([time_ms, 7_000])) == [text, "7"]


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("0", 0),
        ("123.123", 123_123),
        ("123.1239", 123_124),
        ("1.5e3", 1_500_000),
        ("-1", -1_000),
        ("2015-06-03T13:21:58.555Z", 1_433_337_718_555),
        ("2015-06-03T14:21:58.5+01:00", 1_433_337_718_500),
        ("2015-06-03T13:21:58.555999999Z", 1_433_337_718_555),
        ("-292273086-05-16T16:47:06Z", -9_223_372_036_854),
        ("+292277025-08-18T07:12:54.999999999Z", 9_223_372_036_854),
        ("", None),
        ("30s", None),
        ("foo.123", None),
        ("1_000", None),
        (" 1", None),
        ("Inf", None),
        ("1e300", None),
        ("2015-02-30T13:21:58Z", None),
        ("2015-06-03 13:21:58", None),
    ],
)
def test_times_are_unix_seconds_rfc_3339_or_the_ends_of_time(text: str, time_ms: int | None) -> None:
    assert parse_time_ms(text) == time_ms


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [
        ("15", 15_000),
        ("0.5", 500),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1y2w3d4h5m6s7ms", 31_536_000_000 + 17 * 86_400_000 + 14_706_007),
        ("0", 0),
        ("-1", -1_000),
        ("", None),
        ("5", 5_000),
        ("m5", None),
        ("5m1h", None),
        ("5x", None),
        ("1e300", None),
    ],
)
def test_durations_are_seconds_or_units_from_long_to_short(text: str, duration_ms: float | None) -> None:
    assert parse_duration_ms(text) == duration_ms


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1e+00"),
        (0.25, "2.5e-01"),
        (1234.5, "1.2345e+03"),
        (0.0, "0e+00"),
        (1e100, "1e+100"),
        (math.inf, "+Inf"),
    ],
)
def test_an_alerts_value_has_an_exponent(value: float, text: str) -> None:
    assert exponent_text(value) == text


def test_moments_are_written_in_utc_and_never_is_go_s_zero_time() -> None:
    assert rfc3339_text(1_433_337_718_550) == "2015-06-03T13:21:58.55Z"
    assert rfc3339_text(1_433_337_718_000) == "2015-06-03T13:21:58Z"
    assert rfc3339_text(0) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        ("model", "model"),
        ("U__service_2e_name", "service.name"),
        ("U__a__b", "a_b"),
        ("U___d55c__ae00_", "한글"),
        ("__name__", "__name__"),
        ("U___110000_", "_110000_"),
        ("U___d800_", "_d800_"),
    ],
)
def test_label_names_in_paths_are_unescaped(escaped: str, name: str) -> None:
    assert unescape_name(escaped) == name


def test_bytes_that_are_no_text_become_the_replacement_character() -> None:
    assert json_text({"a": "x\udcc5"}) == '{"a": "x\ufffd"}'
