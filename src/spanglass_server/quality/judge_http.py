"""Connections to judges: a transport that connects only to addresses that may be reached.

Names are resolved here and the request goes to the address that was checked, so a name that resolves
differently the second time leads nowhere else. Redirects are not followed: a key would follow them.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import httpx2

from spanglass_server.notify.egress import Egress
from spanglass_server.quality.judge_addresses import allowed_of

_RESOLVED_S: Final = 5.0
_NAMES_MAX: Final = 200
_LIMITS: Final = httpx2.Limits(max_connections=None, max_keepalive_connections=100)


def checked_client(egress: Egress) -> httpx2.AsyncClient:
    """For one event loop. Proxies of the environment are not used."""
    return httpx2.AsyncClient(transport=CheckedTransport(egress), trust_env=False, follow_redirects=False)


class _Resolved(NamedTuple):
    addresses: Sequence[str]
    at_s: float


class CheckedTransport(httpx2.AsyncBaseTransport):
    def __init__(self, egress: Egress, inner: httpx2.AsyncBaseTransport | None = None) -> None:
        self._egress = egress
        self._inner = inner or httpx2.AsyncHTTPTransport(limits=_LIMITS, trust_env=False)
        self._resolved: dict[tuple[str, int], _Resolved] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        addresses = await self._addresses(url.host, url.port or (443 if url.scheme == "https" else 80))
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except httpx2.ConnectError:
                continue
        return await self._inner.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Those that may be reached; at least one. Raises ConnectError."""
        now_s = time.monotonic()
        known = self._resolved.get((host, port))
        if known is not None and now_s - known.at_s < _RESOLVED_S:
            return known.addresses
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = allowed_of(self._egress, [str(each[4][0]) for each in found])
        except (OSError, UnicodeError) as problem:
            raise httpx2.ConnectError(f"{host}: {_why(problem)}") from None
        if len(self._resolved) >= _NAMES_MAX:
            self._resolved.clear()
        self._resolved[host, port] = _Resolved(addresses, now_s)
        return addresses


def _pinned(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request to that very address. Its Host header, and the name that TLS asks for, stay."""
    host = request.url.host
    extensions = dict(request.extensions)
    if not _is_address(host):
        extensions["sni_hostname"] = host
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address.partition("%")[0]),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _why(problem: Exception) -> str:
    return getattr(problem, "strerror", "") or str(problem) or type(problem).__name__
