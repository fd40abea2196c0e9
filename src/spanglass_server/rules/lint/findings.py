"""What a check finds, and what it is given to look at."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, TypeAlias

from spanglass_server.promql.ast import Expression
from spanglass_server.rules.lint.known import KnownSeries
from spanglass_server.rules.lint.tree import Place, places

_ACTION: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_QUERY: Final = re.compile(r"\bquery\b")
_LABEL: Final = re.compile(r"""(?:\$labels|\.Labels)\.(\w+)|index\s+(?:\$labels|\.Labels)\s+"(\w+)\"""")

Severity: TypeAlias = Literal["error", "warning", "info"]
"""Error: the rule cannot do what it says. Warning: it does something else than was probably meant."""
Fix: TypeAlias = Callable[[Expression], Expression]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    severity: Severity
    code: str
    """In kebab-case; explained in docs/rules-check.md under this word."""
    file: str
    line: int
    """Of the rule, from 1; 0 where nothing tells it."""
    group: str
    rule: str
    """The alert's or the recorded series' name."""
    message: str
    """What is wrong, in a sentence."""
    why: str
    """What will happen."""
    expression: str
    corrected: str = ""
    """The whole expression with everything corrected that can be; empty where the expression is not what is
    wrong, or is very long, or only its author can tell what was meant. Clean under the same checks, but for
    findings that have no correction."""
    advice: str = ""
    """What to write elsewhere in the rule, e.g. `for: 5m`."""


def finding_json(finding: Finding) -> dict[str, str | int | None]:
    """As commands and the API tell it; null for no correction and no advice."""
    return {
        "severity": finding.severity,
        "code": finding.code,
        "file": finding.file,
        "line": finding.line,
        "group": finding.group,
        "rule": finding.rule,
        "message": finding.message,
        "why": finding.why,
        "expression": finding.expression,
        "corrected": finding.corrected or None,
        "advice": finding.advice or None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding before it knows where it stands."""

    severity: Severity
    code: str
    message: str
    why: str
    fix: Fix | None = None
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One rule, parsed, as checks see it."""

    expression: Expression
    is_alert: bool
    for_ms: int
    keep_firing_for_ms: int = 0
    interval_ms: int
    labels: frozenset[str] = frozenset()
    """Names of the labels that the rule sets."""
    annotations: dict[str, str] = field(default_factory=dict)
    label_templates: tuple[str, ...] = ()
    known: KnownSeries

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(places(self.expression))

    @property
    def template_labels(self) -> frozenset[str]:
        """Labels that annotations and labels refer to."""
        return frozenset(
            name for text in (*self.annotations.values(), *self.label_templates) for name in labels_in(text)
        )


Check: TypeAlias = Callable[[Subject], Iterator[Problem]]
"""Pure. Yields nothing for what it cannot judge."""


def labels_in(template: str) -> Iterator[str]:
    """The names after `$labels.` and `.Labels.`, and in `index $labels "name"`, within actions. Where a
    template asks a query, `.Labels` may be those of its samples."""
    actions = _ACTION.findall(template)
    own_only = any(_QUERY.search(action) for action in actions)
    for action in actions:
        for match in _LABEL.finditer(action):
            if not own_only or "$labels" in match[0]:
                yield match[1] or match[2]
