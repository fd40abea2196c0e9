"""Projects and keys on the command line: what they do, and what the audit log has of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from spanglass_server.cli.main import app
from spanglass_server.model.identity import AuditEntry
from spanglass_server.store.audit import AuditQuery
from spanglass_server.store.metadata.audit import open_audit_log


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def call(*arguments: str) -> Any:
        done = CliRunner().invoke(app, [*arguments, "--data-dir", str(tmp_path), "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return call


def entries(directory: Path) -> list[AuditEntry]:
    log = open_audit_log(f"sqlite:///{directory / 'metadata.db'}")
    found = log.list(AuditQuery(0, 1 << 62))
    log.close()
    return sorted(found, key=lambda entry: entry.time_ns)


def test_projects_and_keys_change_with_an_entry_each_and_no_secret(run: Any, tmp_path: Path) -> None:
    run("projects", "create", "shop")
    assert run("projects", "rename", "shop", "store")["name"] == "store"
    run("projects", "retention", "store", "9")
    key = run("keys", "create", "--project", "store", "--expires-days", "3", "--note", "ci")
    run("keys", "note", key["public_key"], "CI of the store")
    (listed,) = run("keys", "list", "--project", "store")
    assert (listed["note"], listed["expires_at"] is not None) == ("CI of the store", True)
    run("keys", "revoke", key["public_key"])
    told = entries(tmp_path)
    assert [entry.action for entry in told] == [
        "project.create",
        "project.rename",
        "project.retention",
        "key.create",
        "key.change",
        "key.revoke",
    ]
    assert {entry.actor_type for entry in told} == {"cli"}
    assert len({entry.project_id for entry in told}) == 1
    assert key["secret_key"] not in str(told)
