"""`python -m tests.promql FILE...`"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.promql.runner import Outcome, run_file


def main(names: Sequence[str]) -> int:
    """Prints failures, unsupported blocks by name, and `N passed, M failed`. 1 where something failed."""
    if not names:
        print("usage: python -m tests.promql FILE...", file=sys.stderr)
        return 2
    states: Counter[str] = Counter()
    unsupported: list[str] = []
    for name in names:
        for outcome in _outcomes(name):
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
    return 1 if states["failed"] else 0


def _outcomes(name: str) -> Sequence[Outcome]:
    try:
        return list(run_file(Path(name)))
    except (OSError, UnicodeDecodeError) as error:
        return [Outcome("failed", 0, "cannot be read", str(error))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
