"""One kept-alive connection to the server, on the standard library's client: importing it takes 25 ms,
at `init`, where requests and urllib3 would take 150."""

import encodings.idna  # noqa: F401 - else imported by the first look-up of a host's name, on the thread
import gzip
import ssl
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from spanglass._settings import is_loopback

ANSWER_BYTES_MAX = 64 << 10
"""What is read of an answer; the connection is not used again after a longer one."""


_FAILURES = (HTTPException, OSError, ValueError)
"""ValueError where the address cannot be asked: a host's name, a path, a header."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Unreachable(Exception):
    """No answer came. The message says why, in a few words."""

    def __init__(self, reason: str, *, is_refused: bool = False) -> None:
        super().__init__(reason)
        self.is_refused = is_refused


class Poster:
    """Posts bodies. Not thread-safe: it belongs to one sender thread."""

    def __init__(
        self, *, headers: Mapping[str, str], timeout_s: float, certificate: str, gzips: bool
    ) -> None:
        self._headers = {"user-agent": "spanglass-python", **headers}
        self._timeout_s = timeout_s
        self._certificate = certificate
        self._gzips = gzips
        self._connections: dict[tuple[str, str], HTTPConnection] = {}

    def post(self, url: str, body: bytes, content_type: str, timeout_s: float | None = None) -> Answer:
        """Posts, on a new connection once more where the kept one turns out closed. Raises Unreachable."""
        headers = {**self._headers, "content-type": content_type}
        if self._gzips:
            body = gzip.compress(body, compresslevel=1)
            headers["content-encoding"] = "gzip"
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        is_kept = key in self._connections
        try:
            return self._exchange(key, parts, body, headers, timeout_s)
        except _FAILURES as error:
            self._close(key)
            if not is_kept or isinstance(error, TimeoutError):
                raise _unreachable(error) from error
        try:
            return self._exchange(key, parts, body, headers, timeout_s)
        except _FAILURES as error:
            self._close(key)
            raise _unreachable(error) from error

    def _exchange(
        self,
        key: tuple[str, str],
        parts: SplitResult,
        body: bytes,
        headers: Mapping[str, str],
        timeout_s: float | None,
    ) -> Answer:
        connection = self._connections.get(key)
        timeout = min(self._timeout_s, timeout_s if timeout_s is not None else self._timeout_s)
        if connection is None:
            connection = self._connections[key] = self._connect(parts, timeout)
        elif connection.sock is not None:
            connection.sock.settimeout(timeout)
        path = parts.path or "/"
        if getattr(connection, "is_plain_proxy", False):
            path = f"{parts.scheme}://{parts.netloc}{path}"
        connection.request("POST", path + (f"?{parts.query}" if parts.query else ""), body, dict(headers))
        response = connection.getresponse()
        answer = _read(response)
        if response.will_close or not response.isclosed():
            self._close(key)
        return answer

    def _connect(self, parts: SplitResult, timeout_s: float) -> HTTPConnection:
        host, is_tls = parts.hostname or "localhost", parts.scheme == "https"
        port = parts.port or (443 if is_tls else 80)
        proxy = None if is_loopback(f"http://{parts.netloc}") else _proxy_of(parts)
        target = (proxy.hostname or "", proxy.port or 80) if proxy else (host, port)
        if not is_tls:
            plain = HTTPConnection(*target, timeout=timeout_s)
            plain.is_plain_proxy = proxy is not None  # type: ignore[attr-defined]
            return plain
        context = ssl.create_default_context(cafile=self._certificate or None)
        secure = HTTPSConnection(*target, timeout=timeout_s, context=context)
        if proxy is not None:
            secure.set_tunnel(host, port, headers=_proxy_headers(proxy))
        return secure

    def _close(self, key: tuple[str, str]) -> None:
        connection = self._connections.pop(key, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        for key in list(self._connections):
            self._close(key)


def _read(response: HTTPResponse) -> Answer:
    body = response.read(ANSWER_BYTES_MAX)
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def _proxy_of(parts: SplitResult) -> SplitResult | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name."""
    proxies = getproxies_environment()
    address = proxies.get(parts.scheme) or proxies.get("all")
    if not address or proxy_bypass_environment(parts.netloc, proxies):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + b64encode(credentials.encode()).decode()}


def _unreachable(error: Exception) -> Unreachable:
    if isinstance(error, TimeoutError):
        return Unreachable("no answer in time")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable("connection refused", is_refused=True)
    return Unreachable(str(error) or type(error).__name__)
