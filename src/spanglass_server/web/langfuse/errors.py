"""Errors as Langfuse's SDKs read them: `{"message", "error"}`, the status decided where all are."""

from typing import Final

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from spanglass_server.base.errors import Busy, SpanglassError
from spanglass_server.web.errors import status_of

log = structlog.get_logger(__name__)

_WORDS: Final = {
    400: "InvalidRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "LangfuseNotFoundError",
    405: "MethodNotAllowedError",
    409: "LangfuseConflictError",
    413: "PayloadTooLargeError",
    422: "UnprocessableContentError",
    429: "TooManyRequestsError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}


def install_langfuse_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(SpanglassError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_crash)


def failure(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = {"message": message, "error": _WORDS.get(status, "LangfuseError")}
    return Response(orjson.dumps(body), status, headers=headers, media_type="application/json")


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpanglassError)
    status, _ = status_of(error)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Busy) else None
    message = f"{error.message} (hint: {error.hint})" if error.hint else error.message
    return failure(status, message, headers)


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return failure(400, f"the body is not JSON: {first['ctx']['error']}")
    where = ".".join(str(part) for part in first["loc"][1:])
    return failure(400, f"`{where}`: {first['msg']}")


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failure(error.status_code, f"{request.method} {request.url.path}: {error.detail}")


async def _answer_crash(request: Request, error: Exception) -> Response:
    """A fault of ours. The reason goes to the log, not to the caller."""
    log.error("request_crashed", method=request.method, path=request.url.path, exc_info=error)
    return failure(500, "the server failed on this request; its log says why")
