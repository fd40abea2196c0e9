"""People who sign in, over the API in this process: a database, accounts with cheap passwords, browsers."""

import itertools
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from spanglass_server.accounts.attempts import Attempts
from spanglass_server.accounts.passwords import Passwords
from spanglass_server.accounts.service import AccountOptions, Accounts
from spanglass_server.model.identity import EVERY_PROJECT, Organization, Role
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.identity import SqlIdentities, open_identities

PASSWORD = "four words nobody says"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "X-Requested-With": "XMLHttpRequest"}
DAY_NS = 24 * 3600 * 1_000_000_000
EXTERNAL_URL = "http://testserver"
_numbers = itertools.count(1)


def cheap_passwords() -> Passwords:
    """argon2id as in earnest, without its cost."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class PeopleOnDatabase:
    """Accounts on a migrated database of the relational store, and the people that a test makes there."""

    def __init__(
        self,
        database_url: str,
        *,
        now_ns: Callable[[], int],
        monotonic_s: Callable[[], float] = lambda: 0.0,
        external_url: str = EXTERNAL_URL,
    ) -> None:
        self.store: SqlIdentities = open_identities(
            database_url, session_idle_ns=7 * DAY_NS, now_ns=now_ns, monotonic_ns=now_ns
        )
        self.accounts = Accounts(
            self.store,
            options=AccountOptions(session_ns_max=30 * DAY_NS, external_url=external_url),
            passwords=cheap_passwords(),
            attempts=Attempts(clock=monotonic_s),
            clock=now_ns,
        )
        self._now_ns = now_ns

    def add(self, role: Role | None = None, *, place: str = EVERY_PROJECT, email: str = "") -> str:
        """Somebody with a role in a project, or in every one; their address."""
        address = email or f"person{next(_numbers)}@example.com"
        person = self.accounts.new_person(email=address, name="A person", password=PASSWORD)
        memberships = [(place, role)] if role is not None else []
        person = person._replace(memberships=memberships)
        is_first = not self.store.has_users() and role == "admin" and place == EVERY_PROJECT
        if not is_first or not self.store.set_up(Organization("Organization", self._now_ns()), person):
            self.store.add_person(person)
        return address

    def close(self) -> None:
        self.store.close()


def browser(app: FastAPI | Any, *, base_url: str = "http://testserver") -> TestClient:
    """Sends what a page of ours makes a browser send."""
    return TestClient(app, base_url=base_url, headers=OWN_PAGE, raise_server_exceptions=False)


def signed_in(app: FastAPI | Any, email: str, *, base_url: str = "http://testserver") -> TestClient:
    client = browser(app, base_url=base_url)
    answer = client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client


def database_url(directory: Path) -> str:
    return f"sqlite:///{directory / 'metadata.db'}"


def migrated_database(directory: Path) -> str:
    """The URL of a new database with all tables: a copy, which costs a hundredth of migrating."""
    (directory / "metadata.db").write_bytes(_empty_database())
    return database_url(directory)


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        opened = open_directory(database_url(Path(directory)))
        opened.migrate()
        opened.close()
        return (Path(directory) / "metadata.db").read_bytes()
