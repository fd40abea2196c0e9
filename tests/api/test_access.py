"""Every endpoint, asked by everybody: nobody, keys by scope, another project's key, people by role.

`access_table.py` says who may; here each door is knocked at by each of them, on a real server.
"""

import http.client
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

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


MARK: Final = "zebrafish"
"""Stands in everything of the other project."""
MARK_ID: Final = "7e57" * 8
MARKED_QUERY: Final = "from=now-1h&to=now%2B1h&query=llm_requests_total&match%5B%5D=llm_requests_total"


def marked_requests(time_ns: int) -> Iterator[tuple[str, str, Any]]:
    names = ("gen_ai.request.model", "user.id", "session.id", "feature", "team", "error.type")
    texts = dict.fromkeys(names, MARK) | {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.input.messages": f'[{{"role":"user","parts":[{{"type":"text","content":"{MARK}"}}]}}]',
    }
    attributes = [{"key": name, "value": {"stringValue": text}} for name, text in texts.items()]
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": MARK}}]}
    span = {
        "traceId": MARK_ID,
        "spanId": MARK_ID[:16],
        "name": MARK,
        "startTimeUnixNano": str(time_ns - 10**9),
        "endTimeUnixNano": str(time_ns),
        "attributes": attributes,
        "status": {"code": 2, "message": MARK},
    }
    record = {"timeUnixNano": str(time_ns), "body": {"stringValue": MARK}, "traceId": MARK_ID}
    spans = {"resource": service, "scopeSpans": [{"spans": [span]}]}
    logs = {"resource": service, "scopeLogs": [{"logRecords": [record]}]}
    yield "POST", "/v1/traces", {"resourceSpans": [spans]}
    yield "POST", "/v1/logs", {"resourceLogs": [logs]}
    yield "POST", "/api/v1/scores", {"name": MARK, "value": 0.5, "trace_id": MARK_ID, "comment": MARK}
    yield "POST", "/api/v1/score-configs", {"name": MARK, "data_type": "numeric"}
    yield "POST", "/api/v1/datasets", {"name": MARK}
    yield "POST", f"/api/v1/datasets/{MARK}/items", {"items": [{"input": MARK}]}
    yield "PUT", f"/api/v1/budgets/{MARK}", {"period": "month", "amount_usd": 5}
    yield "POST", "/api/public/v2/prompts", {"name": MARK, "type": "text", "prompt": MARK}
    matchers = [{"name": "alertname", "op": "=", "value": MARK}]
    silence = {"matchers": matchers, "ends_at": "now+2h", "created_by": MARK, "comment": MARK}
    yield "POST", "/api/v1/silences", silence


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

    def ask(self, path: str, knocker: Knocker) -> str:
        """What is answered, headers too."""
        self._connection.request("GET", path, headers=dict(knocker.headers))
        answer = self._connection.getresponse()
        return f"{answer.getheaders()} {answer.read().decode(errors='replace')}"

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
        self._fill(other.id)
        self.knockers = [
            Knocker("nobody", "", False, OWN_PAGE),
            *(self._key(shop.id, scope, is_stranger=False) for scope in ("ingest", "read", "admin")),
            self._key(other.id, "read", is_stranger=True),
            *(self._person(role, is_stranger=False) for role in ("viewer", "editor", "admin", "owner")),
            self._person("stranger", is_stranger=True),
        ]

    def _fill(self, project_id: str) -> None:
        """What must never be seen from another project: a word in every place that has a list or a name."""
        key = self._directory.create_key(project_id, scopes=frozenset({"ingest", "read", "admin"}), note=MARK)
        client = httpx.Client(
            base_url=self._server.url,
            trust_env=False,
            timeout=60,
            headers={"authorization": f"Bearer {key.secret_key}"},
        )
        with client:
            for method, path, body in marked_requests(now_ns()):
                answer = client.request(method, path, json=body)
                assert answer.status_code < 300, (path, answer.text)

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


def test_no_answer_has_anything_of_another_project(doorstep: Doorstep) -> None:
    """Asked by a key and by a person of one project, for it, for the other one, and by the other's ids."""
    owner, *strangers = [
        knocker
        for knocker in doorstep.knockers
        if knocker.allowed in ("owner", "read", "viewer") and not knocker.is_stranger
    ][::-1]
    leaks: list[str] = []
    seen = 0
    for door in TABLE:
        if door.method != "GET" or door == SIGNS_OUT:
            continue
        path = re.sub(r"{[^}]*}", lambda name: "7" if ":int" in name[0] else MARK_ID, door.path)
        if MARK in doorstep.ask(f"{path}?{MARKED_QUERY}&project=other", owner):
            seen += 1
        leaks += [
            f"{door.path}?project={project} as {knocker.kind} {knocker.allowed}"
            for knocker in strangers
            for project in ("shop", "other")
            if MARK in doorstep.ask(f"{path}?{MARKED_QUERY}&project={project}", knocker)
        ]
    assert leaks == []
    assert seen >= 15, "the word was there to be found"


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
