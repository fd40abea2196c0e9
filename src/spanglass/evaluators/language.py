"""In which language an answer is written.

Scripts that one language has to itself (Hangul, kana, Thai ...) decide by their share, so that a few words
are enough, and English terms within a Korean answer do not matter. Everything else is decided by py3langid,
which needs about four words. Code, addresses and URLs do not count.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from copy import copy
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


_RANGES = (
    ("ko", "\u1100\u11ff \u3131\u318e \uac00\ud7a3"),
    ("ja", "\u3041\u30ff \u31f0\u31ff \uff66\uff9f"),
    ("zh", "\u3400\u4dbf \u4e00\u9fff \uf900\ufaff \U00020000\U0003ffff"),
    ("th", "\u0e01\u0e5b"),
    ("lo", "\u0e81\u0edf"),
    ("km", "\u1780\u17ff"),
    ("my", "\u1000\u109f"),
    ("el", "\u0370\u03ff \u1f00\u1fff"),
    ("he", "\u05d0\u05ea \ufb1d\ufb4f"),
    ("hy", "\u0531\u058f"),
    ("ka", "\u10a0\u10ff"),
    ("am", "\u1200\u139f"),
    ("ta", "\u0b80\u0bff"),
    ("te", "\u0c00\u0c7f"),
    ("kn", "\u0c80\u0cff"),
    ("ml", "\u0d00\u0d7f"),
    ("si", "\u0d80\u0dff"),
    ("gu", "\u0a80\u0aff"),
    ("pa", "\u0a00\u0a7f"),
    ("or", "\u0b00\u0b7f"),
)
"""Scripts that one language has to itself: first and last characters of its blocks."""
_BLOCKS = sorted((block[0], block[1], language) for language, blocks in _RANGES for block in blocks.split())
_STARTS = [first for first, _, _ in _BLOCKS]
_ONLY_CHINESE = frozenset("你您们們这這吗嗎呢没沒她个說说么麼啊吧哪谁誰很還还")
_HAN_CERTAIN = 8
"""Fewer characters without one of those may as well be a Japanese name."""
_DENSE = frozenset({"ko", "ja", "zh"})
_DENSE_WEIGHT = 4
"""A syllable or character says as much as so many letters."""
_KANA_SHARE_MIN = 0.05
"""Of kana and Han together, from which on Han is Japanese too."""


@lru_cache(maxsize=10_000)
def _own_script(char: str) -> str:
    """The language that has this character to itself; empty where several have it, or none."""
    at = bisect_right(_STARTS, char) - 1
    return _BLOCKS[at][2] if at >= 0 and char <= _BLOCKS[at][1] else ""


def detect_language(text: str) -> Detected | None:
    """None of a text that has nothing to tell by: no letters, or only code."""
    prose = _prose(text)
    letters = {char: count for char, count in Counter(prose).items() if char.isalpha() or _own_script(char)}
    if not letters:
        return None
    counts: Counter[str] = Counter()
    for char, count in letters.items():
        counts[_own_script(char)] += count
    han = counts["zh"]
    is_han_alone = han > 0 and not counts["ja"]
    if counts["ja"] > _KANA_SHARE_MIN * (counts["ja"] + han):
        counts["ja"], counts["zh"] = counts["ja"] + han, 0
    weights = {language: count * _weight(language) for language, count in counts.items()}
    language = max((language for language in weights if language), key=weights.__getitem__, default="")
    share = weights.get(language, 0) / sum(weights.values())
    if not language or share < SHARE_MIN:
        others = {ord(char): " " for char in letters if _own_script(char)}
        return _classify(_identifier(), prose.translate(others) if others else prose)
    confidence = 1 - (1 - share) ** 2
    if language == "zh" and is_han_alone:
        is_certain = han >= _HAN_CERTAIN or not _ONLY_CHINESE.isdisjoint(letters)
        found = _classify(_han_identifier(), prose)
        return Detected(
            found.language, found.confidence * confidence * (1 if is_certain else han / _HAN_CERTAIN)
        )
    return Detected(language, confidence)


def _prose(text: str) -> str:
    """Without code blocks, URLs and addresses."""
    words = " ".join(text[: CHARS_MAX * 2].split("```")[::2])[:CHARS_MAX].split()
    return " ".join([word for word in words if "://" not in word and "@" not in word])


def _weight(language: str) -> int:
    return _DENSE_WEIGHT if language in _DENSE else 1


def _classify(identifier: Any, prose: str) -> Detected:
    language, confidence = identifier.classify(prose)
    return Detected(language, min(1.0, float(confidence)))


@lru_cache(maxsize=1)
def _model() -> Any:
    """Takes half a second, once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=2)
def _restricted(languages: tuple[str, ...]) -> Any:
    identifier = copy(_model())
    identifier.set_languages(list(languages))
    return identifier


def _identifier() -> Any:
    return _restricted(tuple(LANGUAGES))


def _han_identifier() -> Any:
    return _restricted(("ja", "zh"))


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
