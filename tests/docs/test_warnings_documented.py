"""Every warning that a span can carry is explained."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_every_warning_word_is_explained_in_the_docs() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "warnings.md").read_text(), re.MULTILINE))
    used: set[str] = set()
    for path in (ROOT / "src" / "spanglass_server" / "normalize").rglob("*.py"):
        source = path.read_text()
        used |= set(re.findall(r'warnings\.append\("(\w+)"\)', source))
        used |= set(re.findall(r'batch, \["(\w+)"\]', source))
    assert used
    assert used == explained
