"""In which language an answer is."""

import pytest
from pydantic import ValidationError
from tests.support.evaluators import score_of, scores_of

from spanglass.evaluators.kinds import find_kind
from spanglass.evaluators.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("네", "ko"),
        ("환불은 닷새가 걸립니다.", "ko"),
        ("Kubernetes Deployment를 사용하면 rolling update가 가능합니다", "ko"),
        ("ありがとうございます", "ja"),
        ("返品は五日間かかります", "ja"),
        ("你好", "zh"),
        ("退款需要五天，谢谢您的耐心等待。", "zh"),
        ("ค่ะ", "th"),
        ("Ναι", "el"),
        ("Refunds take five business days.", "en"),
        ("Les remboursements prennent cinq jours.", "fr"),
        ("Rückerstattungen dauern fünf Werktage.", "de"),
        ("Los reembolsos tardan cinco días en llegar a su cuenta.", "es"),
        ("Возврат средств занимает пять рабочих дней.", "ru"),
        ("नमस्ते, आप कैसे हैं?", "hi"),
        ("The word 환불 means refund in Korean.", "en"),
        ("```\nfor each in range(5): print(each)\n```\n네, 그렇게 하세요", "ko"),
        ("https://example.com/english/words/only 참고하세요", "ko"),
    ],
)
def test_a_language_is_recognized(text: str, language: str) -> None:
    found = detect_language(text)
    assert found is not None
    assert found.language == language
    assert found.confidence > 0.6


@pytest.mark.parametrize(
    "text", ["", "123", "OK", "Hello", "東京", "日本語", "```\ncode only\n```", "🙂", "\ud800"]
)
def test_what_may_be_any_language_gets_no_score(text: str) -> None:
    assert scores_of("language", {"expected": "en"}, output=text) == []


def test_the_comment_says_what_was_found_and_expected() -> None:
    score = score_of("language", {"expected": "en"}, output="환불은 닷새가 걸립니다.")
    assert score.value is False
    assert score.comment == "the language of the answer is Korean (1.00), expected English"
    assert score.metadata == {"language": "ko", "confidence": 1.0, "expected": "en"}


def test_an_answer_is_in_the_language_of_its_question() -> None:
    asked = {"input": "환불은 얼마나 걸리나요?"}
    assert score_of("language", output="닷새 걸립니다.", **asked).value is True
    assert score_of("language", output="Refunds take five business days.", **asked).value is False
    assert scores_of("language", input="12?", output="Refunds take five business days.") == []


def test_several_languages_may_be_right() -> None:
    options = {"expected": "en, KO"}
    assert score_of("language", options, output="닷새 걸립니다.").value is True
    assert (score_of("language", options, output="ありがとうございます").comment or "").endswith(
        "expected English or Korean"
    )
    assert score_of("language", {"expected": ["ko"]}, output="닷새 걸립니다.").value is True


@pytest.mark.parametrize("expected", ["xx", "", "english", "question, ko"])
def test_what_is_no_language_is_refused(expected: str) -> None:
    with pytest.raises(ValidationError, match="no code of a known language"):
        find_kind("language").options.model_validate({"expected": expected})
