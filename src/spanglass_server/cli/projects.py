"""`spanglass projects`: tenants."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from spanglass_server.base.errors import BadInput, Misconfigured, StorageUnavailable
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
from spanglass_server.cli.stores import get_project, note_change, opened_directory, temporary_admin_key

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings
    from spanglass_server.cli.probe import Answer
    from spanglass_server.store.directory import Project

app = typer.Typer(
    help="Projects: tenants, each with its own traces, keys and retention.", no_args_is_help=True
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


@app.command()
def create(
    name: NameArgument,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make a project."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        project = directory.create_project(name)
    note_change(settings, "project.create", project.name, project_id=project.id)
    _print_project(project, as_json=as_json)


@app.command("list")
def list_(
    *, as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """List the projects."""
    with opened_directory(settings_from(config, data_dir=data_dir)) as directory:
        projects = directory.list_projects()
    if as_json:
        print_json([_to_json(project) for project in projects])
        return
    print_table(
        ["name", "retention", "created (UTC)", "id"],
        [
            [project.name, _retention_words(project), to_minutes(project.created_at_ns), project.id]
            for project in projects
        ],
    )


@app.command()
def rename(
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Give a project another name; its keys, data and settings stay."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        project = directory.rename_project(get_project(directory, name).id, new_name)
    note_change(settings, "project.rename", project.name, project_id=project.id, was=name)
    _print_project(project, as_json=as_json)


@app.command()
def retention(
    name: NameArgument,
    days: Annotated[str, typer.Argument(metavar="DAYS", help="A number of days, or 'forever'.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Set how long a project keeps its traces."""
    if days != "forever" and not days.isdecimal():
        raise BadInput(f"'{days}' is no number of days", hint="give a whole number, or 'forever'")
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        found = get_project(directory, name)
        project = directory.set_retention(found.id, None if days == "forever" else int(days))
    note_change(
        settings,
        "project.retention",
        project.name,
        project_id=project.id,
        days=project.retention_days,
        was=found.retention_days,
    )
    _print_project(project, as_json=as_json)


@app.command()
def delete(
    name: NameArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Delete a project with its traces, logs and keys. Needs the running server, which holds the storage."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        project = get_project(directory, name)
        if not yes:
            typer.confirm(f"Delete '{project.name}' with all its traces and keys, for ever?", abort=True)
        with temporary_admin_key(directory, project, note="spanglass projects delete") as secret_key:
            _ask_server_to_delete(settings, project, secret_key)
    if as_json:
        print_json({"deleted": project.name})
    else:
        typer.echo(f"deleted {project.name}")


def _ask_server_to_delete(settings: "Settings", project: "Project", secret_key: str) -> None:
    from spanglass_server.cli.probe import request, server_url

    url, name = server_url(settings), quote(project.name)
    answer = request(
        f"{url}/api/v1/projects/{name}?confirm={name}",
        method="DELETE",
        headers={"Authorization": f"Bearer {secret_key}"},
        timeout_s=120.0,
    )
    if answer is None:
        raise StorageUnavailable(
            f"no server answers at {url}, and only it can delete what it stores",
            hint="start it with 'spanglass serve', then try again",
        )
    if answer.status == 401:
        raise Misconfigured(
            f"the server at {url} keeps other data than {settings.data_dir}",
            hint="give its --data-dir, or its SPANGLASS_PORT",
        )
    if answer.status != 204:
        raise StorageUnavailable(f"the server at {url} answered {answer.status}: {_reason(answer)}")


def _reason(answer: "Answer") -> str:
    return answer.field("detail") or answer.body[:200].decode(errors="replace")


def _print_project(project: "Project", *, as_json: bool) -> None:
    if as_json:
        print_json(_to_json(project))
    else:
        typer.echo(f"{project.name}: keeps traces {_retention_words(project)}")


def _retention_words(project: "Project") -> str:
    if project.retention_days is None:
        return "for ever"
    return f"{project.retention_days} day{'s' if project.retention_days != 1 else ''}"


def _to_json(project: "Project") -> dict[str, object]:
    return {
        "id": project.id,
        "name": project.name,
        "retention_days": project.retention_days,
        "created_at": to_rfc3339(project.created_at_ns),
    }
