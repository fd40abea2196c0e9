"""Asking a server over HTTP, with nothing but the standard library: a command must not wait for imports."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings

_TIMEOUT_S = 3.0
_STREAM_SILENCE_S = 120.0
_LOOPBACK_OF_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- nothing is bound here
# A proxy of the environment is for the internet, not for a server on this machine or network.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    status: int
    body: bytes

    def field(self, name: str) -> str:
        """A text field of a JSON object; empty where there is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return ""
        found = value.get(name) if isinstance(value, dict) else None
        return found if isinstance(found, str) else ""


def request(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Answer | None:
    """The answer, whatever its status; None where nobody answers."""
    # The scheme is http or https: settings checked it.
    asked = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310
    try:
        with _opener.open(asked, timeout=timeout_s) as response:
            return Answer(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
    except (OSError, HTTPException):
        return None


class NoAnswerError(Exception):
    """Nobody answers at that address, or the connection broke."""


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def stream_lines(url: str, *, headers: Mapping[str, str], body: bytes) -> Iterator[bytes]:
    """POST, and the lines of the answer as they come. Raises NoAnswerError and RefusedError."""
    asked = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310
    try:
        with _opener.open(asked, timeout=_STREAM_SILENCE_S) as response:
            yield from response
    except urllib.error.HTTPError as error:
        with error:
            raise RefusedError(Answer(error.code, error.read())) from None
    except (OSError, HTTPException) as error:
        raise NoAnswerError from error


def server_url(settings: "Settings", *, port: int | None = None) -> str:
    """Where this machine reaches the server of these settings, or the one that got this port instead."""
    host = _LOOPBACK_OF_ANY.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{host}:{port or settings.port}"


def is_spanglass(url: str) -> bool:
    """Whether a Spanglass answers there, ready or not."""
    answer = request(f"{url}/healthz")
    return answer is not None and answer.status == 200 and answer.field("status") == "ok"


def request_date_s(url: str) -> float | None:
    """The server's clock, as its Date header tells it, in seconds since the epoch."""
    try:
        with _opener.open(f"{url}/healthz", timeout=_TIMEOUT_S) as response:
            return parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (OSError, HTTPException, TypeError, ValueError):
        return None
