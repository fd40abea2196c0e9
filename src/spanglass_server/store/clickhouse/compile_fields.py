"""One term of the filter language as a SQL condition over a row of `spans`, `traces` or `logs`.

Every value is bound. Conditions are never NULL, so that negating one means what it says.
"""

from typing import cast

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.severity import SEVERITIES, Severity, severity_numbers
from spanglass_server.query.ast import Term, Text
from spanglass_server.query.fields import Field, ResolvedField, Target, get_field
from spanglass_server.query.values import literal_parts
from spanglass_server.store.clickhouse.engine import Parameter

_TOTAL_TOKENS = (
    "if(isNull(input_tokens) AND isNull(output_tokens), NULL,"
    " ifNull(input_tokens, 0) + ifNull(output_tokens, 0))"
)
EXPRESSIONS = {
    "duration_ns": "(end_time_ns - start_time_ns)",
    "total_tokens": _TOTAL_TOKENS,
    "model": "if(response_model != '', response_model, request_model)",
    "is_root": "(parent_span_id = '')",
    "scope_name": "JSONExtractString(scope, 'name')",
    "severity": (
        f"transform(intDiv(severity_number + 3, 4), [{', '.join(map(str, range(1, len(SEVERITIES) + 1)))}],"
        f" [{', '.join(map(repr, SEVERITIES))}], '')"
    ),
}
"""Columns that are computed when read; the tables have no such column."""

_NULLABLE = {
    "total_tokens", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "cost_usd", "ttft_ns", "streaming", "cache_hit",
}  # fmt: skip
_JSON_COLUMNS = {"metadata", "resource"}


RAISED = "if(position(attributes, 'exception.') > 0, attributes, '')"
"""What `index_raised` of the table `logs` indexes: attributes of records that tell an exception."""


class Binder:
    """Collects the values of one statement and gives the place-holder of each."""

    def __init__(self) -> None:
        self.params: dict[str, Parameter] = {}

    def __call__(self, value: Parameter, sql_type: str = "String") -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"{{{name}:{sql_type}}}"


def column_sql(field: Field) -> str:
    return EXPRESSIONS.get(field.column, field.column)


def value_sql(resolved: ResolvedField, bind: Binder) -> str:
    """The field's value as an expression: text, number, boolean or, for lists, an array."""
    if not resolved.field.is_open:
        return column_sql(resolved.field)
    if resolved.field.column in _JSON_COLUMNS:
        return _json_text(resolved.field.column, resolved.key, bind)
    return f"{resolved.field.column}[{bind(resolved.key)}]"


def term_sql(term: Term, target: Target, bind: Binder) -> str:
    resolved = get_field(term.field, target, column=term.column)
    field = resolved.field
    if field.is_open:
        return _open(term, resolved, bind)
    column = column_sql(field)
    if field.type in ("enum", "text"):
        return f"{column} = ''" if term.value is None else text_match(column, term, bind)
    if field.type == "list":
        return f"empty({column})" if term.value is None else list_match_sql(column, term, bind)
    if field.type == "payload":
        return f"{column} = ''" if term.value is None else _payload_match(column, term, bind)
    if field.type == "severity":
        return _severity_match(term, bind)
    if term.value is None:
        return f"isNull({column})"
    sql_type = "Bool" if isinstance(term.value, bool) else "Float64"
    compared = f"{column} {term.operator} {bind(term.value, sql_type)}"
    return f"ifNull({compared}, false)" if field.column in _NULLABLE else compared


def free_text_sql(text: Text, bind: Binder) -> str:
    """Words of input and output are found through the text index; names are few, so a part of one matches."""
    in_name = f"positionCaseInsensitiveUTF8(name, {bind(text.text)}) > 0"
    found = [_contains(column, text.text, bind) for column in ("input", "output")]
    return f"({' OR '.join([*found, in_name])})"


def log_text_sql(text: Text, bind: Binder) -> str:
    """Words of the body, or of an exception that was logged with it, or an event's whole name: for a part of
    that every record would have to be read."""
    found = [_contains(column, text.text, bind) for column in ("body", RAISED)]
    return f"({' OR '.join(found)} OR event_name = {bind(text.text)})"


def _contains(column: str, text: str, bind: Binder) -> str:
    """The tokens by the index. It holds Korean, Chinese and Japanese by the character, so for those, as for
    phrases, what it found is checked to stand together."""
    tokens = f"hasAllTokens({column}, {bind(text)})"
    needle = text.strip() or text
    if needle.isascii() and needle.isalnum():
        return tokens
    together = f"positionCaseInsensitiveUTF8({column}, {bind(needle)}) > 0"
    return f"({tokens} AND {together})" if any(char.isalnum() for char in needle) else together


def _payload_match(column: str, term: Term, bind: Binder) -> str:
    value = str(term.value)
    if term.operator == "~":
        return f"match({column}, {bind(value)})"
    if term.is_pattern:
        return f"{column} ILIKE {bind(_like(value))}"
    return _contains(column, value, bind)


def _severity_match(term: Term, bind: Binder) -> str:
    """A record of unknown severity is in no class: neither below nor above another."""
    if term.value is None:
        return "severity_number = 0"
    first, last = severity_numbers(cast("Severity", term.value))
    low, high = {
        "=": (first, last),
        ">=": (first, 255),
        ">": (last + 1, 255),
        "<": (1, first - 1),
        "<=": (1, last),
    }[term.operator]
    return f"(severity_number BETWEEN {bind(low, 'UInt8')} AND {bind(high, 'UInt8')})"


def text_match(value: str, term: Term, bind: Binder) -> str:
    text = str(term.value)
    if term.operator == "~":
        return f"match({value}, {bind(text)})"
    if term.is_pattern:
        return f"{value} LIKE {bind(_like(text))}"
    return f"{value} = {bind(text)}"


def list_match_sql(column: str, term: Term, bind: Binder) -> str:
    if term.operator == "=" and not term.is_pattern:
        return f"has({column}, {bind(str(term.value))})"
    return f"arrayExists(item -> {text_match('item', term, bind)}, {column})"


def _open(term: Term, resolved: ResolvedField, bind: Binder) -> str:
    column, is_json = resolved.field.column, resolved.field.column in _JSON_COLUMNS
    value = value_sql(resolved, bind)
    present = f"{value} != ''" if is_json else f"mapContains({column}, {bind(resolved.key)})"
    if term.value is None:
        return f"NOT {present}"
    if isinstance(term.value, str):
        return f"({present} AND {text_match(value, term, bind)})"
    if isinstance(term.value, bool):
        raise QueryInvalid(f"`{term.field}` holds text", column=term.column)
    number = f"toFloat64OrNull({value}) {term.operator} {bind(term.value, 'Float64')}"
    return f"({present} AND ifNull({number}, false))"


def _json_text(column: str, key: str, bind: Binder) -> str:
    """The value under a key, or under a path of keys where no key has that name: strings bare, else JSON."""
    flat = _json_at(column, [bind(key)])
    if "." not in key:
        return flat
    path = [bind(part) for part in key.split(".")]
    return f"if(JSONHas({column}, {bind(key)}), {flat}, {_json_at(column, path)})"


def _json_at(column: str, path: list[str]) -> str:
    at = ", ".join([column, *path])
    return f"if(JSONType({at}) = 'String', JSONExtractString({at}), JSONExtractRaw({at}))"


def _like(pattern: str) -> str:
    parts = literal_parts(pattern)
    return "%".join(part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in parts)
