import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spanglass_server.base.errors import NotAllowed, NotFound
from spanglass_server.store.directory import NewKey, Project
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.web.auth import authenticate_headers, refuse_cross_site, require_permission
from spanglass_server.web.services import Services


class Absent:
    """Stands for a service that authentication has no business with: any use of it fails."""


@pytest.fixture
def directory(tmp_path: Path):
    opened = open_directory(f"sqlite:///{tmp_path / 'metadata.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def services(directory: SqlDirectory) -> Services:
    absent = Absent()
    fields: dict[str, Any] = dict.fromkeys(Services.__dataclass_fields__, absent)
    given = {"directory": directory, "auth_mode": "required", "now_ns": lambda: 0}
    return Services(**{**fields, **given})


@pytest.fixture
def project(directory: SqlDirectory) -> Project:
    return directory.create_project("shop")


@pytest.fixture
def key(directory: SqlDirectory, project: Project) -> NewKey:
    return directory.create_key(project.id, scopes=frozenset({"ingest"}))


def basic(public_key: str, secret_key: str) -> str:
    return "Basic " + base64.b64encode(f"{public_key}:{secret_key}".encode()).decode()


def headers(value: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"localhost:4318"), (b"authorization", value.encode())]


SPELLINGS: list[Callable[[NewKey], str]] = [
    lambda key: f"Bearer {key.secret_key}",
    lambda key: f"bearer  {key.secret_key}",
    lambda key: basic(key.info.public_key, key.secret_key),
    lambda key: basic(key.info.public_key, key.secret_key).replace("Basic", "BASIC"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("mode", ["off", "required"])
def test_a_key_decides_the_project(spelling, mode, services: Services, project: Project, key: NewKey) -> None:
    caller = authenticate_headers(
        headers(spelling(key)), replace(services, auth_mode=mode), project="default"
    )
    assert caller.project == project
    assert caller.permissions == {"ingest"}
    assert caller.is_key


def test_grpc_metadata_is_text(services: Services, project: Project, key: NewKey) -> None:
    metadata = [("user-agent", "otel"), ("authorization", f"Bearer {key.secret_key}")]
    assert authenticate_headers(metadata, services).project == project


WRONG = {
    "wrong secret": lambda key: "Bearer sk-sg-nope",
    "empty bearer": lambda key: "Bearer ",
    "another public key": lambda key: basic("pk-sg-other", key.secret_key),
    "another secret": lambda key: basic(key.info.public_key, "sk-sg-other"),
    "no secret": lambda key: basic(key.info.public_key, ""),
    "no public key": lambda key: basic("", key.secret_key),
    "no base64": lambda key: "Basic %%%",
    "no text": lambda key: "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
    "another scheme": lambda key: f"Digest {key.secret_key}",
    "the public key as a secret": lambda key: f"Bearer {key.info.public_key}",
    "a non-ASCII secret": lambda key: "Bearer \u00e9\u20ac",
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("mode", ["off", "required"])
def test_a_wrong_key_is_refused_even_where_none_is_needed(
    case: str, mode, services: Services, key: NewKey
) -> None:
    with pytest.raises(NotAllowed) as caught:
        authenticate_headers(headers(WRONG[case](key)), replace(services, auth_mode=mode))
    assert not caught.value.is_authenticated
    assert key.secret_key not in caught.value.message + caught.value.hint


def test_two_keys_in_one_request_are_refused(services: Services, key: NewKey) -> None:
    value = f"Bearer {key.secret_key}"
    with pytest.raises(NotAllowed, match="several"):
        authenticate_headers([("authorization", value), ("authorization", value)], services)


def test_without_a_key_a_server_that_needs_one_refuses(services: Services) -> None:
    with pytest.raises(NotAllowed) as caught:
        authenticate_headers([], services, project="default")
    assert not caught.value.is_authenticated


def test_without_a_key_the_default_project_or_the_named_one_is_open(
    services: Services, project: Project
) -> None:
    open_services = replace(services, auth_mode="off")
    caller = authenticate_headers([], open_services)
    assert (caller.project.name, caller.is_key) == ("default", False)
    assert caller.permissions == {"ingest", "read", "edit", "admin"}
    assert authenticate_headers([], open_services, project="Shop").project == project
    with pytest.raises(NotFound):
        authenticate_headers([], open_services, project="nowhere")


def test_a_key_does_only_what_its_scopes_say(services: Services, key: NewKey) -> None:
    caller = authenticate_headers(headers(f"Bearer {key.secret_key}"), services)
    assert require_permission(caller, "ingest") is caller
    with pytest.raises(NotAllowed) as caught:
        require_permission(caller, "admin")
    assert caught.value.is_authenticated
    assert "admin" in caught.value.hint


OWN = [
    {},
    {"origin": "http://localhost:4318"},
    {"sec-fetch-site": "same-origin", "origin": "http://localhost:4318"},
    {"sec-fetch-site": "none"},
]
FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:3000"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://localhost:4318"},
]


@pytest.mark.parametrize("own", OWN)
def test_the_web_app_and_programs_may_change_things(own: dict[str, str]) -> None:
    refuse_cross_site("DELETE", [("host", "localhost:4318"), *own.items()])


@pytest.mark.parametrize("foreign", FOREIGN)
def test_pages_of_other_sites_may_not_change_things(foreign: dict[str, str]) -> None:
    pairs = [("host", "localhost:4318"), *foreign.items()]
    refuse_cross_site("GET", pairs)
    for method in ("POST", "PUT", "DELETE"):
        with pytest.raises(NotAllowed):
            refuse_cross_site(method, pairs)


def test_a_public_key_that_reads_is_told_what_it_is_for(services: Services, key: NewKey) -> None:
    with pytest.raises(NotAllowed, match="sends scores") as told:
        authenticate_headers(headers(f"Bearer {key.info.public_key}"), services)
    assert "secret key" in told.value.hint
