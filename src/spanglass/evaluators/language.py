"""In which language an answer is written.

Scripts that one language has to itself (Hangul, kana, Thai ...) decide by their share, so that a few words
are enough, and English terms within a Korean answer do not matter. Everything else is decided by py3langid,
which needs about four words. Code, addresses and URLs do not count.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import Field, field_validator

from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, Judges, ScoreForm
from spanglass.evaluators.language_names import LANGUAGES
from spanglass.evaluators.options import (
    PART_NAMES,
    EvaluatorOptions,
    TextPart,
    part_field,
    score_name_field,
    text_of,
)
from spanglass.evaluators.target import EvaluationTarget

CHARS_MAX = 10_000
"""The beginning of a text tells its language."""
SHARE_MIN = 0.4
"""Of a script, from which on the text is in its language."""
SAME = "question"


class LanguageOptions(EvaluatorOptions):
    expected: str = Field(
        default=SAME,
        max_length=500,
        description="`question`: the language of the question. Or codes of ISO 639-1, with commas between: "
        "`ko`, or `en, ko` where each is right.",
        examples=["question", "ko", "en, de"],
    )
    confidence_min: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="A text whose language is less certain gets no score (very short ones, names, numbers).",
    )
    part: TextPart = part_field()
    score_name: str = score_name_field("language_ok")

    @field_validator("expected", mode="before")
    @classmethod
    def _joined(cls, expected: object) -> object:
        return ",".join(expected) if isinstance(expected, list | tuple) else expected

    @field_validator("expected")
    @classmethod
    def _are_known(cls, expected: str) -> str:
        codes = split_codes(expected)
        unknown = [code for code in codes if code not in LANGUAGES and code != SAME]
        if unknown or not codes or (SAME in codes and len(codes) > 1):
            raise ValueError(f"{', '.join(unknown) or 'nothing'} is no code of a known language, such as en")
        return expected


class Detected(NamedTuple):
    language: str
    """ISO 639-1."""
    confidence: float
    """0 to 1."""


class LanguageEvaluator:
    def __init__(self, options: LanguageOptions) -> None:
        self._options = options
        self._codes = () if options.expected == SAME else split_codes(options.expected)

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        options = self._options
        found = self._sure(text_of(target, options.part))
        if found is None:
            return ()
        codes = self._codes
        if not codes:
            asked = self._sure(target.input)
            if asked is None:
                return ()
            codes = (asked.language,)
        passed = found.language in codes
        told = f"the language of the {PART_NAMES[options.part]} is {_name(found.language)}"
        comment = f"{told} ({found.confidence:.2f})"
        if not passed:
            comment += f", expected {' or '.join(_name(code) for code in codes)}"
        metadata = {
            "language": found.language,
            "confidence": round(found.confidence, 4),
            "expected": ",".join(codes),
        }
        return (Score(passed, comment, options.score_name, metadata),)

    def _sure(self, text: str) -> Detected | None:
        found = detect_language(text)
        return found if found is not None and found.confidence >= self._options.confidence_min else None


def split_codes(expected: str) -> tuple[str, ...]:
    codes = (code.strip().lower() for code in expected.split(","))
    return tuple(code.partition("-")[0] for code in codes if code)


def _name(code: str) -> str:
    return LANGUAGES.get(code, code)


_URL = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+")
_OWN_SCRIPTS = (
    ("ko", re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("lo", re.compile("[\u0e81-\u0edf]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("my", re.compile("[\u1000-\u109f]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile("[\u05d0-\u05ea\ufb1d-\ufb4f]")),
    ("hy", re.compile("[\u0531-\u058f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("am", re.compile("[\u1200-\u139f]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("kn", re.compile("[\u0c80-\u0cff]")),
    ("ml", re.compile("[\u0d00-\u0d7f]")),
    ("si", re.compile("[\u0d80-\u0dff]")),
    ("gu", re.compile("[\u0a80-\u0aff]")),
    ("pa", re.compile("[\u0a00-\u0a7f]")),
    ("or", re.compile("[\u0b00-\u0b7f]")),
)
_HAN = dict(_OWN_SCRIPTS)["zh"]
_ONLY_CHINESE = re.compile("[你您们們这這吗嗎呢没沒她个說说么麼啊吧哪谁誰很還还]")
_HAN_CERTAIN = 8
"""Fewer characters without one of those may as well be a Japanese name."""
_DENSE = frozenset({"ko", "ja", "zh"})
_DENSE_WEIGHT = 4
"""A syllable or character says as much as so many letters."""
_KANA_SHARE_MIN = 0.05
"""Of kana and Han together, from which on Han is Japanese too."""


def detect_language(text: str) -> Detected | None:
    """None of a text that has nothing to tell by: no letters, or only code."""
    prose = _URL.sub(" ", " ".join(text[: CHARS_MAX * 2].split("```")[::2])[:CHARS_MAX])
    if not any(map(str.isalpha, prose)):
        return None
    counts = {language: len(pattern.findall(prose)) for language, pattern in _OWN_SCRIPTS}
    is_ideographic = counts["zh"] > 0 and not counts["ja"]
    if counts["ja"] > _KANA_SHARE_MIN * (counts["ja"] + counts["zh"]):
        counts["ja"], counts["zh"] = counts["ja"] + counts["zh"], 0
    weights = {
        language: count * (_DENSE_WEIGHT if language in _DENSE else 1) for language, count in counts.items()
    }
    others = sum(map(str.isalpha, prose)) - sum(counts.values())
    language = max(weights, key=weights.__getitem__)
    share = weights[language] / max(1, sum(weights.values()) + max(0, others))
    if share < SHARE_MIN:
        return _classify(_identifier(), prose, leaves_out=[pattern for _, pattern in _OWN_SCRIPTS])
    confidence = 1 - (1 - share) ** 2
    if language == "zh" and is_ideographic:
        return _chinese_or_japanese(prose, confidence)
    return Detected(language, confidence)


def _chinese_or_japanese(prose: str, confidence: float) -> Detected:
    """Of a text in Han characters alone."""
    found = _classify(_han_identifier(), prose, leaves_out=[])
    if not _ONLY_CHINESE.search(prose):
        confidence *= min(1.0, len(_HAN.findall(prose)) / _HAN_CERTAIN)
    return Detected(found.language, found.confidence * confidence)


def _classify(identifier: Any, prose: str, *, leaves_out: Sequence[re.Pattern[str]]) -> Detected:
    for pattern in leaves_out:
        prose = pattern.sub(" ", prose)
    language, confidence = identifier.classify(prose)
    return Detected(language, min(1.0, float(confidence)))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """Takes half a second, once."""
    return _load(sorted(LANGUAGES))


@lru_cache(maxsize=1)
def _han_identifier() -> Any:
    return _load(["ja", "zh"])


def _load(languages: list[str]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)  # type: ignore[no-untyped-call]
    identifier.set_languages(languages)
    return identifier


def _build(options: LanguageOptions, judges: Judges) -> LanguageEvaluator:
    return LanguageEvaluator(options)


def _forms(options: LanguageOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "boolean"),)


KIND = EvaluatorKind(
    name="language",
    title="Language",
    description="The answer is in the language of the question, or in another that is expected.",
    options=LanguageOptions,
    build=_build,
    forms=_forms,
)
