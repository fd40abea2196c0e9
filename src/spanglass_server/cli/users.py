"""`spanglass users`: people, for who makes the first one by hand, or has locked everybody out."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from spanglass_server.cli.output import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    print_json,
    print_table,
    settings_from,
    to_minutes,
    to_rfc3339,
)
from spanglass_server.cli.stores import get_project, opened_directory

if TYPE_CHECKING:
    from pathlib import Path

    from spanglass_server.accounts.service import Accounts
    from spanglass_server.model.identity import User
    from spanglass_server.store.directory import Directory
    from spanglass_server.web.audit import AuditTrail

app = typer.Typer(help="People who sign in: who they are, and links to set a password.", no_args_is_help=True)

EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL")]


class RoleName(StrEnum):
    """`model.identity.Role` as an option's choices."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


class _Desk:
    """What the commands work with, open."""

    def __init__(self, directory: "Directory", accounts: "Accounts", audit: "AuditTrail") -> None:
        self.directory = directory
        self.accounts = accounts
        self._audit = audit

    def get(self, email: str) -> "User":
        from spanglass_server.accounts.emails import normal_email
        from spanglass_server.base.errors import NotFound

        found = self.accounts.store.find_credentials(normal_email(email))
        if found is None:
            raise NotFound(
                f"there is nobody with the address {email}", hint="list them: spanglass users list"
            )
        return found.user

    def note(self, action: str, target: str, **details: str) -> None:
        from spanglass_server.model.identity import Actor

        self._audit.record(Actor("cli"), action=action, target=target, details=details)


@contextmanager
def _opened(config: "Path | None", data_dir: "Path | None") -> Iterator[_Desk]:
    from spanglass_server.app.accounts import build_accounts
    from spanglass_server.base.clock import now_ns
    from spanglass_server.store.metadata.audit import open_audit_log
    from spanglass_server.store.metadata.identity import open_identities
    from spanglass_server.web.audit import AuditTrail

    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        store = open_identities(
            settings.metadata_url, session_idle_ns=int(settings.session_idle_hours * 3600e9)
        )
        log = open_audit_log(settings.metadata_url)
        try:
            url = settings.external_url or f"http://{settings.host}:{settings.port}"
            accounts = build_accounts(settings, store, external_url=url, clock=now_ns)
            yield _Desk(directory, accounts, AuditTrail(log, now_ns))
        finally:
            log.close()
            store.close()


@app.command()
def create(
    email: EmailArgument,
    *,
    name: Annotated[str, typer.Option(help="What they are called; default: the address.")] = "",
    role: Annotated[RoleName, typer.Option(help="What they may do.")] = RoleName.ADMIN,
    project: Annotated[
        str, typer.Option("--project", "-p", metavar="NAME", help="In this project; default: in every one.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make somebody an account, and a one-time link with which they set their password."""
    from spanglass_server.base.clock import now_ns
    from spanglass_server.base.errors import BadInput
    from spanglass_server.model.identity import EVERY_PROJECT, Organization

    with _opened(config, data_dir) as desk:
        if not desk.accounts.is_set_up and (project or role is not RoleName.ADMIN):
            raise BadInput(
                "the first person is an admin of every project", hint="leave --role and --project out"
            )
        place = get_project(desk.directory, project).id if project else EVERY_PROJECT
        person = desk.accounts.new_person(email=email, name=name or email, password=None)
        person = person._replace(memberships=[(place, role.value)])
        if not desk.accounts.store.set_up(Organization("My organization", now_ns()), person):
            desk.accounts.store.add_person(person)
        link = desk.accounts.new_reset_link(person.user.id)
        desk.note("user.create", person.user.email, role=role.value, project=project)
    _tell_link(person.user.email, link, as_json=as_json)


@app.command("list")
def list_(
    *, as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """List everybody, with their roles."""
    with _opened(config, data_dir) as desk:
        names = {project.id: project.name for project in desk.directory.list_projects()}
        users = desk.accounts.store.list_users()
        roles: dict[str, dict[str, str]] = {}
        for user_id, place, role in desk.accounts.store.list_memberships():
            roles.setdefault(user_id, {})[names.get(place, "*")] = role
    if as_json:
        print_json([_user_json(user, roles.get(user.id, {})) for user in users])
        return
    print_table(
        ["address", "name", "roles (* is every project)", "last seen (UTC)", ""],
        [
            [
                user.email,
                user.name,
                ", ".join(f"{place}: {role}" for place, role in sorted(roles.get(user.id, {}).items())),
                to_minutes(user.last_seen_at_ns),
                "disabled" if user.is_disabled else "",
            ]
            for user in users
        ],
    )


@app.command("reset-password")
def reset_password(
    email: EmailArgument,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a one-time link with which they set a new password within a day."""
    with _opened(config, data_dir) as desk:
        user = desk.get(email)
        link = desk.accounts.new_reset_link(user.id)
        desk.note("password.reset", user.email)
    _tell_link(user.email, link, as_json=as_json)


@app.command()
def disable(
    email: EmailArgument,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Lock somebody out: their sessions end within two seconds."""
    _switch(email, config, data_dir, is_disabled=True, as_json=as_json)


@app.command()
def enable(
    email: EmailArgument,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let somebody in again who was locked out."""
    _switch(email, config, data_dir, is_disabled=False, as_json=as_json)


def _switch(
    email: str, config: "Path | None", data_dir: "Path | None", *, is_disabled: bool, as_json: bool
) -> None:
    with _opened(config, data_dir) as desk:
        user = desk.accounts.store.set_disabled(desk.get(email).id, is_disabled=is_disabled)
        desk.note("member.disable" if is_disabled else "member.enable", user.email)
    if as_json:
        print_json({"email": user.email, "is_disabled": user.is_disabled})
    else:
        typer.echo(f"{user.email} is {'disabled' if is_disabled else 'let in again'}")


def _tell_link(email: str, link: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"email": email, "link": link})
        return
    typer.echo(f"{email} sets a password at (once, within a day):\n\n  {link}")


def _user_json(user: "User", roles: dict[str, str]) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "roles": roles,
        "is_disabled": user.is_disabled,
        "has_password": user.has_password,
        "created_at": to_rfc3339(user.created_at_ns),
        "last_seen_at": to_rfc3339(user.last_seen_at_ns) if user.last_seen_at_ns else None,
    }
