"""Between scalars and vectors, and the one constant."""

from typing import Final

import numpy as np

from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.values import Scalar, Vector


def scalar(call: Call) -> Scalar:
    """The value of the only element, NaN where there are none or several."""
    vector = call.vector(0)
    alone = vector.present.sum(axis=0) == 1
    total = np.where(vector.present, vector.values, 0.0).sum(axis=0)
    return Scalar(values=np.where(alone, total, np.nan))


def vector(call: Call) -> Vector:
    values = np.broadcast_to(call.scalar(0), call.times_ms.shape)[np.newaxis, :]
    return Vector(labels=((),), values=values, present=np.ones(values.shape, np.bool_))


def pi(call: Call) -> Scalar:
    return Scalar(values=np.full(len(call.times_ms), np.pi))


CONVERSIONS: Final[tuple[tuple[str, Function], ...]] = (("scalar", scalar), ("vector", vector), ("pi", pi))
