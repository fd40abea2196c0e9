"""`spanglass.evaluate`: evaluators within the application, beside its answers and never in their way.

The call decides by the trace id whether the trace is judged, and queues what is to be judged. Everything else
happens on threads of its own (`_evaluations.py`): importing, building the evaluator, judging, sending scores.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import SpanContext, TraceFlags, get_current_span

from spanglass._capture import capture_text
from spanglass._evaluations import Judged, evaluations
from spanglass._log import log_once
from spanglass._prepared import PreparedEvaluator, evaluator, prepare
from spanglass._runtime import hint_at_init, slot
from spanglass._sampling import is_sampled
from spanglass._settings import CAPTURE_CHARS_MAX
from spanglass._span import complain

if TYPE_CHECKING:
    from spanglass.evaluators import Evaluator, Judges

__all__ = ["evaluate", "evaluator"]


def evaluate(
    evaluator: "str | Callable[..., Any] | Evaluator | PreparedEvaluator",
    *,
    input: object = "",
    output: object = "",
    messages: Iterable[object] = (),
    documents: Iterable[object] = (),
    reference: object = "",
    metadata: Mapping[str, object] | None = None,
    feature: str = "",
    model: str = "",
    duration_ms: float | None = None,
    cost_usd: float | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    options: Mapping[str, Any] | None = None,
    name: str | None = None,
    version: int | None = None,
    sample_rate: float | None = None,
    judges: "Judges | None" = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
) -> bool:
    """Judges an answer in the background and gives its scores to the current trace, or to what is named.

    `evaluator` is a built-in kind by its name (`options` as docs/evaluators.md says), a function of an
    `EvaluationTarget`, an object with a method `evaluate`, or what `spanglass.evaluator(...)` returned.
    `input` is the question, `output` the answer, `documents` what retrieval found (texts, or objects with
    `id`, `content` and `score`), `reference` what the answer should have been, `messages` the conversation.

    The scores belong to the current trace, to `trace_id` (and `span_id`), or to `session_id` alone.

    `sample_rate` is the share of traces that are judged, decided by the trace id: all by default, of judges
    5 %. Returns at once, and whether this one will be judged. Never raises.
    """
    runtime = slot.runtime
    if runtime is None:
        hint_at_init()
        return False
    try:
        here = get_current_span().get_span_context()
        is_here = trace_id is None and session_id is None
        if is_here and not _is_recorded(here):
            return False
        judged_trace = format(here.trace_id, "032x") if is_here else str(trace_id or "")
        prepared = prepare(evaluator, options=options, name=name, version=version, judges=judges)
        rate = prepared.sample_rate if sample_rate is None else float(sample_rate)
        if not is_sampled(judged_trace or str(session_id), rate):
            return False
        facts = {
            "input": _text(input),
            "output": _text(output),
            "messages": tuple(_captured(message) for message in messages),
            "documents": tuple(_captured(document) for document in documents),
            "reference": _text(reference),
            "metadata": {} if metadata is None else {str(key): _text(metadata[key]) for key in metadata},
            "feature": str(feature),
            "model": str(model),
            "duration_ms": duration_ms,
            "cost_usd": cost_usd,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
        }
        return evaluations.put(
            Judged(
                prepared=prepared,
                trace_id=judged_trace,
                span_id=span_id or "",
                session_id=session_id,
                sampling_rate=min(1.0, rate),
                facts=facts,
                link=here if is_here else _context_of(judged_trace, span_id),
            )
        )
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("an evaluation was lost")
        return False


def _is_recorded(here: SpanContext) -> bool:
    if not here.is_valid:
        log_once(
            "evaluate", "an evaluation outside of any trace needs trace_id or session_id: it is left out"
        )
    return here.is_valid and here.trace_flags.sampled


def _text(value: object) -> str:
    if value is None:
        return ""
    runtime = slot.runtime
    return capture_text(value, CAPTURE_CHARS_MAX if runtime is None else runtime.settings.capture_chars_max)


def _captured(item: object) -> Any:
    """A message or document as it is now: texts as they are, everything else as text of its JSON, read on the
    other thread."""
    return item if isinstance(item, str) else (_text(item),)


def _context_of(trace_id: str, span_id: str | None) -> SpanContext | None:
    """For a link; None where these are no ids of OpenTelemetry's."""
    try:
        context = SpanContext(int(trace_id, 16), int(span_id or "", 16), True, TraceFlags(1))
    except ValueError:
        return None
    return context if context.is_valid else None
