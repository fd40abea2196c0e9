"""Prometheus' HTTP API, as Grafana, promtool and their like speak it: docs/prometheus-api.md."""

from collections.abc import Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from spanglass_server.base.errors import SpanglassError
from spanglass_server.web.asgi import AsgiApp
from spanglass_server.web.prometheus import links, queries, rules, series, status
from spanglass_server.web.prometheus.endpoint import Work, answer_crash, answer_error, answer_http, endpoint
from spanglass_server.web.prometheus.lane import QueryLane
from spanglass_server.web.services import Services

PROMETHEUS_PREFIX: Final = "/prometheus/"

_WAITING_MAX: Final = 64
_LOOKUPS_MAX: Final = 4
"""Lookups of labels and the like at a time: short, and not to wait for evaluations."""

_GET: Final = ("GET",)
_BOTH: Final = ("GET", "POST")

_QUERIES: Final[Sequence[tuple[str, Work, Sequence[str]]]] = (
    ("query", queries.query, _BOTH),
    ("query_range", queries.query_range, _BOTH),
)
_LOOKUPS: Final[Sequence[tuple[str, Work, Sequence[str]]]] = (
    ("format_query", queries.format_query, _BOTH),
    ("query_exemplars", series.query_exemplars, _BOTH),
    ("series", series.list_series, _BOTH),
    ("labels", series.list_labels, _BOTH),
    ("label/{name:path}/values", series.list_label_values, _GET),
    ("metadata", series.list_metadata, _GET),
    ("rules", rules.list_rules, _GET),
    ("alerts", rules.list_alerts, _GET),
    ("alertmanagers", status.alertmanagers, _GET),
    ("targets", status.targets, _GET),
    ("targets/metadata", status.target_metadata, _GET),
    ("status/buildinfo", status.build_info, _GET),
    ("status/runtimeinfo", status.runtime_info, _GET),
    ("status/flags", status.flags, _GET),
    ("status/config", status.config, _GET),
    ("status/tsdb", status.tsdb, _GET),
)


def build_prometheus(services: Services, *, check: Callable[[], None]) -> AsgiApp:
    """An ASGI application for the paths below PROMETHEUS_PREFIX, but for remote write. `check` raises
    StorageUnavailable where storage does not answer."""
    evaluations = QueryLane(
        "promql", running_max=services.metrics.limits.concurrency_max, waiting_max=_WAITING_MAX
    )
    lookups = QueryLane("promql-lookup", running_max=_LOOKUPS_MAX, waiting_max=_WAITING_MAX)
    routes = [
        Route(f"{PROMETHEUS_PREFIX}api/v1/{path}", endpoint(work, lane), methods=list(methods))
        for lane, endpoints in ((evaluations, _QUERIES), (lookups, _LOOKUPS))
        for path, work, methods in endpoints
    ]

    def ready(request: Request) -> Response:
        check()
        return PlainTextResponse("Spanglass is Ready.\n")

    app = Starlette(
        routes=[
            *routes,
            *links.routes(PROMETHEUS_PREFIX),
            Route(f"{PROMETHEUS_PREFIX}-/healthy", _healthy),
            Route(f"{PROMETHEUS_PREFIX}-/ready", ready),
        ],
        exception_handlers={
            SpanglassError: answer_error,
            HTTPException: answer_http,
            Exception: answer_crash,
        },
    )
    app.router.redirect_slashes = False
    app.state.services = services
    return app


async def _healthy(request: Request) -> Response:
    return PlainTextResponse("Spanglass is Healthy.\n")
