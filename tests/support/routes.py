"""Every route of the applications on the HTTP port, asked of the applications themselves."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from spanglass_server.web.app import build_api, build_langfuse, build_prometheus_api
from spanglass_server.web.audit import AuditTrail
from spanglass_server.web.feedback import FeedbackDoor
from spanglass_server.web.services import Services

_WRAPPED = ("_api", "_app")


def all_routes() -> Iterator[tuple[str, str]]:
    """Methods and paths, `{name}` where a path has a parameter."""
    services = Services(**_absent())
    for app in (
        build_api(services),
        build_langfuse(services),
        build_prometheus_api(services, check=lambda: None),
    ):
        yield from _routes_of(_unwrapped(app).routes, "")


def _absent() -> dict[str, Any]:
    """Nothing is asked of services while an application is built, but for these."""
    given = {
        "version": "0",
        "feedback": FeedbackDoor(),
        "audit": AuditTrail(),
        "metrics": SimpleNamespace(limits=SimpleNamespace(concurrency_max=1, timeout_s=1)),
    }
    return {**dict.fromkeys(Services.__dataclass_fields__), **given}


def _unwrapped(app: Any) -> Any:
    while not hasattr(app, "routes"):
        app = next(getattr(app, name) for name in _WRAPPED if hasattr(app, name))
    return app


def _routes_of(routes: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(routes):
        route: Any = context.original_route
        if isinstance(route, Mount):
            yield from _routes_of(route.routes, prefix + route.path)
            continue
        for method in sorted(set(context.methods or ()) - {"HEAD", "OPTIONS"}):
            yield method, prefix + str(context.path)
