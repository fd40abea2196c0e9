"""Answers of judges: read where they have the form, refused otherwise, whatever they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.evaluators.judge.answers import FivePoints, read_answer, schema_of, verdict_of
from spanglass.evaluators.judge.problems import WrongForm

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def wrong(form: str | dict[str, object] | None) -> str:
    with pytest.raises(WrongForm) as raised:
        read_answer(form, FivePoints)
    return str(raised.value)


@pytest.mark.parametrize(
    "form",
    [
        {"reason": "r", "score": 4},
        '{"reason": "r", "score": 4}',
        '  {"score": 4, "reason": "r", "more": [1]}  ',
        '```json\n{"reason": "r", "score": 4}\n```',
        '```\n{"reason": "r", "score": "4"}\n```\n',
        {"reason": "r", "score": 4.0},
    ],
)
def test_answers_of_the_form_are_read(form: object) -> None:
    assert read_answer(form, FivePoints) == FivePoints(reason="r", score=4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (None, "there was none"),
        ("", "no JSON"),
        ("5", "no JSON"),
        ("The answer is {'score': 5}", "no JSON"),
        ('Here you are: {"reason": "r", "score": 5}', "no JSON"),
        ('{"reason": "r", "score": 5} Anything else?', "no JSON"),
        ('```json\n{"reason": "r", "score": 5}\n``` and ```json\n{}\n```', "no JSON"),
        ('[{"reason": "r", "score": 5}]', "no JSON"),
        ({"reason": "r"}, "score: Field required"),
        ({"reason": "r", "score": 0}, "greater than or equal to 1"),
        ({"reason": "r", "score": 6}, "less than or equal to 5"),
        ({"reason": "r", "score": 4.5}, "integer"),
        ({"reason": "r", "score": None}, "score"),
        ({"reason": ["r"], "score": 4}, "reason"),
        ("\ud800", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"reason": "r", "score": ' + "9" * 5_000 + "}", "no JSON"),
    ],
)
def test_whatever_else_is_refused_in_words(form: str | dict[str, object] | None, words: str) -> None:
    assert words in wrong(form)


def test_numbers_that_are_none_are_refused() -> None:
    for told in ("NaN", "Infinity", "-0.1", "1.1"):
        with pytest.raises(WrongForm):
            read_answer('{"reason": "r", "score": ' + told + "}", schema_of("0_to_1"))


def test_labels_are_taken_exactly() -> None:
    schema = schema_of("categories", ("good", "bad"))
    answer = read_answer({"reason": "r", "label": "bad"}, schema)
    verdict = verdict_of(answer)
    assert verdict is not None
    assert verdict.value == "bad"
    for label in ("Good", "good!", "", 1):
        with pytest.raises(WrongForm):
            read_answer({"reason": "r", "label": label}, schema)


@given(JSON | st.text(max_size=200))
def test_nothing_but_an_answer_comes_of_any_json(told: object) -> None:
    for scale in ("1_to_5", "0_to_1", "yes_no", "claims"):
        try:
            answer = read_answer(json.dumps(told), schema_of(scale))  # type: ignore[arg-type]
        except WrongForm:
            continue
        verdict = verdict_of(answer)
        assert verdict is None or 0 <= float(verdict.value) <= 1


def test_long_reasons_end() -> None:
    verdict = verdict_of(FivePoints(reason="x" * 50_000, score=3))
    assert verdict is not None
    assert len(verdict.reason) == 2_000
