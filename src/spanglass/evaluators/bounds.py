"""How long an answer took, what it cost, and how many tokens it needed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from spanglass import semconv
from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, Judges, ScoreForm
from spanglass.evaluators.options import EvaluatorOptions, score_name_field
from spanglass.evaluators.target import EvaluationTarget


class BoundsOptions(EvaluatorOptions):
    duration_ms_max: float | None = Field(
        default=10_000, gt=0, description="Milliseconds that the trace or span may take; null for no bound."
    )
    ttft_ms_max: float | None = Field(
        default=None, gt=0, description="Milliseconds to the first token of the first model call that tells."
    )
    cost_usd_max: float | None = Field(default=None, gt=0, description="USD that it may cost.")
    input_tokens_max: int | None = Field(default=None, gt=0, description="Input tokens of all its calls.")
    output_tokens_max: int | None = Field(default=None, gt=0, description="Output tokens of all its calls.")
    total_tokens_max: int | None = Field(
        default=None, gt=0, description="Input and output tokens of all its calls."
    )
    score_name: str = score_name_field("within_bounds")

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if not self.bounds():
            raise ValueError("give at least one bound")
        return self

    def bounds(self) -> dict[str, float]:
        names = [name for name in type(self).model_fields if name.endswith("_max")]
        given = {name.removesuffix("_max"): getattr(self, name) for name in names}
        return {name: bound for name, bound in given.items() if bound is not None}


class _Measured(NamedTuple):
    name: str
    value: float
    bound: float

    @property
    def is_kept(self) -> bool:
        return self.value <= self.bound


class BoundsEvaluator:
    def __init__(self, options: BoundsOptions) -> None:
        self._options = options
        self._bounds = options.bounds()

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        measured = list(self._measure(target))
        if not measured:
            return ()
        broken = [item for item in measured if not item.is_kept]
        comment = "; ".join(_describe(item) for item in broken or measured)
        metadata = {item.name: item.value for item in measured}
        return (Score(not broken, comment, self._options.score_name, metadata),)

    def _measure(self, target: EvaluationTarget) -> Iterator[_Measured]:
        """What is known of the target; what is not known is not judged."""
        known = {
            "duration_ms": target.duration_ms,
            "ttft_ms": find_ttft_ms(target) if "ttft_ms" in self._bounds else None,
            "cost_usd": target.cost_usd,
            "input_tokens": target.input_tokens,
            "output_tokens": target.output_tokens,
            "total_tokens": _sum(target.input_tokens, target.output_tokens),
        }
        for name, bound in self._bounds.items():
            value = known[name]
            if value is not None:
                yield _Measured(name, value, bound)


def find_ttft_ms(target: EvaluationTarget) -> float | None:
    """Milliseconds to the first token: of the span that is judged, else of the first span that tells."""
    for span in target.spans:
        if target.span_id and span.span_id != target.span_id:
            continue
        seconds = span.attributes.get(semconv.TIME_TO_FIRST_CHUNK)
        try:
            if seconds is not None:
                return float(seconds) * 1000
        except ValueError:
            continue
    return None


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


_WORDS = {
    "duration_ms": ("took {} ms", ",.0f"),
    "ttft_ms": ("{} ms to the first token", ",.0f"),
    "cost_usd": ("cost {} USD", ",.6g"),
    "input_tokens": ("{} input tokens", ",.0f"),
    "output_tokens": ("{} output tokens", ",.0f"),
    "total_tokens": ("{} tokens", ",.0f"),
}


def _describe(item: _Measured) -> str:
    words, form = _WORDS[item.name]
    told = words.format(format(item.value, form))
    return told if item.is_kept else f"{told}, at most {format(item.bound, form)} expected"


def _build(options: BoundsOptions, judges: Judges) -> BoundsEvaluator:
    return BoundsEvaluator(options)


def _forms(options: BoundsOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "boolean"),)


KIND = EvaluatorKind(
    name="bounds",
    title="Latency and cost bounds",
    description="The answer came in time, for what it may cost, within so many tokens.",
    options=BoundsOptions,
    build=_build,
    forms=_forms,
)
