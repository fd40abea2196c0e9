"""Everything on the one HTTP port: which application answers which path, and for whom."""

import ipaddress
from collections.abc import Callable
from copy import copy
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import State

from spanglass_server.web import oidc
from spanglass_server.web.alertmanager import ALERTMANAGER_PATH, build_alertmanager
from spanglass_server.web.api import build_router
from spanglass_server.web.asgi import AsgiApp, Message, Receive, Scope, Send, header, respond
from spanglass_server.web.audit import Audited
from spanglass_server.web.compression import Gzip
from spanglass_server.web.errors import install_error_handlers
from spanglass_server.web.exposition import METRICS_PATH
from spanglass_server.web.feedback import OpenToPages
from spanglass_server.web.graph_links import PATHS as GRAPH_PATHS
from spanglass_server.web.graph_links import redirect_to_explore
from spanglass_server.web.health import PATHS as HEALTH_PATHS
from spanglass_server.web.health import Health
from spanglass_server.web.langfuse import LANGFUSE_PREFIX, build_langfuse_router, links
from spanglass_server.web.langfuse.errors import install_langfuse_error_handlers
from spanglass_server.web.langfuse.links import LINK_PREFIXES
from spanglass_server.web.otlp import ROUTES, OtlpHttp
from spanglass_server.web.prometheus import PROMETHEUS_PREFIX, build_prometheus
from spanglass_server.web.remote_write import REMOTE_WRITE_PATH
from spanglass_server.web.services import Services
from spanglass_server.web.static_site import StaticSite

STATIC_ROOT: Final = Path(__file__).parent / "static"

_DOCS: Final = "/api/docs"
"""A page of the built web app: FastAPI's own would load its viewer from another host."""

_API_PREFIXES: Final = ("/api/", f"{ALERTMANAGER_PATH}/", "/auth/")
_OWN_HOSTS: Final = frozenset({"localhost", "host.docker.internal"})


class WebApp:
    """The ASGI application of the HTTP port."""

    def __init__(
        self,
        *,
        otlp: OtlpHttp,
        health: Health,
        api: AsgiApp,
        langfuse: AsgiApp,
        prometheus: AsgiApp,
        remote_write: AsgiApp,
        exposition: AsgiApp,
        site: StaticSite,
        host: str,
        checks_host: bool,
    ) -> None:
        """`checks_host`: refuse requests that name another host, for a keyless server on a loopback address.
        Otherwise a page on the internet could point its own name at 127.0.0.1 and read everything here."""
        self._otlp = otlp
        self._health = health
        self._api = api
        self._langfuse = langfuse
        self._prometheus = prometheus
        self._remote_write = remote_write
        self._exposition = exposition
        self._site = site
        self._host = host.lower()
        self._checks_host = checks_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            return
        if self._checks_host and not self._is_own_host(header(scope, b"host")):
            await respond(send, 421, _WRONG_HOST, b"text/plain; charset=utf-8")
            return
        path = _without_spare_slashes(scope["path"])
        if scope.get("scheme") == "https":
            send = _keeping_to_https(send)
        await self._choose(path)({**scope, "path": path}, receive, send)

    def _choose(self, path: str) -> AsgiApp:
        if path in ROUTES:
            return self._otlp
        if path in HEALTH_PATHS:
            return self._health
        if path == REMOTE_WRITE_PATH:
            return self._remote_write
        if path in GRAPH_PATHS:
            return redirect_to_explore
        if f"{path}/".startswith(PROMETHEUS_PREFIX):
            return self._prometheus
        if path == METRICS_PATH:
            return self._exposition
        if path == _DOCS:
            return self._site
        if path.startswith((LANGFUSE_PREFIX, *LINK_PREFIXES)):
            return self._langfuse
        return self._api if path == "/api" or path.startswith(_API_PREFIXES) else self._site

    def _is_own_host(self, value: str) -> bool:
        name = _host_name(value)
        if name in _OWN_HOSTS or name == self._host or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


_WRONG_HOST: Final = (
    b"This server runs without keys and answers only to its own name.\n"
    b"hint: open it as http://localhost, or start it with --host and SPANGLASS_AUTH=required\n"
)


def build_api(services: Services) -> AsgiApp:
    """The JSON API as an ASGI application."""
    api = FastAPI(
        title="Spanglass",
        version=services.version,
        docs_url=None,
        openapi_url="/api/openapi.json",
        redoc_url=None,
    )
    api.state.services = services
    install_error_handlers(api)
    api.include_router(build_router())
    api.include_router(oidc.router)
    api.mount(ALERTMANAGER_PATH, build_alertmanager(services))
    return OpenToPages(Gzip(_Guarded(Audited(api, services.audit))), services.feedback)


@cache
def _langfuse_routes() -> FastAPI:
    """Costly to build, and the same for all services."""
    api = FastAPI(title="Langfuse's API", docs_url=None, redoc_url=None, openapi_url=None)
    install_langfuse_error_handlers(api)
    api.include_router(build_langfuse_router())
    api.include_router(links.router)
    return api


def build_langfuse(services: Services) -> AsgiApp:
    """Langfuse's public API as an ASGI application."""
    api = copy(_langfuse_routes())
    api.state = State({"services": services})
    return OpenToPages(Gzip(_Guarded(Audited(api, services.audit))), services.feedback)


def build_prometheus_api(services: Services, *, check: Callable[[], None]) -> AsgiApp:
    """Prometheus' HTTP API as an ASGI application. `check` raises StorageUnavailable where storage does not
    answer."""
    return Gzip(_Guarded(build_prometheus(services, check=check)))


def _keeping_to_https(send: Send) -> Send:
    """A browser that came by https comes by nothing else for a year (RFC 6797)."""

    async def send_kept(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = (b"strict-transport-security", b"max-age=31536000")
            message["headers"] = [*message.get("headers", ()), kept]
        await send(message)

    return send_kept


class _Guarded:
    """Headers that every answer of the API carries."""

    def __init__(self, api: AsgiApp) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extra = (
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        )

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        await self._api(scope, receive, send_guarded)


def _without_spare_slashes(path: str) -> str:
    """Senders join an address that ends in a slash with a path that begins with one, or are given OTLP's path
    with a slash at its end: their data must not be lost for it."""
    if path.startswith("//"):
        path = "/" + path.lstrip("/")
    return path[:-1] if path.endswith("/") and path[:-1] in ROUTES else path


def _host_name(value: str) -> str:
    """The Host header without its port, lower case, IPv6 without brackets."""
    value = value.strip().lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0]
