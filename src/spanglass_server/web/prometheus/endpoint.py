"""What every endpoint of the API does around its own part: who asks, for what, on which thread, with which
errors."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson
import structlog
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from spanglass_server.base.errors import SpanglassError
from spanglass_server.metrics.runner import Cancellation
from spanglass_server.web.auth import authenticate_request, require_permission
from spanglass_server.web.prometheus.failures import BadParameter, failure_of
from spanglass_server.web.prometheus.lane import QueryLane
from spanglass_server.web.prometheus.params import Params, read_params
from spanglass_server.web.prometheus.values import parse_duration_ms
from spanglass_server.web.services import Services

log = structlog.get_logger(__name__)

ANNOTATIONS_MAX = 10
"""Of each kind in one answer; Prometheus' number."""
_BYTES_AT_ONCE_MAX: Final = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    services: Services
    project_id: str
    params: Params
    path: Mapping[str, str]
    cancellation: Cancellation

    @property
    def now_ms(self) -> int:
        return self.services.now_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    data: bytes | Sequence[bytes]
    """JSON, which may be in pieces."""
    warnings: Sequence[str] = ()
    infos: Sequence[str] = ()


Work: TypeAlias = Callable[[Asked], Answer]
"""May block."""
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def endpoint(work: Work, lane: QueryLane) -> Endpoint:
    """Runs `work` in the lane for a caller who may read."""

    async def answer(request: Request) -> Response:
        services: Services = request.app.state.services
        # Before anything of it is read or waits: strangers take no place in the lane.
        project_id = await to_thread.run_sync(_find_project, request, services)
        params = await read_params(request)
        cancellation = Cancellation(timeout_s=_timeout_s(params, services.metrics.limits.timeout_s))

        def run() -> list[bytes]:
            asked = Asked(
                services=services,
                project_id=project_id,
                params=params,
                path=request.path_params,
                cancellation=cancellation,
            )
            return _success(work(asked))

        return _sent(await lane.run(request, cancellation, run))

    return answer


async def answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpanglassError)
    failure = failure_of(error)
    body = {"status": "error", "errorType": failure.error_type, "error": failure.message}
    return Response(orjson.dumps(body), failure.status, dict(failure.headers), "application/json")


async def answer_http(request: Request, error: Exception) -> Response:
    """No such path, or another method."""
    assert isinstance(error, HTTPException)
    error_type = "not_found" if error.status_code == 404 else "bad_data"
    body = {"status": "error", "errorType": error_type, "error": f"{request.url.path}: {error.detail}"}
    return Response(orjson.dumps(body), error.status_code, dict(error.headers or {}), "application/json")


async def answer_crash(request: Request, error: Exception) -> Response:
    """A fault of ours. The reason goes to the log, not to the caller."""
    log.error("request_crashed", method=request.method, path=request.url.path, exc_info=error)
    body = {"status": "error", "errorType": "internal", "error": "the server failed on this request"}
    return Response(orjson.dumps(body), 500, media_type="application/json")


def _find_project(request: Request, services: Services) -> str:
    """Nothing here changes anything, so another site's page may ask: it cannot read the answer."""
    return require_permission(authenticate_request(request, services), "read").project.id


def _timeout_s(params: Params, timeout_s_max: float) -> float:
    text = params.get("timeout")
    if not text:
        return timeout_s_max
    timeout_ms = parse_duration_ms(text)
    if timeout_ms is None:
        raise BadParameter("timeout", f'cannot parse "{text}" to a valid duration')
    return min(timeout_ms / 1_000, timeout_s_max)


def _success(answer: Answer) -> list[bytes]:
    data = [answer.data] if isinstance(answer.data, bytes) else answer.data
    pieces = [b'{"status":"success","data":', *data]
    for word, texts in ((b"warnings", answer.warnings), (b"infos", answer.infos)):
        if texts:
            pieces += [b',"', word, b'":', orjson.dumps(_shortened(word.decode(), texts))]
    return [*pieces, b"}"]


def _sent(pieces: list[bytes]) -> Response:
    """Large answers go out piece by piece, each forgotten when it is sent."""
    size = sum(map(len, pieces))
    if size <= _BYTES_AT_ONCE_MAX:
        return Response(b"".join(pieces), media_type="application/json")

    async def forgetting() -> AsyncIterator[bytes]:
        pieces.reverse()
        while pieces:
            yield pieces.pop()

    headers = {"content-length": str(size)}
    return StreamingResponse(forgetting(), headers=headers, media_type="application/json")


def _shortened(word: str, texts: Sequence[str]) -> list[str]:
    if len(texts) <= ANNOTATIONS_MAX:
        return list(texts)
    more = len(texts) - ANNOTATIONS_MAX
    kind = word.removesuffix("s")
    return [*texts[:ANNOTATIONS_MAX], f"{more} more {kind} annotations omitted"]
