"""The command `spanglass`. Command modules import what is heavy inside functions, so that help is instant."""

import sys
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from spanglass_server.base.errors import BadInput, SpanglassError
from spanglass_server.cli import (
    budgets,
    demo,
    doctor,
    evaluators,
    keys,
    notify,
    projects,
    reprice,
    rules,
    serve,
    sql,
    users,
)
from spanglass_server.cli.output import JsonOption, print_error, print_json

_HELP = """Observability for applications made with large language models: OpenTelemetry in, answers out.

[bold]Try it:[/bold]  spanglass demo

[bold]Use it:[/bold]  spanglass serve, then send OTLP to http://localhost:4318,
where an OpenTelemetry exporter sends by default.

[bold]Configure it:[/bold]  command line > environment (SPANGLASS_*) > spanglass.toml > defaults.

[bold]Something wrong?[/bold]  spanglass doctor"""

app = typer.Typer(
    name="spanglass",
    help=_HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("reprice")(reprice.reprice)
app.command("doctor")(doctor.doctor)
app.command("sql")(sql.sql)
app.add_typer(projects.app, name="projects")
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(budgets.app, name="budgets")
app.add_typer(evaluators.app, name="evaluators")
app.add_typer(notify.app, name="notify")
app.add_typer(rules.app, name="rules")


@app.command()
def version(*, as_json: JsonOption = False) -> None:
    """Print the version."""
    number = installed_version("spanglass")
    if as_json:
        print_json({"version": number})
    else:
        typer.echo(f"spanglass {number}")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    if show_version:
        context.invoke(version, as_json=False)
        raise typer.Exit


def main() -> None:
    """The entry point: an error of ours is two lines on stderr and an exit status, never a stack trace."""
    try:
        app()
    except SpanglassError as error:
        print_error(error)
        sys.exit(2 if isinstance(error, BadInput) else 1)
