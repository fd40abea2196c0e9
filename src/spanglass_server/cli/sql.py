"""`spanglass sql`: a statement over a project's rows, asked of the running server."""

import csv
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from spanglass_server.base.errors import BadInput
from spanglass_server.cli.ask import opened_door
from spanglass_server.cli.output import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    print_json,
    print_table,
    settings_from,
)


def sql(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="One SELECT; `-` reads it from standard input.")
    ],
    *,
    project: Annotated[
        str, typer.Option("--project", "-p", metavar="NAME", help="Project whose rows it reads.")
    ] = "default",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="Value of {NAME:Type} in the query, bound."),
    ] = None,
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Start of rows: RFC 3339, or relative as now-7d.")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="TIME", help="End, exclusive.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most rows.")] = 1_000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="URL", help="Another server than the one of these settings.")
    ] = "",
    api_key: Annotated[
        str,
        typer.Option(
            "--api-key", envvar="SPANGLASS_API_KEY", help="A secret key of the project, of that server."
        ),
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Run one SELECT over a project's rows, through the running server."""
    statement = {
        "query": sys.stdin.read() if query == "-" else query,
        "parameters": _parameters(parameter or []),
        "from": from_,
        "to": to,
        "limit": limit,
    }
    settings = settings_from(config, data_dir=data_dir)
    with opened_door(
        settings, project=project, endpoint=endpoint, api_key=api_key, note="spanglass sql"
    ) as door:
        answer = door.ask("POST", "/sql", statement)
    if as_json:
        print_json(answer)
    elif as_csv:
        _print_csv(answer)
    else:
        _print_table(answer)


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, sign, _ in pairs:
        if not name or not sign:
            raise BadInput(f"--param {name} has no value", hint="write --param NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _names(answer: Mapping[str, Any]) -> list[str]:
    return [column["name"] for column in answer["columns"]]


def _print_csv(answer: Mapping[str, Any]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_names(answer))
    writer.writerows([_text(value) for value in row] for row in answer["rows"])


def _print_table(answer: Mapping[str, Any]) -> None:
    print_table(_names(answer), [[_text(value) for value in row] for row in answer["rows"]])
    count = answer["row_count"]
    more = ", and more" if answer["is_cut"] else ""
    typer.echo(f"{count} row{'' if count == 1 else 's'}{more}, in {answer['elapsed_ms']:.0f} ms", err=True)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
    import orjson

    return orjson.dumps(value).decode()
