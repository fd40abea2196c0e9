"""Functions whose result is there when their argument is not."""

from typing import Final

import numpy as np

from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.functions.windows import counts
from spanglass_server.promql.values import Mask, Vector


def absent(call: Call) -> Vector:
    return _one_where(call, call.vector(0).present)


def absent_over_time(call: Call) -> Vector:
    return _one_where(call, counts(call.windows(0)) > 0)


def _one_where(call: Call, there: Mask) -> Vector:
    """1 at each step at which no series is there."""
    missing = ~np.any(there, axis=0, keepdims=True)
    return Vector(labels=(call.absent_labels,), values=np.ones(missing.shape), present=missing)


ABSENCE: Final[tuple[tuple[str, Function], ...]] = (
    ("absent", absent),
    ("absent_over_time", absent_over_time),
)
