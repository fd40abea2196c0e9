"""Signing in by OpenID Connect, against a provider over real HTTP."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc import jwk
from tests.api.test_sign_in import House
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProviderServer
from tests.support.people import signed_in

from spanglass_server.accounts.oidc import OidcOptions, OidcProvider
from spanglass_server.accounts.oidc_entry import OidcDoor
from spanglass_server.model.identity import Role
from spanglass_server.web import oidc
from spanglass_server.web.services import Services

START = "/auth/oidc/start"


class OidcHouse(House):
    def __init__(self, path: Path, provider: OidcProviderServer) -> None:
        super().__init__(path)
        self.provider = provider
        self.clock_s = 0.0
        self._opened = OidcProvider(
            OidcOptions(
                issuer=provider.issuer,
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                scopes="openid email profile",
                redirect_uri="http://testserver/auth/oidc/callback",
            ),
            now_s=lambda: time.time() + self.clock_s,
        )
        self.app.include_router(oidc.router)
        self.let_in()
        self.people.add("admin", email="owner@example.com")

    def let_in(self, *, domains: tuple[str, ...] = (), default_role: Role | None = None) -> None:
        door = OidcDoor(provider=self._opened, domains=domains, default_role=default_role)
        services: Services = replace(self.services, oidc=door)
        self.app.state.services = services

    def come_in(self, client: TestClient, **query: str) -> Any:
        """The answer to the browser that comes back from the provider."""
        leaving = client.get(START, params=query, follow_redirects=False)
        assert leaving.status_code == 303, leaving.text
        back = self.provider.authorize(leaving.headers["location"])
        return client.get(back, follow_redirects=False)

    def close(self) -> None:
        self._opened.close()
        super().close()


@pytest.fixture(scope="module")
def server() -> Iterator[OidcProviderServer]:
    opened = OidcProviderServer()
    yield opened
    opened.close()


@pytest.fixture
def house(tmp_path: Path, server: OidcProviderServer) -> Iterator[OidcHouse]:
    server.changes = {}
    server.claims |= {"sub": "1234", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
    made = OidcHouse(tmp_path, server)
    yield made
    made.close()


def who(client: TestClient) -> Any:
    return client.get("/api/v1/me").json()["user"]


def test_an_invited_person_comes_in_and_is_the_same_next_time(house: OidcHouse) -> None:
    house.invite("ada@example.com", "editor")
    client = house.browser()
    answer = house.come_in(client, next="/traces?project=shop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces?project=shop")
    me = client.get("/api/v1/me").json()
    assert (me["user"]["email"], me["user"]["has_password"], me["role"]) == (
        "ada@example.com",
        False,
        "editor",
    )
    house.provider.claims["email"] = "renamed@example.com"
    again = house.browser()
    house.come_in(again)
    assert who(again)["id"] == me["user"]["id"], "the provider's name for her decides, not the address"


def test_who_has_a_password_gets_the_same_account(house: OidcHouse) -> None:
    house.people.add("viewer", email="ada@example.com")
    by_password = signed_in(house.app, "ada@example.com")
    client = house.browser()
    house.come_in(client)
    assert who(client) == who(by_password)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nobody invited them": ({}, "not_invited"),
    "the address is not verified": ({"email_verified": False}, "email_unverified"),
    "the provider does not say whether it is": ({"email_verified": None}, "email_unverified"),
    "there is no address": ({"email": ""}, "email_unverified"),
    "the address is of another domain": ({"email": "ada@evil.example"}, "domain_not_allowed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_others_are_sent_to_the_page_to_sign_in(house: OidcHouse, case: str) -> None:
    claims, word = REFUSED[case]
    house.let_in(domains=("example.com",))
    house.provider.claims |= claims
    client = house.browser()
    answer = house.come_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?error={word}")
    assert who(client) is None
    assert house.entries == ["session.refuse"]


def test_an_unverified_address_takes_over_no_account(house: OidcHouse) -> None:
    house.people.add("admin", email="ada@example.com")
    house.provider.claims["email_verified"] = False
    client = house.browser()
    assert house.come_in(client).headers["location"] == "/login?error=email_unverified"
    assert who(client) is None


def test_an_address_that_was_given_to_somebody_else_takes_over_no_account(house: OidcHouse) -> None:
    house.people.add("admin", email="ada@example.com")
    house.come_in(house.browser())
    house.provider.claims["sub"] = "5678"
    client = house.browser()
    assert house.come_in(client).headers["location"] == "/login?error=identity_conflict"


def test_a_disabled_person_stays_out(house: OidcHouse) -> None:
    house.people.add("viewer", email="ada@example.com")
    house.come_in(house.browser())
    found = house.people.store.find_credentials("ada@example.com")
    assert found is not None
    house.people.store.set_disabled(found.user.id, is_disabled=True)
    assert house.come_in(house.browser()).headers["location"] == "/login?error=disabled"


def test_with_a_default_role_everybody_of_the_domain_comes_in(house: OidcHouse) -> None:
    house.let_in(domains=("example.com",), default_role="viewer")
    client = house.browser()
    house.come_in(client)
    assert client.get("/api/v1/me").json()["role"] == "viewer"


WRONG_TOKENS: dict[str, dict[str, Any]] = {
    "of another issuer": {"token": {"iss": "https://evil.example"}},
    "for another client": {"token": {"aud": "another"}},
    "by another client": {"token": {"azp": "another"}},
    "of another sign-in": {"token": {"nonce": "replayed"}},
    "that is over": {"token": {"exp": 1_000_000_000}},
    "that never ends": {"token": {"exp": None}},
    "without a subject": {"token": {"sub": None}},
    "signed by somebody else": {"key": jwk.RSAKey.generate_key(2048)},
    "signed by nobody": {"raw_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0."},
    "that is none": {"raw_token": "token"},
    "with user info of somebody else": {"is_thin": True, "user_info": {"sub": "5678"}},
}


@pytest.mark.parametrize("case", WRONG_TOKENS)
def test_a_wrong_id_token_lets_nobody_in(house: OidcHouse, case: str) -> None:
    house.people.add("admin", email="ada@example.com")
    house.provider.changes = WRONG_TOKENS[case]
    client = house.browser()
    assert house.come_in(client).headers["location"] == "/login?error=failed"
    assert who(client) is None


def test_a_token_signed_with_the_public_key_as_a_secret_lets_nobody_in(house: OidcHouse) -> None:
    house.people.add("admin", email="ada@example.com")
    now = int(time.time())
    claims = {"sub": "1234", "iss": house.provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
    told = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
    signature = hmac.digest(house.provider.key.as_pem(private=False), told.encode(), "sha256")
    house.provider.changes = {"raw_token": f"{told}.{_base64(signature)}"}
    assert house.come_in(house.browser()).headers["location"] == "/login?error=failed"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_the_address_may_come_from_user_info(house: OidcHouse) -> None:
    house.people.add("viewer", email="ada@example.com")
    house.provider.changes = {"is_thin": True}
    client = house.browser()
    house.come_in(client)
    assert who(client)["email"] == "ada@example.com"


def test_new_keys_of_the_provider_are_found(house: OidcHouse) -> None:
    house.people.add("viewer", email="ada@example.com")
    house.come_in(house.browser())
    house.provider.rotate_keys()
    house.clock_s += 61
    client = house.browser()
    house.come_in(client)
    assert who(client) is not None


def test_an_answer_is_for_the_browser_that_asked_and_good_once(house: OidcHouse) -> None:
    house.people.add("viewer", email="ada@example.com")
    asking, other = house.browser(), house.browser()
    leaving = asking.get(START, follow_redirects=False)
    back = house.provider.authorize(leaving.headers["location"])
    assert other.get(back, follow_redirects=False).headers["location"] == "/login?error=state_lost"
    other.get(START, follow_redirects=False)
    assert other.get(back, follow_redirects=False).headers["location"] == "/login?error=state_lost"
    assert asking.get(back, follow_redirects=False).headers["location"] == "/"
    assert asking.get(back, follow_redirects=False).headers["location"] == "/login?error=state_lost"


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x", ""],
)
def test_nobody_is_sent_to_another_site_in_the_end(house: OidcHouse, path: str) -> None:
    house.people.add("viewer", email="ada@example.com")
    assert house.come_in(house.browser(), next=path).headers["location"] == "/"


def test_a_provider_that_is_down_is_told(house: OidcHouse) -> None:
    house.provider.changes = {"issuer": "https://evil.example"}
    answer = house.browser().get(START, follow_redirects=False)
    assert answer.headers["location"] == "/login?error=failed"


def test_a_person_who_says_no_is_told(house: OidcHouse) -> None:
    client = house.browser()
    leaving = client.get(START, follow_redirects=False)
    state = leaving.headers["location"].partition("state=")[2].partition("&")[0]
    answer = client.get(
        "/auth/oidc/callback", params={"error": "access_denied", "state": state}, follow_redirects=False
    )
    assert answer.headers["location"] == "/login?error=provider_refused"
