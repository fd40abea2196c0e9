"""Connections to judges lead only where they may, however a name resolves."""

import asyncio
import socket
from typing import Any

import httpx2
import pytest

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.notify.egress import Egress
from spanglass_server.quality.judge_addresses import check_url
from spanglass_server.quality.judge_http import CheckedTransport


class Inner(httpx2.AsyncBaseTransport):
    """Notes what would be sent where; some addresses do not answer."""

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        self.requests: list[httpx2.Request] = []
        self._dead = dead

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.host in self._dead:
            raise httpx2.ConnectError("nobody answers")
        return httpx2.Response(200, json={})


class Names:
    """What names resolve to; asked once, they may say another address the next time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


def post(url: str, inner: Inner, *, allows_private: bool = False, times: int = 1) -> int:
    async def send() -> int:
        transport = CheckedTransport(Egress(allows_private=allows_private), inner)
        async with httpx2.AsyncClient(transport=transport) as client:
            for _ in range(times):
                answer = await client.post(url, json={})
            return answer.status_code

    return asyncio.run(send())


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_addresses_of_a_network_of_ones_own_are_refused(address: str) -> None:
    inner = Inner()
    with pytest.raises(httpx2.ConnectError):
        post(f"http://{address}/v1", inner)
    assert inner.requests == []


def test_they_are_reached_where_the_operator_allows_but_for_those_that_hand_out_credentials() -> None:
    inner = Inner()
    assert post("http://127.0.0.1:8080/v1", inner, allows_private=True) == 200
    with pytest.raises(httpx2.ConnectError):
        post("http://169.254.169.254/latest", inner, allows_private=True)
    assert [request.url.host for request in inner.requests] == ["127.0.0.1"]


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.216.34"], ["127.0.0.1"]))
    inner = Inner()
    assert post("https://judge.example/v1/chat", inner) == 200
    (request,) = inner.requests
    assert request.url.host == "93.184.216.34"
    assert request.headers["host"] == "judge.example"
    assert request.extensions["sni_hostname"] == "judge.example"
    with pytest.raises(httpx2.ConnectError):
        post("https://judge.example/v1/chat", inner)


def test_of_several_addresses_only_those_that_may_be_reached_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["10.0.0.1", "93.184.216.34", "93.184.216.35"]))
    inner = Inner(dead=frozenset({"93.184.216.34"}))
    assert post("https://judge.example/v1", inner) == 200
    assert [request.url.host for request in inner.requests] == ["93.184.216.34", "93.184.216.35"]


def test_redirects_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Moved(Inner):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            self.requests.append(request)
            return httpx2.Response(307, headers={"location": "http://169.254.169.254/"})

    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.216.34"]))
    inner = Moved()
    assert post("https://judge.example/v1", inner) == 307
    assert len(inner.requests) == 1


def test_a_base_url_that_may_not_be_reached_is_told_when_it_is_given() -> None:
    with pytest.raises(EvaluatorProblem, match="not an address of the public internet") as refused:
        check_url("http://127.0.0.1:11434/v1", Egress(allow_hint="allow it"))
    assert refused.value.hint == "allow it"
    check_url("http://127.0.0.1:11434/v1", Egress(allows_private=True))
