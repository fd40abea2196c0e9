"""A plan and the samples it asked for -> its result. Every expression is evaluated at all steps at once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from spanglass_server.base.errors import QueryTooLarge
from spanglass_server.model.series import METRIC_NAME, Labels, Series, Times
from spanglass_server.promql.aggregate import apply_aggregation
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Number,
    Parentheses,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
    children_of,
    walk,
    without_parentheses,
)
from spanglass_server.promql.binary import apply_binary
from spanglass_server.promql.check import type_of
from spanglass_server.promql.functions import FUNCTIONS
from spanglass_server.promql.functions.call import Call, Notes, QueryTimes
from spanglass_server.promql.plan import Need, Plan
from spanglass_server.promql.result import Result, Sample
from spanglass_server.promql.selectors import (
    in_order,
    lay_out,
    pieces,
    select_instant,
    select_windows,
    split_windows,
    windows_of_vector,
    without_stale,
)
from spanglass_server.promql.values import Scalar, String, Value, Vector, Windows
from spanglass_server.promql.vectors import join, labels_without_dropped_names, merge_rows, prune

SAMPLES_MAX: Final = 50_000_000
"""Prometheus' default of --query.max-samples."""

_DEPENDS_ON_TIME: Final = frozenset(
    [
        "days_in_month",
        "day_of_month",
        "day_of_week",
        "day_of_year",
        "hour",
        "minute",
        "month",
        "year",
        "predict_linear",
        "time",
        "timestamp",
    ]
)
"""Functions whose value moves with the evaluation time even where their arguments are fixed by @."""
_ORDERING: Final = frozenset(("sort", "sort_desc", "sort_by_label", "sort_by_label_desc"))
_OF_ALL_SERIES: Final = frozenset(("absent_over_time",))
"""Functions of range vectors that look at all series together."""


def evaluate(
    plan: Plan,
    data: Sequence[Sequence[Series]],
    *,
    check: Callable[[], None] = lambda: None,
    samples_max: int = SAMPLES_MAX,
) -> Result:
    """`data` holds the series of each of the plan's selections, in any order. `check` is called between the
    parts; what it raises ends the evaluation. Raises EvaluationError, and QueryTooLarge with the limit
    `samples_per_query_max` for more than `samples_max` samples in one value."""
    with np.errstate(all="ignore"):
        return _Evaluation(plan, data, check, samples_max).run()


class _Evaluation:
    def __init__(
        self, plan: Plan, data: Sequence[Sequence[Series]], check: Callable[[], None], samples_max: int
    ) -> None:
        self._plan = plan
        self._data = data
        self._check = check
        self._samples_max = samples_max
        self._notes = Notes()
        self._series: dict[int, Sequence[Series]] = {}
        """By a selection's index: in order."""
        self._is_fixed: dict[int, bool] = {}
        """By a node's id: whether it has the same value at all steps."""

    def run(self) -> Result:
        self._mark_fixed(self._plan.expression)
        self._limit(sum(len(one.times_ms) for series in self._data for one in series))
        times = self._plan.times_ms
        if not len(times):
            return self._result(type="matrix")
        value = self._value_of(self._plan.expression, times)
        if self._plan.step_ms:
            return self._result(type="matrix", matrix=_range_matrix(value, times))
        return self._instant_result(value)

    # Results

    def _instant_result(self, value: Value) -> Result:
        match value:
            case Scalar(values=values):
                return self._result(type="scalar", scalar=float(values[0]))
            case String(value=text):
                return self._result(type="string", string=text)
            case Windows():
                return self._result(type="matrix", matrix=_windows_matrix(value))
            case Vector():
                samples = _instant_samples(value, self._plan.start_ms)
                if not _is_ordered(self._plan.expression):
                    samples.sort(key=lambda sample: sample.labels)
                return self._result(type="vector", vector=samples)

    def _result(self, **value: object) -> Result:
        return Result(
            time_ms=self._plan.start_ms,
            warnings=list(self._notes.warnings),
            infos=list(self._notes.infos),
            **value,  # type: ignore[arg-type]
        )

    # Nodes

    def _value_of(self, node: Expression, times: Times) -> Value:
        self._check()
        if self._is_fixed[id(node)] and len(times) > 1 and not isinstance(node, Range | Subquery):
            return _repeated(self._compute(node, times[:1]), len(times))
        return self._compute(node, times)

    def _compute(self, node: Expression, times: Times) -> Value:
        match node:
            case Number(value=number):
                return Scalar(values=np.full(len(times), number))
            case Text(value=text):
                return String(value=text)
            case Parentheses(expression=inner):
                return self._value_of(inner, times)
            case Selector():
                return self._instant(node, times)
            case Range():
                return self._windows(node, times)
            case Subquery():
                return self._subquery(node, times)
            case Unary(op=op, expression=inner):
                value = self._value_of(inner, times)
                return _negated(value) if op == "-" else value
            case Binary(left=left, right=right):
                value = apply_binary(node, self._value_of(left, times), self._value_of(right, times))
                self._limit(value.values.size)
                return value
            case Aggregation():
                return self._aggregation(node, times)
            case FunctionCall():
                return self._call(node, times)

    def _aggregation(self, node: Aggregation, times: Times) -> Value:
        parameter = None if node.parameter is None else self._value_of(node.parameter, times)
        value = self._value_of(node.expression, times)
        assert isinstance(value, Vector)
        return apply_aggregation(node, value, parameter, notes=self._notes, limit=self._limit)

    def _call(self, node: FunctionCall, times: Times) -> Value:
        if node.name == "timestamp":
            selector = without_parentheses(node.arguments[0])
            if isinstance(selector, Selector):
                return self._instant(selector, times, is_timestamp=True)
        windows_at = [at for at, argument in enumerate(node.arguments) if type_of(argument) == "matrix"]
        if windows_at and node.name not in _OF_ALL_SERIES:
            return self._call_by_pieces(node, times, windows_at[0])
        arguments = [self._value_of(argument, times) for argument in node.arguments]
        value = self._apply(node, arguments, times)
        if not isinstance(value, Vector):
            return value
        return prune(value)

    def _call_by_pieces(self, node: FunctionCall, times: Times, windows_at: int) -> Vector:
        """A function of range vectors, which looks at one series at a time."""
        arguments = [
            self._value_of(argument, times) if at != windows_at else String(value="")
            for at, argument in enumerate(node.arguments)
        ]
        found: list[Vector] = []
        cells = 0
        for windows in self._window_pieces(node.arguments[windows_at], times):
            self._check()
            arguments[windows_at] = windows
            value = self._apply(node, arguments, times)
            assert isinstance(value, Vector)
            found.append(prune(value))
            cells += found[-1].values.size
            self._limit(cells)
        return join(found)

    def _window_pieces(self, node: Expression, times: Times) -> Iterator[Windows]:
        node = without_parentheses(node)
        if isinstance(node, Range):
            ends_ms = self._looked_at(node.selector, times)
            need = self._plan.need_of(node.selector, node.range_ms, int(times[0]), int(times[-1]))
            for piece in pieces(self._series_of(need), len(times)):
                yield select_windows(without_stale(lay_out(piece)), ends_ms, node.range_ms)
        else:
            windows = self._value_of(node, times)
            assert isinstance(windows, Windows)
            yield from split_windows(windows)

    def _apply(self, node: FunctionCall, arguments: Sequence[Value], times: Times) -> Value:
        call = Call(
            name=node.name,
            arguments=arguments,
            positions=[argument.span.position for argument in node.arguments],
            times_ms=times,
            notes=self._notes,
            absent_labels=_absent_labels(node),
            query=QueryTimes(
                start_ms=self._plan.start_ms, end_ms=self._plan.end_ms, step_ms=self._plan.step_ms
            ),
            check=self._check,
        )
        return FUNCTIONS[node.name](call)

    # Selectors

    def _instant(self, node: Selector, times: Times, *, is_timestamp: bool = False) -> Vector:
        need = self._plan.need_of(node, 0, int(times[0]), int(times[-1]))
        at_ms = self._looked_at(node, times)
        found: list[Vector] = []
        cells = 0
        for piece in pieces(self._series_of(need), len(times)):
            self._check()
            samples = lay_out(piece)
            found.append(select_instant(samples, at_ms, self._plan.lookback_ms, is_timestamp=is_timestamp))
            cells += found[-1].values.size
            self._limit(cells)
        return join(found)

    def _windows(self, node: Range, times: Times) -> Windows:
        need = self._plan.need_of(node.selector, node.range_ms, int(times[0]), int(times[-1]))
        series = self._series_of(need)
        self._limit(len(series) * len(times))
        ends_ms = self._looked_at(node.selector, times)
        return select_windows(without_stale(lay_out(series)), ends_ms, node.range_ms)

    def _series_of(self, need: Need) -> Sequence[Series]:
        index = self._plan.indexes[need]
        if index not in self._series:
            self._series[index] = in_order(self._data[index])
        return self._series[index]

    def _subquery(self, node: Subquery, times: Times) -> Windows:
        ends_ms = self._looked_at(node, times)
        first, last, step = self._plan.inner_times_of(node, int(times[0]), int(times[-1]))
        self._limit(max(0, (last - first) // step + 1))
        inner_times = np.arange(first, last + 1, step, dtype=np.int64)
        vector = self._value_of(node.expression, inner_times) if len(inner_times) else _nothing()
        assert isinstance(vector, Vector)
        self._limit(len(vector.labels) * len(times))
        return windows_of_vector(vector, inner_times, ends_ms, node.range_ms)

    def _looked_at(self, node: Selector | Subquery, times: Times) -> Times:
        at_ms = self._plan.at_ms(node)
        if at_ms is not None:
            return np.full(len(times), at_ms - node.offset_ms, np.int64)
        return times - node.offset_ms

    # Bounds

    def _limit(self, samples: int) -> None:
        if samples > self._samples_max:
            raise QueryTooLarge(
                "query processing would load too many samples into memory in query execution",
                hint="ask for less time, fewer series or a longer step; "
                f"the limit is samples_per_query_max: {self._samples_max:,}",
                limit="samples_per_query_max",
            )

    def _mark_fixed(self, node: Expression) -> bool:
        # All children are marked, also behind one that moves.
        children = [self._mark_fixed(child) for child in children_of(node)]
        fixed = all(children)
        match node:
            case Selector(at=at) | Subquery(at=at):
                fixed = at is not None
            case FunctionCall(name=name):
                fixed = fixed and name not in _DEPENDS_ON_TIME
        self._is_fixed[id(node)] = fixed
        return fixed


def _nothing() -> Vector:
    return Vector(labels=(), values=np.empty((0, 0)), present=np.empty((0, 0), np.bool_))


def _repeated(value: Value, steps: int) -> Value:
    match value:
        case Scalar(values=values):
            return Scalar(values=np.full(steps, values[0]))
        case Vector():
            shape = (len(value.labels), steps)
            return Vector(
                labels=value.labels,
                values=np.broadcast_to(value.values, shape),
                present=np.broadcast_to(value.present, shape),
                drop_name=value.drop_name,
            )
        case _:
            return value


def _negated(value: Value) -> Value:
    if isinstance(value, Scalar):
        return Scalar(values=-value.values)
    assert isinstance(value, Vector)
    dropped = [True] * len(value.labels)
    return Vector(labels=value.labels, values=-value.values, present=value.present, drop_name=dropped)


def _absent_labels(node: FunctionCall) -> Labels:
    """What equality matchers tell about the series that is not there; nothing of a label matched twice."""
    if node.name not in ("absent", "absent_over_time"):
        return ()
    argument = without_parentheses(node.arguments[0])
    selector = argument.selector if isinstance(argument, Range) else argument
    if not isinstance(selector, Selector):
        return ()
    told: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in selector.matchers:
        if matcher.name == METRIC_NAME:
            continue
        if matcher.op == "=" and matcher.name not in seen:
            told[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            told.pop(matcher.name, None)
    return tuple(sorted((name, value) for name, value in told.items() if value))


def _is_ordered(expression: Expression) -> bool:
    """Whether the expression says something about the order of an instant query's result."""
    return any(
        (isinstance(node, Aggregation) and node.op in ("topk", "bottomk"))
        or (isinstance(node, FunctionCall) and node.name in _ORDERING)
        for node in walk(expression)
    )


def _named(vector: Vector) -> Vector:
    """With the names removed that delayed removal kept so far."""
    labels = labels_without_dropped_names(vector)
    return merge_rows(Vector(labels=labels, values=vector.values, present=vector.present))


def _instant_samples(vector: Vector, time_ms: int) -> list[Sample]:
    vector = _named(vector)
    values = vector.values[:, 0].tolist() if len(vector.labels) else []
    rows = np.flatnonzero(vector.present[:, 0]).tolist() if len(vector.labels) else []
    return [Sample(labels=vector.labels[row], time_ms=time_ms, value=values[row]) for row in rows]


def _range_matrix(value: Value, times: Times) -> list[Series]:
    if isinstance(value, Scalar):
        return [Series((), times, value.values)] if len(times) else []
    assert isinstance(value, Vector)
    vector = _named(value)
    found = []
    for labels, values, present in zip(vector.labels, vector.values, vector.present, strict=True):
        if present.all():
            found.append(Series(labels, times, values))
        elif present.any():
            found.append(Series(labels, times[present], values[present]))
    return sorted(found, key=lambda series: series.labels)


def _windows_matrix(windows: Windows) -> list[Series]:
    found = []
    for labels, first, last in zip(windows.labels, windows.first[:, 0], windows.last[:, 0], strict=True):
        if first < last:
            found.append(Series(labels, windows.times_ms[first:last], windows.values[first:last]))
    return sorted(found, key=lambda series: series.labels)
