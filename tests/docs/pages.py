"""The pages a reader sees, taken apart."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    sorted(
        [
            *ROOT.glob("*.md"),
            *(path for path in (ROOT / "docs").rglob("*.md")),
            ROOT / "tests/corpus/README.md",
        ]
    )
)


class Block(NamedTuple):
    """A fenced code block."""

    page: Path
    language: str
    text: str


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)
    return [Block(page, language, text) for language, text in found]


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def inline_code(page: Path) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def shell_lines() -> Iterator[tuple[Path, list[str]]]:
    """Every command of every page, as words: the lines of blocks, and code within prose that is a command."""
    for page in PAGES:
        lines = [
            line for block in blocks(page) if block.language in ("", "sh") for line in block.text.splitlines()
        ]
        for line in [*lines, *inline_code(page)]:
            for command in line.split("&&"):
                words = words_of(command)
                if words and words[0] in ("spanglass", "make", "pip", "git", "python"):
                    yield page, words


def words_of(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # A sentence's apostrophe: no command.
        return []


def links(page: Path) -> list[str]:
    """Targets of links and pictures to files of the repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", read(page))
    return [
        target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")
    ]
