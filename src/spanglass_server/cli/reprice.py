"""`spanglass reprice`: history's cost by the prices as they are now."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from spanglass_server.base.errors import Misconfigured, StorageUnavailable
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
    from spanglass_server.store.directory import Directory, Project

FromOption = Annotated[
    str, typer.Option("--from", metavar="TIME", help="Start: RFC 3339, or relative such as now-7d.")
]
ToOption = Annotated[str, typer.Option("--to", metavar="TIME", help="End, exclusive.")]


def reprice(
    *,
    project: Annotated[str | None, typer.Option("--project", metavar="NAME", help="Only this one.")] = None,
    from_: FromOption = "now-30d",
    to: ToOption = "now",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Price past calls anew, after the price file or the catalogue changed, and say what that changes.

    Needs the running server, which reads its price file again and uses it from then on. A run that was
    stopped can be started again.
    """
    settings = settings_from(config, data_dir=data_dir)
    results: dict[str, dict[str, Any]] = {}
    with opened_directory(settings) as directory:
        chosen = [get_project(directory, project)] if project else directory.list_projects()
        for each in chosen:
            for result in _ask_server(settings, directory, each, {"from": from_, "to": to}, dry_run=dry_run):
                results[each.name] = result
                if not as_json:
                    _show_progress(each.name, result)
    if as_json:
        print_json({"dry_run": dry_run, "projects": results})
    else:
        for name, result in results.items():
            _print_result(name, result, dry_run=dry_run)


def _ask_server(
    settings: "Settings", directory: "Directory", project: "Project", during: dict[str, str], *, dry_run: bool
) -> Iterator[dict[str, Any]]:
    from spanglass_server.cli.probe import server_url, stream_lines

    url = server_url(settings)
    with temporary_admin_key(directory, project, note="spanglass reprice") as secret_key:
        answer = stream_lines(
            f"{url}/api/v1/reprice?{urlencode(during)}",
            headers={"Authorization": f"Bearer {secret_key}", "Content-Type": "application/json"},
            body=json.dumps({"dry_run": dry_run}).encode(),
        )
        with _explained(url, settings):
            for line in answer:
                result = json.loads(line)
                if "error" in result:
                    raise StorageUnavailable(result["error"], hint=result["hint"])
                yield result


@contextmanager
def _explained(url: str, settings: "Settings") -> Iterator[None]:
    from spanglass_server.cli.probe import NoAnswerError, RefusedError

    try:
        yield
    except NoAnswerError:
        raise StorageUnavailable(
            f"no server answers at {url}, and only it can change what it stores",
            hint="start it with 'spanglass serve', then try again",
        ) from None
    except RefusedError as refusal:
        if refusal.answer.status == 401:
            raise Misconfigured(
                f"the server at {url} keeps other data than {settings.data_dir}",
                hint="give its --data-dir, or its SPANGLASS_PORT",
            ) from None
        raise Misconfigured(
            f"the server at {url} answered {refusal.answer.status}: {refusal.answer.field('detail')}",
            hint=refusal.answer.field("hint"),
        ) from None


def _show_progress(name: str, result: dict[str, Any]) -> None:
    if result["span_count"] and not result["is_done"]:
        typer.echo(
            f"{name}: {result['span_count']:,} spans read, {result['changed_span_count']:,} changed", err=True
        )


def _print_result(name: str, result: dict[str, Any], *, dry_run: bool) -> None:
    verb = "would change" if dry_run else "changed"
    typer.echo(
        f"{name}: {result['changed_span_count']:,} of {result['span_count']:,} spans {verb}; "
        f"{result['newly_priced_count']:,} calls newly priced, "
        f"{result['no_longer_priced_count']:,} no longer; "
        f"${result['before_usd']:.6f} -> ${result['after_usd']:.6f}"
    )
    if result["by_model"]:
        print_table(
            ["model", "calls", "before, USD", "after, USD"],
            [
                [model, f"{change['count']:,}", f"{change['before_usd']:.6f}", f"{change['after_usd']:.6f}"]
                for model, change in sorted(result["by_model"].items())
            ],
        )
