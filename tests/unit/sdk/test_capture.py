"""Arguments and results as text, whatever they are."""

import argparse
import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import time
import uuid
from collections import OrderedDict, UserDict, defaultdict, namedtuple
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanglass
from spanglass._capture import capture_arguments, capture_text, is_secret_name
from spanglass.testing import Capture, capture


class Color(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    BIG = 3


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Document:
    id: str
    api_key: str = "k"
    hidden: str = dataclasses.field(default="h", repr=False)


class Model(pydantic.BaseModel):
    name: str
    token: pydantic.SecretStr
    inner: Document
    left_out: str = pydantic.Field("x", exclude=True)


class Plain:
    pass


class Shown:
    def __repr__(self) -> str:
        return "Shown()"


class Text(str):
    def __str__(self) -> str:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


FORMS: list[tuple[object, object]] = [
    ("text", "text"),
    ({"a": 1, 2: None, None: True}, {"a": 1, "2": None, "None": True}),
    ([1, 2.5, float("inf"), float("nan")], [1, 2.5, "inf", "nan"]),
    ((1, "a"), [1, "a"]),
    ({3}, [3]),
    (Point(1, 2), {"x": 1, "y": 2}),
    (namedtuple("Pair", "a b")(1, [2]), {"a": 1, "b": [2]}),
    (defaultdict(list, a=[1]), {"a": [1]}),
    (OrderedDict(a=1), {"a": 1}),
    (UserDict(a=1), {"a": 1}),
    (Document("1"), {"id": "1", "api_key": "[redacted]"}),
    (
        Model(name="n", token=pydantic.SecretStr("s"), inner=Document("2")),
        {"name": "n", "token": "[redacted]", "inner": {"id": "2", "api_key": "[redacted]"}},
    ),
    ([Color.RED, Size.BIG], ["red", 3]),
    ([b"abc", bytearray(2)], ["<3 bytes>", "<2 bytes>"]),
    ([datetime.date(2026, 1, 2), decimal.Decimal("1.20")], ["2026-01-02", "1.20"]),
    ([uuid.UUID(int=1), pathlib.PurePosixPath("/a")], ["00000000-0000-0000-0000-000000000001", "/a"]),
    ([np.float32(1.5), np.arange(3), np.zeros((9, 9))], [1.5, [0, 1, 2], "<ndarray float64 9 x 9>"]),
    ([pd.DataFrame({"a": [1], "b": [2]})], ["<DataFrame 1 x 2: a, b>"]),
    ([ValueError("bad")], ["ValueError: bad"]),
    ([Plain(), Shown()], [f"<{__name__}.Plain>", "Shown()"]),
    ([len, Plain], ["<builtins.len>", f"<{__name__}.Plain>"]),
    ([10**30], [hex(10**30)]),
    ([Text("abc")], ["abc"]),
    (pydantic.SecretStr("s"), "[redacted]"),
]


@pytest.mark.parametrize(("value", "expected"), FORMS, ids=lambda value: type(value).__name__)
def test_values_are_captured_in_a_readable_form(value: object, expected: object) -> None:
    text = capture_text(value, 10_000)
    assert (text if isinstance(value, str) else json.loads(text)) == expected


class BrokenRepr:
    def __repr__(self) -> str:
        raise RuntimeError


class BrokenMapping(UserDict):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        raise RuntimeError


class BrokenEverything:
    __slots__ = ()

    def _fail(self, *args: object) -> Any:
        raise RuntimeError("broken")

    __repr__ = __str__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __getattr__ = _fail  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [BrokenRepr, BrokenMapping, BrokenEverything, MagicMock])
def test_broken_objects_harm_nothing(kind: type, captured: Capture) -> None:
    @spanglass.observe
    def passes(thing: object) -> object:
        return thing

    thing = kind()
    assert passes(thing) is thing
    span = captured.span("passes")
    assert kind.__name__ in span.input["thing"] or "{}" in str(span.input)
    assert "next" in json.loads(capture_text([thing, "next"], 1000))


def test_cycles_and_deep_structures_end() -> None:
    loop: dict[str, Any] = {"a": 1}
    loop["self"] = loop
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert json.loads(capture_text(loop, 1000)) == {"a": 1, "self": "[cycle]"}
    assert "nested too deep" in capture_text(deep, 1000)
    twice = [1]
    assert json.loads(capture_text([twice, twice], 1000)) == [[1], [1]]


def test_huge_values_cost_what_their_beginning_costs() -> None:
    rows = [{"n": n, "text": "x" * 100} for n in range(200_000)]
    started = time.perf_counter()
    text = capture_text({"rows": rows, "more": "x" * 10_000_000}, 10_000)
    assert time.perf_counter() - started < 0.5
    assert len(text) < 11_000
    assert "cut at the size limit" in text
    assert capture_text("x" * 1_000, 10) == "xxxxxxxxxx… [990 more characters]"


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=20), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, st.integers(0, 60))
def test_what_is_captured_of_plain_data_is_json_and_whole_where_it_fits(value: Any, chars: int) -> None:
    if isinstance(value, str):
        return
    json.loads(capture_text(value, chars))
    whole = json.loads(capture_text(value, 1_000_000))
    if '"[' not in json.dumps(value) and "Infinity" not in json.dumps(value):
        assert whole == json.loads(json.dumps(value)) or _has_secret_name(value) or _is_deep(value)


def _has_secret_name(value: Any) -> bool:
    if isinstance(value, dict):
        return any(is_secret_name(key) or len(key) > 299 or _has_secret_name(v) for key, v in value.items())
    return isinstance(value, list) and any(map(_has_secret_name, value))


def _is_deep(value: Any, depth: int = 0) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 15 or any(_is_deep(item, depth + 1) for item in inner)


SECRETS = [
    *(
        "password",
        "PASSWORD",
        "db_password",
        "dbPassword",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "openai_api_key",
    ),
    *(
        "secret",
        "client_secret",
        "AWS_SECRET_ACCESS_KEY",
        "access_token",
        "refreshToken",
        "token",
        "id_token",
    ),
    *("Authorization", "cookie", "Set-Cookie", "private_key", "credentials", "connection_string", "jwt"),
]
NO_SECRETS = [
    *(
        "max_tokens",
        "token_count",
        "input_tokens",
        "tokenizer",
        "key",
        "keys",
        "keyword",
        "question",
        "author",
    ),
    *(
        "secretary",
        "passenger",
        "cookie_policy_text",
        "monkey",
        "primary_key",
        "next_page_token",
        "tokens_used",
    ),
]


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_recognized_by_their_names(name: str) -> None:
    text = capture_arguments([("outer", {name: "hush"}), (name, ["hush"])], 1000)
    assert "hush" not in text
    assert text.count("[redacted]") == 2


@pytest.mark.parametrize("name", NO_SECRETS)
def test_other_names_are_no_secrets(name: str) -> None:
    assert "[redacted]" not in capture_arguments([(name, "shown")], 1000)


def test_counts_and_switches_are_never_secrets() -> None:
    shown = {"tokens": 5, "token": None, "password": False}
    assert json.loads(capture_text(shown, 1000)) == shown


def test_numbers_and_headers_are_secrets_too() -> None:
    hidden = {
        "password": 123456,
        "headers": [("Authorization", "Bearer hush"), ("Accept", "shown")],
        "raw": {b"x-api-key": "hush"},
        "options": SimpleNamespace(api_key="hush", user="shown"),
        "parsed": argparse.Namespace(secret="hush"),
    }
    assert json.loads(capture_text(hidden, 1000)) == {
        "password": "[redacted]",
        "headers": [["Authorization", "[redacted]"], ["Accept", "shown"]],
        "raw": {"x-api-key": "[redacted]"},
        "options": {"api_key": "[redacted]", "user": "shown"},
        "parsed": {"secret": "[redacted]"},
    }


def test_secrets_in_metadata_and_parameters_are_redacted() -> None:
    with capture() as kept, spanglass.span("s") as span:
        span.update(
            metadata={"api_key": "hush", "region": "eu"}, parameters={"api_key": "hush", "max_tokens": 5}
        )
    assert kept.spans[0].attributes == {
        "spanglass.metadata.api_key": "[redacted]",
        "spanglass.metadata.region": "eu",
        "gen_ai.request.api_key": "[redacted]",
        "gen_ai.request.max_tokens": 5,
    }


def test_the_mask_and_the_size_limit_of_init_apply() -> None:
    @spanglass.observe
    def asks(question: str) -> str:
        return "mail me@example.org " + "x" * 100

    with capture(mask=lambda text: text.replace("me@example.org", "[mail]"), capture_chars_max=60) as kept:
        asks("from me@example.org")
    (span,) = kept.spans
    assert span.input == {"question": "from [mail]"}
    assert span.output == "mail [mail] " + "x" * 40 + "… [60 more characters]"
