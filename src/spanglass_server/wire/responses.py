"""What an OTLP receiver answers, as bytes: export responses and errors, in protobuf or JSON.

Responses of exports of traces, logs and metrics differ only in the JSON name of their count.
Source: OTLP specification, "OTLP/HTTP response" and "Failures"; google.rpc.Status.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import orjson

from spanglass_server.base.limits import REJECTION_REASONS_MAX
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.schema import ExportResponse, RetryInfo, RpcStatus

Encoding: TypeAlias = Literal["protobuf", "json"]
Signal: TypeAlias = Literal["traces", "logs", "metrics"]

INVALID_ARGUMENT, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 3, 8, 13, 14, 16
PERMISSION_DENIED, NOT_FOUND = 7, 5
"""google.rpc.Code."""

_COUNTS: dict[Signal, str] = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}
_RETRY_INFO_URL = "type.googleapis.com/google.rpc.RetryInfo"


def encode_export_response(signal: Signal, rejections: Sequence[Rejection], encoding: Encoding) -> bytes:
    """An empty message where everything was taken, as the specification asks."""
    if encoding == "json":
        return orjson.dumps(_json_response(signal, rejections))
    response = ExportResponse()
    if rejections:
        response.partial_success.rejected = len(rejections)
        response.partial_success.error_message = describe(rejections)
    encoded: bytes = response.SerializeToString()
    return encoded


def encode_status(code: int, message: str, encoding: Encoding, *, retry_after_s: int | None = None) -> bytes:
    """google.rpc.Status; with RetryInfo where the client may try again."""
    if encoding == "json":
        status: dict[str, object] = {"code": code, "message": message}
        if retry_after_s is not None:
            status["details"] = [{"@type": _RETRY_INFO_URL, "retryDelay": f"{retry_after_s}s"}]
        return orjson.dumps(status)
    response = RpcStatus(code=code, message=message)
    if retry_after_s is not None:
        retry = RetryInfo()
        retry.retry_delay.seconds = retry_after_s
        response.details.add(type_url=_RETRY_INFO_URL, value=retry.SerializeToString())
    encoded: bytes = response.SerializeToString()
    return encoded


def describe(rejections: Sequence[Rejection]) -> str:
    """All reasons in one text, one a line; the same reason is told once with how many it hit."""
    items: dict[str, list[str]] = {}
    for rejection in rejections:
        items.setdefault(rejection.reason, []).append(rejection.item)
    lines = [_line(reason, hit) for reason, hit in list(items.items())[:REJECTION_REASONS_MAX]]
    if len(items) > REJECTION_REASONS_MAX:
        lines.append(f"and {len(items) - REJECTION_REASONS_MAX} more reasons")
    return "\n".join(lines)


def _line(reason: str, items: Sequence[str]) -> str:
    others = f" and {len(items) - 1} more" if len(items) > 1 else ""
    return f"{items[0]}{others}: {reason}"


def _json_response(signal: Signal, rejections: Sequence[Rejection]) -> dict[str, object]:
    if not rejections:
        return {}
    # proto3 JSON writes 64-bit integers as text.
    return {
        "partialSuccess": {_COUNTS[signal]: str(len(rejections)), "errorMessage": describe(rejections)},
    }
