"""Which labels an expression's series carry, as far as the text and the known series tell it."""

from dataclasses import dataclass, field, replace
from typing import Final

from spanglass_server.model.series import METRIC_NAME
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Matching,
    Parentheses,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from spanglass_server.rules.lint.known import KnownSeries
from spanglass_server.rules.lint.tree import is_scalar, label_matchers, metric_of

_KEEPING: Final = ("topk", "bottomk", "limitk", "limit_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    labels: frozenset[str] | None
    """Those that series may carry; None where any may be."""
    absent: frozenset[str] = frozenset()
    """Those that none carries, where any other may be."""
    fixed: dict[str, str] = field(default_factory=dict)
    """Labels that all series carry with this one value."""

    def carries(self, label: str) -> bool:
        """As far as is known."""
        return label in self.fixed or (self.labels is not None and label in self.labels)

    def lacks(self, label: str) -> bool:
        """For sure."""
        return label not in self.labels if self.labels is not None else label in self.absent

    def narrowed(self, names: frozenset[str]) -> "Shape":
        """As `by (names)` does."""
        kept = frozenset(name for name in names if not self.lacks(name))
        return Shape(labels=kept, fixed={k: v for k, v in self.fixed.items() if k in kept})

    def without(self, names: frozenset[str]) -> "Shape":
        return Shape(
            labels=None if self.labels is None else self.labels - names,
            absent=self.absent | names,
            fixed={k: v for k, v in self.fixed.items() if k not in names},
        )

    def with_label(self, name: str) -> "Shape":
        return replace(
            self,
            labels=None if self.labels is None else self.labels | {name},
            absent=self.absent - {name},
            fixed={k: v for k, v in self.fixed.items() if k != name},
        )


NO_LABELS: Final = Shape(labels=frozenset())
ANY_LABELS: Final = Shape(labels=None)


def shape_of(expression: Expression, known: KnownSeries) -> Shape:
    if is_scalar(expression):
        return NO_LABELS
    match expression:
        case Parentheses(expression=inner) | Unary(expression=inner) | Subquery(expression=inner):
            return shape_of(inner, known)
        case Selector():
            return _of_selector(expression, known)
        case Range(selector=selector):
            return _of_selector(selector, known)
        case Aggregation():
            return _of_aggregation(expression, known)
        case FunctionCall():
            return _of_call(expression, known)
        case Binary():
            return _of_binary(expression, known)
        case _:
            return NO_LABELS


def matched(shape: Shape, matching: Matching) -> Shape:
    """The labels by which a binary operator compares this side with the other."""
    names = frozenset(matching.labels)
    return shape.narrowed(names) if matching.is_on else shape.without(names)


def _of_selector(selector: Selector, known: KnownSeries) -> Shape:
    metric = known.find(metric_of(selector))
    empty = {m.name for m in label_matchers(selector) if m.op == "=" and not m.value}
    fixed = {m.name: m.value for m in label_matchers(selector) if m.op == "=" and m.value}
    labels = None if metric is None else metric.labels
    return Shape(
        labels=None if labels is None else (labels - empty) | frozenset(fixed),
        absent=frozenset(empty),
        fixed=fixed,
    )


def _of_aggregation(aggregation: Aggregation, known: KnownSeries) -> Shape:
    inner = shape_of(aggregation.expression, known)
    if aggregation.op in _KEEPING:
        return inner
    names = frozenset(aggregation.labels)
    shape = inner.without(names) if aggregation.is_without else inner.narrowed(names)
    if aggregation.op == "count_values" and isinstance(aggregation.parameter, Text):
        return shape.with_label(aggregation.parameter.value)
    return shape


def _of_call(call: FunctionCall, known: KnownSeries) -> Shape:
    match call.name:
        case "vector" | "time" | "pi" | "scalar":
            return NO_LABELS
        case "absent" | "absent_over_time":
            return _of_absent(call, known)
        case "histogram_quantile" | "histogram_fraction":
            return shape_of(call.arguments[-1], known).without(frozenset(["le"]))
        case "label_replace" | "label_join" if isinstance(call.arguments[1], Text):
            return shape_of(call.arguments[0], known).with_label(call.arguments[1].value)
    vectors = [argument for argument in call.arguments if not is_scalar(argument)]
    return shape_of(vectors[0], known) if vectors else NO_LABELS


def _of_absent(call: FunctionCall, known: KnownSeries) -> Shape:
    """The labels of its selector's equality matchers."""
    inner = call.arguments[0]
    selector = inner.selector if isinstance(inner, Range) else inner
    if not isinstance(selector, Selector):
        return NO_LABELS
    fixed = _of_selector(selector, known).fixed
    return Shape(labels=frozenset(fixed) - {METRIC_NAME}, fixed=fixed)


def _of_binary(binary: Binary, known: KnownSeries) -> Shape:
    left, right = shape_of(binary.left, known), shape_of(binary.right, known)
    if is_scalar(binary.left):
        return right
    if is_scalar(binary.right) or binary.op in ("and", "unless"):
        return left
    if binary.op == "or":
        return _either(left, right)
    match binary.matching.group:
        case "left":
            return _including(left, binary.matching)
        case "right":
            return _including(right, binary.matching)
    if binary.matching.is_on or binary.matching.labels:
        return matched(left, binary.matching)
    return _both(left, right)


def _including(shape: Shape, matching: Matching) -> Shape:
    for name in matching.include:
        shape = shape.with_label(name)
    return shape


def _either(left: Shape, right: Shape) -> Shape:
    return Shape(
        labels=None if left.labels is None or right.labels is None else left.labels | right.labels,
        absent=left.absent & right.absent,
        fixed={k: v for k, v in left.fixed.items() if right.fixed.get(k) == v},
    )


def _both(left: Shape, right: Shape) -> Shape:
    """Of two that match label by label."""
    labels = left.labels if right.labels is None else right.labels
    return Shape(labels=labels, absent=left.absent | right.absent, fixed=left.fixed | right.fixed)
