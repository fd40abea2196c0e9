"""PromQL's tokens. A character that starts none becomes an `error` token, so that the parser may complain
about something before it first."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["number", "duration", "string", "word", "label", "sign", "end", "error"]
"""A label stands in braces, where no word has a meaning of its own; a word is a keyword, a metric or a
function."""


class Token(NamedTuple):
    kind: Kind
    text: str
    """Of an error: what Prometheus says about it."""
    start: int
    end: int


AGGREGATORS: Final = frozenset(
    (
        *("avg", "bottomk", "count", "count_values", "group", "limit_ratio", "limitk", "max", "min"),
        *("quantile", "stddev", "stdvar", "sum", "topk"),
    )
)
KEYWORDS: Final = frozenset(
    ("bool", "by", "end", "group_left", "group_right", "ignoring", "offset", "on", "start", "without")
)
WORD_OPERATORS: Final = frozenset(("and", "or", "unless", "atan2"))
NUMBER_WORDS: Final = frozenset(("inf", "nan"))
NOT_METRICS: Final = NUMBER_WORDS | {"bool", "on", "ignoring", "group_left", "group_right", "atan2"}
"""Words that are never read as a metric's name; others are where nothing else can be meant."""
_SIGN_OPERATORS: Final = frozenset(
    ("+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "=~", "!~", "@")
)

_DIGITS: Final = "[0-9](?:_?[0-9])*"
_SPACE: Final = re.compile(r"(?:[ \t\n\r]+|#[^\n\r]*)+")
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|' r"'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`")
_QUANTITY: Final = re.compile(
    r"(?:(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+)"
    r"|(?P<number>0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*"
    rf"|(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?))(?![0-9a-zA-Z_.])"
)
_NO_QUANTITY: Final = re.compile(r"[0-9a-zA-Z_.]+")
_METRIC_WORD: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_WORD: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SIGN: Final = re.compile(r"==|!=|<=|>=|=(?!~)|[-+*/%^<>(),{\[@]")
_BRACE_SIGN: Final = re.compile(r"=~|!~|!=|[=,}]")
_BRACKET_SIGN: Final = re.compile(r"[-+*/%^(),:\]]")


def tokenize(text: str) -> Iterator[Token]:
    """Ends with the token `end` or an `error`."""
    at, depth, inside = 0, 0, ""
    while True:
        if space := _SPACE.match(text, at):
            at = space.end()
        token = _end(at, depth, inside) if at == len(text) else _next(text, at, inside)
        if token.kind == "sign":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            inside = _inside_after(token.text, inside)
            if depth < 0:
                token = Token("error", "unexpected right parenthesis ')'", at + 1, at + 1)
        yield token
        if token.kind in ("end", "error"):
            return
        at = token.end


def describe(token: Token) -> str:
    """As Prometheus names a token that it did not expect."""
    lower = token.text.lower()
    if token.kind == "end":
        return "end of input"
    if token.kind == "label":
        return f'identifier "{token.text}"'
    if token.kind == "word":
        if lower in AGGREGATORS:
            return f"<aggr:{token.text}>"
        if lower in WORD_OPERATORS:
            return f"<op:{token.text}>"
        if lower in KEYWORDS:
            return f"<{token.text}>"
        return f'{"metric identifier" if ":" in token.text else "identifier"} "{token.text}"'
    if token.kind == "sign":
        return f"<op:{token.text}>" if token.text in _SIGN_OPERATORS else f'"{token.text}"'
    shown = token.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{token.kind} "{shown}"'


def _inside_after(sign: str, inside: str) -> str:
    if sign in "{[":
        return sign
    return "" if sign in "}]" else inside


def _end(at: int, depth: int, inside: str) -> Token:
    if inside == "{":
        return Token("error", "unexpected end of input inside braces", at, at)
    if inside == "[":
        return Token("error", "unexpected end of input in duration expression", at, at)
    if depth:
        return Token("error", "unclosed left parenthesis", at, at)
    return Token("end", "", at, at)


def _next(text: str, at: int, inside: str) -> Token:
    first = text[at]
    if first in "\"'`" and inside != "[":
        return _string(text, at)
    if inside != "{" and (first.isdecimal() or (first == "." and text[at + 1 : at + 2].isdecimal())):
        return _quantity(text, at)
    if word := (_LABEL_WORD if inside else _METRIC_WORD).match(text, at):
        return Token(_kind_of(word.group(), inside), word.group(), at, word.end())
    signs = {"{": _BRACE_SIGN, "[": _BRACKET_SIGN}.get(inside, _SIGN)
    if sign := signs.match(text, at):
        return Token("sign", sign.group(), at, sign.end())
    return Token("error", _complaint(text, at, inside), at, at + 1)


def _kind_of(word: str, inside: str) -> Kind:
    if inside == "{":
        return "label"
    return "number" if word.lower() in NUMBER_WORDS else "word"


def _string(text: str, at: int) -> Token:
    if found := _STRING.match(text, at):
        return Token("string", found.group(), at, found.end())
    what = "raw string" if text[at] == "`" else "quoted string"
    return Token("error", f"unterminated {what}", at, len(text))


def _quantity(text: str, at: int) -> Token:
    if found := _QUANTITY.match(text, at):
        return Token("duration" if found["duration"] else "number", found.group(), at, found.end())
    bad = _NO_QUANTITY.match(text, at)
    shown = bad.group() if bad else text[at]
    return Token("error", f'bad number or duration syntax: "{shown}"', at, at + len(shown))


def _complaint(text: str, at: int, inside: str) -> str:
    first, second = text[at], text[at + 1 : at + 2]
    if inside == "{":
        if first == "!":
            return f"unexpected character after '!' inside braces: {second!r}"
        return (
            f"unexpected left brace {first!r}"
            if first == "{"
            else f"unexpected character inside braces: {first!r}"
        )
    if inside == "[":
        return f"unexpected character in duration expression: {first!r}"
    if first in "!=":
        return f"unexpected character after {first!r}: {second!r}"
    if first == "]":
        return "unexpected right bracket ']'"
    return f"unexpected character: {first!r}"
