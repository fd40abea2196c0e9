"""What commands share: options, and how they print."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from spanglass_server.base.errors import SpanglassError

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings

JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
ConfigOption: TypeAlias = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings.")
]
DataDirOption: TypeAlias = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Directory of the embedded storage.")
]


def settings_from(config: Path | None, **overrides: object) -> "Settings":
    """Settings as this command line, the process' environment and the working directory make them."""
    from spanglass_server.app.settings import load_settings

    return load_settings(overrides, environ=os.environ, config_file=config)


def print_json(value: Mapping[str, object] | Sequence[object]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, no_wrap=position == 0)
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    Console().print(table)


def print_error(error: SpanglassError) -> None:
    typer.secho("error: ", fg=typer.colors.RED, nl=False, err=True)
    typer.echo(error.message, err=True)
    if error.hint:
        typer.secho("hint: ", fg=typer.colors.CYAN, nl=False, err=True)
        typer.echo(error.hint, err=True)


def to_rfc3339(time_ns: int) -> str:
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns:09d}Z"


def to_minutes(time_ns: int | None) -> str:
    """For people: to the minute, in UTC; `never` for None."""
    if time_ns is None:
        return "never"
    return f"{datetime.fromtimestamp(time_ns / 1e9, UTC):%Y-%m-%d %H:%M}"
