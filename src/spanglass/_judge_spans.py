"""What a judge in the application did, as a trace of its own: an evaluator span, linked to the judged trace,
with a model call below."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from opentelemetry import context as context_api
from opentelemetry.context import Context
from opentelemetry.trace import Link, set_span_in_context

from spanglass import semconv
from spanglass._errors import record_failure
from spanglass._prepared import JUDGE
from spanglass._runtime import slot
from spanglass._span import span, trace_id_of
from spanglass.evaluators.evaluator import JudgeModel, JudgeReply, Judges

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from pydantic import BaseModel

    from spanglass._evaluations import Judged
    from spanglass.evaluators.judge import EnvironmentJudges


@lru_cache(maxsize=1)
def environment_judges() -> "EnvironmentJudges":
    """One for all evaluators, which share its limits."""
    from spanglass.evaluators.judge import judges_from_environment

    return judges_from_environment()


async def close_environment_judges() -> None:
    if environment_judges.cache_info().currsize:
        await environment_judges().aclose()
        environment_judges.cache_clear()


class TracedJudges:
    """Judges whose calls are spans of kind llm, with their tokens."""

    def __init__(self, judges: Judges | None) -> None:
        self._judges = judges

    def find(self, connection: str, model: str) -> JudgeModel:
        return TracedJudge((self._judges or environment_judges()).find(connection, model))


class TracedJudge:
    def __init__(self, judge: JudgeModel) -> None:
        self._judge = judge

    @property
    def provider(self) -> str:
        return self._judge.provider

    @property
    def model(self) -> str:
        return self._judge.model

    async def ask(
        self, *, system: str, prompt: str, schema: "type[BaseModel]", max_tokens: int
    ) -> JudgeReply:
        judge = self._judge
        told: dict[str, Any] = {"model": judge.model, "provider": judge.provider, "operation": "chat"}
        with _below_evaluation(), span(f"chat {judge.model}", kind="llm", **told) as call:
            if _is_capturing():
                call.update(input=[_message("system", system), _message("user", prompt)])
            try:
                reply = await judge.ask(system=system, prompt=prompt, schema=schema, max_tokens=max_tokens)
            except Exception as error:
                usage = getattr(error, "usage", None)
                call.update(usage=_usage(usage) if usage is not None else None)
                raise
            call.update(response_model=reply.model, response_id=reply.response_id, usage=_usage(reply))
            if _is_capturing():
                call.update(output=reply.text)
            return reply


def _message(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _is_capturing() -> bool:
    return slot.runtime is not None and slot.runtime.settings.is_capturing


def _usage(told: Any) -> dict[str, int]:
    """Of a JudgeReply, or of what a failed call took nevertheless."""
    counts = {
        "input": told.input_tokens,
        "output": told.output_tokens,
        "cache_read": told.cache_read_tokens,
        "cache_write": told.cache_write_tokens,
    }
    return {name: count for name, count in counts.items() if count}


class EvaluatorSpan:
    """The span of one evaluation that waits: a trace of its own, since the judged one does not wait for it.
    Of a judge it starts with the first question, so that nothing to judge leaves no trace."""

    def __init__(self, judged: "Judged") -> None:
        self._judged = judged
        self._span: Span | None = None

    def start(self) -> Context:
        """The context with the span as the current one."""
        runtime = slot.runtime
        if self._span is None and runtime is not None:
            prepared, link = self._judged.prepared, self._judged.link
            self._span = runtime.tracer.start_span(
                prepared.name,
                Context(),
                attributes=_attributes(self._judged),
                links=[] if link is None else [Link(link)],
                start_time=runtime.clock(),
            )
        return Context() if self._span is None else set_span_in_context(self._span, Context())

    def end(self, error: BaseException | None) -> None:
        runtime = slot.runtime
        if self._span is not None:
            if error is not None:
                record_failure(self._span, error)
            self._span.end(None if runtime is None else runtime.clock())

    def metadata(self) -> dict[str, str]:
        """Where the evaluation is recorded, for its scores."""
        if self._span is None or not self._span.is_recording():
            return {}
        return {"judge_trace_id": trace_id_of(self._span) or ""}


_evaluation: ContextVar[EvaluatorSpan | None] = ContextVar("spanglass_evaluation", default=None)


@contextmanager
def evaluator_span(judged: "Judged") -> Iterator[EvaluatorSpan]:
    """Within the block, questions to judges are below the evaluation's span."""
    evaluation = EvaluatorSpan(judged)
    token = _evaluation.set(evaluation)
    attached = None if judged.prepared.given == JUDGE else context_api.attach(evaluation.start())
    problem: BaseException | None = None
    try:
        yield evaluation
    except BaseException as error:
        problem = error
        raise
    finally:
        if attached is not None:
            context_api.detach(attached)
        _evaluation.reset(token)
        evaluation.end(problem)


@contextmanager
def _below_evaluation() -> Iterator[None]:
    evaluation = _evaluation.get()
    token = None if evaluation is None else context_api.attach(evaluation.start())
    try:
        yield
    finally:
        if token is not None:
            context_api.detach(token)


def _attributes(judged: "Judged") -> dict[str, str]:
    prepared = judged.prepared
    told = {
        "judged_trace_id": judged.trace_id,
        "judged_span_id": judged.span_id,
        "judged_session_id": "" if judged.trace_id else judged.session_id or "",
        "evaluator_version": str(prepared.version),
        "evaluator_kind": JUDGE if prepared.is_judge else "python",
    }
    return {
        semconv.KIND: "evaluator",
        semconv.FEATURE: prepared.name,
        **{f"{semconv.TRACE_METADATA}.{name}": value for name, value in told.items() if value},
    }
