"""Query parameters that several resources share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import Expression
from spanglass_server.query.fields import Target
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.web.services import Services

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)\Z",
)
_RELATIVE = re.compile(r"now(?:([+-])(\d{1,6})(s|m|h|d|w))?\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SECOND_NS = 1_000_000_000

FILTER_HELP = "What to show, in the filter language (docs/filter-language.md)."


def parse_time_ns(text: str, now_ns: int, *, name: str) -> int:
    """RFC 3339, `now`, or relative such as `now-24h`. Raises QueryInvalid that names the parameter."""
    if relative := _RELATIVE.match(text):
        sign, count, unit = relative.groups()
        seconds = int(count) * _SECONDS[unit] if count else 0
        return now_ns + (-seconds if sign == "-" else seconds) * _SECOND_NS
    if absolute := _RFC3339.match(text):
        day, clock, fraction, zone = absolute.groups()
        try:
            moment = datetime.fromisoformat(f"{day}T{clock}{zone.upper().replace('Z', '+00:00')}")
            seconds = int(moment.astimezone(UTC).timestamp())
        except (ValueError, OverflowError) as problem:
            raise QueryInvalid(f"`{name}`: `{text}` is not a time: {problem}") from None
        return max(0, seconds * _SECOND_NS + int((fraction or "0").ljust(9, "0")))
    raise QueryInvalid(
        f"`{name}`: `{text}` is not a time",
        hint="write RFC 3339 such as 2026-01-31T09:30:00Z, `now`, or `now-24h` (units s m h d w)",
    )


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def time_range(
    services: Annotated[Services, Depends(services_of)],
    from_: Annotated[
        str, Query(alias="from", description="Start, inclusive: RFC 3339, `now`, or `now-24h`.")
    ] = "now-24h",
    to: Annotated[str, Query(description="End, exclusive.")] = "now",
) -> TimeRange:
    now_ns = services.now_ns()
    during = TimeRange(parse_time_ns(from_, now_ns, name="from"), parse_time_ns(to, now_ns, name="to"))
    if during.from_ns >= during.to_ns:
        raise QueryInvalid("`from` is not before `to`")
    return during


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a list, a facet or a histogram looks at."""

    during: TimeRange
    where: Expression | None
    target: Target


def selection_of(target: Target) -> Callable[..., Selection]:
    """A dependency for a resource that is always about traces, or always about spans."""

    def select(
        during: Annotated[TimeRange, Depends(time_range)],
        filter_: Annotated[str, Query(alias="filter", description=FILTER_HELP)] = "",
    ) -> Selection:
        return Selection(during=during, where=parse_filter(filter_, target), target=target)

    return select


def targeted_selection(
    during: Annotated[TimeRange, Depends(time_range)],
    filter_: Annotated[str, Query(alias="filter", description=FILTER_HELP)] = "",
    target: Annotated[Target, Query(description="What to count.")] = "traces",
) -> Selection:
    return Selection(during=during, where=parse_filter(filter_, target), target=target)


def timed_selection(
    during: Annotated[TimeRange, Depends(time_range)],
    filter_: Annotated[str, Query(alias="filter", description=FILTER_HELP)] = "",
    target: Annotated[Literal["traces", "spans"], Query(description="What to count.")] = "traces",
) -> Selection:
    """Of what has a duration."""
    return Selection(during=during, where=parse_filter(filter_, target), target=target)


def page_request(
    cursor: Annotated[
        str, Query(description="`next_cursor` of the page before; it keeps that page's time range.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")] = 50,
    order: Annotated[
        str, Query(description="A field to order by; `-` before it for descending.")
    ] = "-start_time",
) -> PageRequest:
    return PageRequest(limit, cursor, order)
