"""What a server's redaction left of what was found before: `[github_token]`, `[email#1f8a0c12ab34]`."""

import re
from collections.abc import Collection
from typing import Final

from spanglass.evaluators.sensitive.findings import Finding

_MARK: Final = re.compile(r"\[([a-z][a-z0-9_]{1,39})(#[0-9a-f]{12})?\]")


def find_marks(text: str, kinds: Collection[str]) -> list[Finding]:
    """In order of place. A bare word in brackets, `[email]`, is none: models write such placeholders too."""
    return [
        Finding(found[1], found.start(), found.end())
        for found in _MARK.finditer(text)
        if found[1] in kinds and (found[2] or "_" in found[1])
    ]
