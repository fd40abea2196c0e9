"""Values inside an evaluation: every expression is evaluated at all steps at once.

S series, T steps. Absent and NaN are two things, so presence is a mask of its own; what stands in `values`
where `present` is false means nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from spanglass_server.model.series import Labels, Times, Values

Mask: TypeAlias = npt.NDArray[np.bool_]
Indexes: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """An instant vector at each step."""

    labels: Sequence[Labels]
    """S; each once at any one step."""
    values: Values
    """S x T."""
    present: Mask
    """S x T."""
    drop_name: Sequence[bool] = ()
    """S, or empty for none: series whose metric name goes at the evaluation's end (delayed name removal)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    values: Values
    """T."""


@dataclass(frozen=True, slots=True, kw_only=True)
class String:
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """A range vector at each step: stretches of the series' samples, without stale markers. All samples stand
    in two flat arrays, series after series; the samples of series s in the window of step t are
    flat[first[s, t] : last[s, t]], none where both are equal."""

    labels: Sequence[Labels]
    times_ms: Times
    """Flat, all series one after another."""
    values: Values
    """Flat."""
    first: Indexes
    """S x T, into the flat arrays."""
    last: Indexes
    """S x T, exclusive."""
    ends_ms: Times
    """T: where each window ends (inclusive), offset and @ applied."""
    range_ms: int
    """A window holds ends_ms - range_ms < time <= ends_ms."""


Value: TypeAlias = Vector | Scalar | String | Windows
