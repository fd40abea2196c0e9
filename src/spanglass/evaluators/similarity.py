"""How close an answer is to a reference: what it should have been."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field
from rapidfuzz.distance import LCSseq, Levenshtein

from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, Judges, ScoreForm
from spanglass.evaluators.options import EvaluatorOptions, score_name_field
from spanglass.evaluators.target import EvaluationTarget
from spanglass.evaluators.texts import normalize_text, plural, split_tokens

Method: TypeAlias = Literal["token_f1", "rouge_l", "chrf", "levenshtein", "normalized", "exact"]

CHARS_MAX = 20_000
"""Of each text; the rest is not compared. Levenshtein's and ROUGE's time grows with the product of both."""
CHRF_ORDER = 6
CHRF_BETA = 2


class SimilarityOptions(EvaluatorOptions):
    method: Method = Field(
        default="token_f1",
        description="`token_f1`: common words (SQuAD; of Korean, Chinese and Japanese common syllables or "
        "characters). `rouge_l`: the longest common sequence of words. `chrf`: common groups of up to 6 "
        "characters, good for inflected languages. `levenshtein`: share of characters that stay. "
        "`normalized`: the same but for case, marks and spaces. `exact`: the same.",
    )
    reference: str = Field(
        default="",
        max_length=100_000,
        description="What every answer is compared with. Empty: each trace's own reference (metadata "
        "`reference` or `expected_output`, or that of its dataset item); traces without one get no score.",
    )
    score_name: str = score_name_field("similarity")


class Similarity(NamedTuple):
    value: float
    """0 to 1."""
    comment: str


class SimilarityEvaluator:
    def __init__(self, options: SimilarityOptions) -> None:
        self._options = options

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        reference = self._options.reference or target.reference
        if not reference or not target.output:
            return ()
        answer, expected = target.output[:CHARS_MAX], reference[:CHARS_MAX]
        method = self._options.method
        found = METHODS[method](answer, expected)
        metadata: dict[str, object] = {"method": method}
        if len(target.output) > CHARS_MAX or len(reference) > CHARS_MAX:
            metadata["compared_characters"] = CHARS_MAX
        return (Score(round(found.value, 4), found.comment, self._options.score_name, metadata),)


def exact(answer: str, reference: str) -> Similarity:
    return _verdict(answer.strip() == reference.strip())


def normalized(answer: str, reference: str) -> Similarity:
    return _verdict(normalize_text(answer) == normalize_text(reference))


def _verdict(is_same: bool) -> Similarity:
    return Similarity(1.0, "as the reference") if is_same else Similarity(0.0, "not as the reference")


def token_f1(answer: str, reference: str) -> Similarity:
    """SQuAD's F1 (Rajpurkar et al. 2016), without leaving out English articles; KorQuAD's for Korean."""
    given, expected = split_tokens(answer), split_tokens(reference)
    if not given or not expected:
        return _verdict(given == expected)
    common = sum((Counter(given) & Counter(expected)).values())
    comment = (
        f"{common:,} of the answer's {plural(len(given), 'token')} are in the reference ({len(expected):,})"
    )
    return Similarity(_f_score(common / len(given), common / len(expected)), comment)


def rouge_l(answer: str, reference: str) -> Similarity:
    """ROUGE-L's F1 (Lin 2004), over the whole texts."""
    given, expected = split_tokens(answer), split_tokens(reference)
    if not given or not expected:
        return _verdict(given == expected)
    common = LCSseq.similarity(given, expected)
    comment = (
        f"{common:,} of the reference's {plural(len(expected), 'token')} stand in the answer "
        f"({len(given):,}) in the same order"
    )
    return Similarity(_f_score(common / len(given), common / len(expected)), comment)


def chrf(answer: str, reference: str) -> Similarity:
    """chrF2 (Popovic 2015): groups of 1 to 6 characters without spaces, recall counts twice."""
    given, expected = "".join(answer.split()), "".join(reference.split())
    precisions: list[float] = []
    recalls: list[float] = []
    for order in range(1, CHRF_ORDER + 1):
        first, second = _groups(given, order), _groups(expected, order)
        if not first or not second:
            break
        common = sum((first & second).values())
        precisions.append(common / first.total())
        recalls.append(common / second.total())
    if not precisions:
        return _verdict(given == expected)
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    value = _f_score(precision, recall, CHRF_BETA)
    return Similarity(value, f"chrF {value:.2f} (precision {precision:.2f}, recall {recall:.2f})")


def _groups(text: str, order: int) -> Counter[str]:
    return Counter([text[at : at + order] for at in range(len(text) - order + 1)])


def levenshtein(answer: str, reference: str) -> Similarity:
    distance = Levenshtein.distance(answer, reference)
    longest = max(len(answer), len(reference))
    value = 1 - distance / longest if longest else 1.0
    return Similarity(value, f"{plural(distance, 'edit')} apart, of {plural(longest, 'character')}")


def _f_score(precision: float, recall: float, beta: float = 1) -> float:
    below = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / below if below else 0.0


METHODS: dict[Method, Callable[[str, str], Similarity]] = {
    "token_f1": token_f1,
    "rouge_l": rouge_l,
    "chrf": chrf,
    "levenshtein": levenshtein,
    "normalized": normalized,
    "exact": exact,
}


def _build(options: SimilarityOptions, judges: Judges) -> SimilarityEvaluator:
    return SimilarityEvaluator(options)


def _forms(options: SimilarityOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "numeric", 0.0, 1.0),)


KIND = EvaluatorKind(
    name="similarity",
    title="Similarity to a reference",
    description="How close the answer is to what it should have been.",
    options=SimilarityOptions,
    build=_build,
    forms=_forms,
)
