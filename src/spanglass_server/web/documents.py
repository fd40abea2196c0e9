"""JSON that people write (prompts, dataset items), in and out: bounded, and given back as it came."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, StringConstraints, ValidationError

from spanglass_server.base.errors import BadInput, BodyTooLarge, MalformedBody
from spanglass_server.base.limits import DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX
from spanglass_server.store.library import JsonText
from spanglass_server.wire.json_documents import depth_of, json_text, parse_json

Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Of a prompt, dataset or run: without control characters, one of which a database cannot hold."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=800, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]


Body = TypeVar("Body", bound=BaseModel)


def body_of(model: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """A dependency: the body as `model`. Put it after the caller, or strangers could send bodies."""

    async def read(request: Request) -> Body:
        body = await read_body(request, DOCUMENT_BYTES_MAX)
        return await run_in_threadpool(_parse, body, model)

    return read


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """For the OpenAPI document, which does not see what `body_of` reads."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Raises BodyTooLarge as soon as it is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise BodyTooLarge(f"the body is larger than {bytes_max} bytes")
    return bytes(body)


def optional_json_text(value: object) -> JsonText | None:
    """None for null, which the SDKs send for what the caller did not give."""
    return None if value is None else json_text(value)


def raw(text: JsonText) -> orjson.Fragment:
    """Stored JSON as a part of an answer, as it is."""
    return orjson.Fragment(text)


def _parse(body: bytes, model: type[Body]) -> Body:
    try:
        value = parse_json(body)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as problem:
        raise MalformedBody(f"the body is not JSON: {problem}") from None
    if depth_of(value) > DOCUMENT_DEPTH_MAX:
        raise _too_deep()
    return validated(model, value)


def validated(model: type[Body], value: object, *, name: str = "") -> Body:
    """Raises BadInput that names the place, below `name`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in (*([name] if name else []), *first["loc"]))
        raise BadInput(f"`{where}`: {first['msg']}") from None


def _too_deep() -> MalformedBody:
    return MalformedBody(f"the body nests arrays and objects deeper than {DOCUMENT_DEPTH_MAX}")
