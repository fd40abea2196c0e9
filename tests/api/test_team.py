"""Keys, projects, the organization and the audit log over the API, as people and keys ask for them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.people import PeopleOnDatabase, browser, database_url, signed_in

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.budget import Budget
from spanglass_server.model.identity import Actor, AuditEntry, Membership
from spanglass_server.store.aggregates import AggregateQuery, AggregateResult, AggregateRow
from spanglass_server.store.audit import AuditQuery
from spanglass_server.store.directory import NewKey, Scope
from spanglass_server.store.metadata.audit import open_audit_log
from spanglass_server.store.metadata.budgets import open_budgets
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.web.api import accounts, audit, budgets, keys, organization, projects
from spanglass_server.web.audit import Audited, AuditTrail
from spanglass_server.web.errors import install_error_handlers
from spanglass_server.web.services import Services

NOW_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
DAY_NS = 24 * 3600 * SECOND_NS


class Team:
    """A server with two projects, and the API of those who work with it."""

    def __init__(self, path: Path, *, auth_mode: str = "required") -> None:
        self.now_ns = NOW_NS
        url = database_url(path)
        self.directory: SqlDirectory = open_directory(
            url, now_ns=lambda: self.now_ns, monotonic_ns=lambda: self.now_ns
        )
        self.directory.migrate()
        self.shop, self.other = (self.directory.create_project(name) for name in ("shop", "other"))
        self.people = PeopleOnDatabase(url, now_ns=lambda: self.now_ns)
        self.owner = self.people.add("admin", email="owner@example.com")
        self.log = open_audit_log(url)
        self.budgets = open_budgets(url)
        trail = AuditTrail(self.log, lambda: self.now_ns)
        given: dict[str, Any] = {
            "directory": self.directory,
            "accounts": self.people.accounts,
            "administration": Deleted(),
            "aggregates": Sevens(),
            "budgets": self.budgets,
            "audit": trail,
            "auth_mode": auth_mode,
            "now_ns": lambda: self.now_ns,
        }
        services = Services(**{**dict.fromkeys(Services.__dataclass_fields__, None), **given})
        api = FastAPI()
        install_error_handlers(api)
        for part in (accounts, projects, keys, organization, audit, budgets):
            api.include_router(part.router, prefix="/api/v1")
        api.state.services = services
        self.app = Audited(api, trail)

    def by_key(self, *scopes: Scope) -> TestClient:
        key: NewKey = self.directory.create_key(self.shop.id, scopes=frozenset(scopes), note="CI")
        return TestClient(self.app, headers={"Authorization": f"Bearer {key.secret_key}"})

    def entries(self) -> list[AuditEntry]:
        """Oldest first."""
        found = self.log.list(AuditQuery(0, NOW_NS * 2, limit=1000))
        return sorted(found, key=lambda entry: entry.time_ns)

    def close(self) -> None:
        self.budgets.close()
        self.log.close()
        self.people.close()
        self.directory.close()


class Deleted:
    """The store of spans, which notes what it is told to delete."""

    def __init__(self) -> None:
        self.projects: list[str] = []

    def delete_project(self, project_id: str) -> None:
        self.projects.append(project_id)

    def set_retention(self, project_id: str, days: int | None) -> None: ...


class Sevens:
    """Counts seven of whatever is asked for."""

    def aggregate(self, project_id: str, query: AggregateQuery) -> AggregateResult:
        return AggregateResult([AggregateRow((), None, (7.0,))], is_cut=False)


BUDGET = Budget(
    name="all",
    scope="project",
    value="",
    period="month",
    amount_usd=5,
    time_zone="UTC",
    created_at_ns=1,
    updated_at_ns=1,
)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def test_a_key_is_made_shown_once_used_listed_and_revoked(team: Team) -> None:
    client = signed_in(team.app, team.owner)
    made = client.post(
        "/api/v1/keys?project=shop", json={"scopes": ["read"], "note": " dashboards ", "expires_in_days": 30}
    )
    assert made.status_code == 201, made.text
    key = made.json()
    by_key = TestClient(team.app, headers={"Authorization": f"Bearer {key['secret_key']}"})
    assert [project["name"] for project in by_key.get("/api/v1/projects").json()["items"]] == ["shop"]
    (listed,) = client.get("/api/v1/keys?project=shop").json()["items"]
    assert "secret_key" not in listed
    assert (listed["note"], listed["scopes"], listed["created_by"], listed["is_expired"]) == (
        "dashboards",
        ["read"],
        "owner@example.com",
        False,
    )
    assert listed["last_used_at"] is not None
    path = f"/api/v1/keys/{key['public_key']}?project=shop"
    assert client.patch(path, json={"note": "board"}).json()["note"] == "board"
    assert client.delete(path).status_code == 204
    assert by_key.get("/api/v1/projects").status_code == 401
    assert client.delete(path).status_code == 404
    told = [entry for entry in team.entries() if entry.action.startswith("key.")]
    assert {entry.action for entry in told} == {"key.create", "key.change", "key.revoke"}
    assert {entry.actor_name for entry in told} == {"owner@example.com"}
    assert key["secret_key"] not in str(team.entries())


def test_a_key_ends_when_its_time_is_over(team: Team) -> None:
    client = signed_in(team.app, team.owner)
    made = client.post("/api/v1/keys?project=shop", json={"scopes": ["read"], "expires_in_days": 1}).json()
    by_key = TestClient(team.app, headers={"Authorization": f"Bearer {made['secret_key']}"})
    assert by_key.get("/api/v1/projects").status_code == 200
    team.now_ns += DAY_NS
    assert by_key.get("/api/v1/projects").status_code == 401
    assert client.get("/api/v1/keys?project=shop").json()["items"][0]["is_expired"]


def test_another_projects_key_does_not_exist(team: Team) -> None:
    foreign = team.directory.create_key(team.other.id, scopes=frozenset({"read"}))
    admin = team.people.add("admin", place=team.shop.id)
    client = signed_in(team.app, admin)
    path = f"/api/v1/keys/{foreign.info.public_key}"
    assert client.delete(f"{path}?project=shop").status_code == 404
    assert client.delete(f"{path}?project=other").status_code == 404
    assert client.patch(f"{path}?project=shop", json={"note": "mine"}).status_code == 404
    assert client.get("/api/v1/keys?project=other").status_code == 404
    assert team.directory.list_keys(team.other.id) == [foreign.info]


def test_a_key_makes_no_key_that_may_do_more_than_itself(team: Team) -> None:
    admin = team.by_key("admin")
    refused = admin.post("/api/v1/keys", json={"scopes": ["read"]})
    assert (refused.status_code, "cannot give it" in refused.json()["detail"]) == (403, True)
    assert admin.post("/api/v1/keys", json={"scopes": ["admin"]}).status_code == 201
    assert team.by_key("admin", "read").post("/api/v1/keys", json={"scopes": ["read"]}).status_code == 201


@pytest.mark.parametrize("body", [{}, {"scopes": []}, {"scopes": ["root"]}, {"scopes": ["read"], "x": 1}])
def test_a_key_that_cannot_be_is_refused(team: Team, body: dict[str, Any]) -> None:
    client = signed_in(team.app, team.owner)
    assert client.post("/api/v1/keys?project=shop", json=body).status_code == 400
    assert client.get("/api/v1/keys?project=shop").json()["items"] == []


def test_people_see_the_projects_that_they_are_members_of(team: Team) -> None:
    viewer = signed_in(team.app, team.people.add("viewer", place=team.shop.id))
    assert [item["name"] for item in viewer.get("/api/v1/projects").json()["items"]] == ["shop"]
    owner = signed_in(team.app, team.owner)
    assert len(owner.get("/api/v1/projects").json()["items"]) == 3


def test_an_admin_of_one_project_changes_that_one_alone(team: Team) -> None:
    email = team.people.add("admin", place=team.shop.id)
    client = signed_in(team.app, email)
    assert client.put("/api/v1/projects/shop/retention", json={"days": 30}).json()["retention_days"] == 30
    assert client.put("/api/v1/projects/other/retention", json={"days": 30}).status_code == 404
    assert client.delete("/api/v1/projects/other?confirm=other").status_code == 404
    assert client.post("/api/v1/projects", json={"name": "third"}).status_code == 403
    assert client.put("/api/v1/organization", json={"name": "Mine"}).status_code == 403
    assert client.get("/api/v1/audit?scope=everything").status_code == 403
    assert client.get("/api/v1/projects/other/contents").status_code == 404


def test_whoever_only_views_another_project_cannot_change_it_from_their_own(team: Team) -> None:
    email = team.people.add("admin", place=team.shop.id)
    user = team.people.store.find_credentials(email)
    assert user is not None
    team.people.store.set_membership(Membership(user.user.id, team.other.id, "viewer"))
    client = signed_in(team.app, email)
    for answer in (
        client.put("/api/v1/projects/other/retention?project=shop", json={"days": 1}),
        client.patch("/api/v1/projects/other?project=shop", json={"name": "mine"}),
        client.delete("/api/v1/projects/other?project=shop&confirm=other"),
        client.get("/api/v1/projects/other/contents?project=shop"),
    ):
        assert answer.status_code == 403, answer.text


def test_a_project_is_made_renamed_counted_and_deleted(team: Team) -> None:
    client = signed_in(team.app, team.owner)
    made = client.post("/api/v1/projects", json={"name": "Third", "retention_days": 7})
    assert (made.status_code, made.json()["name"], made.json()["retention_days"]) == (201, "third", 7)
    assert client.post("/api/v1/projects", json={"name": "third"}).status_code == 400
    renamed = client.patch("/api/v1/projects/third", json={"name": "fourth"})
    assert renamed.json() == made.json() | {"name": "fourth"}
    contents = client.get("/api/v1/projects/fourth/contents").json()
    assert contents == {"traces": 7, "spans": 7, "logs": 7, "keys": 0, "judges_project": None}
    assert client.delete("/api/v1/projects/fourth").status_code == 400
    assert client.delete("/api/v1/projects/fourth?confirm=fourth").status_code == 204
    assert client.get("/api/v1/projects/fourth/contents").status_code == 404
    actions = [entry.action for entry in team.entries() if entry.action.startswith("project.")]
    assert sorted(actions) == ["project.create", "project.delete", "project.rename"]


def test_the_organization_is_renamed(team: Team) -> None:
    client = signed_in(team.app, team.owner)
    assert client.put("/api/v1/organization", json={"name": " "}).status_code == 400
    assert client.put("/api/v1/organization", json={"name": "Shops"}).json()["name"] == "Shops"
    assert client.get("/api/v1/me").json()["organization"] == {"name": "Shops"}


def test_every_change_is_in_the_log_and_no_refusal_is(team: Team) -> None:
    editor = signed_in(team.app, team.people.add("editor", place=team.shop.id, email="ed@example.com"))
    viewer = signed_in(team.app, team.people.add("viewer", place=team.shop.id))
    assert viewer.delete("/api/v1/budgets/all").status_code == 403
    assert editor.delete("/api/v1/budgets/all").status_code == 404
    team.budgets.put(team.shop.id, BUDGET)
    assert editor.delete("/api/v1/budgets/all").status_code == 204
    (entry,) = [entry for entry in team.entries() if entry.action.startswith("budget.")]
    assert (entry.action, entry.target, entry.project_id) == ("budget.delete", "all", team.shop.id)
    assert (entry.actor_type, entry.actor_name) == ("user", "ed@example.com")
    assert entry.address


def test_a_change_by_a_key_names_the_key(team: Team) -> None:
    team.budgets.put(team.shop.id, BUDGET)
    assert team.by_key("admin").delete("/api/v1/budgets/all").status_code == 204
    (entry,) = team.entries()
    assert (entry.actor_type, entry.actor_id[:6], entry.actor_name) == ("key", "pk-sg-", "CI")


def test_what_cannot_be_written_down_is_done_all_the_same(team: Team) -> None:
    class Broken:
        def append(self, entry: AuditEntry) -> None:
            raise StorageUnavailable("no disk")

    AuditTrail(Broken(), lambda: 0).record(Actor("cli"), action="key.create")  # type: ignore[arg-type]


def test_no_secret_gets_into_the_log(team: Team) -> None:
    trail = AuditTrail(team.log, lambda: NOW_NS)
    secret = "sk-sg-" + "0123456789ab" * 4
    trail.record(
        Actor("cli"),
        action="connection.set",
        target=f"judge {secret}",
        details={
            "api_key": "plain",
            "Authorization": "Basic Zm9v",
            "url": "https://user:hunter2@example.com/x",
            "nested": {"password": "hunter2", "list": [f"Bearer {secret}", {"token": "hunter2"}]},
            "long": "x" * 5_000,
            secret: 1,
            "kept": 3,
        },
    )
    (entry,) = team.entries()
    told = str(entry)
    for word in ("hunter2", "plain", "Zm9v", secret):
        assert word not in told
    assert entry.details["kept"] == 3
    assert len(entry.details["long"]) == 500
    assert entry.details["url"].endswith("@example.com/x")


def _fill(team: Team, count: int) -> None:
    for number in range(count):
        project_id = (team.shop.id, team.other.id, "")[number % 3]
        team.log.append(
            AuditEntry(
                f"{number:04}",
                # Several in the same moment, as pages must stand.
                NOW_NS - (number // 4) * SECOND_NS,
                "user" if number % 2 else "key",
                f"u{number % 5}",
                f"Person{number % 5}@example.com",
                ("key.create", "project.delete")[number % 2],
                project_id,
                f"=target{number}",
                {"number": number},
                "127.0.0.1",
            )
        )


def test_pages_of_the_log_have_every_entry_once_the_newest_first(team: Team) -> None:
    client = signed_in(team.app, team.owner)
    client.get("/api/v1/audit")
    before = len(team.entries())
    _fill(team, 50)
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = client.get(
            "/api/v1/audit", params={"scope": "everything", "limit": 7, "cursor": cursor}
        ).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert len({entry["id"] for entry in found}) == len(found) == 50 + before
    assert [entry["time"] for entry in found] == sorted((entry["time"] for entry in found), reverse=True)


def test_the_log_is_filtered_by_project_actor_action_and_time(team: Team) -> None:
    client = signed_in(team.app, team.people.add("admin", place=team.shop.id))
    _fill(team, 30)

    def ask(**params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get("/api/v1/audit", params=params).json()["items"]
        return found

    assert {entry["project"] for entry in ask()} == {"shop"}
    assert len(ask()) == 10
    assert {entry["action"] for entry in ask(action="key.")} == {"key.create"}
    assert {entry["actor"]["name"] for entry in ask(actor="PERSON1@")} == {"Person1@example.com"}
    assert ask(actor="%") == []
    assert ask(to="now-1h") == []
    assert client.get("/api/v1/audit/actions").json()["items"] == ["key.create", "project.delete"]
    cursor = client.get("/api/v1/audit?limit=1").json()["next_cursor"]
    assert client.get("/api/v1/audit", params={"action": "key.", "cursor": cursor}).status_code == 400


def test_the_log_is_taken_along_as_a_file_without_formulas(team: Team) -> None:
    client = signed_in(team.app, team.people.add("admin", place=team.shop.id))
    _fill(team, 30)
    answer = client.get("/api/v1/audit/export")
    assert 'filename="audit.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 10
    assert all(row["target"].startswith("'=target") for row in rows)
    lines = client.get("/api/v1/audit/export?format=jsonl").text.splitlines()
    assert len(lines) == 10


def test_old_entries_are_forgotten(team: Team) -> None:
    _fill(team, 8)
    assert team.log.forget_before(NOW_NS) == 4
    assert len(team.entries()) == 4


def test_where_nobody_signs_in_keys_and_projects_work_and_the_log_says_anyone(tmp_path: Path) -> None:
    team = Team(tmp_path, auth_mode="off")
    client = browser(team.app)
    assert client.post("/api/v1/projects", json={"name": "third"}).status_code == 201
    assert client.post("/api/v1/keys?project=third", json={"scopes": ["ingest"]}).status_code == 201
    assert client.get("/api/v1/audit?scope=everything").json()["items"][0]["actor"]["type"] == "anyone"
    team.close()
