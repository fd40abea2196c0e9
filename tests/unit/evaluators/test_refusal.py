"""Refusals, by what the API says and by their words."""

import pytest
from tests.support.evaluators import score_of, scores_of

from spanglass import semconv
from spanglass.evaluators import TargetSpan

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "I cannot provide instructions for that.",
    "As an AI language model, I don't have opinions.",
    "I must respectfully decline.",
    "I'm not able to discuss this topic.",
    "Unfortunately I won't be able to do that, since I am unable to share it.",
    "That goes against our usage policies.",
    "The response was filtered due to the prompt triggering our content management policy.",
    "죄송하지만 해당 요청은 도와드릴 수 없습니다.",
    "죄송합니다. 그 질문에는 답변드릴 수 없습니다.",
    "저는 AI 언어 모델로서 의견을 드리기 어렵습니다.",
    "申し訳ございませんが、その件にはお答えできません。",
    "抱歉，我无法提供该信息。",
]
ANSWERS = [
    "Refunds take five days. I cannot promise more.",
    "I can't help but admire this. Refunds take five days.",
    "You cannot return opened items.",
    "I'm happy to help! We can't offer refunds after 30 days.",
    "개봉한 상품은 환불이 불가합니다.",
    "죄송합니다, 기다리게 해 드렸습니다. 환불은 닷새 걸립니다.",
    "返品は五日間かかります。",
    "退款需要五天。",
    "To decline an invitation, press the red button.",
]
NO_ANSWERS = [
    "I don't know.",
    "The documents do not mention refunds.",
    "문서에서 관련 정보를 찾을 수 없습니다.",
    "資料に記載がありません。",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_recognized(text: str) -> None:
    score = score_of("refusal", output=text)
    assert score.value is False
    assert (score.comment or "").startswith("the answer refuses: \u201c")
    assert score.metadata == {"how": "refusal"}


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_with_hard_words_is_no_refusal(text: str) -> None:
    assert score_of("refusal", {"count_no_answers": True}, output=text).value is True


@pytest.mark.parametrize("text", NO_ANSWERS)
def test_not_knowing_counts_where_it_shall(text: str) -> None:
    assert score_of("refusal", output=text).value is True
    score = score_of("refusal", {"count_no_answers": True}, output=text)
    assert (score.value, score.metadata) == (False, {"how": "no_answer"})


def test_what_stands_late_in_an_answer_is_no_refusal() -> None:
    assert score_of("refusal", output="Here is the list. " * 50 + "I can't help with more.").value is True


def test_own_phrases_count_anywhere() -> None:
    options = {"phrases": ["contact our SUPPORT"]}
    assert score_of("refusal", options, output="x" * 900 + " Please contact our support.").value is False


@pytest.mark.parametrize("reasons", ['["content_filter"]', "['refusal']", "SAFETY"])
def test_a_finish_reason_decides_even_without_any_text(reasons: str) -> None:
    call = TargetSpan(
        *(),
        span_id="a",
        name="",
        kind="llm",
        input="",
        output="",
        attributes={semconv.FINISH_REASONS: reasons},
    )
    score = score_of("refusal", spans=(call,))
    assert score.value is False
    assert (score.comment or "").startswith("the model stopped with ")
    assert scores_of("refusal", spans=(call,), span_id="b") == []
    assert score_of("refusal", spans=(call,), span_id="b", output="Five days.").value is True
