"""`spanglass evaluators`: what judges answers, what it would cost, and what it says of one trace. The running
server evaluates; these commands ask it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.cli.ask import Door, opened_door
from spanglass_server.cli.output import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    print_json,
    print_table,
    settings_from,
)

app = typer.Typer(help="Evaluators: what judges answers.", no_args_is_help=True)

_POLL_S: Final = 1.0
_TEXT_CHARS: Final = 70

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="An evaluator's name, or its id.")]
ProjectOption = Annotated[str, typer.Option("--project", "-p", metavar="NAME", help="Project.")]
EndpointOption = Annotated[
    str, typer.Option("--endpoint", metavar="URL", help="Another server than the one of these settings.")
]
KeyOption = Annotated[
    str,
    typer.Option(
        "--api-key", envvar="SPANGLASS_API_KEY", help="A secret key of the project, of that server."
    ),
]
FromOption = Annotated[
    str, typer.Option("--from", metavar="TIME", help="Start of traces: RFC 3339, or relative as now-7d.")
]
ToOption = Annotated[str, typer.Option("--to", metavar="TIME", help="End, exclusive.")]
FilterOption = Annotated[
    str | None, typer.Option("--filter", help="Instead of the evaluator's own (docs/filter-language.md).")
]
RateOption = Annotated[
    float | None, typer.Option("--sampling-rate", help="Share of traces, instead of the evaluator's own.")
]


@app.command()
def kinds(
    *,
    project: ProjectOption = "default",
    endpoint: EndpointOption = "",
    api_key: KeyOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show what kinds of evaluators there are, and the rubrics of judges."""
    with _door(config, data_dir, project, endpoint, api_key) as door:
        told = door.ask("GET", "/evaluator-kinds")
    if as_json:
        print_json(told)
        return
    print_table(["kind", "gives", "what it does"], [_kind_row(kind) for kind in told["items"]])
    print_table(
        ["rubric of judges", "what it judges"],
        [[each["name"], each["description"]] for each in told["rubrics"]],
    )
    if told["functions"]:
        typer.echo(f"functions of the kind python: {', '.join(told['functions'])}")


@app.command("list")
def list_evaluators(
    *,
    project: ProjectOption = "default",
    endpoint: EndpointOption = "",
    api_key: KeyOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show the project's evaluators, how they fare and what they spent."""
    with _door(config, data_dir, project, endpoint, api_key) as door:
        items = door.ask("GET", "/evaluators")["items"]
    if as_json:
        print_json(items)
    elif items:
        columns = ["evaluator", "kind", "status", "sampled", "scored", "failed", "lag", "today", "30 days"]
        print_table(columns, [_row(item) for item in items])
        for item in items:
            if item["state"]["reason"]:
                typer.echo(f"{item['name']}: {item['state']['reason']}")
    else:
        typer.echo("there are no evaluators")


@app.command()
def estimate(
    name: NameArgument,
    *,
    from_: FromOption = "now-7d",
    to: ToOption = "now",
    filter_: FilterOption = None,
    sampling_rate: RateOption = None,
    project: ProjectOption = "default",
    endpoint: EndpointOption = "",
    api_key: KeyOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Say what a run over past traces would cost. Asks no judge."""
    with _door(config, data_dir, project, endpoint, api_key) as door:
        told = door.ask("POST", f"{_path(door, name)}/estimate", _wanted(from_, to, filter_, sampling_rate))
    if as_json:
        print_json(told)
    else:
        typer.echo(_estimate_words(told))


@app.command()
def run(
    name: NameArgument,
    *,
    from_: FromOption = "now-7d",
    to: ToOption = "now",
    filter_: FilterOption = None,
    sampling_rate: RateOption = None,
    budget_usd: Annotated[
        float | None, typer.Option("--budget", metavar="USD", help="Most that this run may spend.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it is over.")] = True,
    project: ProjectOption = "default",
    endpoint: EndpointOption = "",
    api_key: KeyOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Judge past traces. Says what it would cost and asks before it begins.

    The server does it: leaving this command with Ctrl-C stops nothing. What has a score already is skipped.
    Exit status 1 where the run ends otherwise than done.
    """
    wanted = _wanted(from_, to, filter_, sampling_rate)
    with _door(config, data_dir, project, endpoint, api_key) as door:
        path = _path(door, name)
        if not yes:
            typer.echo(_estimate_words(door.ask("POST", f"{path}/estimate", wanted)), err=as_json)
            typer.confirm("Begin?", abort=True, err=as_json)
        started = door.ask("POST", f"{path}/runs", {**wanted, "budget_usd": budget_usd})
        told = _await_run(door, f"{path}/runs/{started['id']}", quiet=as_json) if wait else started
    if as_json:
        print_json(told)
    else:
        typer.echo(_run_words(told))
    if wait and told["status"] != "done":
        raise typer.Exit(1)


@app.command("try")
def try_evaluator(
    name: NameArgument,
    trace_id: Annotated[str, typer.Argument(metavar="TRACE_ID")],
    *,
    span_id: Annotated[str | None, typer.Option("--span-id", help="Of an evaluator of spans.")] = None,
    prompt: Annotated[bool, typer.Option("--prompt", help="Show what the judge was asked.")] = False,
    project: ProjectOption = "default",
    endpoint: EndpointOption = "",
    api_key: KeyOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Judge one trace and show what comes of it. No score is stored; what a judge costs counts.

    Exit status 1 where it could not be judged.
    """
    with _door(config, data_dir, project, endpoint, api_key) as door:
        body = {"evaluator_id": _find(door, name)["id"], "trace_id": trace_id, "span_id": span_id}
        told = door.ask("POST", "/evaluators/try", body)
    if as_json:
        print_json(told)
    else:
        for line in _trial_lines(told, shows_prompt=prompt):
            typer.echo(line)
    if told["problem"]:
        raise typer.Exit(1)


@contextmanager
def _door(
    config: Path | None, data_dir: Path | None, project: str, endpoint: str, api_key: str
) -> Iterator[Door]:
    settings = settings_from(config, data_dir=data_dir)
    with opened_door(
        settings, project=project, endpoint=endpoint, api_key=api_key, note="spanglass evaluators"
    ) as door:
        yield door


def _find(door: Door, name: str) -> Any:
    items = door.ask("GET", "/evaluators")["items"]
    for item in items:
        if name in (item["name"], item["id"]):
            return item
    known = ", ".join(item["name"] for item in items) or "none"
    raise NotFound(f"there is no evaluator '{name}'", hint=f"there are: {known}")


def _path(door: Door, name: str) -> str:
    return f"/evaluators/{quote(_find(door, name)['id'], safe='')}"


def _wanted(from_: str, to: str, filter_: str | None, sampling_rate: float | None) -> dict[str, object]:
    if sampling_rate is not None and not 0 < sampling_rate <= 1:
        raise BadInput(f"a sampling rate of {sampling_rate:g}", hint="give more than 0, at most 1")
    return {"from": from_, "to": to, "filter": filter_, "sampling_rate": sampling_rate}


def _await_run(door: Door, path: str, *, quiet: bool) -> Any:
    while True:
        told = door.ask("GET", path)
        if not quiet:
            done, of = told["done_count"], told["target_count"]
            typer.echo(f"\r{told['status']}: {done} of {of}, ${told['cost_usd']:.4f}  ", nl=False, err=True)
        if told["status"] in ("done", "cancelled"):
            if not quiet:
                typer.echo(err=True)
            return told
        time.sleep(_POLL_S)


def _kind_row(kind: Any) -> list[str]:
    gives = ", ".join(dict.fromkeys(score["data_type"] for score in kind["scores"]))
    return [kind["name"], gives, kind["description"]]


def _row(item: Any) -> list[str]:
    state, spend = item["state"], item["spend"]
    return [
        item["name"],
        item["kind"],
        state["status"],
        f"{item['sampling_rate']:.3g}",
        str(state["scored_count"]),
        str(state["failed_count"]),
        "" if state["lag_s"] is None else f"{state['lag_s']:.0f} s",
        f"${spend['today_usd']:.2f}" if item["is_judge"] else "",
        f"${spend['month_usd']:.2f}" if item["is_judge"] else "",
    ]


def _estimate_words(told: Any) -> str:
    count = told["judged_count"]
    words = f"{count} target{'' if count == 1 else 's'} to judge"
    if told["scored_count"]:
        words += f" ({told['scored_count']} have their score already)"
    if told["basis"] == "free":
        return f"{words}, at no cost"
    if told["usd_expected"] is None:
        return f"{words}; what they cost cannot be told yet"
    low, expected, high = (told[f"usd_{name}"] for name in ("low", "expected", "high"))
    how = "by its latest calls" if told["basis"] == "recent_calls" else f"by {told['prompt_count']} prompts"
    return f"{words}: about ${expected:.4f} (${low:.4f} to ${high:.4f}), {how}; {_duration(told['seconds'])}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _run_words(told: Any) -> str:
    counts = ", ".join(
        f"{told[f'{name}_count']} {name}"
        for name in ("scored", "failed", "empty", "skipped")
        if told[f"{name}_count"]
    )
    reason = f" ({told['reason']})" if told["reason"] else ""
    return f"run {told['id']} {told['status']}{reason}: {counts or 'nothing yet'}, ${told['cost_usd']:.4f}"


def _trial_lines(told: Any, *, shows_prompt: bool) -> Sequence[str]:
    lines = [f"question: {_short(told['target']['input'])}", f"answer:   {_short(told['target']['output'])}"]
    if shows_prompt:
        for call in told["calls"]:
            lines += ["", call["system"], "", call["prompt"], "", call["answer"] or "(no answer)", ""]
    for score in told["scores"]:
        comment = f" ({score['comment']})" if score["comment"] else ""
        lines.append(f"{score['name'] or 'score'}: {score['value']}{comment}")
    if told["problem"]:
        lines.append(f"problem: {told['problem']}")
        lines += [f"hint: {told['hint']}"] if told["hint"] else []
    elif not told["scores"]:
        lines.append("no score: there is nothing in this trace that it judges")
    cost = "" if not told["calls"] else f", ${told['cost_usd'] or 0:.6f}"
    lines.append(f"{told['duration_ms'] / 1000:.2f} s{cost}")
    return lines


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _TEXT_CHARS else f"{flat[: _TEXT_CHARS - 1]}…"
