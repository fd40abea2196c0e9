"""A page that sends its reader to a file of ours names one that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/adr/*.md")),
]
FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|sql|md|toml|json|ts|tsx))`")
SOURCES = [
    str(path.relative_to(ROOT))
    for folder in ("src", "docs", "ui/src", "tests", "bench", "examples")
    for path in (ROOT / folder).rglob("*.*")
] + [str(path.relative_to(ROOT)) for folder in (ROOT, ROOT / "ui") for path in folder.iterdir()]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page: str) -> None:
    named = FILE.findall((ROOT / page).read_text())
    missing = [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in SOURCES)]
    assert missing == []
