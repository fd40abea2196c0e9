"""Terms that ask scores, as conditions over a row of `traces` or `spans`.

A trace's scores are its own and those of its spans; a span's are its own.
"""

from typing import Final

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import Term
from spanglass_server.query.fields import ResolvedField, Target, get_field
from spanglass_server.query.values import parse_number
from spanglass_server.store.clickhouse.compile_fields import Binder, text_match

_DAY_NS: Final = 86_400_000_000_000
_SCORES: Final = (
    f"scores FINAL WHERE project_id = {{project:String}} AND time_ns >= {{from_ns:Int64}} - {_DAY_NS}"
)
"""Scores come after what they judge, years maybe; a day is left for clocks that differ."""


def scores_of_range() -> str:
    """The scores that rows of the range may have, as the beginning of a FROM with its WHERE."""
    return _SCORES


def asks_scores(term: Term, target: Target) -> bool:
    return get_field(term.field, target, column=term.column).field.column in ("scores", "score_names")


def scores_sql(term: Term, target: Target, bind: Binder) -> str:
    """The place-holders `project` and `from_ns` are the statement's own."""
    resolved = get_field(term.field, target, column=term.column)
    key = "trace_id" if target == "traces" else "(trace_id, span_id)"
    wanted = [part for part in (_named(term, resolved, bind), _valued(term, resolved, bind)) if part]
    found = " AND ".join([_SCORES, "trace_id != ''" if target == "traces" else "span_id != ''", *wanted])
    columns = "trace_id" if target == "traces" else "trace_id, span_id"
    membership = "NOT IN" if term.value is None else "IN"
    return f"{key} {membership} (SELECT {columns} FROM {found})"


def _named(term: Term, resolved: ResolvedField, bind: Binder) -> str:
    if resolved.field.is_open:
        return f"name = {bind(resolved.key)}"
    return "" if term.value is None else text_match("name", term, bind)


def _valued(term: Term, resolved: ResolvedField, bind: Binder) -> str:
    if not resolved.field.is_open or term.value is None:
        return ""
    if isinstance(term.value, bool):
        raise QueryInvalid(f"write `{term.field}:true` for a score", column=term.column)
    if not isinstance(term.value, str):
        return f"ifNull(value {term.operator} {bind(term.value, 'Float64')}, false)"
    matched = text_match("string_value", term, bind)
    number = parse_number(term.value) if term.operator == "=" and not term.is_pattern else None
    if number is None:
        return matched
    return f"({matched} OR ifNull(value = {bind(number, 'Float64')}, false))"
