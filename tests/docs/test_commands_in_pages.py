"""Every command, target and package that a page names exists, and takes the options it is shown with."""

import re
import tomllib
from pathlib import Path

import click
import pytest
import typer
from tests.docs.pages import PAGES, ROOT, links, read, shell_lines

from spanglass_server.cli.main import app

SHELL = sorted({(str(page.relative_to(ROOT)), *words) for page, words in shell_lines()})
ROOT_COMMAND = typer.main.get_command(app)


def commands_of(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    return [leaf for name, child in command.commands.items() for leaf in commands_of(child, (*path, name))]


def parse(words: list[str]) -> None:
    """As the command line would, up to the point where the command runs."""
    command: click.Command = ROOT_COMMAND
    context: click.Context | None = None
    while isinstance(command, click.Group):
        if not words:
            return
        name, *words = words
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    context = click.Context(command)
    command.parse_args(context, list(words)) if words else None


def shown(first: str) -> list[tuple[str, ...]]:
    return [line for line in SHELL if line[1] == first]


@pytest.mark.parametrize("line", shown("spanglass"), ids=" ".join)
def test_a_command_is_one_that_spanglass_takes(line: tuple[str, ...]) -> None:
    parse([re.sub(r"^DAYS$", "30", word) for word in line[2:]])


@pytest.mark.parametrize("line", shown("make"), ids=" ".join)
def test_a_target_is_in_the_makefile(line: tuple[str, ...]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert {word for word in line[2:] if "=" not in word} <= targets


@pytest.mark.parametrize("line", shown("pip"), ids=" ".join)
def test_what_is_installed_from_the_checkout_is_an_extra(line: tuple[str, ...]) -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    for word in line[2:]:
        for extra in re.findall(r"^\.\[(.+)\]$", word):
            assert extra in project["optional-dependencies"]


def test_every_command_is_documented() -> None:
    page = read(ROOT / "docs" / "cli.md")
    commands = [" ".join(("spanglass", *path)) for path in commands_of(ROOT_COMMAND)]
    assert [command for command in commands if f"`{command}" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting.extend((page.parent / target).resolve() for target in links(page))
    assert set((ROOT / "docs").glob("*.md")) - seen == set()


def test_both_readmes_show_the_same_commands_and_link_to_the_same_pages() -> None:
    english, korean = ROOT / "README.md", ROOT / "README.ko.md"
    assert [line[1:] for line in SHELL if line[0] == "README.md"] == [
        line[1:] for line in SHELL if line[0] == "README.ko.md"
    ]
    assert set(links(english)) - {"README.ko.md"} == set(links(korean)) - {"README.md"}
