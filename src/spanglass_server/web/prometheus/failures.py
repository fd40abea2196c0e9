"""What went wrong, in the words and with the status codes of Prometheus' HTTP API."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass_server.base.errors import (
    BadInput,
    Busy,
    NotAllowed,
    NotFound,
    QueryTooLarge,
    SpanglassError,
    StorageUnavailable,
)
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.web.errors import status_of

ErrorType: TypeAlias = Literal[
    "bad_data",
    "execution",
    "canceled",
    "timeout",
    "internal",
    "unavailable",
    "not_found",
    "unauthorized",
    "too_many_requests",
]
"""The last two are not Prometheus', which knows neither keys nor full lanes."""

_STATUS: Final[Mapping[ErrorType, int]] = {
    "bad_data": 400,
    "execution": 422,
    "canceled": 503,
    "timeout": 503,
    "internal": 500,
    "unavailable": 503,
    "not_found": 404,
    "too_many_requests": 429,
}


class BadParameter(BadInput):
    """A parameter that Prometheus refuses, in its words."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f'invalid parameter "{name}": {reason}')


class Failure(NamedTuple):
    status: int
    error_type: ErrorType
    message: str
    headers: Mapping[str, str]


def failure_of(error: SpanglassError) -> Failure:
    """How an error is answered."""
    status, error_type = _classify(error)
    message = f"{error.message} (hint: {error.hint})" if error.hint else error.message
    headers = {}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="spanglass", charset="UTF-8"'
    return Failure(status, error_type, message, headers)


def _classify(error: SpanglassError) -> tuple[int, ErrorType]:
    if isinstance(error, NotAllowed):
        return status_of(error)[0], "unauthorized"
    error_type = _error_type(error)
    return _STATUS[error_type], error_type


def _error_type(error: SpanglassError) -> ErrorType:
    if isinstance(error, EvaluationError):
        return "execution"
    if isinstance(error, QueryTooLarge):
        return _LIMITS.get(error.limit, "execution")
    if isinstance(error, NotFound):
        return "not_found"
    if isinstance(error, BadInput):
        return "bad_data"
    if isinstance(error, StorageUnavailable):
        return "unavailable"
    return "too_many_requests" if isinstance(error, Busy) else "internal"


_LIMITS: Final[Mapping[str, ErrorType]] = {
    "cancelled": "canceled",
    "query_timeout_s": "timeout",
    "query_steps_max": "bad_data",
}
