"""Runs every check over every rule, and corrects what can be corrected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from spanglass_server.promql.ast import Expression
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.promql.print import print_expression
from spanglass_server.rules.files import Rule, RuleFile, RuleGroup
from spanglass_server.rules.lint.check_alerts import (
    find_absurd_durations,
    find_alerts_without_for,
    find_lost_template_labels,
    find_missing_summaries,
)
from spanglass_server.rules.lint.check_counters import (
    find_rates_of_gauges,
    find_rates_of_sums,
    find_raw_counters,
)
from spanglass_server.rules.lint.check_histograms import (
    find_base_names,
    find_quantiles_out_of_range,
    find_quantiles_without_buckets,
    find_quantiles_without_le,
    find_quantiles_without_rate,
)
from spanglass_server.rules.lint.check_matching import (
    find_ratios_of_themselves,
    find_sides_that_match_too_much,
    find_sides_that_never_match,
)
from spanglass_server.rules.lint.check_names import (
    find_unknown_groupings,
    find_unknown_labels,
    find_unknown_metrics,
    find_unknown_values,
)
from spanglass_server.rules.lint.check_ratios import (
    find_means_of_means,
    find_quantiles_of_sums,
    find_ratios_without_traffic,
)
from spanglass_server.rules.lint.check_thresholds import (
    find_alerts_without_condition,
    find_equal_floats,
    find_impossible_thresholds,
    find_thresholds_per_series,
)
from spanglass_server.rules.lint.check_times import (
    find_absences,
    find_irates,
    find_offsets,
    find_short_ranges,
)
from spanglass_server.rules.lint.findings import Check, Finding, Problem, Subject
from spanglass_server.rules.lint.known import KnownSeries, with_recorded

CHECKS: Final[tuple[Check, ...]] = (
    find_quantiles_without_buckets,
    find_base_names,
    find_unknown_metrics,
    find_unknown_labels,
    find_unknown_groupings,
    find_unknown_values,
    find_quantiles_out_of_range,
    find_quantiles_without_rate,
    find_quantiles_without_le,
    find_rates_of_gauges,
    find_rates_of_sums,
    find_raw_counters,
    find_short_ranges,
    find_offsets,
    find_irates,
    find_absences,
    find_means_of_means,
    find_quantiles_of_sums,
    find_ratios_of_themselves,
    find_sides_that_never_match,
    find_sides_that_match_too_much,
    find_thresholds_per_series,
    find_impossible_thresholds,
    find_equal_floats,
    find_alerts_without_condition,
    find_lost_template_labels,
    find_ratios_without_traffic,
    find_alerts_without_for,
    find_absurd_durations,
    find_missing_summaries,
)
"""What corrects names comes first, and guards last: a correction is looked at again by all of them."""
_ROUNDS_MAX: Final = 24
_CORRECTED_NODES_MAX: Final = 150
"""Of an expression. People write 30."""
_CORRECTED_PAIRS_MAX: Final = 5_000_000
"""Of nodes in all expressions and rounds, since some checks look at every pair: what thousands of rules take
that people write, in seconds. Beyond it findings come without corrections."""
_INTERVAL_MS: Final = 60_000


def lint(files: Sequence[RuleFile], known: KnownSeries) -> Sequence[Finding]:
    """In the order of the files. What any rule of any of them records is known to all."""
    recorded = {
        rule.name: group.interval_ms or _INTERVAL_MS
        for file in files
        for group in file.groups
        for rule in group.rules
        if rule.kind == "recording"
    }
    with_own = with_recorded(known, recorded)
    work = _Work()
    return [
        finding
        for file in files
        for group in file.groups
        for rule in group.rules
        for finding in _lint_rule(file, group, rule, with_own, work)
    ]


@dataclass(slots=True)
class _Work:
    """What one run has spent on corrections."""

    pairs: int = 0

    def allows(self, nodes: int) -> bool:
        self.pairs += nodes * nodes
        return nodes <= _CORRECTED_NODES_MAX and self.pairs <= _CORRECTED_PAIRS_MAX


def _lint_rule(
    file: RuleFile, group: RuleGroup, rule: Rule, known: KnownSeries, work: _Work
) -> Iterator[Finding]:
    try:
        expression = parse(rule.expression)
    except ExpressionInvalid:
        return  # Files that do not parse are refused before they come here.
    subject = Subject(
        expression=expression,
        is_alert=rule.kind == "alerting",
        for_ms=rule.for_ms,
        keep_firing_for_ms=rule.keep_firing_for_ms,
        interval_ms=group.interval_ms or _INTERVAL_MS,
        labels=frozenset(name for name, _ in rule.labels),
        annotations=dict(rule.annotations),
        label_templates=tuple(value for _, value in rule.labels),
        known=known,
    )
    problems = _problems(subject)
    corrected = _corrected(subject, problems, work)
    for problem in problems:
        yield Finding(
            severity=problem.severity,
            code=problem.code,
            file=file.name,
            line=rule.expression_line or rule.line,
            group=group.name,
            rule=rule.name,
            message=problem.message,
            why=problem.why,
            expression=rule.expression.strip(),
            corrected=corrected if problem.fix is not None else "",
            advice=problem.advice,
        )


def _problems(subject: Subject) -> Sequence[Problem]:
    found = [problem for check in CHECKS for problem in check(subject)]
    unique = {(problem.code, problem.message): problem for problem in reversed(found)}
    return list(reversed(unique.values()))


def _corrected(subject: Subject, problems: Sequence[Problem], work: _Work) -> str:
    """One fix after the other, each looked at anew, since one uncovers the next; empty if there is none."""
    expression = subject.expression
    for _ in range(_ROUNDS_MAX):
        changed = _first_fix(expression, problems)
        if changed is None:
            break
        if not work.allows(len(subject.places)):
            return ""
        # What is printed and read again is what the user gets.
        expression = parse(print_expression(changed))
        problems = _problems(replace(subject, expression=expression))
    return "" if expression is subject.expression else print_expression(expression)


def _first_fix(expression: Expression, problems: Sequence[Problem]) -> Expression | None:
    for problem in problems:
        if problem.fix is not None:
            changed = problem.fix(expression)
            if changed != expression:
                return changed
    return None
