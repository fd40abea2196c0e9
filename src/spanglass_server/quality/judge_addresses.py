"""Which addresses judges may be at."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.notify.egress import Egress, TargetRefused


def check_url(url: str, egress: Egress) -> None:
    """Raises EvaluatorProblem for an address that may not be reached. A name that does not resolve passes:
    it is checked again whenever it is connected to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise EvaluatorProblem("the base URL cannot be read", scope="evaluator") from None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
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
