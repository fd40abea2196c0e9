"""Links to Prometheus' graph page."""

import asyncio

import pytest

from spanglass_server.web.asgi import Message, Scope
from spanglass_server.web.graph_links import redirect_to_explore


def location_of(query: bytes) -> bytes:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    scope: Scope = {"type": "http", "method": "GET", "path": "/graph", "query_string": query}
    asyncio.run(redirect_to_explore(scope, receive, send))
    assert sent[0]["status"] == 302
    return dict(sent[0]["headers"])[b"location"]


@pytest.mark.parametrize(
    ("query", "location"),
    [
        (b"g0.expr=up%7Ba%3D%22b%22%7D&g0.tab=0", b"/explore?expr=up%7Ba%3D%22b%22%7D"),
        (b"g0.expr=a+%2B+b", b"/explore?expr=a%20%2B%20b"),
        (b"g0.expr=%0d%0aSet-Cookie:x", b"/explore?expr=%0D%0ASet-Cookie%3Ax"),
        (b"", b"/explore"),
    ],
)
def test_the_expression_is_taken_along(query: bytes, location: bytes) -> None:
    assert location_of(query) == location
