"""Query parameters as ClickHouse reads them from text (its HTTP interface's `param_*`)."""

from collections.abc import Sequence

from spanglass_server.store.clickhouse.engine import Parameter, Parameters

_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f", "'": "\\'"}
)


def encode_params(params: Parameters | None) -> dict[str, str]:
    return {name: encode_param(value) for name, value in (params or {}).items()}


def encode_param(value: Parameter) -> str:
    """A top-level value is escaped like a field of a TSV file; in arrays and tuples strings are quoted."""
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if value is None:
        return "\\N"
    return _literal(value)


def _literal(value: Parameter) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return f"'{value.translate(_ESCAPES)}'"
        case tuple():
            return f"({','.join(map(_literal, value))})"
        case Sequence():
            return f"[{','.join(map(_literal, value))}]"
