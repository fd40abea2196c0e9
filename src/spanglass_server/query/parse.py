"""Text of the filter language -> `ast.Expression`."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.severity import severity_named, severity_of
from spanglass_server.query.ast import And, Expression, Not, Operator, Or, Term, Text
from spanglass_server.query.fields import ResolvedField, Target, get_field
from spanglass_server.query.values import (
    parse_bool,
    parse_duration_ns,
    parse_money_usd,
    parse_number,
    pattern_of,
)

FILTER_CHARS_MAX = 4000
FILTER_TERMS_MAX = 100
FILTER_DEPTH_MAX = 30

_FIELD = re.compile(r"(.*?)\s*(:|!=|>=|<=|[=<>~])\Z", re.DOTALL)
_COMPARED = re.compile(r"(>=|<=|>|<)(.+)\Z", re.DOTALL)
_CARET_WINDOW = 60


def parse_filter(text: str, target: Target) -> Expression | None:
    """None for a blank text. Raises QueryInvalid that points at the column.

    Nested `and` within `and`, and `or` within `or`, come out flat.
    """
    if not text.strip():
        return None
    if len(text) > FILTER_CHARS_MAX:
        raise QueryInvalid(f"the filter has {len(text)} characters; {FILTER_CHARS_MAX} is the most")
    try:
        node: _Node = _parser(target).parse(text)  # type: ignore[assignment]  # the transformer makes nodes
    except UnexpectedInput as problem:
        raise _syntax_error(problem, text) from None
    except QueryInvalid as problem:
        hint = _joined(problem.hint, _caret(text, problem.column))
        raise QueryInvalid(problem.message, hint=hint, column=problem.column) from None
    return node.expression


@cache
def _parser(target: Target) -> Lark:
    grammar = files(__package__).joinpath("filter.lark").read_text(encoding="utf-8")
    return Lark(
        grammar, parser="lalr", lexer="contextual", transformer=_Builder(target), maybe_placeholders=False
    )


class _Node(NamedTuple):
    expression: Expression
    depth: int = 1
    terms: int = 1


class _Item(NamedTuple):
    """A value as written: `text` still has the escapes of `*` and of the backslash."""

    text: str
    is_quoted: bool
    column: int


@v_args(inline=True)
class _Builder(Transformer[Token, _Node]):
    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target: Target = target

    def either(self, *nodes: _Node) -> _Node:
        return nodes[0] if len(nodes) == 1 else _combined(Or, nodes)

    def all(self, *nodes: _Node) -> _Node:
        return nodes[0] if len(nodes) == 1 else _combined(And, nodes)

    def negation(self, sign: Token, node: _Node) -> _Node:
        return _limited(_Node(Not(operand=node.expression), node.depth + 1, node.terms), _column(sign))

    def group(self, node: _Node) -> _Node:
        return _limited(node._replace(depth=node.depth + 1))

    def word(self, token: Token) -> _Node:
        if not any(char.isalnum() for char in token):
            raise QueryInvalid(f"`{token}` holds no word to search for", column=_column(token))
        return _Node(Text(text=str(token), is_phrase=False, column=_column(token)))

    def phrase(self, token: Token) -> _Node:
        text = re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
        if not text.strip():
            raise QueryInvalid("the quotes hold nothing to search for", column=_column(token))
        return _Node(Text(text=text, is_phrase=True, column=_column(token)))

    def bare(self, token: Token) -> _Item:
        return _Item(str(token), False, _column(token))

    def quoted(self, token: Token) -> _Item:
        unquoted = re.sub(r"\\(.)", lambda m: '"' if m[1] == '"' else m[0], token[1:-1], flags=re.DOTALL)
        return _Item(unquoted, True, _column(token))

    def values(self, *items: _Item) -> tuple[_Item, ...]:
        return items

    def term(self, token: Token, items: tuple[_Item, ...]) -> _Node:
        name, operator = _FIELD.match(token).groups()  # type: ignore[union-attr]  # FIELD holds an operator
        name, column = _unquoted_key(name), _column(token)
        if name == "has":
            return _any([_has(item, self._target) for item in items])
        resolved = get_field(name, self._target, column=column)
        node = _any([_term(resolved, operator, item) for item in items])
        return _Node(Not(operand=node.expression), node.depth + 1, node.terms) if operator == "!=" else node


def _any(expressions: Sequence[Expression]) -> _Node:
    if len(expressions) == 1:
        return _Node(expressions[0])
    return _combined(Or, [_Node(expression) for expression in expressions])


def _combined(make: type[And] | type[Or], nodes: Sequence[_Node]) -> _Node:
    operands: list[Expression] = []
    for node in nodes:
        operands.extend(node.expression.operands if isinstance(node.expression, make) else [node.expression])
    depth, terms = 1 + max(node.depth for node in nodes), sum(node.terms for node in nodes)
    return _limited(_Node(make(operands=tuple(operands)), depth, terms))


def _limited(node: _Node, column: int | None = None) -> _Node:
    if node.terms > FILTER_TERMS_MAX:
        raise QueryInvalid(f"the filter has more than {FILTER_TERMS_MAX} terms", column=column)
    if node.depth > FILTER_DEPTH_MAX:
        raise QueryInvalid(f"the filter is nested more than {FILTER_DEPTH_MAX} deep", column=column)
    return node


def _has(item: _Item, target: Target) -> Expression:
    return _present(get_field(_unquoted_key(item.text), target, column=item.column), item)


def _present(resolved: ResolvedField, item: _Item) -> Expression:
    return Not(operand=Term(field=resolved.name, operator="=", value=None, column=item.column))


def _term(resolved: ResolvedField, written: str, item: _Item) -> Expression:
    field, operator = resolved.field, _operator(written)
    if operator == "~":
        return _regex(resolved, item)
    if operator == "=" and not item.is_quoted:
        if item.text == "null":
            return Term(field=resolved.name, operator="=", value=None, column=item.column)
        if item.text == "*":
            return _present(resolved, item)
        if field.is_ordered and (range_ := _range(resolved, item)) is not None:
            return range_
        if (
            field.is_open
            and (compared := _COMPARED.match(item.text))
            and parse_number(compared[2]) is not None
        ):
            bound = _Item(compared[2], False, item.column + len(compared[1]))
            return _term(resolved, compared[1], bound)
    if operator != "=" and not (field.is_ordered or field.is_open):
        raise QueryInvalid(f"`{resolved.name}` cannot be compared with {operator}", column=item.column)
    if operator != "=" and field.is_open:
        return Term(
            field=resolved.name, operator=operator, value=_number(resolved, item), column=item.column
        )  # fmt: skip
    return _typed(resolved, operator, item)


def _operator(written: str) -> Operator:
    match written:
        case "<" | "<=" | ">" | ">=" | "~":
            return written
        case _:
            return "="


def _typed(resolved: ResolvedField, operator: Operator, item: _Item) -> Term:
    field, is_pattern = resolved.field, False
    value: str | float | bool
    if field.type in ("enum", "severity"):
        value = _choice(resolved, item)
    elif field.is_ordered:
        value = _number(resolved, item)
    elif field.type == "bool":
        value = _bool(resolved, item)
    else:
        value, is_pattern = pattern_of(item.text)
    return Term(
        field=resolved.name, operator=operator, value=value, is_pattern=is_pattern, column=item.column
    )  # fmt: skip


def _regex(resolved: ResolvedField, item: _Item) -> Term:
    if "~" not in resolved.field.operators:
        raise QueryInvalid(f"`{resolved.name}` cannot be matched with ~", column=item.column)
    text = item.text
    try:
        re.compile(text)
    except re.error as problem:
        raise QueryInvalid(
            f"`{text}` is not a regular expression: {problem.msg}", column=item.column
        ) from None
    return Term(field=resolved.name, operator="~", value=text, column=item.column)


def _range(resolved: ResolvedField, item: _Item) -> Expression | None:
    """`1s..5s`, `5..`, `..5` (both ends included), and `:>5` as others write `>5`."""
    if compared := _COMPARED.match(item.text):
        bound = _Item(compared[2], False, item.column + len(compared[1]))
        return _typed(resolved, _operator(compared[1]), bound)
    low, dots, high = item.text.partition("..")
    if not dots or not (low or high):
        return None
    ends: list[Expression] = []
    if low:
        ends.append(_typed(resolved, ">=", _Item(low, False, item.column)))
    if high:
        ends.append(_typed(resolved, "<=", _Item(high, False, item.column + len(low) + 2)))
    return ends[0] if len(ends) == 1 else And(operands=tuple(ends))


def _number(resolved: ResolvedField, item: _Item) -> float:
    field, name = resolved.field, resolved.name
    if field.type == "duration":
        value, hint = parse_duration_ns(item.text), "write a number and a unit: 300ms, 2s, 1.5m, 1h"
    elif field.type == "money":
        value, hint = parse_money_usd(item.text), "write US dollars: 0.01 or $0.01"
    else:
        value, hint = parse_number(item.text), "write a number: 200, 1.5k, 2M"
    if value is None:
        raise QueryInvalid(f"`{item.text}` is not a value of `{name}`", hint=hint, column=item.column)
    return value


def _bool(resolved: ResolvedField, item: _Item) -> bool:
    value = parse_bool(item.text)
    if value is None:
        raise QueryInvalid(
            f"`{item.text}` is not a value of `{resolved.name}`",
            hint="write true or false", column=item.column,
        )  # fmt: skip
    return value


def _choice(resolved: ResolvedField, item: _Item) -> str:
    choices, word = resolved.field.choices, item.text.lower()
    if resolved.field.type == "severity":
        word = severity_of(severity_named(word)) or word
    if word not in choices:
        near = get_close_matches(word, choices, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "one of " + ", ".join(choices)
        message = f"`{item.text}` is not a value of `{resolved.name}`"
        raise QueryInvalid(message, hint=hint, column=item.column)
    return word


def _unquoted_key(name: str) -> str:
    """`attributes."my key"` -> `attributes.my key`."""
    family, quote, key = name.partition('"')
    return family + re.sub(r"\\(.)", r"\1", key[:-1], flags=re.DOTALL) if quote else name


def _column(token: Token) -> int:
    return token.start_pos or 0


def _syntax_error(problem: UnexpectedInput, text: str) -> QueryInvalid:
    column = problem.pos_in_stream if problem.pos_in_stream is not None else len(text)
    message = "the filter cannot be read here"
    if isinstance(problem, UnexpectedCharacters):
        message = 'this `"` is never closed' if text[column] == '"' else f"unexpected `{text[column]}`"
    elif isinstance(problem, UnexpectedToken):
        is_end = problem.token.type == "$END"
        column = len(text) if is_end else _column(problem.token)
        message = _token_message(problem, text[:column])
    return QueryInvalid(message, hint=_caret(text, column), column=column)


def _token_message(problem: UnexpectedToken, before: str) -> str:
    is_end, expected = problem.token.type == "$END", problem.expected
    got = "the end" if is_end else f"`{problem.token}`"
    if "VALUE" in expected:
        return f"expected a value, not {got}"
    if is_end and "RPAR" in expected:
        return "a `(` is never closed"
    if problem.token.type == "RPAR" and before.rstrip().endswith("("):
        return "there is nothing in the parentheses"
    if problem.token.type == "RPAR" and "$END" in expected:
        return "this `)` closes nothing"
    return f"expected a term, not {got}"


def _caret(text: str, column: int | None) -> str:
    if column is None:
        return ""
    start = max(0, column - _CARET_WINDOW)
    shown = re.sub(r"\s", " ", text[start : column + _CARET_WINDOW])
    return f"{shown}\n{' ' * (column - start)}^"


def _joined(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
