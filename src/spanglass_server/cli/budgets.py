"""`spanglass budgets`: what may be spent, and what was. The running server reckons; these commands ask it."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
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
)
from spanglass_server.cli.stores import get_project, opened_directory, temporary_admin_key

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings
    from spanglass_server.store.directory import Directory

app = typer.Typer(help="Budgets: what may be spent, and what was.", no_args_is_help=True)


class ScopeName(StrEnum):
    """`model.budget.BudgetScope` as an option's choices."""

    PROJECT = "project"
    TEAM = "team"
    FEATURE = "feature"
    USER = "user"
    MODEL = "model"


class PeriodName(StrEnum):
    DAY = "day"
    MONTH = "month"


ProjectOption = Annotated[str, typer.Option("--project", "-p", metavar="NAME", help="Project of the budget.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def list_budgets(
    *,
    project: ProjectOption = "default",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show the project's budgets, with what was spent of them."""
    items = _ask(settings_from(config, data_dir=data_dir), project, "GET", "")["items"]
    if as_json:
        print_json(items)
    elif items:
        print_table(
            ["budget", "of", "USD", "per", "spent", "used", "forecast"], [_row(item) for item in items]
        )
    else:
        typer.echo("there are no budgets")


@app.command("set")
def set_budget(
    name: NameArgument,
    amount_usd: Annotated[float, typer.Argument(metavar="USD")],
    *,
    period: Annotated[PeriodName, typer.Option("--period", help="Per day or per month.")] = PeriodName.MONTH,
    scope: Annotated[ScopeName, typer.Option("--scope", help="What it is of.")] = ScopeName.PROJECT,
    value: Annotated[str, typer.Option("--value", help="Which team, feature, user or model.")] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="Where days and months begin.")] = "UTC",
    project: ProjectOption = "default",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make a budget, or change it."""
    body = {
        "scope": scope.value,
        "value": value,
        "period": period.value,
        "amount_usd": amount_usd,
        "time_zone": time_zone,
    }
    item = _ask(settings_from(config, data_dir=data_dir), project, "PUT", name, body)
    if as_json:
        print_json(item)
    else:
        typer.echo(f"{name}: ${item['spent_usd']:.2f} of ${amount_usd:.2f} spent this {item['period']}")


@app.command()
def remove(
    name: NameArgument,
    *,
    project: ProjectOption = "default",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Remove a budget. Its past gauges stay."""
    _ask(settings_from(config, data_dir=data_dir), project, "DELETE", name)
    typer.echo(f"{name}: removed")


def _row(item: dict[str, Any]) -> list[str]:
    forecast = item["forecast_usd"]
    return [
        item["name"],
        f"{item['scope']} {item['value']}".strip(),
        f"{item['amount_usd']:.2f}",
        item["period"],
        f"{item['spent_usd']:.2f}",
        f"{item['used_ratio']:.0%}",
        "" if forecast is None else f"{forecast:.2f}",
    ]


def _key_of(directory: "Directory", project: str) -> AbstractContextManager[str]:
    found = get_project(directory, project)
    return temporary_admin_key(directory, found, note="spanglass budgets", may_read=True)


def _ask(
    settings: "Settings", project: str, method: str, name: str, body: Mapping[str, object] | None = None
) -> Any:
    from spanglass_server.cli.probe import request, server_url

    url = server_url(settings)
    path = f"/api/v1/budgets/{quote(name, safe='')}" if name else "/api/v1/budgets"
    with opened_directory(settings) as directory, _key_of(directory, project) as key:
        answer = request(
            url + path,
            method=method,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            body=None if body is None else json.dumps(body).encode(),
            timeout_s=60.0,
        )
    if answer is None:
        raise StorageUnavailable(f"no server answers at {url}", hint="start it with 'spanglass serve'")
    if answer.status == 401:
        hint = "give its --data-dir, or its SPANGLASS_PORT"
        raise Misconfigured(f"the server at {url} keeps other data than {settings.data_dir}", hint=hint)
    if answer.status >= 400:
        error = BadInput if answer.status < 500 else StorageUnavailable
        raise error(
            answer.field("detail") or f"the server answered {answer.status}", hint=answer.field("hint")
        )
    return json.loads(answer.body) if answer.body else None
