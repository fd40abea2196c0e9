"""`python -m tests.promql FILE...`"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.promql.runner import run_file


def main(names: Sequence[str]) -> int:
    """Prints failures, unsupported blocks by name, and `N passed, M failed`. 1 where something failed, 2
    where a file cannot be read; the others are run."""
    if not names:
        print("usage: python -m tests.promql FILE...", file=sys.stderr)
        return 2
    states: Counter[str] = Counter()
    unsupported: list[str] = []
    unreadable = 0
    for name in names:
        try:
            outcomes = list(run_file(Path(name)))
        except (OSError, UnicodeDecodeError) as error:
            unreadable += 1
            print(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
            continue
        for outcome in outcomes:
            states[outcome.state] += 1
            line = f"{name}:{outcome.line}: {outcome.text}"
            if outcome.state == "failed":
                print(f"FAILED {line}\n    {outcome.said}")
            elif outcome.state == "unsupported":
                unsupported.append(f"UNSUPPORTED {line} ({outcome.said})")
    for line in unsupported:
        print(line)
    if unsupported:
        print(f"{len(unsupported)} unsupported")
    print(f"{states['passed']} passed, {states['failed']} failed")
    if unreadable:
        return 2
    return 1 if states["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
