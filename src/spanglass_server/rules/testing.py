"""Runs rule tests as promtool does: rules are evaluated over series in memory, step by step, and what fires
is compared with what should. Pure; messages are promtool's.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from spanglass_server.base.errors import SpanglassError
from spanglass_server.gotemplate import sprintf
from spanglass_server.model.series import Labels, Series, SeriesSelection, labels_of
from spanglass_server.notify.matchers import is_match
from spanglass_server.promql.durations import format_duration_ms
from spanglass_server.promql.evaluate import evaluate
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import make_plan
from spanglass_server.promql.quoting import quote
from spanglass_server.promql.result import Result, Sample
from spanglass_server.rules.evaluator import ALERT_NAME, samples_of
from spanglass_server.rules.files import RuleFile
from spanglass_server.rules.group import RunningGroup, start_group
from spanglass_server.rules.series_notation import to_series
from spanglass_server.rules.template import TemplateContext
from spanglass_server.rules.testing_file import AlertTest, ExpressionTest, TestFile, TestGroup

EVALUATIONS_MAX: Final = 1_000_000
_Alert: TypeAlias = tuple[Labels, Labels]
"""Labels and annotations."""


def run_tests(tests: TestFile, rules: Sequence[RuleFile]) -> Sequence[str]:
    """What failed, in promtool's words; nothing where all passed."""
    return [failure for group in tests.groups for failure in _GroupTest(tests, group, rules).run()]


@dataclass(slots=True)
class _Memory:
    """Series, seen as they were at a moment."""

    samples: dict[Labels, dict[int, float]] = field(default_factory=dict)
    till_ms: int = 0

    def add(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self.samples.setdefault(sample.labels, {}).setdefault(sample.time_ms, sample.value)

    def select(self, selection: SeriesSelection) -> Iterator[Series]:
        to_ms = min(selection.to_ms, self.till_ms)
        for labels, values in self.samples.items():
            if not is_match(selection.matchers, dict(labels)):
                continue
            times = sorted(time for time in values if selection.from_ms < time <= to_ms)
            if times:
                yield Series(
                    labels, np.array(times, np.int64), np.array([values[time] for time in times], np.float64)
                )


class _GroupTest:
    def __init__(self, tests: TestFile, group: TestGroup, rules: Sequence[RuleFile]) -> None:
        self._tests = tests
        self._group = group
        self._memory = _Memory()
        self._interval_ms = tests.evaluation_interval_ms
        self._groups = _ordered(rules, tests)
        self._errors: list[str] = []

    def run(self) -> Sequence[str]:
        if self._group.end_ms // self._interval_ms > EVALUATIONS_MAX:
            return [f"    the tests take more than {EVALUATIONS_MAX:,} evaluations"]
        for series in self._group.series:
            found = to_series(series.labels, series.values, start_ms=0, interval_ms=self._group.interval_ms)
            values = self._memory.samples.setdefault(found.labels, {})
            values.update(zip(found.times_ms.tolist(), found.values.tolist(), strict=True))
        for time_ms in range(0, self._group.end_ms + 1, self._interval_ms):
            if not self._evaluate(time_ms):
                return self._errors
            self._test_alerts(time_ms)
        self._memory.till_ms = self._group.end_ms
        for test in self._group.expression_tests:
            self._test_expression(test)
        return self._errors

    def _evaluate(self, time_ms: int) -> bool:
        """One evaluation of all groups; false where a rule failed, which ends the test."""
        self._memory.till_ms = time_ms
        is_fine = True
        for group in self._groups:
            for running in group.rules:
                stored_ms = time_ms - group.query_offset_ms
                result = self._query(running.rule.expression, stored_ms)
                samples = running.apply(
                    result, time_ms=time_ms, limit=group.group.limit, context=self._context(stored_ms)
                )
                at_query = [Sample(labels=one.labels, time_ms=stored_ms, value=one.value) for one in samples]
                self._memory.add(running.with_stale_markers(at_query, stored_ms))
                if running.error is not None:
                    is_fine = False
                    at, reason = format_duration_ms(time_ms), running.error.message
                    self._errors.append(f"    rule: {running.rule.name}, time: {at}, err: {reason}")
        return is_fine

    def _context(self, time_ms: int) -> TemplateContext:
        return TemplateContext(
            external_labels=self._group.external_labels,
            external_url=self._group.external_url,
            run_query=lambda text: samples_of(self._run(text, time_ms)),
        )

    def _query(self, expression: str, time_ms: int) -> Result | SpanglassError:
        try:
            return self._run(expression, time_ms)
        except SpanglassError as error:
            return error

    def _run(self, expression: str, time_ms: int) -> Result:
        plan = make_plan(
            parse(expression),
            start_ms=time_ms,
            end_ms=time_ms,
            step_ms=0,
            subquery_step_ms=self._interval_ms,
        )
        return evaluate(plan, [list(self._memory.select(selection)) for selection in plan.selections])

    # What is expected

    def _test_alerts(self, time_ms: int) -> None:
        """Those whose time lies between this evaluation and the next."""
        due = [
            test for test in self._group.alert_tests if time_ms <= test.time_ms < time_ms + self._interval_ms
        ]
        for test in sorted(due, key=lambda test: test.time_ms):
            expected = sorted(_expected(test))
            got = sorted(self._firing(test.name))
            if expected == got:
                continue
            name = f"    name: {self._group.name},\n" if self._group.name else ""
            at = format_duration_ms(test.time_ms)
            self._errors.append(
                f"{name}    alertname: {test.name}, time: {at}, \n"
                f"        exp:{_shown_alerts(expected)}, \n        got:{_shown_alerts(got)}"
            )

    def _firing(self, name: str) -> Iterator[_Alert]:
        for group in self._groups:
            for running in group.rules:
                if running.rule.kind == "alerting" and running.rule.name == name:
                    for alert in running.active.values():
                        if alert.state == "firing":
                            yield alert.labels, alert.annotations

    def _test_expression(self, test: ExpressionTest) -> None:
        where = f"    expr: {quote(test.expression)}, time: {format_duration_ms(test.time_ms)},"
        try:
            got = samples_of(self._run(test.expression, test.time_ms))
        except SpanglassError as error:
            self._errors.append(f"{where} err: {error.message}")
            return
        expected = sorted(((sample.labels, sample.value) for sample in test.expected), key=_order)
        found = sorted(((sample.labels, sample.value) for sample in got), key=_order)
        if not self._are_equal(expected, found):
            self._errors.append(
                f"{where}\n        exp: {_shown_samples(expected)}\n        got: {_shown_samples(found)}"
            )

    def _are_equal(
        self, expected: Sequence[tuple[Labels, float]], got: Sequence[tuple[Labels, float]]
    ) -> bool:
        return [labels for labels, _ in expected] == [labels for labels, _ in got] and all(
            self._is_equal(one, other) for (_, one), (_, other) in zip(expected, got, strict=True)
        )

    def _is_equal(self, expected: float, got: float) -> bool:
        if expected == got or (math.isnan(expected) and math.isnan(got)):
            return True
        return self._tests.is_fuzzy and math.isclose(expected, got, rel_tol=1e-12)


def _ordered(rules: Sequence[RuleFile], tests: TestFile) -> Sequence[RunningGroup]:
    order: Mapping[str, int] = {name: index for index, name in enumerate(tests.group_order)}
    groups = [
        start_group("", file.name, group, None, interval_ms=tests.evaluation_interval_ms, query_offset_ms=0)
        for file in rules
        for group in file.groups
    ]
    return sorted(groups, key=lambda group: order.get(group.group.name, 0))


def _expected(test: AlertTest) -> Iterator[_Alert]:
    for alert in test.expected:
        yield labels_of({**alert.labels, ALERT_NAME: test.name}), labels_of(dict(alert.annotations))


def _order(sample: tuple[Labels, float]) -> Labels:
    return sample[0]


def _shown_alerts(alerts: Sequence[_Alert]) -> str:
    if not alerts:
        return "[]"
    shown = [
        f"            {index}:\n              Labels:{_shown_labels(labels)}\n"
        f"              Annotations:{_shown_labels(annotations)}"
        for index, (labels, annotations) in enumerate(alerts)
    ]
    return "[\n" + ",\n".join(shown) + "\n            ]"


def _shown_samples(samples: Sequence[tuple[Labels, float]]) -> str:
    return ", ".join(f"{_shown_labels(labels)} {_shown_number(value)}" for labels, value in samples) or "nil"


def _shown_labels(labels: Labels) -> str:
    return "{" + ", ".join(f"{name}={quote(value)}" for name, value in labels) + "}"


def _shown_number(value: float) -> str:
    """Go's format E with the fewest digits: `1.5E+00`."""
    if not math.isfinite(value):
        return sprintf("%v", [value])
    mantissa, _, exponent = np.format_float_scientific(value, unique=True, exp_digits=2).partition("e")
    return f"{mantissa.rstrip('.')}E{exponent}"
