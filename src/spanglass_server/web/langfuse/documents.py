"""JSON that people write (prompts, dataset items), in and out: bounded, and given back as it came."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Any, Final, NoReturn, TypeVar

import orjson
from fastapi import Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from spanglass_server.base.errors import BadInput, BodyTooLarge, MalformedBody, QueryInvalid
from spanglass_server.base.limits import DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX
from spanglass_server.store.library import JsonText, PageOf, Slice
from spanglass_server.web.params import parse_time_ns

_PAGE_MAX: Final = 1_000_000

Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Of a prompt, dataset or run: without control characters, one of which a database cannot hold."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=800, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]


class Document(BaseModel):
    """A request's body: camelCase, unknown keys ignored as Langfuse does."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


Body = TypeVar("Body", bound=Document)


def body_of(model: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """A dependency: the body as `model`. Put it after the caller, or strangers could send bodies."""

    async def read(request: Request) -> Body:
        body = await read_body(request, DOCUMENT_BYTES_MAX)
        return await run_in_threadpool(_parse, body, model)

    return read


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Raises BodyTooLarge as soon as it is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise BodyTooLarge(f"the body is larger than {bytes_max} bytes")
    return bytes(body)


def json_text(value: object) -> JsonText:
    """JSON as text that any database holds: the standard library writes NUL and lone surrogates as escapes
    where they would be none, and integers of any length."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def optional_json_text(value: object) -> JsonText | None:
    """None for null, which the SDKs send for what the caller did not give."""
    return None if value is None else json_text(value)


def raw(text: JsonText) -> orjson.Fragment:
    """Stored JSON as a part of an answer, as it is."""
    return orjson.Fragment(text)


def json_response(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def time_text(time_ns: int) -> str:
    """RFC 3339 in UTC with milliseconds, as Langfuse writes times."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns // 1_000_000:03d}Z"


def time_param(name: str) -> Callable[[Request], int | None]:
    """A dependency: the query parameter of this name in nanoseconds, None where it is absent or empty."""

    def read(request: Request) -> int | None:
        text = request.query_params.get(name, "")
        return parse_time_ns(text, 0, name=name) if text else None

    return read


class PageParams(Slice):
    """`page` counts from 1."""

    @property
    def number(self) -> int:
        return self.offset // self.limit + 1


def page_params(
    page: Annotated[int, Query(ge=1, le=_PAGE_MAX)] = 1, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> PageParams:
    return PageParams(limit, (page - 1) * limit)


Paging = Annotated[PageParams, Depends(page_params)]


def page_json(page: PageParams, found: PageOf[Any], data: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": data,
        "meta": {
            "page": page.number,
            "limit": page.limit,
            "totalItems": found.total,
            "totalPages": ceil(found.total / page.limit),
        },
    }


def int_param(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise QueryInvalid(f"`{name}`: `{text}` is not a whole number")
    return int(text)


def _parse(body: bytes, model: type[Body]) -> Body:
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as problem:
        raise MalformedBody(f"the body is not JSON: {problem}") from None
    if _depth(value) > DOCUMENT_DEPTH_MAX:
        raise _too_deep()
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"`{where}`: {first['msg']}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _too_deep() -> MalformedBody:
    return MalformedBody(f"the body nests arrays and objects deeper than {DOCUMENT_DEPTH_MAX}")


def _depth(value: object) -> int:
    """Level by level: a body that is refused for its depth must not be what overflows the stack."""
    depth = 0
    level = [value]
    while level:
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        depth += bool(inner)
        level = inner
    return depth
