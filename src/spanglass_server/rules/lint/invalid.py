"""A file that cannot be loaded, told as findings."""

from collections.abc import Sequence

from spanglass_server.rules.files import RuleFileInvalid
from spanglass_server.rules.lint.findings import Finding


def invalid_findings(error: RuleFileInvalid) -> Sequence[Finding]:
    return [
        Finding(
            severity="error",
            code="invalid-rule-file",
            file=error.name,
            line=problem.line,
            group=problem.group,
            rule=problem.rule,
            message=problem.reason,
            why="The file cannot be loaded.",
            expression="",
            advice=problem.hint,
        )
        for problem in error.problems
    ]
