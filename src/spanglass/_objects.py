"""What an object of an application shows of itself: its fields, or a short plain form.

Asks types, not instances, so that objects which answer to every name (mocks, proxies, database rows that load
on access) are not set to work.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice
from types import SimpleNamespace
from typing import Any

ARRAY_ITEMS_MAX = 64
"""Arrays up to so many numbers are written out, others described."""
_COLUMNS_SHOWN = 20


def fields_of(value: Any) -> Iterable[tuple[str, Any]] | None:
    """Names and values of a dataclass, pydantic or attrs object, or of a namespace; None of any other."""
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        return [
            (name, getattr(value, name, None))
            for name, field in kind.__dataclass_fields__.items()
            if field.repr and field._field_type.name == "_FIELD"
        ]
    if hasattr(kind, "__pydantic_fields__") or hasattr(kind, "__fields_set__"):
        return _pydantic_fields(value)
    if hasattr(kind, "__attrs_attrs__"):
        return [
            (field.name, getattr(value, field.name, None)) for field in kind.__attrs_attrs__ if field.repr
        ]
    if isinstance(value, SimpleNamespace) or kind.__module__ == "argparse":  # their repr shows secrets
        return list(vars(value).items())
    return None


def _pydantic_fields(value: Any) -> list[tuple[str, Any]]:
    """Without the fields that the model leaves out of its dumps or its repr; no serializer is run."""
    declared = getattr(type(value), "__pydantic_fields__", None) or getattr(type(value), "__fields__", {})
    pairs = []
    for name, given in value.__dict__.items():
        field = declared.get(name)
        if field is None or (getattr(field, "exclude", None) is not True and getattr(field, "repr", True)):
            pairs.append((name, given))
    extra = getattr(value, "__pydantic_extra__", None)
    return pairs + (list(extra.items()) if isinstance(extra, dict) else [])


def plain_form(value: Any) -> Any:
    """A text, number, list or mapping that stands for the object."""
    kind = type(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if hasattr(kind, "get_secret_value"):
        return "[redacted]"
    if hasattr(kind, "shape") and (hasattr(kind, "dtype") or hasattr(kind, "columns")):
        return _array_form(value)
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseException):
        return f"{kind.__name__}: {value}"
    if isinstance(value, Iterator) or hasattr(kind, "__anext__"):
        return f"<{getattr(value, '__qualname__', kind.__name__)}, not read>"
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"<{value.__module__}.{value.__qualname__}>"
    return _text_form(value)


def _text_form(value: Any) -> str:
    kind = type(value)
    module = kind.__module__
    # The repr of a lazy query would send it to the database.
    if _has_no_repr(kind) or module.startswith(("django.", "sqlalchemy.")):
        return f"<{module}.{kind.__qualname__}>"
    if module in ("datetime", "decimal", "uuid", "pathlib", "fractions", "zoneinfo"):
        return str(value)
    return repr(value)


def _array_form(value: Any) -> Any:
    """Of numpy, pandas, torch and their like: small arrays of numpy as numbers, all others described."""
    kind = type(value)
    shape = tuple(value.shape)
    if kind.__module__.partition(".")[0] == "numpy":
        if not shape:
            return value.item()
        if value.size <= ARRAY_ITEMS_MAX:
            return value.tolist()
    size = " x ".join(str(length) for length in shape)
    if hasattr(kind, "columns"):
        named = ", ".join(str(column) for column in islice(value.columns, _COLUMNS_SHOWN))
        return f"<{kind.__name__} {size}: {named}>"
    return f"<{kind.__name__} {value.dtype} {size}>"


def _has_no_repr(kind: Any) -> bool:
    return kind.__repr__ is object.__repr__
