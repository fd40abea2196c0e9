"""What a judge in the application did, as a trace of its own: an evaluator span, linked to the judged trace,
with a model call below."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import context as context_api
from opentelemetry.context import Context
from opentelemetry.trace import Link, set_span_in_context

from spanglass import semconv
from spanglass._errors import record_failure
from spanglass._runtime import slot
from spanglass._span import span, trace_id_of
from spanglass.evaluators.evaluator import JudgeModel, JudgeReply, Judges

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from pydantic import BaseModel

    from spanglass._evaluations import Judged


class TracedJudges:
    """Judges whose calls are spans of kind llm, with their tokens."""

    def __init__(self, judges: Judges | None) -> None:
        self._judges = judges

    def find(self, connection: str, model: str) -> JudgeModel:
        if self._judges is None:
            from spanglass.evaluators.judge import judges_from_environment

            self._judges = judges_from_environment()
        return TracedJudge(self._judges.find(connection, model))


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
        with span(f"chat {judge.model}", kind="llm", **told) as call:
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


@contextmanager
def evaluator_span(judged: "Judged") -> Iterator["Span | None"]:
    """The current span of the block; a trace of its own, since the judged one does not wait for it."""
    runtime = slot.runtime
    if runtime is None:
        yield None
        return
    prepared = judged.prepared
    told = {
        "judged_trace_id": judged.trace_id,
        "judged_span_id": judged.span_id,
        "evaluator_version": str(prepared.version),
        "evaluator_kind": "judge" if prepared.is_judge else "python",
    }
    started = runtime.tracer.start_span(
        prepared.name,
        Context(),
        attributes={
            semconv.KIND: "evaluator",
            semconv.FEATURE: prepared.name,
            **{f"{semconv.TRACE_METADATA}.{name}": value for name, value in told.items() if value},
        },
        links=[Link(judged.link)] if judged.link is not None else [],
        start_time=runtime.clock(),
    )
    token = context_api.attach(set_span_in_context(started, Context()))
    try:
        yield started
    except BaseException as error:
        record_failure(started, error)
        raise
    finally:
        context_api.detach(token)
        started.end(runtime.clock())


def trace_of(started: "Span | None") -> dict[str, str]:
    """Where the evaluation is recorded, as metadata of its scores."""
    found = None if started is None or not started.is_recording() else trace_id_of(started)
    return {"judge_trace_id": found} if found else {}
