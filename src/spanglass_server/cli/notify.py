"""`spanglass notify`: configurations of notifications, checked and tried."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from spanglass_server.base.errors import BadInput, Misconfigured, NotFound, StorageUnavailable
from spanglass_server.cli.output import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    print_error,
    print_json,
    print_table,
    settings_from,
)
from spanglass_server.cli.stores import get_project, opened_directory, temporary_admin_key

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings
    from spanglass_server.notify.config import NotificationConfig

app = typer.Typer(help="Notifications: check their configuration, try receivers.", no_args_is_help=True)

_SEND_S = 90.0
"""A receiver may have several integrations, each with its timeouts."""
_LABEL = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)=(.*)\Z", re.DOTALL)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Alertmanager configuration.")]


@app.command()
def check(file: FileArgument, *, as_json: JsonOption = False) -> None:
    """Check a configuration; exit status 1 where it is wrong."""
    config = _read(file)
    routes = list(config.route.walk()) if config.route else []
    receivers = {name: [one.kind for one in found.integrations] for name, found in config.receivers.items()}
    unused = sorted(set(receivers) - {route.receiver for route in routes})
    if as_json:
        print_json(
            {
                "file": str(file),
                "receivers": receivers,
                "routes": len(routes),
                "inhibit_rules": len(config.inhibit_rules),
                "time_intervals": len(config.time_intervals),
                "unused_receivers": unused,
            }
        )
        return
    typer.echo(
        f"{file} is fine: {_count(len(routes), 'route')}, {_count(len(receivers), 'receiver')}, "
        f"{_count(len(config.inhibit_rules), 'inhibition rule')}, "
        f"{_count(len(config.time_intervals), 'time interval')}"
    )
    for name, kinds in receivers.items():
        note = "  (no route leads here)" if name in unused else ""
        typer.echo(f"  {name}: {', '.join(kinds) or 'nobody is told'}{note}")


@app.command()
def route(
    file: FileArgument,
    labels: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="An alert's labels.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say who would hear of an alert with these labels."""
    config = _read(file)
    found = config.route.find(_parse_labels(labels)) if config.route else ()
    receivers = list(dict.fromkeys(one.receiver for one in found))
    if as_json:
        print_json(receivers)
    else:
        typer.echo("\n".join(receivers) or "nobody")


@app.command("test")
def try_receiver(
    receiver: Annotated[str, typer.Argument(metavar="RECEIVER")],
    *,
    project: Annotated[str, typer.Option("--project", metavar="NAME", help="Its project.")] = "default",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Really send a message to a receiver of the running server; exit status 1 where any of it fails."""
    settings = settings_from(config, data_dir=data_dir)
    with opened_directory(settings) as directory:
        found = get_project(directory, project)
        with temporary_admin_key(directory, found, note="spanglass notify test") as secret_key:
            attempts = _ask_server(settings, receiver, secret_key)
    if as_json:
        print_json(attempts)
    else:
        print_table(
            ["integration", "result", "ms"],
            [
                [str(one["integration"]), str(one["error"] or "sent"), str(one["duration_ms"])]
                for one in attempts
            ],
        )
    if not all(one["ok"] for one in attempts):
        raise typer.Exit(1)


def _ask_server(settings: "Settings", receiver: str, secret_key: str) -> list[dict[str, object]]:
    from spanglass_server.cli.probe import request, server_url

    url = server_url(settings)
    answer = request(
        f"{url}/api/v1/receivers/{quote(receiver, safe='')}/test",
        method="POST",
        headers={"Authorization": f"Bearer {secret_key}"},
        timeout_s=_SEND_S,
    )
    if answer is None:
        raise StorageUnavailable(
            f"no server answers at {url}, and it is the server that sends",
            hint="start it with 'spanglass serve', then try again",
        )
    if answer.status == 401:
        raise Misconfigured(
            f"the server at {url} keeps other data than {settings.data_dir}",
            hint="give its --data-dir, or its SPANGLASS_PORT",
        )
    if answer.status == 404:
        raise NotFound(answer.field("detail"), hint=answer.field("hint"))
    if answer.status != 200:
        raise StorageUnavailable(f"the server at {url} answered {answer.status}: {answer.field('detail')}")
    items: list[dict[str, object]] = json.loads(answer.body)["items"]
    return items


def _read(file: Path) -> "NotificationConfig":
    from spanglass_server.notify.config_source import check_config_file

    try:
        return check_config_file(file)
    except BadInput as problem:
        print_error(Misconfigured(f"{file}: {problem.message}", hint=problem.hint))
        raise typer.Exit(1) from None


def _parse_labels(labels: list[str]) -> dict[str, str]:
    found = {}
    for text in labels:
        label = _LABEL.match(text)
        if label is None:
            raise BadInput(f"'{text}' is not a label", hint="write NAME=VALUE, such as severity=critical")
        found[label[1]] = label[2]
    return found


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"
