"""An evaluator as an application names it: what it is called, which traces it judges, and how it is built."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from spanglass._log import log_once, logger
from spanglass._step import name_of

if TYPE_CHECKING:
    from spanglass.evaluators import Evaluator, Judges

JUDGE = "judge"
JUDGE_SAMPLE_RATE = 0.05
"""Of what costs money, unless somebody says otherwise."""
JUDGE_MODULE = "spanglass.evaluators.judge"


class PreparedEvaluator:
    """What `spanglass.evaluator(...)` returns: give it to `spanglass.evaluate`."""

    def __init__(
        self,
        given: Any,
        *,
        options: Mapping[str, Any] | None = None,
        name: str | None = None,
        version: int | None = None,
        sample_rate: float | None = None,
        judges: "Judges | None" = None,
    ) -> None:
        self.given = given
        self.options = dict(options or {})
        self.name = name or _name(given, self.options)
        self.version = 1 if version is None else version
        self.is_judge = _is_judge(given)
        default_rate = JUDGE_SAMPLE_RATE if self.is_judge else 1.0
        self.sample_rate = default_rate if sample_rate is None else _checked_rate(sample_rate, default_rate)
        self._judges = judges
        self._built: Evaluator | None = None
        self.is_broken = False
        """It could not be built, which has been said."""

    def built(self) -> "Evaluator | None":
        """Builds it at the first call; None where that has failed. Imports what evaluators need."""
        if self._built is None and not self.is_broken:
            try:
                self._built = self._build()
            except ModuleNotFoundError as error:
                self._break(f'it needs pip install "spanglass[evaluators]" ({error})')
            except Exception as error:  # noqa: BLE001 - a wrong option must not fail the application
                logger.debug("the evaluator %s cannot be used", self.name, exc_info=True)
                self._break(_reason(error))
        return self._built

    def _break(self, reason: str) -> None:
        self.is_broken = True
        log_once(f"evaluator {self.name}", "the evaluator %s judges nothing: %s", self.name, reason)

    def _build(self) -> "Evaluator":
        from spanglass.evaluators.python import FunctionEvaluator

        if isinstance(self.given, str):
            from spanglass.evaluators.kinds import find_kind

            kind = find_kind(self.given)
            return kind.build(kind.options.model_validate(self.options), self._traced_judges())
        if hasattr(self.given, "evaluate"):
            return self.given  # type: ignore[no-any-return]
        return FunctionEvaluator(self.given, self.name, self.options)

    def _traced_judges(self) -> "Judges":
        from spanglass._judge_spans import TracedJudges

        return TracedJudges(self._judges)

    def score_id(self, target_id: str, span_id: str, name: str) -> str:
        """The same for the same judgement, so that one that is given again replaces it. `target_id` is the
        trace's, or the session's."""
        options = json.dumps(self.options, sort_keys=True, default=str)
        told = (self.name, str(self.version), options, target_id, span_id, name)
        return hashlib.md5("\0".join(told).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def evaluator(
    given: "str | Callable[..., Any] | Evaluator",
    *,
    options: Mapping[str, Any] | None = None,
    name: str | None = None,
    version: int | None = None,
    sample_rate: float | None = None,
    judges: "Judges | None" = None,
) -> PreparedEvaluator:
    """Prepares an evaluator when the application starts: imports what it needs, and says at once what is
    wrong with its options. Then `spanglass.evaluate(prepared, output=...)`.

    `name` is the author of its scores. Count `version` up when what it judges by changes: scores of different
    versions stand side by side. `judges` are the models of a judge; by default those of the environment
    (ANTHROPIC_API_KEY, OPENAI_API_KEY, SPANGLASS_JUDGE_MODEL). Never raises: one that cannot be used is
    logged, and judges nothing.
    """
    prepared = PreparedEvaluator(
        given, options=options, name=name, version=version, sample_rate=sample_rate, judges=judges
    )
    prepared.built()
    return prepared


KNOWN_MAX = 256
"""Evaluators that are kept between calls."""

_known: dict[object, PreparedEvaluator] = {}


def prepare(
    given: Any,
    *,
    options: Mapping[str, Any] | None,
    name: str | None,
    version: int | None,
    judges: "Judges | None",
) -> PreparedEvaluator:
    """The same one for the same arguments, so that it is built once."""
    if isinstance(given, PreparedEvaluator):
        return given
    told = "" if not options else json.dumps(options, sort_keys=True, default=str)
    key = (given if isinstance(given, str) else id(given), told, name, version, id(judges))
    known = _known.get(key)
    if known is None:  # it holds what its key names, so that nothing else can have the same id
        known = PreparedEvaluator(given, options=options, name=name, version=version, judges=judges)
        if len(_known) >= KNOWN_MAX:
            _known.clear()
        _known[key] = known
    return known


def forget_prepared() -> None:
    """After `shutdown`: what is built next reads its environment anew."""
    _known.clear()


def _checked_rate(rate: Any, default: float) -> float:
    if isinstance(rate, int | float) and 0 <= rate <= 1:
        return float(rate)
    log_once("evaluator rate", "sample_rate=%r is not between 0 and 1: it is %s instead", rate, default)
    return default


def _reason(error: Exception) -> str:
    """What a person can act on: the options' names with what is wrong, or the message with its hint."""
    wrong = getattr(error, "errors", None)
    if callable(wrong):
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in wrong())
    hint = getattr(error, "hint", "")
    return f"{error}; {hint}" if hint else str(error)


def _name(given: Any, options: Mapping[str, Any]) -> str:
    """The score's name says more than the kind's, where it is chosen."""
    if isinstance(given, str):
        rubric = options.get("rubric") if given == JUDGE else None
        return str(options.get("score_name") or rubric or given)
    if hasattr(given, "evaluate"):
        return type(given).__name__
    return name_of(given).rpartition(".")[2]


def _is_judge(given: Any) -> bool:
    return given == JUDGE if isinstance(given, str) else type(given).__module__.startswith(JUDGE_MODULE)
