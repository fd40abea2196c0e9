"""Every endpoint, asked by everybody: nobody, keys by scope, another project's key, people by role.

`access_table.py` says who may; here each door is knocked at by each of them, on a real server.
"""

import http.client
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest
from tests.api.access_table import BESIDE_THE_APPS, FOR_PEOPLE_TOO, TABLE, Door, Need
from tests.support.people import OWN_PAGE, PASSWORD, PeopleOnDatabase, database_url
from tests.support.routes import all_routes
from tests.support.spanglass_process import SpanglassProcess

from spanglass_server.base.clock import now_ns
from spanglass_server.store.directory import Scope

OF_SCOPE: Final[dict[Need, frozenset[str]]] = {
    "read": frozenset({"read"}),
    "ingest": frozenset({"ingest"}),
    "score": frozenset({"ingest"}),
    "edit": frozenset({"admin"}),
    "admin": frozenset({"admin"}),
}
OF_ROLE: Final[dict[Need, frozenset[str]]] = {
    "read": frozenset({"viewer", "editor", "admin", "owner"}),
    "ingest": frozenset({"editor", "admin", "owner"}),
    "score": frozenset({"editor", "admin", "owner"}),
    "edit": frozenset({"editor", "admin", "owner"}),
    "admin": frozenset({"admin", "owner"}),
    "people": frozenset({"admin", "owner"}),
    "organization": frozenset({"owner"}),
}
OTLP: Final = ("/v1/", "/api/public/otel/")
SIGNS_OUT: Final = Door("DELETE", "/api/v1/session")


class Knocker(NamedTuple):
    kind: str
    """`nobody`, `key` or `person`."""
    allowed: str
    """A key's scope or a person's role."""
    is_stranger: bool
    """A key or a member of another project alone."""
    headers: Mapping[str, str]


def test_the_table_has_every_route_and_no_other() -> None:
    routes = {Door(*route) for route in all_routes()}
    in_table = set(TABLE) - BESIDE_THE_APPS
    assert routes - in_table == set(), "routes without a line in access_table.py"
    assert in_table - routes == set(), "lines in access_table.py without a route"


class Doorstep:
    """A server, and one connection to it for everybody: there are thousands of requests."""

    def __init__(self, server: SpanglassProcess, knockers: list[Knocker]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.knockers = knockers

    def knock(self, door: Door, knocker: Knocker) -> int:
        """Ids and names are of nothing that exists, so that what is allowed changes nothing."""
        path = re.sub(r"{[^}]*}", lambda name: "7" if ":int" in name[0] else "nothing-like-it", door.path)
        body = "{}" if door.path.startswith(OTLP) else ""
        headers = {**knocker.headers, "Content-Type": "application/json"} if body else knocker.headers
        self._connection.request(door.method, f"{path}?project=shop", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self._connection.close()


class _House:
    def __init__(self, server: SpanglassProcess, data_dir: Path) -> None:
        self._server = server
        self._directory = server.open_directory()
        self._people = PeopleOnDatabase(database_url(data_dir), now_ns=now_ns)
        shop, other = (self._directory.create_project(name) for name in ("shop", "other"))
        self._people.add("admin", email="owner@example.com")
        for role in ("viewer", "editor", "admin"):
            self._people.add(role, place=shop.id, email=f"{role}@example.com")
        self._people.add("admin", place=other.id, email="stranger@example.com")
        self.knockers = [
            Knocker("nobody", "", False, OWN_PAGE),
            *(self._key(shop.id, scope, is_stranger=False) for scope in ("ingest", "read", "admin")),
            self._key(other.id, "read", is_stranger=True),
            *(self._person(role, is_stranger=False) for role in ("viewer", "editor", "admin", "owner")),
            self._person("stranger", is_stranger=True),
        ]

    def _key(self, project_id: str, scope: Scope, *, is_stranger: bool) -> Knocker:
        key = self._directory.create_key(project_id, scopes=frozenset({scope}))
        headers = {**OWN_PAGE, "Authorization": f"Bearer {key.secret_key}"}
        return Knocker("key", scope, is_stranger, headers)

    def _person(self, name: str, *, is_stranger: bool) -> Knocker:
        given = {"email": f"{name}@example.com", "password": PASSWORD}
        url = f"{self._server.url}/api/v1/session"
        answer = httpx.post(url, json=given, headers=OWN_PAGE, trust_env=False)
        assert answer.status_code == 200, answer.text
        cookie = f"spanglass_session={answer.cookies['spanglass_session']}"
        return Knocker("person", name, is_stranger, {**OWN_PAGE, "Cookie": cookie})

    def close(self) -> None:
        self._people.close()
        self._directory.close()


@pytest.fixture(scope="module")
def doorstep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorstep]:
    data_dir = tmp_path_factory.mktemp("access") / "data"
    server = SpanglassProcess(data_dir, AUTH="required")
    try:
        house = _House(server, data_dir)
        opened = Doorstep(server, house.knockers)
        yield opened
        opened.close()
        house.close()
    finally:
        server.terminate()


def test_each_door_opens_for_whom_the_table_says(doorstep: Doorstep) -> None:
    wrong = [
        f"{door.method} {door.path} ({need}) as {knocker.kind} {knocker.allowed}: {status}, not {expected}"
        for door, need in TABLE.items()
        if door != SIGNS_OUT
        for knocker in doorstep.knockers
        for expected in [_expected(door, need, knocker)]
        for status in [doorstep.knock(door, knocker)]
        if not re.fullmatch(expected, str(status))
    ]
    assert not wrong, "\n".join(wrong)


def test_everybody_may_sign_out(doorstep: Doorstep) -> None:
    assert {doorstep.knock(SIGNS_OUT, knocker) for knocker in doorstep.knockers} == {204}


_IN = r"(?!401|403|5..)\d{3}"
"""Not refused: what else is wrong with an empty request to something that is not there is another matter."""


def _expected(door: Door, need: Need, knocker: Knocker) -> str:
    if need == "anyone":
        return r"(?!401|5..)\d{3}"
    if knocker.kind == "key":
        if need in ("person", "people", "organization"):
            return "403"
        return _IN if knocker.allowed in OF_SCOPE[need] else "403"
    if knocker.kind == "nobody" or not door.path.startswith(FOR_PEOPLE_TOO) or door in BESIDE_THE_APPS:
        return "401"
    if need == "person":
        return _IN
    if knocker.is_stranger:
        return "404"
    return _IN if knocker.allowed in OF_ROLE[need] else "403"
