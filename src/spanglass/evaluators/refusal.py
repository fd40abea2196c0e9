"""Whether the model refused to answer: by what its API says, and by how refusals are worded.

Models refuse in their first sentence; what stands further down ("I cannot promise that ...") is part of an
answer. English, Korean, Japanese and Chinese wordings are known.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import re2
from pydantic import Field

from spanglass import semconv
from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, Judges, ScoreForm
from spanglass.evaluators.options import EvaluatorOptions, score_name_field
from spanglass.evaluators.target import EvaluationTarget
from spanglass.evaluators.texts import shown, valid_unicode

BEGINNING_CHARS = 400
"""Where a refusal stands."""

REFUSAL_REASONS = (
    *("content_filter", "refusal", "safety", "prohibited_content", "blocklist", "spii", "recitation"),
    *("guardrail_intervened", "content_filtered"),
)
"""Finish reasons of OpenAI, Azure, Anthropic, Google and Bedrock."""

_DO = (
    r"(?:help(?: you)?(?: with|\b *[.,!]|\b *$)|assist|provide|comply|fulfil|answer|discuss|generate|create|"
    r"write|share|support|engage|continue|respond|do (?:that|this)|offer|give|participate|complete|process|"
    r"talk about|produce)"
)
REFUSALS: tuple[str, ...] = (
    rf"\bi (?:can ?not|can't|won't|will not|couldn't|could not) (?:\w+ ){{0,2}}{_DO}",
    rf"\bi(?:'m| am) (?:not able|unable|not allowed|not permitted) to (?:\w+ ){{0,2}}{_DO}",
    r"\bwe (?:can ?not|can't|are unable to|are not able to) (?:\w+ )?(?:assist|comply|answer|discuss)",
    r"\b(?:sorry|apologi[sz]e|afraid)[^.!?\n]{0,40}\b(?:can't|cannot|can not|unable to|not able to) "
    r"(?:help|assist|answer|comply|provide|do)",
    r"\b(?:i|we) (?:must|have to|need to|will have to)? ?(?:respectfully |politely )?(?:decline|refuse)\b",
    r"\bi(?:'m| am| do not feel| don't feel) (?:not )?comfortable (?:with |providing |discussing |writing )",
    r"\bas an ai(?: language)?(?: model| assistant)?,? "
    r"i(?:'m not| am not| can't| cannot| can not| do not| don't)",
    r"\b(?:violates?|goes against|against) (?:our|my|the|openai's|anthropic's|google's) (?:\w+ ){0,2}"
    r"(?:polic(?:y|ies)|guidelines)",
    r"content management policy|(?:response|prompt|content) was (?:filtered|blocked)",
    r"\bit (?:would not|wouldn't|is not|isn't) (?:be )?(?:appropriate|ethical) (?:for me )?to\b",
    r"(?:도와|도움을?|답변을?|답변해|대답해?|응답해?|제공해?|안내해?|알려|말씀|설명해?|처리해?|수행해?|이행해?|응할|생성해?|작성해?)"
    r" ?(?:드릴|드리기|할|주기|하기|해 드릴|해 드리기)?(?:는|가)? ?(?:수(?:는|가)? ?없|어렵|불가)",
    r"(?:죄송|유감|미안)[^.!?\n]{0,60}(?:수(?:는|가)? ?없|어렵습니다|어려워|불가능|거부|거절|드리지 못)",
    r"(?:요청|질문)(?:을|은|에는|에)? ?(?:거부|거절|응할 수 없|따를 수 없)",
    r"(?:AI|인공지능) ?(?:언어 ?)?(?:모델|어시스턴트|비서)?(?:로서|이므로|이기 때문에)"
    r"[^.!?\n]{0,40}(?:없|어렵|않)",
    r"(?:정책|지침|가이드라인|규정)(?:에|을|상)? ?(?:위배|위반|어긋|따라 (?:답변|제공|응답)[^.!?\n]{0,20}없)",
    r"(?:お答え|お手伝い|回答|提供|対応|ご案内|お応え|支援)(?:は|を|することは|する事は|し)?"
    r"(?:いた|致)?(?:でき(?:ません|かね)|しかね|できない)",
    r"(?:抱歉|对不起|對不起|很遗憾|很遺憾)[^。！？\n]{0,30}(?:无法|無法|不能|不可以|没办法)",
    r"我(?:无法|無法|不能|不会|拒绝)(?:为您|为你|帮|协助|提供|回答|满足|生成|讨论)",
)
NO_ANSWERS: tuple[str, ...] = (
    r"\bi (?:do not|don't|did not|didn't) (?:know|have (?:\w+ ){0,3}information|have access|find)",
    r"\b(?:couldn't|could not|can't|cannot|was unable to|unable to) (?:find|determine|locate|answer)",
    r"\b(?:documents?|context|sources?|text|passages?|information)[^.!?\n]{0,40}"
    r"(?:do(?:es)? not|don't|doesn't|did not|didn't) (?:\w+ ){0,2}"
    r"(?:contain|mention|say|provide|include|specify|state)",
    r"\b(?:there is|there's) no (?:\w+ ){0,2}(?:information|mention|answer)",
    r"\bnot enough (?:information|context)",
    r"모르겠|알 수(?:가|는)? ?없|정보(?:가|는)? ?(?:없|부족)|찾을 수(?:가|는)? ?없|찾지 못",
    r"확인(?:할 수(?:가|는)? ?없|되지 않)",
    r"나와 ?있지 않|언급(?:되어 있지|되지|이|은) ?(?:않|없)|포함(?:되어 있지|되지) ?않",
    r"わかりません|分かりません|見つかりません|情報(?:が|は)?(?:あり|ござい)ません|記載(?:が|は|されて)?(?:あり|い)ません",
    r"我?不知道|(?:没有|沒有|未)(?:找到|提及|提到|相关|相關|足够)|无法(?:确定|找到)|無法(?:確定|找到)",
)


class RefusalOptions(EvaluatorOptions):
    count_no_answers: bool = Field(
        default=False,
        description="That the model does not know, or found nothing in its documents, counts too.",
    )
    phrases: list[str] = Field(
        default=[],
        max_length=200,
        description="Further words that make a refusal, wherever they stand in the answer, e.g. those of "
        "your own guardrail.",
        examples=[["Please contact our support."]],
    )
    score_name: str = score_name_field("no_refusal")


class Refusal(NamedTuple):
    how: str
    """finish_reason, refusal, no_answer or phrase."""
    text: str
    """What says so."""


class RefusalEvaluator:
    def __init__(self, options: RefusalOptions) -> None:
        self._options = options

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        reason = next(refused_reasons(target), "")
        if not target.output and not reason:
            return ()
        found = Refusal("finish_reason", reason) if reason else self._find(target.output)
        name = self._options.score_name
        if found is None:
            return (Score(True, "no refusal", name),)
        told = {
            "finish_reason": f"the model stopped with {found.text}",
            "refusal": f"the answer refuses: {shown(found.text)}",
            "no_answer": f"the answer does not know: {shown(found.text)}",
            "phrase": f"the answer says {shown(found.text)}",
        }
        return (Score(False, told[found.how], name, {"how": found.how}),)

    def _find(self, text: str) -> Refusal | None:
        found = find_refusal(text)
        if found is not None and (found.how == "refusal" or self._options.count_no_answers):
            return found
        lowered = text.casefold()
        phrase = next((words for words in self._options.phrases if words.strip().casefold() in lowered), "")
        return Refusal("phrase", phrase) if phrase.strip() else None


def refused_reasons(target: EvaluationTarget) -> Iterator[str]:
    """Finish reasons that say so, of the judged span, or of all spans of the trace."""
    for span in target.spans:
        if target.span_id and span.span_id != target.span_id:
            continue
        reasons = span.attributes.get(semconv.FINISH_REASONS, "").lower().replace("-", "_")
        yield from (reason for reason in REFUSAL_REASONS if reason in reasons)


def find_refusal(text: str) -> Refusal | None:
    """A refusal, or that there is no answer, in the beginning of a text."""
    beginning = " ".join(valid_unicode(text[:BEGINNING_CHARS]).split()).replace("\u2019", "'")
    for how, pattern in _patterns():
        match = pattern.search(beginning)
        if match is not None:
            return Refusal(how, _sentence(beginning, match.start(), match.end()))
    return None


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence that this stands in."""
    first = max(text.rfind(mark, 0, start) for mark in ".!?。！？") + 1
    ends = [at for at in (text.find(mark, end) for mark in ".!?。！？") if at >= 0]
    return text[first : min(ends, default=len(text)) + 1].strip()


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, Any], ...]:
    return ("refusal", _compile(REFUSALS)), ("no_answer", _compile(NO_ANSWERS))


def _compile(patterns: Sequence[str]) -> Any:
    return re2.compile("(?i)" + "|".join(f"(?:{pattern})" for pattern in patterns))  # type: ignore[no-untyped-call]


def _build(options: RefusalOptions, judges: Judges) -> RefusalEvaluator:
    return RefusalEvaluator(options)


def _forms(options: RefusalOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "boolean"),)


KIND = EvaluatorKind(
    name="refusal",
    title="Refusal",
    description="The model did not refuse to answer.",
    options=RefusalOptions,
    build=_build,
    forms=_forms,
)
