"""Which addresses judges may be at."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.notify.egress import Egress, TargetRefused


def check_form(url: str) -> None:
    """Raises EvaluatorProblem for what is no address, or more than one."""
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise EvaluatorProblem(
            "`base_url` cannot be read", scope="evaluator", hint="e.g. http://localhost:11434/v1"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EvaluatorProblem(
            "`base_url` has more than a scheme, a host and a path",
            scope="evaluator",
            hint="give the key as api_key",
        )


def check_url(url: str, egress: Egress) -> None:
    """Raises EvaluatorProblem for an address that may not be reached. A name that does not resolve passes:
    it is checked again whenever it is connected to. `url` has the form of one."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    try:
        allowed_of(egress, [str(each[4][0]) for each in found])
    except TargetRefused as refused:
        message, _, hint = str(refused).partition("; ")
        raise EvaluatorProblem(f"`base_url`: {message}", scope="evaluator", hint=hint) from None


def allowed_of(egress: Egress, addresses: Sequence[str]) -> Sequence[str]:
    """Raises TargetRefused where none of them is."""
    refusal = TargetRefused("the name has no address")
    allowed: list[str] = []
    for address in dict.fromkeys(addresses):
        try:
            egress.check(address)
        except TargetRefused as refused:
            refusal = refused
        else:
            allowed.append(address)
    if not allowed:
        raise refusal
    return allowed
