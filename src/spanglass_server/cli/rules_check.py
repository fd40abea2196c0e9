"""`spanglass rules check`: rule files validated, and looked through for what parses and still goes wrong."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from spanglass_server.base.errors import BadInput
from spanglass_server.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from spanglass_server.rules.files import RuleFile
    from spanglass_server.rules.lint import Finding, KnownSeries

_ENDINGS: Final = (".yml", ".yaml", ".rules")
_COLORS: Final = {"error": "red", "warning": "yellow", "info": "cyan"}

Paths = Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, directories, or - for stdin.")]


def check(
    paths: Paths,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Ask this server which series there are.")
    ] = "",
    project: Annotated[
        str, typer.Option("--project", metavar="NAME", help="Of which project of that server.")
    ] = "",
    api_key: Annotated[
        str,
        typer.Option("--api-key", envvar="SPANGLASS_API_KEY", help="A secret key, if it asks for one."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Validate Prometheus rule files, and explain what will not work as it was meant.

    Each finding says what will happen and, where it can, how to write the expression instead. Exit status 1
    if there are errors (with --strict: warnings too), 2 for a wrong command line.
    """
    known = _known_series(url, project, api_key)
    files, findings = check_texts(read_files(paths), known)
    if as_json:
        print_json(_as_json(files, findings))
    else:
        _print_findings(findings)
        typer.echo(_summary(files, findings))
    failing = ("error", "warning") if strict else ("error",)
    if any(finding.severity in failing for finding in findings):
        raise typer.Exit(1)


def read_files(paths: Sequence[str]) -> dict[str, str]:
    """Texts by name. Raises BadInput for what cannot be read."""
    texts: dict[str, str] = {}
    for name in paths:
        if name == "-":
            texts["stdin"] = sys.stdin.read()
            continue
        for path in _expand(Path(name)):
            try:
                texts[str(path)] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise BadInput(f"cannot read {path}: {error}", hint="give files of YAML") from None
    return texts


def _expand(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.rglob("*") if each.suffix in _ENDINGS and each.is_file())
    if not found:
        raise BadInput(f"there is no rule file in {path}", hint=f"their names end in {', '.join(_ENDINGS)}")
    return found


def check_texts(
    texts: dict[str, str], known: "KnownSeries"
) -> tuple[Sequence["RuleFile"], Sequence["Finding"]]:
    """The files that parse, and everything that is wrong with any."""
    from spanglass_server.rules.files import RuleFileInvalid, parse_rule_file
    from spanglass_server.rules.lint import invalid_findings, lint

    files: list[RuleFile] = []
    findings: list[Finding] = []
    for name, text in texts.items():
        try:
            files.append(parse_rule_file(text, name=name))
        except RuleFileInvalid as error:
            findings.extend(invalid_findings(error))
    return files, [*findings, *lint(files, known)]


def _known_series(url: str, project: str, api_key: str) -> "KnownSeries":
    from spanglass_server.metrics.own import own_metadata
    from spanglass_server.rules.lint import built_in_series, with_stored

    known = built_in_series(own_metadata())
    if not url:
        if project:
            raise BadInput("--project names a project of a server", hint="give the server with --url")
        return known
    from spanglass_server.cli.rules_series import fetch_series

    fetched = fetch_series(url, project, secret_key=api_key)
    return with_stored(known, fetched.series, fetched.metadata) if fetched.is_complete else known


def _as_json(files: Sequence["RuleFile"], findings: Sequence["Finding"]) -> dict[str, object]:
    from spanglass_server.rules.lint import finding_json

    return {
        "files": [file.name for file in files],
        "rule_count": sum(len(group.rules) for file in files for group in file.groups),
        "counts": _counts(findings),
        "findings": [finding_json(finding) for finding in findings],
    }


def _counts(findings: Sequence["Finding"]) -> dict[str, int]:
    return {word: sum(finding.severity == word for finding in findings) for word in _COLORS}


def _print_findings(findings: Sequence["Finding"]) -> None:
    for finding in findings:
        place = f"{finding.file}:{finding.line}: " if finding.line else f"{finding.file}: "
        typer.secho(place, bold=True, nl=False)
        typer.secho(finding.severity, fg=_COLORS[finding.severity], nl=False)
        typer.echo(f" [{finding.code}] {finding.rule}")
        typer.echo(f"  {finding.message}")
        typer.echo(f"  why: {finding.why}")
        if finding.corrected:
            typer.secho("  instead: ", fg="green", nl=False)
            typer.echo(finding.corrected)
        if finding.advice:
            typer.secho("  hint: ", fg="green", nl=False)
            typer.echo(finding.advice)
        typer.echo()


def _summary(files: Sequence["RuleFile"], findings: Sequence["Finding"]) -> str:
    rules = sum(len(group.rules) for file in files for group in file.groups)
    counts = _counts(findings)
    found = ", ".join(_number(count, word) for word, count in counts.items() if count and word != "info")
    if counts["info"]:
        found += f"{', ' if found else ''}{counts['info']} info"
    return (
        f"{_number(rules, 'rule')} in {_number(len(files), 'file')}: {found or 'nothing to find fault with'}"
    )


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
