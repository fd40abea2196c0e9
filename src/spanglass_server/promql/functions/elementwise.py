"""Functions of single values: arithmetic, trigonometry, rounding, clamping."""

from collections.abc import Callable
from typing import Final

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.values import Mask, Scalar, Vector


def _mapped(vector: Vector, values: Values, present: Mask | None = None) -> Vector:
    return Vector(
        labels=vector.labels,
        values=values,
        present=vector.present if present is None else present,
        drop_name=(True,) * len(vector.labels),
    )


def _each(function: Callable[[Values], Values]) -> Function:
    def mapped(call: Call) -> Vector:
        vector = call.vector(0)
        return _mapped(vector, function(vector.values))

    return mapped


def _sign(values: Values) -> Values:
    return np.where(values < 0, -1.0, np.where(values > 0, 1.0, values))


def round_to_nearest(call: Call) -> Vector:
    """To the nearest multiple, 1 by default; ties go up."""
    vector = call.vector(0)
    inverse = 1.0 / (call.scalar(1) if len(call.arguments) > 1 else np.ones(1))
    return _mapped(vector, np.floor(vector.values * inverse + 0.5) / inverse)


def clamp(call: Call) -> Vector:
    """Nothing at steps where the bounds are crossed."""
    return _clamped(call.vector(0), call.scalar(1), call.scalar(2))


def clamp_min(call: Call) -> Vector:
    return _clamped(call.vector(0), call.scalar(1), np.full(1, np.inf))


def clamp_max(call: Call) -> Vector:
    return _clamped(call.vector(0), np.full(1, -np.inf), call.scalar(1))


def _clamped(vector: Vector, low: Values, high: Values) -> Vector:
    values = np.maximum(low, np.minimum(high, vector.values))
    return _mapped(vector, values, vector.present & ~(high < low))


def min_of(call: Call) -> Scalar:
    return Scalar(values=np.minimum(call.scalar(0), call.scalar(1)))


def max_of(call: Call) -> Scalar:
    return Scalar(values=np.maximum(call.scalar(0), call.scalar(1)))


ELEMENTWISE: Final[tuple[tuple[str, Function], ...]] = (
    ("abs", _each(np.abs)),
    ("ceil", _each(np.ceil)),
    ("floor", _each(np.floor)),
    ("exp", _each(np.exp)),
    ("sqrt", _each(np.sqrt)),
    ("ln", _each(np.log)),
    ("log2", _each(np.log2)),
    ("log10", _each(np.log10)),
    ("sin", _each(np.sin)),
    ("cos", _each(np.cos)),
    ("tan", _each(np.tan)),
    ("asin", _each(np.arcsin)),
    ("acos", _each(np.arccos)),
    ("atan", _each(np.arctan)),
    ("sinh", _each(np.sinh)),
    ("cosh", _each(np.cosh)),
    ("tanh", _each(np.tanh)),
    ("asinh", _each(np.arcsinh)),
    ("acosh", _each(np.arccosh)),
    ("atanh", _each(np.arctanh)),
    ("rad", _each(lambda values: values * np.pi / 180)),
    ("deg", _each(lambda values: values * 180 / np.pi)),
    ("sgn", _each(_sign)),
    ("round", round_to_nearest),
    ("clamp", clamp),
    ("clamp_min", clamp_min),
    ("clamp_max", clamp_max),
    ("min_of", min_of),
    ("max_of", max_of),
)
