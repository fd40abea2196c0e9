"""Signing in and out over the API: cookies, refusals, and other sites' pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.people import (
    OWN_PAGE,
    PASSWORD,
    PeopleOnDatabase,
    browser,
    migrated_database,
    signed_in,
)

from spanglass_server.model.identity import EVERY_PROJECT, Role
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.web.api import accounts, projects
from spanglass_server.web.errors import install_error_handlers
from spanglass_server.web.services import Services

NOW_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
DAY_NS = 24 * 3600 * SECOND_NS


class House:
    """A server's API of people, with clocks that are set by hand."""

    def __init__(self, path: Path, *, external_url: str = "http://testserver") -> None:
        self.now_ns = NOW_NS
        self.monotonic_s = 0.0
        url = migrated_database(path)
        self.directory: SqlDirectory = open_directory(url, monotonic_ns=lambda: self.now_ns)
        self.shop = self.directory.create_project("shop")
        self.people = PeopleOnDatabase(
            url,
            now_ns=lambda: self.now_ns,
            monotonic_s=lambda: self.monotonic_s,
            external_url=external_url,
        )
        absent: Any = None
        given = {
            "directory": self.directory,
            "accounts": self.people.accounts,
            "audit": Entries(),
            "auth_mode": "required",
            "now_ns": lambda: self.now_ns,
        }
        self.services = Services(**{**dict.fromkeys(Services.__dataclass_fields__, absent), **given})
        self.app = FastAPI()
        install_error_handlers(self.app)
        self.app.include_router(accounts.router, prefix="/api/v1")
        self.app.include_router(projects.router, prefix="/api/v1")
        self.app.state.services = self.services

    @property
    def entries(self) -> list[str]:
        entries: Any = self.services.audit
        return entries.actions

    def browser(self) -> TestClient:
        return browser(self.app)

    def signed_in(self, email: str) -> TestClient:
        return signed_in(self.app, email)

    def invite(self, email: str, role: Role, *, place: str = EVERY_PROJECT) -> str:
        """The token of the link."""
        _, link = self.services.people.invite(email=email, project_id=place, role=role, invited_by="")
        return link.partition("#token=")[2]

    def close(self) -> None:
        self.people.close()
        self.directory.close()


class Entries:
    """The audit log as a list of what was done."""

    def __init__(self) -> None:
        self.actions: list[str] = []

    def record(self, who: object, *, action: str, target: str = "", **more: object) -> None:
        self.actions.append(f"{action} {target}".strip())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def sign_in(client: TestClient, email: str, password: str = PASSWORD) -> Any:
    return client.post("/api/v1/session", json={"email": email, "password": password})


def test_a_person_signs_in_is_known_and_signs_out(house: House) -> None:
    house.people.add("admin", email="ada@example.com")
    client = house.browser()
    assert client.get("/api/v1/me").json()["user"] is None
    assert client.get("/api/v1/projects").status_code == 401
    answer = sign_in(client, "  Ada@Example.com ")
    assert answer.status_code == 200
    me = client.get("/api/v1/me").json()
    assert (me["user"]["email"], me["role"], me["organization"]) == (
        "ada@example.com",
        "admin",
        {"name": "Organization"},
    )
    assert client.get("/api/v1/projects").status_code == 200
    token = client.cookies["spanglass_session"]
    assert client.delete("/api/v1/session").status_code == 204
    assert "spanglass_session" not in client.cookies
    client.cookies.set("spanglass_session", token)
    assert client.get("/api/v1/projects").status_code == 401, "the token is worth nothing any more"
    assert house.entries == ["session.start ada@example.com", "session.end ada@example.com"]


def test_the_cookie_is_for_this_host_alone_and_unreadable_for_scripts(house: House) -> None:
    email = house.people.add("admin")
    told = sign_in(house.browser(), email).headers.get_list("set-cookie")
    session = next(one for one in told if one.startswith("spanglass_session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Path=/" in session
    assert "Domain" not in session
    assert "Secure" not in session
    by_https = browser(house.app, base_url="https://testserver")
    told = sign_in(by_https, email).headers.get_list("set-cookie")
    session = next(one for one in told if "spanglass_session=" in one)
    assert session.startswith("__Host-spanglass_session=")
    assert "Secure" in session


def test_a_server_behind_a_proxy_that_ends_https_sets_secure_cookies(tmp_path: Path) -> None:
    house = House(tmp_path, external_url="https://spans.example.com")
    client = browser(house.app, base_url="http://spans.example.com")
    told = sign_in(client, house.people.add("admin")).headers.get_list("set-cookie")
    assert all(one.startswith("__Host-") and "Secure" in one for one in told)
    house.close()


REFUSED = ("unknown", "wrong password", "disabled", "without a password", "somebody else's")


@pytest.mark.parametrize("case", REFUSED)
def test_nobody_learns_from_a_refusal_who_has_an_account(house: House, case: str) -> None:
    email = house.people.add("admin")
    house.people.add("admin", email="other@example.com")
    found = house.people.store.find_credentials(email)
    assert found is not None
    password = PASSWORD
    if case == "unknown":
        email = "nobody@example.com"
    elif case == "disabled":
        house.people.store.set_disabled(found.user.id, is_disabled=True)
    elif case == "without a password":
        person = house.people.accounts.new_person(email="oidc@example.com", name="O", password=None)
        house.people.store.add_person(person)
        email = "oidc@example.com"
    else:
        password = "not this one either"
    answer = sign_in(house.browser(), email, password)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "the e-mail address or the password is wrong"
    assert "set-cookie" not in answer.headers
    assert house.entries == ["session.refuse"]


CROSS = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sibling of the domain": {"Sec-Fetch-Site": "same-site"},
    "another origin, of an old browser": {"Origin": "http://evil.example"},
    "a sandboxed page": {"Origin": "null"},
    "a client that says nothing": {},
    "a form of our own page": {"Sec-Fetch-Site": "same-origin", "X-Requested-With": ""},
}


@pytest.mark.parametrize("case", CROSS)
def test_changes_with_a_cookie_come_from_our_own_page(house: House, case: str) -> None:
    email = house.people.add("admin")
    client = house.signed_in(email)
    strange = TestClient(house.app, raise_server_exceptions=False, cookies=dict(client.cookies))
    headers = {"X-Requested-With": "x"} | CROSS[case]
    headers = {name: value for name, value in headers.items() if value}
    for method, path in (
        ("DELETE", "/api/v1/session"),
        ("PUT", "/api/v1/projects/shop/retention"),
        ("DELETE", "/api/v1/account/sessions"),
        ("POST", "/api/v1/session"),
    ):
        answer = strange.request(method, path, headers=headers, json={"email": email, "password": PASSWORD})
        assert answer.status_code in (400, 403), (method, path)
        assert "another site" in answer.text, (method, path)
    assert client.get("/api/v1/projects").status_code == 200


def test_an_old_browser_is_told_by_its_origin(house: House) -> None:
    email = house.people.add("admin")
    client = TestClient(house.app, headers={"Origin": "http://testserver", "X-Requested-With": "x"})
    assert sign_in(client, email).status_code == 200
    assert client.delete("/api/v1/session").status_code == 204


def test_two_cookies_of_the_same_name_are_none(house: House) -> None:
    client = house.signed_in(house.people.add("admin"))
    token = client.cookies["spanglass_session"]
    strange = TestClient(house.app, headers=OWN_PAGE)
    cookie = f"spanglass_session={token}"
    assert strange.get("/api/v1/projects", headers={"Cookie": cookie}).status_code == 200
    for both in (f"{cookie}; spanglass_session=tossed", f"spanglass_session=tossed; {cookie}"):
        assert strange.get("/api/v1/projects", headers={"Cookie": both}).status_code == 401


def test_a_sibling_domain_cannot_put_a_session_in_place_on_https(house: House) -> None:
    token = house.signed_in(house.people.add("admin")).cookies["spanglass_session"]
    strange = TestClient(house.app, base_url="https://testserver")
    answer = strange.get("/api/v1/projects", headers={"Cookie": f"spanglass_session={token}"})
    assert answer.status_code == 401


def test_signing_in_ends_the_session_that_the_browser_had(house: House) -> None:
    email = house.people.add("admin")
    client = house.signed_in(email)
    before = client.cookies["spanglass_session"]
    assert sign_in(client, email).status_code == 200
    assert client.cookies["spanglass_session"] != before
    strange = TestClient(house.app)
    answer = strange.get("/api/v1/projects", headers={"Cookie": f"spanglass_session={before}"})
    assert answer.status_code == 401


def test_a_key_goes_before_a_cookie(house: House) -> None:
    client = house.signed_in(house.people.add("admin"))
    key = house.directory.create_key(house.shop.id, scopes=frozenset({"read"}))
    listed = client.get("/api/v1/projects", headers={"Authorization": f"Bearer {key.secret_key}"})
    assert [one["name"] for one in listed.json()["items"]] == ["shop"]
    assert client.get("/api/v1/projects", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(house: House) -> None:
    client = house.signed_in(house.people.add("admin"))
    for _ in range(4):
        house.now_ns += 6 * DAY_NS
        assert client.get("/api/v1/projects").status_code == 200
        house.people.store.list_users()  # Writes down when sessions were used.
    house.now_ns += 7 * DAY_NS
    assert client.get("/api/v1/projects").status_code == 401, "30 days are over"
    client = house.signed_in(house.people.add("viewer"))
    house.now_ns += 8 * DAY_NS
    assert client.get("/api/v1/projects").status_code == 401, "not used for a week"


def test_a_project_of_others_is_as_one_that_does_not_exist(house: House) -> None:
    house.people.add("admin")
    house.directory.create_project("secret")
    client = house.signed_in(house.people.add("viewer", place=house.shop.id))
    assert client.get("/api/v1/me").json()["project"]["name"] == "shop"
    secret, nowhere = (
        client.get("/api/v1/projects", params={"project": name}) for name in ("secret", "nowhere")
    )
    assert secret.status_code == nowhere.status_code == 404
    assert secret.json()["detail"].replace("secret", "nowhere") == nowhere.json()["detail"]
    assert client.get("/api/v1/me", params={"project": "secret"}).status_code == 404


def test_a_member_of_nothing_is_known_and_sees_nothing(house: House) -> None:
    client = house.signed_in(house.people.add())
    me = client.get("/api/v1/me").json()
    assert me["user"] is not None
    assert (me["role"], me["permissions"], me["project"]) == (None, [], None)
    assert client.get("/api/v1/projects").status_code == 403


def test_where_nobody_signs_in_cookies_mean_nothing(house: House) -> None:
    from dataclasses import replace

    client = house.signed_in(house.people.add("viewer", place=house.shop.id))
    house.app.state.services = replace(house.services, auth_mode="off")
    me = client.get("/api/v1/me").json()
    assert (me["auth"], me["user"], me["role"]) == ("off", None, "admin")
    assert sign_in(client, "a@example.com").status_code == 400


def test_overlong_passwords_are_refused_before_they_are_hashed(house: House) -> None:
    email = house.people.add("admin")
    client = house.browser()
    assert sign_in(client, email, "x" * 1_001).status_code == 401
    answer = sign_in(client, email, "x" * 1_000_000)
    assert answer.status_code == 413
    assert "xxxx" not in answer.text
