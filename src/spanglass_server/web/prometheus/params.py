"""The parameters of a request: those of a form in its body, then those of its URL, as in Go's forms."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from spanglass_server.base.errors import BadInput, BodyTooLarge
from spanglass_server.web.prometheus.failures import BadParameter
from spanglass_server.web.prometheus.values import parse_duration_ms, parse_time_ms

_FORM_BYTES_MAX: Final = 1 << 20
"""Expressions are written by people or made by dashboards; Go's own limit of a form is 10 MB."""
_FORM_FIELDS_MAX: Final = 1_000


class Params:
    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str) -> str:
        """The first of this name; empty where there is none."""
        return next((value for key, value in self._pairs if key == name), "")

    def all(self, *names: str) -> list[str]:
        return [value for key, value in self._pairs if key in names]

    def time_ms(self, name: str, default_ms: int) -> int:
        """Raises BadParameter."""
        text = self.get(name)
        if not text:
            return default_ms
        time_ms = parse_time_ms(text)
        if time_ms is None:
            reason = f'cannot parse "{text}" to a valid timestamp'
            raise BadParameter(name, f"invalid time value for '{name}': {reason}")
        return time_ms

    def needed_time_ms(self, name: str) -> int:
        text = self.get(name)
        time_ms = parse_time_ms(text)
        if time_ms is None:
            raise BadParameter(name, f'cannot parse "{text}" to a valid timestamp')
        return time_ms

    def duration_ms(self, name: str) -> float:
        text = self.get(name)
        duration_ms = parse_duration_ms(text)
        if duration_ms is None:
            raise BadParameter(name, f'cannot parse "{text}" to a valid duration')
        return duration_ms

    def limit(self) -> int:
        """0 for none."""
        text = self.get("limit")
        if not text:
            return 0
        if not _is_integer(text):
            raise BadParameter("limit", f'strconv.Atoi: parsing "{text}": invalid syntax')
        if int(text) < 0:
            raise BadParameter("limit", "limit must be non-negative")
        return int(text)

    def number(self, name: str) -> int:
        """-1 for none. Raises BadInput in the words of Prometheus' `metadata`."""
        text = self.get(name)
        if not text:
            return -1
        if not _is_integer(text):
            raise BadInput(f"{name} must be a number")
        return int(text)


async def read_params(request: Request) -> Params:
    in_url = parse_qsl(request.url.query, keep_blank_values=True)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or content_type != "application/x-www-form-urlencoded":
        return Params(in_url)
    body = await _read_form(request)
    try:
        in_body = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS_MAX)
    except ValueError as problem:
        raise BadInput(f"error parsing form values: {problem}") from None
    return Params([*in_body, *in_url])


async def _read_form(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > _FORM_BYTES_MAX:
                raise BodyTooLarge(f"the form is larger than {_FORM_BYTES_MAX} bytes")
            pieces.append(piece)
    except ClientDisconnect:
        raise BadInput("the client went away while sending") from None
    return b"".join(pieces)


def _is_integer(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdigit() and len(digits) <= 18
