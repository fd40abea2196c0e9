"""Cookies of people who sign in: how they are named, set, read and taken away.

On https the names begin with `__Host-`, which browsers accept from this host alone, for the whole host and
secure: no other site of the same domain can put one in its place (RFC 6265bis, 4.1.3.2).
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from spanglass_server.accounts.service import SignedIn
from spanglass_server.web.services import Services

SESSION: Final = "spanglass_session"
DEVICE: Final = "spanglass_device"
_DEVICE_S: Final = 365 * 24 * 3600


def is_https(request: Request, services: Services) -> bool:
    """Whether the browser came by https, also where what is in front of this server ended it."""
    external = urlsplit(services.accounts.options.external_url)
    return request.url.scheme == "https" or (
        external.scheme == "https" and request.headers.get("host", "").lower() == external.netloc.lower()
    )


def read_cookie(request: Request, services: Services, name: str) -> str:
    """Empty where there is none, and where there are several: one of them is not ours, none tells which."""
    lines = request.headers.getlist("cookie")
    if not lines:
        return ""
    wanted = _full_name(name, secure=is_https(request, services))
    values = {value for line in lines for value in _values_of(wanted, line)}
    return values.pop() if len(values) == 1 else ""


def set_session(response: Response, request: Request, services: Services, signed_in: SignedIn) -> None:
    seconds = services.accounts.options.session_ns_max // 1_000_000_000
    set_cookie(response, request, services, SESSION, signed_in.token, seconds=seconds)
    if signed_in.device:
        set_cookie(response, request, services, DEVICE, signed_in.device, seconds=_DEVICE_S)


def set_cookie(
    response: Response, request: Request, services: Services, name: str, value: str, *, seconds: int
) -> None:
    """`seconds` 0 takes it away."""
    secure = is_https(request, services)
    response.set_cookie(
        _full_name(name, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def end_session(response: Response, request: Request, services: Services) -> None:
    set_cookie(response, request, services, SESSION, "", seconds=0)


def _full_name(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _values_of(name: str, line: str) -> Iterable[str]:
    for pair in line.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name and value:
            yield value
