"""`spanglass rules test`: runs rule tests in promtool's YAML; output and exit status are promtool's."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanglass_server.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from spanglass_server.rules.files import RuleFile
    from spanglass_server.rules.testing_file import TestFile

Paths = Annotated[list[str], typer.Argument(metavar="FILE...", help="Test files in promtool's YAML.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    file: str
    failures: Sequence[str]
    warnings: Sequence[str]


def run_rule_tests(paths: Paths, *, as_json: JsonOption = False) -> None:
    """Run unit tests of rules: promtool's files, over series that they give themselves.

    Exit status 1 if a test fails or a file cannot be read, 2 for a wrong command line.
    """
    outcomes = [_run(path, is_quiet=as_json) for path in paths]
    if as_json:
        print_json(
            {
                "files": [
                    {
                        "file": outcome.file,
                        "is_ok": not outcome.failures,
                        "failures": [failure.strip() for failure in outcome.failures],
                        "warnings": list(outcome.warnings),
                    }
                    for outcome in outcomes
                ]
            }
        )
    if any(outcome.failures for outcome in outcomes):
        raise typer.Exit(1)


def _run(path: str, *, is_quiet: bool) -> _Outcome:
    if not is_quiet:
        typer.echo(f"Unit Testing:  {path}")
    warnings: list[str] = []
    failures = _failures(path, warnings)
    if not is_quiet:
        _print_outcome(failures, warnings)
    return _Outcome(file=path, failures=failures, warnings=warnings)


def _print_outcome(failures: Sequence[str], warnings: Sequence[str]) -> None:
    for warning in warnings:
        typer.echo(f"  WARNING: {warning}", err=True)
    if failures:
        typer.echo("  FAILED:", err=True)
        for failure in failures:
            typer.echo(failure, err=True)
            typer.echo()
    else:
        typer.echo("  SUCCESS")
    typer.echo()


def _failures(path: str, warnings: list[str]) -> Sequence[str]:
    from spanglass_server.rules.files import RuleFileInvalid
    from spanglass_server.rules.testing import run_tests
    from spanglass_server.rules.testing_file import TestFileInvalid, parse_test_file

    try:
        tests = parse_test_file(Path(path).read_text(encoding="utf-8"))
        return run_tests(tests, _load_rules(Path(path).parent, tests, warnings))
    except RuleFileInvalid as error:
        return [f"    {error.name}: {problem}" for problem in error.problems]
    except TestFileInvalid as error:
        return [f"    {error.message}" + (f" ({error.hint})" if error.hint else "")]
    except UnicodeDecodeError:
        return [f"    {path} is not UTF-8"]
    except OSError as error:
        return [f"    cannot read {error.filename}: {error.strerror}"]


def _load_rules(directory: Path, tests: "TestFile", warnings: list[str]) -> "Sequence[RuleFile]":
    """Paths are the test file's directory's. Raises OSError and RuleFileInvalid."""
    from spanglass_server.rules.files import parse_rule_file

    rules: list[RuleFile] = []
    for pattern in tests.rule_files:
        path = str(directory / pattern)
        found = sorted(glob.glob(path))
        if not found:
            warnings.append(f"no file match pattern {path}")
        rules += [parse_rule_file(Path(name).read_text(encoding="utf-8"), name=name) for name in found]
    return rules
