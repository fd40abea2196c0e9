"""What is wrong with rules that parse: each finding says what will happen, and how to write it instead.

findings = lint(files, known)
"""

from spanglass_server.rules.lint.findings import Finding, Severity, finding_json
from spanglass_server.rules.lint.invalid import invalid_findings
from spanglass_server.rules.lint.known import KnownSeries, built_in_series, with_stored
from spanglass_server.rules.lint.linter import lint

__all__ = [
    "Finding",
    "KnownSeries",
    "Severity",
    "built_in_series",
    "finding_json",
    "invalid_findings",
    "lint",
    "with_stored",
]
