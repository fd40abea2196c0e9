"""Links to Prometheus' own graph page, as templates of rules (`graphLink`) write them, lead to ours."""

from typing import Final
from urllib.parse import parse_qs, quote

from spanglass_server.web.asgi import Receive, Scope, Send, respond

PATHS: Final = frozenset({"/graph", "/prometheus/graph"})


async def redirect_to_explore(scope: Scope, receive: Receive, send: Send) -> None:
    """`/graph?g0.expr=up&g0.tab=1` is `/explore?expr=up`."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    expression = query.get("g0.expr", [""])[0]
    target = f"/explore?expr={quote(expression, safe='')}" if expression else "/explore"
    await respond(send, 302, b"", b"text/plain; charset=utf-8", ((b"location", target.encode()),))
