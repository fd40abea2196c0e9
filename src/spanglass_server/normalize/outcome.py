"""How a span ended: status, error class, finish reasons, streaming and time to first token."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from spanglass_server.model.span import Status
from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.openlit import OPENLIT
from spanglass_server.normalize.dialects.strands import STRANDS
from spanglass_server.normalize.values import as_str
from spanglass_server.wire.records import EventRecord, SpanRecord

_STATUS: Final[dict[int, Status]] = {0: "unset", 1: "ok", 2: "error"}

_FINISH: Final = {
    "stop": "stop",
    "end_turn": "stop",
    "completed": "stop",
    "stop_sequence": "stop",
    "finish_reason_stop": "stop",
    "tool_calls": "tool_call",
    "tool_call": "tool_call",
    "tool_use": "tool_call",
    "tool-calls": "tool_call",
    "function_call": "tool_call",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "incomplete": "length",
    "content_filter": "content_filter",
    "content-filter": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
    "error": "error",
    "failed": "error",
}

_NO_FINISH: Final = frozenset({"", "null", "none", "unknown", "undefined"})

_FINISH_IN_TEXT: Final = re.compile(
    r'"(?:finish_reason|stop_reason|finishReason|stopReason)"\s*:\s*"([A-Za-z_-]{1,40})"'
)
_SEARCHED_CHARS_MAX: Final = 200_000

_FIRST_TOKEN_EVENTS: Final = frozenset(
    {
        "First Token Stream Event",
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
        "ai.stream.firstChunk",
    }
)

ANSWER_SLOTS: Final = frozenset(
    (
        *(f.STREAM, f.VERCEL_OPERATION, f.INVOCATION_PARAMETERS, f.LOGFIRE_SPAN_TYPE),
        *(f.TTFT_NS, f.SERVER_TTFT, f.COMPLETION_START),
        *(f.FINISH_REASONS, f.FINISH_REASON_ITEMS, f.OUTPUT_TEXT),
    )
)
"""Where all of these are empty and the span has no events, nothing tells of streaming, the time to the first
token or a reason to finish."""

_CLASS_BY_WORD: Final = (
    (("contentfilter", "contentpolicy", "responsibleai", "guardrailintervened"), "content_filter"),
    (("ratelimit", "toomanyrequests", "throttl", "quota", "resourceexhausted"), "rate_limit"),
    (("overloaded", "serviceunavailable", "modelnotready"), "overloaded"),
    (("timeout", "timedout", "deadlineexceeded", "readtimeout"), "timeout"),
    (
        (
            "authentication",
            "permissiondenied",
            "permissionerror",
            "unauthorized",
            "forbidden",
            "invalidapikey",
        ),
        "auth",
    ),
    (
        (
            "badrequest",
            "invalidrequest",
            "unprocessable",
            "notfounderror",
            "invalidargument",
            "contextlength",
        ),
        "invalid_request",
    ),
    (("internalserver", "servererror", "apierror500", "badgateway"), "server"),
)

_GENERIC_TYPES: Final = frozenset(
    {
        "",
        "exception",
        "error",
        "apierror",
        "apistatuserror",
        "_other",
        "httpstatuserror",
        "runtimeerror",
        "ai_apicallerror",
    }
)
"""Types that say nothing: the message is asked instead."""

_CODE_IN_MESSAGE: Final = re.compile(r"(?:Error code:|status code|HTTP/1\.1|HTTP)\s*:?\s*\"?([45]\d\d)\b")
_TYPE_IN_MESSAGE: Final = re.compile(r"^\s*([A-Za-z_][\w.]{0,100}(?:Error|Exception|Timeout|Interrupt))\b")


class Failure(NamedTuple):
    error_type: str
    message: str


NO_FAILURE: Final = Failure("", "")


def read_status(record: SpanRecord, slots: f.Slots, *, is_model_step: bool) -> Status:
    """The span's status; `error` too where the convention tells an error beside it (Langfuse's level, a model
    call's `error.type`)."""
    status = _STATUS.get(record.status_code, "unset")
    if status != "error" and slots[f.LEVEL] == "error":
        return "error"
    if status == "unset" and is_model_step and slots[f.ERROR_TYPE] is not None:
        return "error"
    return status


def read_failure(record: SpanRecord, slots: f.Slots) -> Failure:
    """Class and message of a failed span's error."""
    exception_type, exception_message = _exception_of(record.events)
    exception_type = exception_type or slots[f.EXCEPTION_TYPE] or ""
    exception_message = exception_message or slots[f.EXCEPTION_MESSAGE] or ""
    named = slots[f.ERROR_TYPE] or ""
    message = slots[f.STATUS_MESSAGE] or record.status_message or exception_message or named
    http_status = slots[f.HTTP_STATUS] or 0
    return Failure(
        classify_error(named, exception_type, f"{message[:2000]} {exception_message[:2000]}", http_status),
        message,
    )


def _exception_of(events: Sequence[EventRecord]) -> tuple[str, str]:
    for event in reversed(events):
        if event.name == "exception":
            kind = as_str(event.attributes.get("exception.type"))
            return kind, as_str(event.attributes.get("exception.message"))
    return "", ""


@lru_cache(maxsize=1024)
def classify_error(named: str, exception_type: str, message: str, http_status: int) -> str:
    """The canonical class, else the exception's own type, else `other`.

    An HTTP status decides, save that filtered content is told by words; then the types; then, where these say
    nothing, the message.
    """
    by_type = _class_by_words(named) or _class_by_words(exception_type)
    if by_type == "content_filter" or "content_filter" in message:
        return "content_filter"
    code = _CODE_IN_MESSAGE.search(message)
    status = int(code.group(1)) if code else http_status
    if named.isdigit():
        status = int(named)
    if status >= 400:
        told = _class_by_status(status)
        # A gateway answers 500 for a provider that is overloaded.
        return "overloaded" if told == "server" and "overloaded_error" in message else told
    if by_type:
        return by_type
    own = exception_type or ("" if named.isdigit() else named)
    if own.rpartition(".")[2].lower() in _GENERIC_TYPES:
        by_message = _class_by_words(message)
        if by_message:
            return by_message
    if not own or own == "_OTHER":
        in_message = _TYPE_IN_MESSAGE.match(message)
        own = in_message.group(1) if in_message else ""
    return own or "other"


def _class_by_words(text: str) -> str:
    squeezed = re.sub(r"[^a-z0-9]", "", text.lower())
    return next((name for words, name in _CLASS_BY_WORD if any(word in squeezed for word in words)), "")


def _class_by_status(status: int) -> str:
    if status == 429:
        return "rate_limit"
    if status in (503, 529):
        return "overloaded"
    if status in (408, 504):
        return "timeout"
    if status in (401, 403):
        return "auth"
    return "server" if status >= 500 else "invalid_request"


def read_finish_reasons(record: SpanRecord, slots: f.Slots) -> tuple[str, ...]:
    """One word a choice. Where no attribute names them: the choice events, then the output's own JSON."""
    reasons = slots[f.FINISH_REASONS]
    if reasons is None and slots[f.FINISH_REASON_ITEMS]:
        reasons = list(slots[f.FINISH_REASON_ITEMS].values())
    if reasons is None:
        reasons = [
            as_str(
                event.attributes.get("finish_reason") or event.attributes.get("gen_ai.choice.finish_reason")
            )
            for event in record.events
            if event.name == "gen_ai.choice"
        ]
    if not reasons:
        for event in record.events:
            told = event.attributes.get("gen_ai.output.messages")
            if told is not None:
                reasons = _FINISH_IN_TEXT.findall(as_str(told)[:_SEARCHED_CHARS_MAX])
    if not reasons and slots[f.OUTPUT_TEXT]:
        text = slots[f.OUTPUT_TEXT][:_SEARCHED_CHARS_MAX]
        reasons = _FINISH_IN_TEXT.findall(text)
        if '"choices"' not in text:
            # One answer; frameworks repeat its reason in their own objects around it.
            reasons = list(dict.fromkeys(reasons))
    return tuple(word for word in map(canonical_finish_reason, reasons) if word)


@lru_cache(maxsize=1024)
def canonical_finish_reason(word: str) -> str:
    lowered = word.strip(' "').lower()
    return "" if lowered in _NO_FINISH or len(lowered) > 64 else _FINISH.get(lowered, lowered)


def read_ttft_ns(record: SpanRecord, slots: f.Slots, *, dialect: str, is_streamed: bool) -> int | None:
    """Nanoseconds from the call's start to the first chunk of its answer."""
    if slots[f.TTFT_NS] is not None:
        return int(slots[f.TTFT_NS])
    server = slots[f.SERVER_TTFT]
    if server is not None and server > 0 and (is_streamed or dialect != OPENLIT.name):
        return int(server * (1e6 if dialect == STRANDS.name else 1e9))
    started = slots[f.COMPLETION_START]
    first_ns = iso_to_ns(started) if started else None
    if first_ns is None:
        first_ns = next((event.time_ns for event in record.events if event.name in _FIRST_TOKEN_EVENTS), None)
    if first_ns is None or first_ns < record.start_time_ns:
        return None
    return first_ns - record.start_time_ns


def read_streaming(record: SpanRecord, slots: f.Slots, *, dialect: str) -> bool | None:
    """Whether the answer was streamed: said, or shown by what only streams have. None where nothing tells."""
    if slots[f.STREAM] is not None:
        return bool(slots[f.STREAM])
    vercel = slots[f.VERCEL_OPERATION]
    if vercel is not None:
        return "stream" in vercel.lower()
    invocation = slots[f.INVOCATION_PARAMETERS]
    if invocation is not None and isinstance(invocation.get("stream"), bool):
        return bool(invocation["stream"])
    if slots[f.TTFT_NS] is not None or slots[f.COMPLETION_START] is not None:
        return True
    if slots[f.SERVER_TTFT] and dialect == STRANDS.name:
        return True
    if slots[f.LOGFIRE_SPAN_TYPE] == "log" and slots[f.INPUT_TOKENS] is not None:
        return True
    return True if any(event.name in _FIRST_TOKEN_EVENTS for event in record.events) else None


def iso_to_ns(text: str) -> int | None:
    """An ISO 8601 time with offset as nanoseconds since the epoch; digits beyond microseconds count."""
    match = re.match(
        r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\d*(Z|[+-]\d\d:?\d\d)?$", text.strip()
    )
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match.group(1) + (match.group(3) or "Z"))
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000_000_000 + int((match.group(2) or "0").ljust(9, "0"))
