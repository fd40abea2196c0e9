"""The first set-up, invitations, members, passwords and links, over the API."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.test_sign_in import DAY_NS, House, sign_in
from tests.support.people import PASSWORD

GOOD = "quite another phrase"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def setup_body(token: str, **other: str) -> dict[str, str]:
    given = {"organization": "Org", "email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    return {"token": token, **given, **other}


def at_once(work: Callable[[int], Any], count: int = 4) -> list[Any]:
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(work(n))) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_first_person_becomes_admin_by_a_link_that_is_good_once(house: House) -> None:
    token = house.people.accounts.open_setup().partition("#token=")[2]
    client = house.browser()
    assert client.get("/api/v1/me").json()["is_set_up"] is False
    assert client.post("/api/v1/setup", json=setup_body("wrong")).status_code == 403
    assert client.post("/api/v1/setup", json=setup_body(token, password="short")).status_code == 400
    assert client.post("/api/v1/setup", json=setup_body(token)).status_code == 200
    me = client.get("/api/v1/me").json()
    assert (me["is_set_up"], me["is_organization_admin"], me["organization"]) == (True, True, {"name": "Org"})
    again = house.browser().post("/api/v1/setup", json=setup_body(token, email="eve@example.com"))
    assert again.status_code == 403
    assert house.people.accounts.open_setup() == "", "a restart prints no link either"


def test_of_many_at_once_one_sets_the_server_up(house: House) -> None:
    token = house.people.accounts.open_setup().partition("#token=")[2]
    answers = at_once(
        lambda n: (
            house.browser()
            .post("/api/v1/setup", json=setup_body(token, email=f"p{n}@example.com"))
            .status_code
        )
    )
    assert sorted(answers) == [200, 403, 403, 403]
    assert len(house.people.store.list_users()) == 1


def test_an_invitation_makes_an_account_once(house: House) -> None:
    owner = house.signed_in(house.people.add("admin"))
    given = {"email": "New@Example.com", "role": "viewer", "project": "shop"}
    made = owner.post("/api/v1/invitations", json=given)
    assert made.status_code == 201
    token = made.json()["link"].partition("/invitation#token=")[2]
    assert "link" not in owner.get("/api/v1/invitations").json()["items"][0]
    guest = house.browser()
    told = guest.post("/api/v1/invitations/look", json={"token": token}).json()
    assert (told["email"], told["project"], told["role"]) == ("new@example.com", "shop", "viewer")
    answers = at_once(
        lambda _: (
            house.browser()
            .post("/api/v1/invitations/accept", json={"token": token, "name": "N", "password": GOOD})
            .status_code
        )
    )
    assert answers.count(200) == 1
    assert set(answers) <= {200, 400, 403, 404}
    assert sign_in(guest, "new@example.com", GOOD).status_code == 200
    me = guest.get("/api/v1/me").json()
    assert (me["role"], me["organization_role"]) == ("viewer", None)
    assert guest.get("/api/v1/members").status_code == 403


def test_an_invitation_ends_and_can_be_taken_back(house: House) -> None:
    owner = house.signed_in(house.people.add("admin"))
    late, revoked = house.invite("a@example.com", "viewer"), house.invite("b@example.com", "viewer")
    (b,) = [one for one in owner.get("/api/v1/invitations").json()["items"] if one["email"][0] == "b"]
    assert owner.delete(f"/api/v1/invitations/{b['id']}").status_code == 204
    house.now_ns += 8 * DAY_NS
    for token in (late, revoked, "made up"):
        answer = house.browser().post(
            "/api/v1/invitations/accept", json={"token": token, "name": "N", "password": GOOD}
        )
        assert answer.status_code == 404


def test_an_invitation_sets_no_password_of_an_account_that_exists(house: House) -> None:
    house.people.add("viewer", place=house.shop.id, email="ada@example.com")
    token = house.invite("ada@example.com", "editor", place=house.shop.id)
    body = {"token": token, "name": "Eve", "password": GOOD}
    assert house.browser().post("/api/v1/invitations/accept", json=body).status_code == 403
    other = house.signed_in(house.people.add("viewer"))
    assert other.post("/api/v1/invitations/accept", json=body).status_code == 403
    ada = house.signed_in("ada@example.com")
    assert ada.post("/api/v1/invitations/accept", json={"token": token}).status_code == 200
    assert ada.get("/api/v1/me").json()["role"] == "editor"


def member_id(client: TestClient, email: str) -> str:
    items = client.get("/api/v1/members").json()["items"]
    found: str = next(item["id"] for item in items if item["email"] == email)
    return found


def test_who_is_removed_is_out_at_once(house: House) -> None:
    owner = house.signed_in(house.people.add("admin"))
    email = house.people.add("viewer", place=house.shop.id)
    client = house.signed_in(email)
    assert client.get("/api/v1/projects").status_code == 200
    member = member_id(owner, email)
    assert owner.delete(f"/api/v1/members/{member}", params={"project": "shop"}).status_code == 204
    assert client.get("/api/v1/projects").status_code == 403
    assert owner.delete(f"/api/v1/members/{member}", params={"place": "everywhere"}).status_code == 204
    assert client.get("/api/v1/projects").status_code == 401
    assert sign_in(house.browser(), email).status_code == 401


def test_who_is_disabled_is_out_until_let_in_again(house: House) -> None:
    owner = house.signed_in(house.people.add("admin"))
    email = house.people.add("viewer")
    client = house.signed_in(email)
    path = f"/api/v1/members/{member_id(owner, email)}/disabled"
    assert owner.put(path, json={"is_disabled": True}).status_code == 200
    assert client.get("/api/v1/projects").status_code == 401
    assert sign_in(client, email).status_code == 401
    assert owner.put(path, json={"is_disabled": False}).status_code == 200
    assert sign_in(client, email).status_code == 200


def test_the_last_admin_stays(house: House) -> None:
    email = house.people.add("admin")
    owner = house.signed_in(email)
    path = f"/api/v1/members/{member_id(owner, email)}"
    for answer in (
        owner.put(path, json={"role": "viewer", "project": None}),
        owner.delete(path, params={"place": "organization"}),
        owner.delete(path, params={"place": "everywhere"}),
        owner.put(f"{path}/disabled", json={"is_disabled": True}),
    ):
        assert (answer.status_code, "without an admin" in answer.text) == (400, True)
    assert owner.get("/api/v1/me").json()["organization_role"] == "admin"


def test_an_admin_of_a_project_has_no_say_beyond_it(house: House) -> None:
    owner = house.people.add("admin", email="owner@example.com")
    other = house.directory.create_project("other")
    stranger = house.people.add("viewer", place=other.id)
    client = house.signed_in(house.people.add("admin", place=house.shop.id))
    seen = {item["email"] for item in client.get("/api/v1/members").json()["items"]}
    assert owner in seen
    assert stranger not in seen
    found = house.people.store.find_credentials(stranger)
    assert found is not None
    path = f"/api/v1/members/{found.user.id}"
    assert client.put(path, json={"role": "viewer", "project": "shop"}).status_code == 404
    assert client.put(path, json={"role": "viewer", "project": "other"}).status_code == 404
    assert client.put(path, json={"role": "admin", "project": None}).status_code == 403
    assert client.delete(path).status_code == 404
    assert client.post(f"{path}/reset").status_code == 403
    everywhere = {"email": "x@example.com", "role": "viewer", "project": None}
    assert client.post("/api/v1/invitations", json=everywhere).status_code == 403
    assert client.post("/api/v1/invitations", json={**everywhere, "project": "other"}).status_code == 404


def test_a_changed_password_ends_other_sessions_and_needs_the_old_one(house: House) -> None:
    email = house.people.add("viewer")
    here, there = house.signed_in(email), house.signed_in(email)
    path = "/api/v1/account/password"
    wrong = here.post(path, json={"old_password": "nope", "new_password": GOOD})
    assert (wrong.status_code, there.get("/api/v1/projects").status_code) == (400, 200)
    assert here.post(path, json={"old_password": PASSWORD, "new_password": "1234567890"}).status_code == 400
    assert here.post(path, json={"old_password": PASSWORD, "new_password": GOOD}).status_code == 204
    assert here.get("/api/v1/projects").status_code == 200
    assert there.get("/api/v1/projects").status_code == 401
    assert sign_in(there, email).status_code == 401
    assert sign_in(there, email, GOOD).status_code == 200


def test_a_link_of_an_admin_sets_a_password_once(house: House) -> None:
    owner = house.signed_in(house.people.add("admin"))
    email = house.people.add("viewer")
    before = house.signed_in(email)
    link = owner.post(f"/api/v1/members/{member_id(owner, email)}/reset").json()["link"]
    token = link.partition("/reset#token=")[2]
    client = house.browser()
    assert client.post("/api/v1/account/reset", json={"token": token, "password": "short"}).status_code == 400
    assert client.post("/api/v1/account/reset", json={"token": token, "password": GOOD}).status_code == 200
    assert client.get("/api/v1/me").json()["user"]["email"] == email
    assert before.get("/api/v1/projects").status_code == 401
    replayed = house.browser().post("/api/v1/account/reset", json={"token": token, "password": GOOD})
    assert replayed.status_code == 404


def test_a_person_sees_and_ends_their_own_sessions_alone(house: House) -> None:
    email = house.people.add("viewer")
    here, there, other = (
        house.signed_in(email),
        house.signed_in(email),
        house.signed_in(house.people.add("viewer")),
    )
    items = here.get("/api/v1/account/sessions").json()["items"]
    assert sorted(item["is_current"] for item in items) == [False, True]
    (that,) = [item["id"] for item in items if not item["is_current"]]
    assert other.delete(f"/api/v1/account/sessions/{that}").status_code == 404
    assert here.delete(f"/api/v1/account/sessions/{that}").status_code == 204
    assert there.get("/api/v1/projects").status_code == 401
    house.signed_in(email)
    assert here.delete("/api/v1/account/sessions").json() == {"ended": 1}


def test_guesses_wait_and_keep_nobody_out_who_was_here_before(house: House) -> None:
    email = house.people.add("viewer")
    known = house.signed_in(email)
    guesser = house.browser()
    statuses = [sign_in(guesser, email, "wrong").status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    refused = sign_in(guesser, email)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2"), "the right one waits, too"
    assert sign_in(known, email).status_code == 200
    house.monotonic_s += 2
    assert sign_in(guesser, email, "wrong").status_code == 401
    assert int(sign_in(guesser, email).headers["retry-after"]) > 2
    house.monotonic_s += 61
    assert sign_in(guesser, email).status_code == 200, "it is a wait of a minute at most"
    unknown = house.browser()
    statuses = [sign_in(unknown, "nobody@example.com", "x").status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2, "an unknown address is treated alike"


def test_guessing_at_many_accounts_from_one_place_waits_too(house: House) -> None:
    guesser = house.browser()
    statuses = [sign_in(guesser, f"p{n}@example.com", "x").status_code for n in range(32)]
    assert statuses == [401] * 30 + [429] * 2
