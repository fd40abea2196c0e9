"""`spanglass keys`: API keys."""

import base64
from enum import StrEnum
from typing import Annotated

import typer

from spanglass_server.base.clock import now_ns
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
from spanglass_server.cli.stores import find_or_create_project, get_project, note_change, opened_directory
from spanglass_server.store.directory import Scope

_DAY_NS = 86_400_000_000_000

app = typer.Typer(help="API keys: what a machine shows to send or read data.", no_args_is_help=True)


class ScopeName(StrEnum):
    """`store.directory.Scope` as an option's choices."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


ProjectOption = Annotated[str, typer.Option("--project", "-p", metavar="NAME", help="Project of the key.")]
ScopeOption = Annotated[
    list[ScopeName] | None,
    typer.Option("--scope", help="What the key may do; may be repeated. Default: ingest and read."),
]


@app.command()
def create(
    *,
    project: ProjectOption,
    scope: ScopeOption = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires_days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="Days after which it opens nothing. Default: never.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make a key, and its project if that is missing. The secret is shown once."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        found = find_or_create_project(directory, project)
        scopes: frozenset[Scope] = frozenset(one.value for one in scope or (ScopeName.INGEST, ScopeName.READ))
        expires_at_ns = None if expires_days is None else now_ns() + expires_days * _DAY_NS
        key = directory.create_key(found.id, scopes=scopes, note=note, expires_at_ns=expires_at_ns)
    note_change(
        settings,
        "key.create",
        key.info.public_key,
        project_id=found.id,
        note=note,
        scopes=sorted(scopes),
        expires_in_days=expires_days,
    )
    if as_json:
        print_json({"project": found.name, "public_key": key.info.public_key, "secret_key": key.secret_key})
        return
    basic = base64.b64encode(f"{key.info.public_key}:{key.secret_key}".encode()).decode()
    typer.echo(f"project     {found.name}")
    typer.echo(f"scopes      {', '.join(sorted(key.info.scopes))}")
    typer.echo(f"public key  {key.info.public_key}")
    typer.echo(f"secret key  {key.secret_key}   (shown once: only its hash is kept)")
    typer.echo("\nTo send with it from anything that speaks OpenTelemetry:\n")
    typer.echo(f"  export OTEL_EXPORTER_OTLP_ENDPOINT=http://{settings.host}:{settings.port}")
    typer.echo(f"  export OTEL_EXPORTER_OTLP_HEADERS='authorization=Basic%20{basic}'")


@app.command("list")
def list_(
    *,
    project: ProjectOption,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List a project's keys, without their secrets."""
    with opened_directory(settings_from(config, data_dir=data_dir)) as directory:
        keys = directory.list_keys(get_project(directory, project).id)
    if as_json:
        print_json(
            [
                {
                    "public_key": key.public_key,
                    "scopes": sorted(key.scopes),
                    "note": key.note,
                    "created_at": to_rfc3339(key.created_at_ns),
                    "created_by": key.created_by,
                    "expires_at": to_rfc3339(key.expires_at_ns) if key.expires_at_ns else None,
                    "last_used_at": to_rfc3339(key.last_used_at_ns) if key.last_used_at_ns else None,
                }
                for key in keys
            ]
        )
        return
    # Most keys have no end, and lines are short.
    ends = ["ends (UTC)"] if any(key.expires_at_ns for key in keys) else []
    print_table(
        ["public key", "scopes", "created (UTC)", "last used (UTC)", *ends, "note"],
        [
            [
                key.public_key,
                ", ".join(sorted(key.scopes)),
                to_minutes(key.created_at_ns),
                to_minutes(key.last_used_at_ns),
                *(to_minutes(key.expires_at_ns) if key.expires_at_ns else "" for _ in ends),
                key.note,
            ]
            for key in keys
        ],
    )


@app.command()
def note(
    public_key: Annotated[str, typer.Argument(metavar="PUBLIC_KEY")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write another note on a key."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        key = directory.set_note(public_key, text)
    note_change(settings, "key.change", public_key, project_id=key.project_id, note=key.note)
    if as_json:
        print_json({"public_key": public_key, "note": key.note})
    else:
        typer.echo(f"{public_key}: {key.note}")


@app.command()
def revoke(
    public_key: Annotated[str, typer.Argument(metavar="PUBLIC_KEY")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Revoke a key; running servers refuse it within two seconds."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        key = directory.revoke_key(public_key)
    note_change(settings, "key.revoke", public_key, project_id=key.project_id, note=key.note)
    if as_json:
        print_json({"revoked": public_key})
    else:
        typer.echo(f"revoked {public_key}")
