"""promtool's rule tests, as YAML: read, or told what is wrong by line.

Source: Prometheus' documentation, "Unit testing for rules".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from spanglass_server.base.errors import BadInput
from spanglass_server.model.series import Labels
from spanglass_server.promql.durations import parse_duration_ms
from spanglass_server.rules.series_notation import parse_labels, parse_series
from spanglass_server.rules.yaml_nodes import Node, YamlInvalid, load_yaml

_MINUTE_MS: Final = 60_000
_FILE_KEYS: Final = ("rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests")
_GROUP_KEYS: Final = (
    *("name", "interval", "input_series", "alert_rule_test", "promql_expr_test"),
    *("external_labels", "external_url"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSeries:
    labels: Labels
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAlert:
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTest:
    time_ms: int
    name: str
    expected: Sequence[ExpectedAlert]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSample:
    labels: Labels
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionTest:
    time_ms: int
    expression: str
    expected: Sequence[ExpectedSample]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestGroup:
    __test__ = False
    name: str
    interval_ms: int
    series: Sequence[InputSeries]
    alert_tests: Sequence[AlertTest]
    expression_tests: Sequence[ExpressionTest]
    external_labels: Mapping[str, str]
    external_url: str

    @property
    def end_ms(self) -> int:
        """The time of the last test."""
        alert_times = [test.time_ms for test in self.alert_tests]
        return max(*alert_times, *(test.time_ms for test in self.expression_tests), 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFile:
    __test__ = False
    rule_files: Sequence[str]
    """Paths and patterns, from the test file's directory on."""
    evaluation_interval_ms: int
    group_order: Sequence[str]
    is_fuzzy: bool
    """Values may differ in the last bits."""
    groups: Sequence[TestGroup]


class TestFileInvalid(BadInput):
    __test__ = False


def parse_test_file(text: str) -> TestFile:
    """Raises TestFileInvalid with the line."""
    try:
        root = load_yaml(text)
    except YamlInvalid as error:
        raise TestFileInvalid(f"line {error.line}: {error.message}", hint=error.hint) from None
    fields = _fields(root, _FILE_KEYS) if root is not None else {}
    interval_ms = _duration_ms(fields.get("evaluation_interval")) or _MINUTE_MS
    order = [_text(node) for node in _items(fields.get("group_eval_order"))]
    for name in order:
        if order.count(name) > 1:
            raise TestFileInvalid(f"group name repeated in evaluation order: {name}")
    return TestFile(
        rule_files=[_text(node) for node in _items(fields.get("rule_files"))],
        evaluation_interval_ms=interval_ms,
        group_order=order,
        is_fuzzy=_text(fields.get("fuzzy_compare")) == "true",
        groups=[_read_group(node, interval_ms) for node in _items(fields.get("tests"))],
    )


def _read_group(node: Node, evaluation_interval_ms: int) -> TestGroup:
    fields = _fields(node, _GROUP_KEYS)
    name = _text(fields.get("name"))
    return TestGroup(
        name=name,
        interval_ms=_duration_ms(fields.get("interval")) or evaluation_interval_ms,
        series=[_read_series(series) for series in _items(fields.get("input_series"))],
        alert_tests=[_read_alert_test(test, name) for test in _items(fields.get("alert_rule_test"))],
        expression_tests=[_read_expression_test(test) for test in _items(fields.get("promql_expr_test"))],
        external_labels=_pairs(fields.get("external_labels")),
        external_url=_text(fields.get("external_url")),
    )


def _read_series(node: Node) -> InputSeries:
    fields = _fields(node, ("series", "values"))
    series, values = _text(fields.get("series")), _text(fields.get("values"))
    try:
        labels, found = parse_series(f"{series} {values}")
    except BadInput as error:
        raise _wrong(fields.get("series", node), f"{error.message} in `{series} {values}`") from None
    return InputSeries(labels=labels, values=found)


def _read_alert_test(node: Node, group: str) -> AlertTest:
    fields = _fields(node, ("eval_time", "alertname", "exp_alerts"))
    name, time_ms = _text(fields.get("alertname")), _duration_ms(fields.get("eval_time"))
    if not name:
        where = f" (in TestGroup {group})" if group else ""
        at = _text(fields.get("eval_time")) or "0s"
        reason = "an item under alert_rule_test misses required attribute alertname at eval_time"
        raise TestFileInvalid(f"{reason} {at}{where}")
    expected = [
        _fields(alert, ("exp_labels", "exp_annotations")) for alert in _items(fields.get("exp_alerts"))
    ]
    alerts = [
        ExpectedAlert(
            labels=_pairs(alert.get("exp_labels")), annotations=_pairs(alert.get("exp_annotations"))
        )
        for alert in expected
    ]
    return AlertTest(time_ms=time_ms, name=name, expected=alerts)


def _read_expression_test(node: Node) -> ExpressionTest:
    fields = _fields(node, ("expr", "eval_time", "exp_samples"))
    return ExpressionTest(
        time_ms=_duration_ms(fields.get("eval_time")),
        expression=_text(fields.get("expr")),
        expected=[_read_sample(sample) for sample in _items(fields.get("exp_samples"))],
    )


def _read_sample(node: Node) -> ExpectedSample:
    fields = _fields(node, ("labels", "value", "histogram"))
    if "histogram" in fields:
        raise _wrong(node, "native histograms are experimental in Prometheus and are not supported")
    text = _text(fields.get("labels"))
    try:
        labels = parse_labels(text) if text.strip() else ()
    except BadInput as error:
        raise _wrong(fields["labels"], f"labels {text!r}: {error.message}") from None
    value = _text(fields.get("value")) or "0"
    try:
        return ExpectedSample(labels=labels, value=float(value.replace(".inf", "inf").replace(".nan", "nan")))
    except ValueError:
        raise _wrong(fields["value"], f"`{value}` is not a number") from None


def _fields(node: Node, known: Sequence[str]) -> dict[str, Node]:
    if node.is_null:
        return {}
    if node.pairs is None:
        raise _wrong(node, f"expected a mapping with {', '.join(known)}")
    for key, _ in node.pairs:
        if key.text not in known:
            raise _wrong(key, f"field {key.text} not found", hint=f"there are {', '.join(known)}")
    return {key.text: value for key, value in node.pairs}


def _items(node: Node | None) -> Sequence[Node]:
    if node is None or node.is_null:
        return ()
    if node.items is None:
        raise _wrong(node, "expected a list")
    return node.items


def _pairs(node: Node | None) -> Mapping[str, str]:
    if node is None or node.is_null:
        return {}
    if node.pairs is None:
        raise _wrong(node, "expected a mapping of names to values")
    return {key.text: _text(value) for key, value in node.pairs}


def _text(node: Node | None) -> str:
    if node is None or node.is_null:
        return ""
    if not node.is_scalar:
        raise _wrong(node, "expected a text")
    return node.text


def _duration_ms(node: Node | None) -> int:
    text = _text(node)
    if node is None or text in ("", "0"):
        return 0
    try:
        return parse_duration_ms(text)
    except ValueError as error:
        raise _wrong(node, str(error), hint="write a duration such as `30s`, `5m` or `1h30m`") from None


def _wrong(node: Node, reason: str, *, hint: str = "") -> TestFileInvalid:
    return TestFileInvalid(f"line {node.line}: {reason}", hint=hint)
