"""Where an error becomes an HTTP answer: problem+json (RFC 9457), its status decided here alone."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from spanglass_server.base.errors import (
    BadInput,
    BodyTooLarge,
    Busy,
    Conflict,
    MalformedBody,
    NotAllowed,
    NotFound,
    QueryInvalid,
    QueryTooLarge,
    QueueFull,
    SpanglassError,
    StorageUnavailable,
    UnsupportedEncoding,
)

log = structlog.get_logger(__name__)

_STATUS: tuple[tuple[type[SpanglassError], int, str], ...] = (
    (QueryInvalid, 400, "query-invalid"),
    (NotFound, 404, "not-found"),
    (Conflict, 409, "conflict"),
    (MalformedBody, 400, "malformed-body"),
    (UnsupportedEncoding, 415, "unsupported-encoding"),
    (BodyTooLarge, 413, "body-too-large"),
    (BadInput, 400, "bad-input"),
    (QueryTooLarge, 422, "query-too-large"),
    (StorageUnavailable, 503, "storage-unavailable"),
    (QueueFull, 503, "queue-full"),
    (Busy, 429, "busy"),
    (NotAllowed, 401, "not-allowed"),
    (SpanglassError, 500, "internal-error"),
)
"""The first that fits, most special first."""


def status_of(error: SpanglassError) -> tuple[int, str]:
    """The HTTP status and the problem's word."""
    if isinstance(error, NotAllowed) and error.is_authenticated:
        return 403, "not-allowed"
    return next((status, word) for kind, status, word in _STATUS if isinstance(error, kind))


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(SpanglassError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_crash)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpanglassError)
    status, word = status_of(error)
    headers = {}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        # A browser that is asked for Basic opens a dialog of its own over the web app's form.
        is_web_app = "x-requested-with" in request.headers
        basic = 'Basic realm="spanglass", charset="UTF-8"'
        headers["WWW-Authenticate"] = 'Bearer realm="spanglass"' if is_web_app else basic
    extra: dict[str, str | int] = {}
    if isinstance(error, QueryInvalid) and error.column is not None:
        extra["column"] = error.column
    if isinstance(error, QueryTooLarge) and error.limit:
        extra["limit"] = error.limit
    return problem(status, word, error.message, hint=error.hint, headers=headers, extra=extra)


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return problem(400, "malformed-body", "the body is not JSON", hint=first["ctx"]["error"])
    if first["loc"] == ("body",) and first["type"].endswith("_attributes_type"):
        # A body of another type than JSON (curl -d says it is a form) is left as bytes, unread.
        hint = "send an object, with the header Content-Type: application/json"
        return problem(400, "malformed-body", "the body is not a JSON object", hint=hint)
    where = ".".join(str(part) for part in first["loc"][1:])
    return problem(400, "query-invalid", f"`{where}`: {first['msg']}")


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    word = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem(error.status_code, word, detail, headers=error.headers)


async def _answer_crash(request: Request, error: Exception) -> Response:
    """A fault of ours. The reason goes to the log, not to the caller."""
    log.error("request_crashed", method=request.method, path=request.url.path, exc_info=error)
    return problem(500, "internal-error", "the server failed on this request", hint="the log says why")


def problem(
    status: int,
    word: str,
    detail: str,
    *,
    hint: str = "",
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    body = {
        "type": f"urn:spanglass:problem:{word}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "hint": hint or None,
        **(extra or {}),
    }
    return Response(
        orjson.dumps(body), status, headers=dict(headers or {}), media_type="application/problem+json"
    )
