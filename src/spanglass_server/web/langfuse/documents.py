"""Documents as Langfuse's API has them: camelCase, in numbered pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.store.library import PageOf, Slice
from spanglass_server.web.params import parse_time_ns

_PAGE_MAX: Final = 1_000_000


class Document(BaseModel):
    """A request's body: camelCase, unknown keys ignored as Langfuse does."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


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
