"""How close an answer is to a reference."""

import pytest
from tests.support.evaluators import score_of, scores_of


@pytest.mark.parametrize(
    ("method", "answer", "reference", "value"),
    [
        ("exact", " Five days.\n", "Five days.", 1.0),
        ("exact", "five days", "Five days.", 0.0),
        ("normalized", "five  DAYS", "Five days.", 1.0),
        ("normalized", "ＦＩＶＥ", "five", 1.0),
        ("normalized", "six days", "Five days.", 0.0),
        ("token_f1", "it takes five days", "five days", 0.6667),  # 2 of 4 and 2 of 2
        ("token_f1", "no", "five days", 0.0),
        ("token_f1", "환불은 닷새", "환불에는 닷새", 0.7273),  # 4 of 5 and 4 of 6 syllables
        ("rouge_l", "days five", "five days", 0.5),
        ("rouge_l", "about five working days", "five days", 0.6667),
        ("levenshtein", "kitten", "sitting", 0.5714),  # 3 edits of 7
        ("chrf", "five days", "five days", 1.0),
        ("chrf", "abc", "xyz", 0.0),
    ],
)
def test_methods_give_what_their_papers_say(method: str, answer: str, reference: str, value: float) -> None:
    score = score_of("similarity", {"method": method}, output=answer, reference=reference)
    assert score.value == pytest.approx(value, abs=1e-4)


def test_korean_endings_cost_little() -> None:
    texts = {"output": "환불은 닷새가 걸립니다.", "reference": "환불에는 닷새 걸립니다"}
    assert score_of("similarity", **texts).value == 0.8
    assert score_of("similarity", output="배송은 무료예요", reference=texts["reference"]).value < 0.3


def test_an_own_reference_wins_and_without_any_there_is_no_score() -> None:
    options = {"method": "exact", "reference": "Yes."}
    assert score_of("similarity", options, output="Yes.", reference="No.").value == 1.0
    assert scores_of("similarity", {"method": "exact"}, output="Yes.") == []


def test_long_texts_are_compared_as_far_as_said() -> None:
    score = score_of("similarity", {"method": "levenshtein"}, output="a" * 30_000, reference="a" * 20_000)
    assert score.value == 1.0
    assert score.metadata == {"method": "levenshtein", "compared_characters": 20_000}


def test_the_comment_counts() -> None:
    score = score_of("similarity", output="it takes five days", reference="five days")
    assert score.comment == "2 of the answer's 4 tokens are in the reference (2)"
