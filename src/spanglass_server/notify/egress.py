"""The way out: connections of receivers, whose targets users choose, and what may not be reached by them.

An address is checked after its name was resolved and right where it is connected to, so neither a name that
resolves differently the second time nor a redirect leads around the check. Sources: OWASP's cheat sheet on
server-side request forgery; RFC 6890 (what is not global); RFC 6052, 3056 (IPv4 inside IPv6).
"""

import contextlib
import functools
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple, Protocol, TypeAlias
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from spanglass_server.base.limits import RECEIVER_RESPONSE_BYTES_MAX
from spanglass_server.notify.secret import Secret

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_ALWAYS_REFUSED: Final = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # AWS, containers
        "169.254.170.23",  # AWS, Kubernetes
        "fd00:ec2::254",
        "fd00:ec2::23",
        "169.254.0.23",  # Tencent
        "192.0.0.192",  # Oracle
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
    )
)
"""Where clouds answer with credentials to whoever asks from inside."""
_NOT_GLOBAL: Final = tuple(
    ipaddress.ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48")
)
"""Registered as not global, or withdrawn (RFC 6890, 7526, 8215), which Python 3.11 does not know yet."""
_IPV4_IN_IPV6: Final = tuple(ipaddress.ip_network(network) for network in ("64:ff9b::/96", "::/96"))
"""NAT64 (RFC 6052), and the withdrawn IPv4-compatible addresses (RFC 4291, 2.5.5.1)."""
_REDIRECTS_MAX: Final = 5
_RETRY_AFTER_S_MAX: Final = 3600.0
HTTP_TIMEOUT_S: Final = 10.0
ALLOW_HINT: Final = "set SPANGLASS_NOTIFY_PRIVATE_TARGETS=true if receivers may reach this network"


class TargetRefused(OSError):
    """An address that receivers may not reach."""


class RequestFailed(Exception):
    """No answer: the message says why, without the target's path or credentials."""

    def __init__(self, message: str, *, is_retryable: bool) -> None:
        super().__init__(message)
        self.is_retryable = is_retryable


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Alertmanager's http_config, as far as it is supported."""

    authorization: str = ""
    """The scheme before the credentials, e.g. `Bearer`; empty for none."""
    username: str = ""
    secret: Secret | None = None
    """Credentials of `authorization`, or the password of `username`."""
    follows_redirects: bool = True
    ca_file: str = ""
    server_name: str = ""
    is_unverified: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpResponse(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """At most RECEIVER_RESPONSE_BYTES_MAX of it."""

    def json(self) -> Mapping[str, object]:
        """Empty where the body is no JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """Every connection that an integration makes is made here."""

    allows_private: bool = False
    timeout_s: float = HTTP_TIMEOUT_S
    allow_hint: str = ALLOW_HINT

    def check(self, address: str) -> None:
        """Raises TargetRefused for an address (not a name) that may not be reached."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        inner = _inner_address(ip)
        if inner in _ALWAYS_REFUSED or ip in _ALWAYS_REFUSED:
            raise TargetRefused(f"{ip} hands out this machine's credentials and is never reached")
        if not self.allows_private and not _is_public(inner):
            raise TargetRefused(f"{ip} is not an address of the public internet; {self.allow_hint}")

    def connect(self, host: str, port: int) -> socket.socket:
        """A connected socket to the first address that answers. Raises OSError."""
        problem: OSError = TargetRefused(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            try:
                self.check(str(address[0]))
                connection.settimeout(self.timeout_s)
                connection.connect(address)
            except OSError as failed:
                connection.close()
                problem = failed
            else:
                return connection
        raise problem

    def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str], options: HttpOptions | None = None
    ) -> HttpResponse:
        """Raises RequestFailed where there is no answer within `timeout_s`; any status is an answer."""
        options = options or HttpOptions()
        parts = _split_url(url)
        authorization = _authorization(options) or _authorization_of(parts)
        sent = {"User-Agent": "spanglass", **headers, **options.headers, **authorization}
        for _ in range(_REDIRECTS_MAX):
            response = self._post_once(parts, body, sent, options)
            # Only these repeat the request as it was: after the others a message would be lost in a GET.
            if response.status not in (307, 308) or not options.follows_redirects:
                return response
            target = _split_url(urljoin(parts.geturl(), response.headers.get("location", "")))
            if (target.scheme, target.netloc) != (parts.scheme, parts.netloc):
                sent.pop("Authorization", None)
            parts = target
        raise RequestFailed(f"{parts.hostname} redirects in circles", is_retryable=False)

    def _post_once(
        self, parts: SplitResult, body: bytes, headers: Mapping[str, str], options: HttpOptions
    ) -> HttpResponse:
        host = parts.hostname or ""
        try:
            connection = _Connection(self, parts, options)
            with contextlib.closing(connection), deadline(connection, self.timeout_s * 2):
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("POST", path, body, dict(headers))
                return _read(connection.getresponse())
        except ssl.SSLCertVerificationError as problem:
            reason = f"the certificate of {host} is not trusted: {problem.verify_message}"
            raise RequestFailed(reason, is_retryable=True) from None
        except TargetRefused as problem:
            raise RequestFailed(f"{host}: {problem}", is_retryable=False) from None
        except TimeoutError:
            raise RequestFailed(
                f"{host} did not answer within {self.timeout_s:g} s", is_retryable=True
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise RequestFailed(f"cannot reach {host}: {_reason(problem)}", is_retryable=True) from None


def retry_after_ms(response: HttpResponse, now_ms: int) -> int:
    """What Retry-After asks for, at most an hour; 0 without one. Seconds or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return 0
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return 0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.fromtimestamp(now_ms / 1000, UTC)).total_seconds()
    return int(min(max(seconds, 0.0), _RETRY_AFTER_S_MAX) * 1000) if seconds == seconds else 0


def target_of(url: str) -> str:
    """What may be shown of a URL whose path may be a secret: its host."""
    parts = urlsplit(url)
    return parts.hostname or parts.scheme


class _Connection(http.client.HTTPConnection):
    """A connection whose socket comes from Egress.connect."""

    def __init__(self, egress: Egress, parts: SplitResult, options: HttpOptions) -> None:
        is_tls = parts.scheme == "https"
        super().__init__(
            parts.hostname or "", parts.port or (443 if is_tls else 80), timeout=egress.timeout_s
        )
        self._egress = egress
        self._options = options
        self._is_tls = is_tls
        # The Host header names the port only where it is not the scheme's own.
        self.default_port = 443 if is_tls else 80

    def connect(self) -> None:
        connection = self._egress.connect(self.host, self.port)
        if not self._is_tls:
            self.sock = connection
            return
        context = _tls_context(self._options.ca_file, is_unverified=self._options.is_unverified)
        try:
            self.sock = context.wrap_socket(
                connection, server_hostname=self._options.server_name or self.host
            )
        except OSError:
            connection.close()
            raise


@functools.lru_cache(maxsize=32)
def _tls_context(ca_file: str, *, is_unverified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    if is_unverified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_context(options: HttpOptions) -> ssl.SSLContext:
    return _tls_context(options.ca_file, is_unverified=options.is_unverified)


class HasSocket(Protocol):
    @property
    def sock(self) -> socket.socket | None: ...


class deadline:  # noqa: N801 - used as a statement
    """Ends a connection whose peer sends a byte now and then, for ever: each of them resets the timeout."""

    def __init__(self, connection: "HasSocket", seconds: float) -> None:
        self._connection = connection
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        connection = self._connection.sock
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _split_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RequestFailed("the URL cannot be read", is_retryable=False) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise RequestFailed("the URL does not begin with http:// or https:// and a host", is_retryable=False)
    return parts


def _authorization(options: HttpOptions) -> Mapping[str, str]:
    if options.secret is None:
        return {}
    secret = options.secret.reveal()
    if options.username:
        return _basic(options.username, secret)
    return {"Authorization": f"{options.authorization} {secret}"}


def _authorization_of(parts: SplitResult) -> Mapping[str, str]:
    """`https://user:password@host/`, as Alertmanager takes it."""
    return _basic(unquote(parts.username), unquote(parts.password or "")) if parts.username else {}


def _basic(username: str, password: str) -> Mapping[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"}


def _read(response: http.client.HTTPResponse) -> HttpResponse:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return HttpResponse(response.status, headers, response.read(RECEIVER_RESPONSE_BYTES_MAX))


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError):
        return problem.strerror or type(problem).__name__
    # The text of the others may repeat the URL or a header.
    return type(problem).__name__


def _inner_address(ip: _Address) -> _Address:
    """The IPv4 address that an IPv6 address stands for, else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if any(ip in network for network in _IPV4_IN_IPV6):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_public(ip: _Address) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_GLOBAL)
