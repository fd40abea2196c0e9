"""Pages of a Prometheus that others link to, led to the web app's: Grafana's "Prometheus" link beside a query
and the `generatorURL`s of alerts."""

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from spanglass_server.web.prometheus.values import parse_duration_ms

_TABLE: Final = "1"


def routes(prefix: str) -> list[Route]:
    return [
        *(
            Route(path, _lead_to_explore)
            for path in (prefix.rstrip("/"), prefix, f"{prefix}graph", f"{prefix}query")
        ),
        *(Route(f"{prefix}{page}", _lead_to_alerts) for page in ("alerts", "rules")),
    ]


async def _lead_to_explore(request: Request) -> Response:
    """With the first expression of the page and its time range."""
    asked = request.query_params
    search = {"expr": asked.get("g0.expr", "")}
    search |= _time_range(asked.get("g0.range_input", ""), asked.get("g0.end_input", ""))
    if asked.get("g0.tab") == _TABLE:
        search["view"] = "table"
    return _lead("/explore", {**search, "project": asked.get("project", "")})


async def _lead_to_alerts(request: Request) -> Response:
    return _lead("/alerts", {"project": request.query_params.get("project", "")})


def _lead(path: str, search: dict[str, str]) -> Response:
    given = {name: value for name, value in search.items() if value}
    return RedirectResponse(f"{path}?{urlencode(given)}" if given else path, 302)


def _time_range(width: str, end: str) -> dict[str, str]:
    """`from` and `to` of a width such as `1h` and an end such as `2026-01-31 09:30`, UTC; none of what cannot
    be read."""
    width_ms = parse_duration_ms(width)
    if not width_ms or width_ms < 0:
        return {}
    if not end:
        return {"from": f"now-{max(1, round(width_ms / 1_000))}s", "to": "now"}
    try:
        to = datetime.fromisoformat(end)
        start = to - timedelta(milliseconds=width_ms)
    except (ValueError, OverflowError):
        return {}
    return {"from": _moment(start), "to": _moment(to)}


def _moment(value: datetime) -> str:
    in_utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return in_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
