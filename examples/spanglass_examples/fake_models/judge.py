"""The imitation asked to judge: reads the texts it is given, answers in the form that is asked for."""

import re
from collections.abc import Mapping
from typing import Any, Final

from spanglass_examples.fake_models.brain import is_korean

_BOUNDARY: Final = re.compile(r"boundary of this request is (\w+)")
_SENTENCE: Final = re.compile(r"(?<=[.!?。])\s+|\n+")
_MARKER: Final = re.compile(r"\[[^\]]*\]")
_WORD: Final = re.compile(r"\w{2,}")
_CLAIM_WORDS_MIN: Final = 4
_SUPPORTED_SHARE: Final = 0.6
_EMPTY_ANSWERS: Final = ("found nothing", "찾지 못했습니다")


def judge(prompt: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a judge says of the texts in the prompt, as an object of the schema."""
    texts = _texts_of(prompt)
    answer, context = texts.get("output", ""), texts.get("documents", "") or texts.get("input", "")
    claims = [
        {"claim": claim, "is_supported": _overlap(claim, context) >= _SUPPORTED_SHARE}
        for claim in (_MARKER.sub("", part).strip("- ") for part in _SENTENCE.split(answer))
        if len(_WORD.findall(claim)) >= _CLAIM_WORDS_MIN
    ]
    quality = _quality(texts, answer)
    reason = f"The answer says {len(claims)} things that can be checked."
    values = {"claims": claims, "reason": reason}
    return {
        name: values[name] if name in values else _value(form, quality)
        for name, form in schema["properties"].items()
    }


def _texts_of(prompt: str) -> dict[str, str]:
    boundary = _BOUNDARY.search(prompt)
    if boundary is None:
        return {}
    word = re.escape(boundary[1])
    blocks = re.findall(rf"<<<{word} (\w+)\n(.*?)\n{word}>>>", prompt, re.DOTALL)
    return dict(blocks)


def _quality(texts: Mapping[str, str], answer: str) -> float:
    """How much of the question the answer speaks of; little where it says that it knows nothing."""
    if any(words in answer for words in _EMPTY_ANSWERS):
        return 0.1
    return min(1.0, 0.35 + _overlap(texts.get("input", ""), answer))


def _overlap(text: str, other: str) -> float:
    """Share of the text's words whose beginning the other has."""
    size = 2 if is_korean(text) else 5
    words = [word[:size] for word in _WORD.findall(text.lower())]
    there = {word[:size] for word in _WORD.findall(other.lower())}
    return sum(word in there for word in words) / len(words) if words else 0.0


def _value(form: Mapping[str, Any], quality: float) -> Any:
    if labels := form.get("enum"):
        return labels[min(len(labels) - 1, int((1 - quality) * len(labels)))]
    if form.get("type") == "integer":
        return 1 + round(quality * 4)
    return round(quality, 2)
