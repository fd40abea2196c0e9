"""Functions of histograms. Classic ones are series with `le`; native ones are not stored here."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from spanglass_server.model.series import Labels, Values, labels_of
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.functions import buckets
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.functions.monotonicity import Corrections
from spanglass_server.promql.functions.quantiles import told_quantile
from spanglass_server.promql.functions.texts import openmetrics
from spanglass_server.promql.functions.windows import metric_name
from spanglass_server.promql.quoting import is_label_name, quote
from spanglass_server.promql.values import Indexes, Mask, Vector

_BUCKET_LABEL: Final = "le"


class _Histogram(NamedTuple):
    labels: Labels
    """Without `le`."""
    bounds: tuple[float, ...]
    """Rising."""
    rows: tuple[int, ...]
    """Where the buckets stand in the vector, in the bounds' order."""


class _Block(NamedTuple):
    """Histograms at steps where they have the same buckets."""

    histograms: Indexes
    """N: numbers of histograms."""
    steps: Indexes
    """N."""
    bounds: Values
    counts: Values
    """Coalesced: B x N."""


_Computed: TypeAlias = Callable[[_Block], Values]


def histogram_quantile(call: Call) -> Vector:
    wanted = np.broadcast_to(call.scalar(0), call.times_ms.shape)
    told_quantile(call, wanted, 0)
    vector = call.vector(1)
    histograms, corrections = _histograms(call, vector, 1), Corrections()
    found = _computed(vector, histograms, _quantile(call, histograms, wanted, corrections))
    corrections.tell(call, 1)
    return found


def histogram_quantiles(call: Call) -> Vector:
    """Several quantiles at once, told apart by a label."""
    vector, name = call.vector(0), call.string(1)
    if not is_label_name(name):
        raise EvaluationError(f"invalid label name {quote(name)}")
    histograms, corrections = _histograms(call, vector, 0), Corrections()
    parts: list[Vector] = []
    for number in range(2, len(call.arguments)):
        wanted = np.broadcast_to(call.scalar(number), call.times_ms.shape)
        told_quantile(call, wanted, number)
        found = _computed(vector, histograms, _quantile(call, histograms, wanted, corrections))
        parts.extend(_labelled(found, name, wanted))
    corrections.tell(call, 0)
    return _stacked(parts, len(call.times_ms))


def histogram_fraction(call: Call) -> Vector:
    lower, upper = (np.broadcast_to(call.scalar(number), call.times_ms.shape) for number in (0, 1))
    vector = call.vector(2)

    def computed(block: _Block) -> Values:
        if not np.isposinf(block.bounds[-1]):
            return np.full(len(block.steps), np.nan)
        return buckets.fractions(lower[block.steps], upper[block.steps], block.bounds, block.counts)

    return _computed(vector, _histograms(call, vector, 2), computed)


def of_native_only(call: Call) -> Vector:
    """Of native histograms only, and none is stored here: floats are passed over."""
    return Vector(
        labels=(),
        values=np.zeros((0, len(call.times_ms))),
        present=np.zeros((0, len(call.times_ms)), np.bool_),
    )


def _quantile(
    call: Call, histograms: Sequence[_Histogram], wanted: Values, corrections: Corrections
) -> _Computed:
    def computed(block: _Block) -> Values:
        if not np.isposinf(block.bounds[-1]):
            return np.full(len(block.steps), np.nan)
        of_steps = wanted[block.steps]
        found, forced = buckets.quantiles(of_steps, block.bounds, block.counts)
        is_told = (of_steps >= 0) & (of_steps <= 1) & forced.raised.any(axis=0)
        for columns in _by_histogram(block, np.flatnonzero(is_told)):
            name = metric_name(histograms[block.histograms[columns[0]]].labels)
            corrections.add(name, forced.at(columns), block.bounds, call.times_ms[block.steps[columns]])
        return found

    return computed


def _by_histogram(block: _Block, columns: Indexes) -> Iterator[Indexes]:
    """The columns (rising, so those of a histogram stand together) histogram by histogram."""
    borders = np.flatnonzero(np.diff(block.histograms[columns])) + 1
    return (part for part in np.split(columns, borders) if len(part))


def _histograms(call: Call, vector: Vector, argument: int) -> list[_Histogram]:
    """The series by their labels without `le`; those without a number there are left out, with a warning."""
    found: dict[Labels, list[tuple[float, int]]] = {}
    for row, labels in enumerate(vector.labels):
        if not vector.present[row].any():
            continue
        bound = _bound(dict(labels).get(_BUCKET_LABEL, ""))
        if bound is None:
            _warn_of(call, labels, argument)
            continue
        rest = tuple(pair for pair in labels if pair[0] != _BUCKET_LABEL)
        found.setdefault(rest, []).append((bound, row))
    return [
        _Histogram(labels, tuple(bound for bound, _ in members), tuple(row for _, row in members))
        for labels, members in ((labels, sorted(members)) for labels, members in found.items())
    ]


def _bound(text: str) -> float | None:
    if not text or text != text.strip() or "_" in text:
        return None
    try:
        bound = float(text)
    except ValueError:
        return None
    return None if np.isnan(bound) else bound


def _warn_of(call: Call, labels: Labels, argument: int) -> None:
    name, value = metric_name(labels), dict(labels).get(_BUCKET_LABEL, "")
    whose = f" for metric name {quote(name)}" if name else ""
    text = f'bucket label "le" is missing or has a malformed value of {quote(value)}{whose}'
    call.notes.warn(call.noted(f"PromQL warning: {text}", argument))


def _computed(vector: Vector, histograms: Sequence[_Histogram], compute: _Computed) -> Vector:
    shape = (len(histograms), vector.values.shape[1])
    values, present = np.zeros(shape), np.zeros(shape, np.bool_)
    for block in _blocks(vector, histograms):
        values[block.histograms, block.steps] = compute(block)
        present[block.histograms, block.steps] = True
    return Vector(
        labels=[histogram.labels for histogram in histograms],
        values=values,
        present=present,
        drop_name=(True,) * len(histograms),
    )


def _blocks(vector: Vector, histograms: Sequence[_Histogram]) -> Iterator[_Block]:
    alike: dict[tuple[float, ...], list[int]] = {}
    for number, histogram in enumerate(histograms):
        alike.setdefault(histogram.bounds, []).append(number)
    steps = vector.values.shape[1]
    for bounds, numbers in alike.items():
        rows = np.array([histograms[number].rows for number in numbers], np.int64).T
        present = vector.present[rows].reshape(len(bounds), -1)
        counts = vector.values[rows].reshape(len(bounds), -1)
        of, at = np.repeat(numbers, steps), np.tile(np.arange(steps), len(numbers))
        for there, columns in _layouts(present):
            some = buckets.coalesced(np.array(bounds)[there], counts[there][:, columns])
            yield _Block(of[columns], at[columns], *some)


def _layouts(present: Mask) -> Iterator[tuple[Mask, Indexes]]:
    """(which buckets are there, the columns where it is just those); none where there is no bucket."""
    everywhere = np.ones(len(present), np.bool_)
    full = present.all(axis=0)
    if full.any():
        yield everywhere, np.flatnonzero(full)
    partial = np.flatnonzero(~full & present.any(axis=0))
    if not len(partial):
        return
    layouts, which = np.unique(present[:, partial].T, axis=0, return_inverse=True)
    for number, there in enumerate(layouts):
        yield there, partial[which.reshape(-1) == number]


def _labelled(found: Vector, name: str, wanted: Values) -> list[Vector]:
    """A vector for each value that `wanted` takes over the steps, with the value as a label."""
    return [
        Vector(
            labels=[labels_of(dict(labels) | {name: openmetrics(float(value))}) for labels in found.labels],
            values=found.values,
            present=found.present & _same(wanted, value),
            drop_name=found.drop_name,
        )
        for value in np.unique(wanted)
    ]


def _same(values: Values, value: float) -> Mask:
    same: Mask = np.isnan(values) if np.isnan(value) else values == value
    return same


def _stacked(parts: Sequence[Vector], steps: int) -> Vector:
    labels = [one for part in parts for one in part.labels]
    values = np.concatenate([np.zeros((0, steps)), *(part.values for part in parts)])
    present = np.concatenate([np.zeros((0, steps), np.bool_), *(part.present for part in parts)])
    _check_distinct(labels, present)
    return Vector(labels=labels, values=values, present=present, drop_name=(True,) * len(labels))


def _check_distinct(labels: Sequence[Labels], present: Mask) -> None:
    seen: dict[Labels, Mask] = {}
    for one, mask in zip(labels, present, strict=True):
        if (seen.get(one, np.zeros_like(mask)) & mask).any():
            raise EvaluationError("vector cannot contain metrics with the same labelset")
        seen[one] = seen.get(one, np.zeros_like(mask)) | mask


HISTOGRAMS: Final[tuple[tuple[str, Function], ...]] = (
    ("histogram_quantile", histogram_quantile),
    ("histogram_quantiles", histogram_quantiles),
    ("histogram_fraction", histogram_fraction),
    ("histogram_avg", of_native_only),
    ("histogram_count", of_native_only),
    ("histogram_sum", of_native_only),
    ("histogram_stddev", of_native_only),
    ("histogram_stdvar", of_native_only),
)
