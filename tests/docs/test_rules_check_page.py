"""docs/rules-check.md names every code that a finding can have, and its examples say what is said."""

import re

from tests.docs.pages import ROOT, blocks, read

from spanglass_server.metrics.own import own_metadata
from spanglass_server.rules.files import parse_rule_file
from spanglass_server.rules.lint import built_in_series, lint

PATH = ROOT / "docs" / "rules-check.md"
PAGE = read(PATH)
SOURCES = [
    *(ROOT / "src/spanglass_server/rules/lint").glob("*.py"),
    ROOT / "src/spanglass_server/cli/rules_check.py",
]


def test_every_code_is_explained_and_no_other() -> None:
    code = re.compile(r'(?:code=|if always else )"([a-z-]+)"')
    given = {word for path in SOURCES for word in code.findall(path.read_text(encoding="utf-8"))}
    explained = {
        word
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([a-z-]+)`", line.split("|")[1])
    }
    assert explained == given


def test_the_corrections_that_it_shows_are_those_that_are_given() -> None:
    shown = [block.text.strip() for block in blocks(PATH) if block.language == ""]
    rules = "".join(block.text for block in blocks(PATH) if block.language == "yaml")
    text = "groups:\n- name: page\n  rules:\n" + "".join(f"  {line}\n" for line in rules.splitlines() if line)
    findings = lint([parse_rule_file(text, name="page.yml")], built_in_series(own_metadata()))
    corrected = list(dict.fromkeys(finding.corrected for finding in findings if finding.corrected))
    assert corrected == shown
    assert len(shown) == 3
