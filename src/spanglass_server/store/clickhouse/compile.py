"""`query.ast.Expression` -> a SQL condition with bound values.

Over `spans` each term is a condition of the row. Over `traces`, terms that ask the spans become a sub-select
of trace ids: those that stand together in one `and` must hold on the same span, and a negated one means that
no span of the trace matches.

Words are looked for in every stored revision of a span, which the text index answers without reading a text;
all else in the newest revision (FINAL).
"""

from collections.abc import Sequence

from spanglass_server.query.ast import And, Expression, Not, Or, Term, Text
from spanglass_server.query.fields import Target, get_field
from spanglass_server.store.clickhouse.compile_fields import (
    Binder,
    free_text_sql,
    list_match_sql,
    log_text_sql,
    term_sql,
)
from spanglass_server.store.clickhouse.compile_scores import asks_scores, scores_sql


def span_condition(expression: Expression, bind: Binder, spans: str) -> str:
    """A condition over a row of `spans`. `spans` is the condition that bounds the spans to look at."""
    match expression:
        case Not(operand=operand):
            return f"NOT {span_condition(operand, bind, spans)}"
        case And(operands=operands):
            return f"({' AND '.join(span_condition(operand, bind, spans) for operand in operands)})"
        case Or(operands=operands):
            return f"({' OR '.join(span_condition(operand, bind, spans) for operand in operands)})"
        case Term() if not _is_words(expression):
            return _term(expression, "spans", bind)
        case Term() | Text():
            found = f"SELECT trace_id, span_id FROM spans WHERE {spans} AND {_words(expression, bind)}"
            return f"(trace_id, span_id) IN ({found})"


def trace_condition(expression: Expression, bind: Binder, spans: str) -> str:
    """A condition over a row of `traces`. `spans` is the condition that bounds the spans to look at."""
    match expression:
        case Term() if not _asks_spans(expression):
            return _term(expression, "traces", bind)
        case Not(operand=operand) if not _asks_spans(expression):
            return f"NOT {trace_condition(operand, bind, spans)}"
        case And(operands=operands) if not _asks_spans(expression):
            apart = [trace_condition(o, bind, spans) for o in operands if not _asks_spans(o)]
            together = [operand for operand in operands if _asks_spans(operand)]
            found = [_some_span(together, bind, spans)] if together else []
            return f"({' AND '.join([*apart, *found])})"
        case Or(operands=operands) if not _asks_spans(expression):
            return f"({' OR '.join(trace_condition(operand, bind, spans) for operand in operands)})"
        case And(operands=operands):
            return _some_span(operands, bind, spans)
        case _:
            return _some_span([expression], bind, spans)


def _term(term: Term, target: Target, bind: Binder) -> str:
    return scores_sql(term, target, bind) if asks_scores(term, target) else term_sql(term, target, bind)


def log_condition(expression: Expression, bind: Binder) -> str:
    """A condition over a row of `logs`. A record never changes, so all stored copies of it hold the same."""
    match expression:
        case Not(operand=operand):
            return f"NOT {log_condition(operand, bind)}"
        case And(operands=operands):
            return f"({' AND '.join(log_condition(operand, bind) for operand in operands)})"
        case Or(operands=operands):
            return f"({' OR '.join(log_condition(operand, bind) for operand in operands)})"
        case Term():
            return term_sql(expression, "logs", bind)
        case Text():
            return log_text_sql(expression, bind)


def _asks_spans(expression: Expression) -> bool:
    """Whether one span alone can answer: terms over spans, joined by `and` and `or`, none of them negated."""
    match expression:
        case Text():
            return True
        case Term(field=field, column=column):
            return get_field(field, "traces", column=column).field.of_span
        case Not(operand=Term(value=None) as absent):
            return _asks_spans(absent)  # `has:field` asks for a span that has it.
        case Not():
            return False
        case And(operands=operands) | Or(operands=operands):
            return all(_asks_spans(operand) for operand in operands)


SUMMARIZED = {"kind": "kinds", "error_type": "error_types"}
"""Span fields of which a trace's summary lists every value. Models are of calls alone."""


def _some_span(operands: Sequence[Expression], bind: Binder, spans: str) -> str:
    """The traces with a span on which all operands hold."""
    match operands:
        case [Term(field=field, value=str()) as term] if field in SUMMARIZED:
            return list_match_sql(SUMMARIZED[field], term, bind)
    if all(isinstance(operand, Term | Text) and _is_words(operand) for operand in operands):
        words = [_words(operand, bind) for operand in operands if isinstance(operand, Term | Text)]
        return f"trace_id IN (SELECT trace_id FROM spans WHERE {spans} AND {' AND '.join(words)})"
    held = [span_condition(operand, bind, spans) for operand in operands]
    return f"trace_id IN (SELECT trace_id FROM spans FINAL WHERE {spans} AND {' AND '.join(held)})"


def _is_words(leaf: Term | Text) -> bool:
    """Whether the text index can answer it."""
    if isinstance(leaf, Text):
        return True
    is_plain = leaf.operator == "=" and leaf.value is not None and not leaf.is_pattern
    return is_plain and get_field(leaf.field, "spans", column=leaf.column).field.type == "payload"


def asks_words(expression: Expression) -> bool:
    """Whether texts are searched."""
    match expression:
        case Not(operand=operand):
            return asks_words(operand)
        case And(operands=operands) | Or(operands=operands):
            return any(map(asks_words, operands))
        case _:
            return _is_words(expression)


def _words(leaf: Term | Text, bind: Binder) -> str:
    return free_text_sql(leaf, bind) if isinstance(leaf, Text) else term_sql(leaf, "spans", bind)
