"""`ast.Expression` -> text of the filter language, such that parsing it gives the expression back."""

import re

from spanglass_server.query.ast import And, Expression, Not, Or, Term, Text
from spanglass_server.query.fields import Field, Target, get_field
from spanglass_server.query.values import print_duration, print_number

_BARE_KEY = re.compile(r"[\w.\/@$-]+\Z")
_BARE_VALUE = re.compile(r"""(?!(?:and|or|not|null|\*)\Z)(?![<>~=!|&])[^\s()",\\:]+\Z""", re.IGNORECASE)
_BARE_WORD = re.compile(
    r"""(?!(?:and|or|not)\Z|[-!]|&&|\|\||[^\W\d][\w./@$-]*(?::|!=|[=<>~]))[^\s()",:=<>~][^\s()"]*\Z""",
    re.IGNORECASE,
)
"""What filter.lark reads as one WORD wherever it stands."""


def print_filter(expression: Expression, target: Target) -> str:
    match expression:
        case And(operands=operands):
            return " ".join(_operand(operand, target) for operand in operands)
        case Or(operands=operands):
            return " or ".join(_operand(operand, target) for operand in operands)
        case Not(operand=operand):
            return "-" + _operand(operand, target)
        case Text(text=text, is_phrase=is_phrase):
            is_word = not is_phrase and _BARE_WORD.match(text) is not None
            return text if is_word else _quote_phrase(text)
        case Term():
            return _print_term(expression, target)


def _operand(expression: Expression, target: Target) -> str:
    text = print_filter(expression, target)
    return text if isinstance(expression, Term | Text | Not) else f"({text})"


def _print_term(term: Term, target: Target) -> str:
    resolved = get_field(term.field, target)
    name = _print_name(resolved.field, resolved.key)
    operator = ":" if term.operator == "=" else term.operator
    return f"{name}{operator}{_print_value(term, resolved.field)}"


def _print_name(field: Field, key: str) -> str:
    if not key or _BARE_KEY.match(key):
        return field.name + key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field.name}"{escaped}"'


def _print_value(term: Term, field: Field) -> str:
    match term.value:
        case None:
            return "null"
        case bool(value):
            return "true" if value else "false"
        case str(value) if term.operator == "~":
            return '"' + value.replace('"', '\\"') + '"'
        case str(value):
            return _print_text(value, is_pattern=term.is_pattern)
        case value:
            return print_duration(value) if field.type == "duration" else print_number(value)


def _print_text(value: str, *, is_pattern: bool) -> str:
    if _BARE_VALUE.match(value) and (is_pattern or "*" not in value):
        return value
    escaped = value if is_pattern else re.sub(r"([*\\])", r"\\\1", value)
    return '"' + escaped.replace('"', '\\"') + '"'


def _quote_phrase(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
