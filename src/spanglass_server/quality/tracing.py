"""Judges' own calls as traces, in a project of their own beside the one that they judge.

A trace is one evaluation: a span of kind evaluator, linked to the judged trace, and below it a span of each
model call. It takes the normal way in, so calls are priced, counted and searched like any other. Whatever
goes wrong here is counted, and the judgement stands.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson
import structlog

from spanglass import semconv
from spanglass_server.base.errors import Busy, SpanglassError
from spanglass_server.quality.judging import Evaluation, JudgeCall

log = structlog.get_logger(__name__)

SERVICE_NAME: Final = "spanglass-judges"

_QUEUE_BYTES_MAX: Final = 16 << 20
_BATCH_BYTES_MAX: Final = 2 << 20
_GATHER_S: Final = 0.25
_TRIES: Final = 3
_TRY_AGAIN_S: Final = 1.0
_TEXT_CHARS_MAX: Final = 100_000
"""Of a prompt or answer that a span shows."""
_HEX_TRACE: Final = 32
_HEX_SPAN: Final = 16

SendTraces = Callable[[str, bytes], None]
"""Stores OTLP/JSON in the judges' project of this project, which is made where it is missing; returns when it
is stored. Raises SpanglassError."""


class _Waiting(NamedTuple):
    project_id: str
    """The one that was judged."""
    spans: bytes
    """JSON objects, with commas between them."""


class JudgeTracer:
    """Safe from many threads. Its own thread starts with the first trace."""

    def __init__(self, send: SendTraces) -> None:
        self._send = send
        self._queue: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._sent = self._dropped = 0
        self._state = threading.Condition()
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def record(self, evaluation: Evaluation) -> None:
        """Never raises and never waits."""
        try:
            waiting = _Waiting(evaluation.definition.project_id, encode_spans(evaluation))
        except Exception:
            # The edge of a courtesy: whatever is odd about a text, its judgement stands.
            log.exception("judge_trace_not_encoded")
            self._drop(1)
            return
        with self._state:
            if self._is_stopping or self._queued_bytes + len(waiting.spans) > _QUEUE_BYTES_MAX:
                self._dropped += 1
                return
            self._queue.append(waiting)
            self._queued_bytes += len(waiting.spans)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="judge-traces", daemon=True)
                self._thread.start()
            self._state.notify()

    def counters(self) -> Mapping[str, int]:
        """Since the start, by their metric's name without prefix."""
        with self._state:
            return {"judge_traces_sent": self._sent, "judge_traces_dropped": self._dropped}

    def close(self) -> None:
        """Send what waits."""
        with self._state:
            self._is_stopping = True
            self._state.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._state:
                while not self._queue and not self._is_stopping:
                    self._state.wait()
                if not self._queue:
                    return
                if not self._is_stopping:
                    self._state.wait(_GATHER_S)
                batch = self._take()
            self._deliver(batch)

    def _take(self) -> Sequence[_Waiting]:
        """The oldest, and what else there is for the same project."""
        project_id, size = self._queue[0].project_id, 0
        batch: list[_Waiting] = []
        while self._queue and self._queue[0].project_id == project_id and size < _BATCH_BYTES_MAX:
            batch.append(self._queue.popleft())
            size += len(batch[-1].spans)
        self._queued_bytes -= size
        return batch

    def _deliver(self, batch: Sequence[_Waiting]) -> None:
        body = encode_request(b",".join(waiting.spans for waiting in batch))
        for attempt in range(1, _TRIES + 1):
            try:
                self._send(batch[0].project_id, body)
            except Busy as problem:
                if attempt < _TRIES:
                    time.sleep(_TRY_AGAIN_S)
                    continue
                self._lose(batch, problem.message)
            except SpanglassError as problem:
                self._lose(batch, problem.message)
            except Exception:
                # The edge of a task: the next batch has to come.
                log.exception("judge_traces_failed")
                self._drop(len(batch))
            else:
                with self._state:
                    self._sent += len(batch)
            return

    def _lose(self, batch: Sequence[_Waiting], reason: str) -> None:
        log.warning("judge_traces_dropped", count=len(batch), reason=reason)
        self._drop(len(batch))

    def _drop(self, count: int) -> None:
        with self._state:
            self._dropped += count


def encode_request(spans: bytes) -> bytes:
    resource = orjson.dumps({"attributes": _attributes({semconv.SERVICE_NAME: SERVICE_NAME})})
    return (
        b'{"resourceSpans":[{"resource":' + resource + b',"scopeSpans":[{"scope":{"name":"spanglass.judges"},'
        b'"spans":[' + spans + b"]}]}]}"
    )


def encode_spans(evaluation: Evaluation) -> bytes:
    root_id = _span_id(evaluation.trace_id, "root")
    spans = [_root(evaluation, root_id)]
    for number, call in enumerate(evaluation.calls):
        spans.append(_call(evaluation, call, root_id, _span_id(evaluation.trace_id, str(number))))
    return b",".join(orjson.dumps(span) for span in spans)


def _root(evaluation: Evaluation, span_id: str) -> Mapping[str, Any]:
    definition, target = evaluation.definition, evaluation.target
    judged = {
        "judged_trace_id": target.trace_id,
        "judged_span_id": target.span_id,
        "judged_project_id": definition.project_id,
        "evaluator_id": definition.id,
        "evaluator_version": str(definition.version),
        "evaluator_kind": definition.kind,
    }
    given = [
        {"name": score.name, "value": score.value, "comment": score.comment} for score in evaluation.scores
    ]
    span = {
        "traceId": evaluation.trace_id,
        "spanId": span_id,
        "name": definition.name,
        "kind": 1,
        "startTimeUnixNano": str(evaluation.started_at_ns),
        "endTimeUnixNano": str(max(evaluation.ended_at_ns, evaluation.started_at_ns)),
        "attributes": _attributes(
            {
                semconv.KIND: "evaluator",
                semconv.TRACE_NAME: definition.name,
                semconv.FEATURE: definition.name,
                semconv.INPUT: _json_text({"input": target.input, "output": target.output}),
                semconv.OUTPUT: _json_text(given) if given else "",
                **{f"{semconv.TRACE_METADATA}.{name}": value for name, value in judged.items() if value},
            }
        ),
        **_status(evaluation.problem),
    }
    if link := _link(evaluation):
        span["links"] = [link]
    return span


def _call(evaluation: Evaluation, call: JudgeCall, parent_id: str, span_id: str) -> Mapping[str, Any]:
    asked = [_message("system", call.system), _message("user", call.prompt)]
    attributes: dict[str, Any] = {
        semconv.KIND: "llm",
        semconv.FEATURE: evaluation.definition.name,
        semconv.OPERATION: "chat",
        semconv.PROVIDER: call.provider,
        semconv.REQUEST_MODEL: call.model,
        "gen_ai.input.messages": _json_text(asked),
    }
    if call.answer:
        attributes["gen_ai.output.messages"] = _json_text([_message("assistant", call.answer)])
    answered = {
        semconv.RESPONSE_MODEL: call.response_model,
        # Not as the response's id: nobody else tells of this call, and servers that give each answer the same
        # id would make one call of them all.
        f"{semconv.METADATA}.response_id": call.response_id,
        semconv.INPUT_TOKENS: call.input_tokens,
        semconv.OUTPUT_TOKENS: call.output_tokens,
        semconv.CACHE_READ_TOKENS: call.cache_read_tokens,
        semconv.CACHE_WRITE_TOKENS: call.cache_write_tokens,
        semconv.COST_USD: call.cost_usd,
    }
    attributes |= {name: value for name, value in answered.items() if value not in (None, "")}
    return {
        "traceId": evaluation.trace_id,
        "spanId": span_id,
        "parentSpanId": parent_id,
        "name": f"chat {call.model}",
        "kind": 3,
        "startTimeUnixNano": str(call.started_at_ns),
        "endTimeUnixNano": str(max(call.ended_at_ns, call.started_at_ns)),
        "attributes": _attributes(attributes),
        **_status(call.problem),
    }


def _link(evaluation: Evaluation) -> Mapping[str, Any] | None:
    """Only OpenTelemetry's ids fit into a link; others stand in the metadata alone."""
    target = evaluation.target
    span_id = target.span_id or (target.spans[0].span_id if target.spans else "")
    if not _is_hex(target.trace_id, _HEX_TRACE) or not _is_hex(span_id, _HEX_SPAN):
        return None
    return {"traceId": target.trace_id, "spanId": span_id}


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and all(char in "0123456789abcdef" for char in text.lower())


def _message(role: str, text: str) -> Mapping[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text[:_TEXT_CHARS_MAX]}]}


def _status(problem: str) -> Mapping[str, Any]:
    return {"status": {"code": 2, "message": problem}} if problem else {"status": {"code": 1}}


def _attributes(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: object) -> Mapping[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": _clean(str(value))[:_TEXT_CHARS_MAX]}


def _json_text(value: object) -> str:
    return _clean(orjson.dumps(_cleaned(value)).decode())


def _cleaned(value: object) -> object:
    """Halves of surrogate pairs, which JSON cannot carry, as question marks."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {name: _cleaned(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each) for each in value]
    return value


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _span_id(trace_id: str, part: str) -> str:
    return sha256(f"{trace_id}/{part}".encode()).hexdigest()[:_HEX_SPAN]
