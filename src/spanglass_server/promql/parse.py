"""PromQL's text -> its syntax tree, with the errors of Prometheus' parser: docs/adr/0006-promql-parser.md."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final, Literal, NoReturn

from spanglass_server.base.limits import EXPRESSION_CHARS_MAX, EXPRESSION_DEPTH_MAX
from spanglass_server.model.series import METRIC_NAME, Matcher, MatchOperator
from spanglass_server.promql.ast import (
    Aggregation,
    At,
    Binary,
    Expression,
    FunctionCall,
    Matching,
    Number,
    Parentheses,
    Range,
    Selector,
    Span,
    Subquery,
    Text,
    Unary,
    children_of,
    position_of,
)
from spanglass_server.promql.check import check
from spanglass_server.promql.durations import parse_duration_ms, seconds_to_ms
from spanglass_server.promql.errors import ExpressionInvalid, Unsupported
from spanglass_server.promql.functions import FUNCTIONS
from spanglass_server.promql.lex import (
    AGGREGATORS,
    KEYWORDS,
    NOT_METRICS,
    WORD_OPERATORS,
    Token,
    describe,
    tokenize,
)
from spanglass_server.promql.patterns import why_no_pattern
from spanglass_server.promql.quoting import as_text, is_label_name, quote, unquote
from spanglass_server.promql.signatures import SIGNATURES

_TOO_DEEP: Final = f"more than {EXPRESSION_DEPTH_MAX} expressions inside one another"

_LEVELS: Final = {
    **dict.fromkeys(("or",), 1),
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
"""How strongly binary operators bind; all but ^ from the left."""
_UNARY_LEVEL: Final = 6
_NOT_FUNCTIONS: Final = (KEYWORDS - {"start", "end"}) | WORD_OPERATORS
_WITH_PARAMETER: Final = frozenset(("topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"))
_TIME_MS_MAX: Final = 1 << 62
"""Of @: room is left for offsets and ranges within 64 bits."""
_KEPT_CHARS_MAX: Final = 4_000
"""Longer expressions, which few write and which take megabytes when parsed, are parsed each time."""
_DURATION_WORDS: Final = frozenset(("step", "range", "min", "max", "min_of", "max_of"))
_EDGES: Final[dict[str, Literal["start", "end"]]] = {"start": "start", "end": "end"}
_MATCH_OPERATORS: Final[dict[str, MatchOperator]] = {"=": "=", "!=": "!=", "=~": "=~", "!~": "!~"}


def parse(text: str) -> Expression:
    """Raises ExpressionInvalid, with the column, in Prometheus' words: `1:5: parse error: ...`; Unsupported
    for what is experimental there and not supported here."""
    if len(text) > EXPRESSION_CHARS_MAX:
        raise ExpressionInvalid(f"the expression is longer than {EXPRESSION_CHARS_MAX:,} characters")
    if len(text) > _KEPT_CHARS_MAX:
        return _parse(text)
    return _parse_once(text)


def parse_selector(text: str) -> tuple[Matcher, ...]:
    """What `match[]` parameters hold: a selector alone, without offset and @. Raises as `parse`."""
    parser = _Parser(text)
    selector = parser.parse_whole(parser.parse_vector_selector)
    check(selector, text, parser.complain)
    assert isinstance(selector, Selector)
    return selector.matchers


def _parse(text: str) -> Expression:
    parser = _Parser(text)
    expression = parser.parse_whole(parser.parse_expression)
    if depth_of(expression) > EXPRESSION_DEPTH_MAX:
        raise parser.complain(expression.span, _TOO_DEEP)
    check(expression, text, parser.complain)
    return expression


_parse_once: Final = lru_cache(maxsize=2048)(_parse)


def depth_of(expression: Expression) -> int:
    """How many expressions stand inside one another."""
    depth, level = 0, [expression]
    while level:
        depth, level = depth + 1, [child for node in level for child in children_of(node)]
    return depth


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._depth = 0
        self._closed = 0
        self._ahead: list[Token] = []

    def complain(self, span: Span, said: str) -> ExpressionInvalid:
        position = span.position or position_of(self._text, span.start)
        return ExpressionInvalid(f"{position}: parse error: {said}", column=span.start + 1)

    def parse_whole(self, parse_part: Callable[[], Expression]) -> Expression:
        if self._peek().kind == "end":
            raise self.complain(self._span(0, 0), "no expression found in input")
        expression = parse_part()
        if self._peek().kind != "end":
            self._fail_unexpected()
        return expression

    def parse_expression(self, level: int = 1) -> Expression:
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH_MAX:
            raise self.complain(self._span_of(self._peek()), _TOO_DEEP)
        left = self._parse_unary()
        while (own := _LEVELS.get(self._peek().text.lower(), 0)) >= level:
            left = self._parse_binary(left, own)
        self._depth -= 1
        return left

    def parse_vector_selector(self) -> Selector:
        token = self._peek()
        name, names, matchers = "", list[str](), list[Matcher]()
        if token.kind == "word" and token.text.lower() not in NOT_METRICS:
            name = self._next().text
        elif token.text != "{":
            self._fail_unexpected()
        if self._peek().text == "{" and self._peek().kind == "sign":
            names, matchers = self._parse_matchers()
        for other in names:
            if name:
                said = f"metric name must not be set twice: {quote(name)} or {quote(other)}"
                raise self.complain(self._span_of(token), said)
            name = other
        if name:
            matchers.insert(0, Matcher(METRIC_NAME, "=", name))
        return Selector(matchers=tuple(matchers), name=name, span=self._since(token.start))

    # Tokens

    def _peek(self, ahead: int = 0) -> Token:
        while len(self._ahead) <= ahead:
            last = self._ahead[-1] if self._ahead else None
            self._ahead.append(last if last and last.kind in ("end", "error") else next(self._tokens))
        token = self._ahead[ahead]
        if token.kind == "error" and ahead == 0:
            raise self.complain(self._span_of(token), token.text)
        return token

    def _next(self) -> Token:
        token = self._peek()
        if token.kind != "end":
            self._ahead.pop(0)
        self._closed = token.end
        return token

    def _take(self, sign: str) -> bool:
        if self._peek().kind == "sign" and self._peek().text == sign:
            self._next()
            return True
        return False

    def _expect(self, sign: str, context: str = "", expected: str = "") -> None:
        if not self._take(sign):
            self._fail_unexpected(context, expected)

    def _take_word(self, *words: str) -> str:
        """The next token in lower case, taken if it is one of the words, else empty."""
        token = self._peek()
        if token.kind == "word" and token.text.lower() in words:
            return self._next().text.lower()
        return ""

    def _span(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, position=position_of(self._text, start))

    def _span_of(self, token: Token) -> Span:
        return self._span(token.start, token.end)

    def _since(self, start: int) -> Span:
        return self._span(start, self._closed)

    def _fail_unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        token = self._peek()
        said = f"unexpected {describe(token)}"
        said += f" in {context}" if context else ""
        said += f", expected {expected}" if expected else ""
        raise self.complain(self._span_of(token), said)

    def _fail_experimental(self, what: str) -> NoReturn:
        start = self._peek().start
        raise _unsupported(self._text, start, what)

    # Operators

    def _parse_unary(self) -> Expression:
        token = self._peek()
        if token.kind != "sign" or token.text not in ("+", "-"):
            return self._parse_postfix(self._parse_primary())
        self._next()
        operand = self.parse_expression(_UNARY_LEVEL)
        span = self._span(token.start, operand.span.end)
        if isinstance(operand, Number):
            return Number(value=-operand.value if token.text == "-" else operand.value, span=span)
        return Unary(op="-" if token.text == "-" else "+", expression=operand, span=span)

    def _parse_binary(self, left: Expression, level: int) -> Expression:
        operator = self._next()
        op = operator.text.lower()
        if op in ("<", ">") and self._peek().text == "/":
            raise _unsupported(self._text, operator.start, f"the operator {op}/")
        is_bool = bool(self._take_word("bool"))
        matching = self._parse_matching()
        right = self.parse_expression(level if op == "^" else level + 1)
        span = self._span(left.span.start, right.span.end)
        return Binary(op=op, left=left, right=right, matching=matching, is_bool=is_bool, span=span)

    def _parse_matching(self) -> Matching:
        matching = Matching()
        if word := self._take_word("on", "ignoring"):
            matching = Matching(is_on=word == "on", labels=self._parse_labels())
            if word := self._take_word("group_left", "group_right"):
                include = self._parse_labels() if self._peek().text == "(" else ()
                group: Literal["left", "right"] = "left" if word == "group_left" else "right"
                matching = replace(matching, group=group, include=include)
        if self._peek().text.lower() in ("fill", "fill_left", "fill_right") and self._peek(1).text == "(":
            self._fail_experimental(f"{self._peek().text.lower()}()")
        return matching

    def _parse_labels(self) -> tuple[str, ...]:
        self._expect("(", "grouping opts", '"("')
        labels: list[str] = []
        while not self._take(")"):
            labels.append(self._parse_label())
            if not self._take(",") and self._peek().text != ")":
                self._fail_unexpected("grouping opts", '"," or ")"')
        return tuple(labels)

    def _parse_label(self) -> str:
        token = self._peek()
        if token.kind == "string":
            return self._parse_name(token)
        if token.kind != "word" or ":" in token.text:
            self._fail_unexpected("grouping opts", "label")
        return self._next().text

    def _parse_name(self, token: Token) -> str:
        name = self._parse_string()
        if not is_label_name(name):
            raise self.complain(self._span_of(token), f"invalid label name {quote(name)}")
        return name

    # Operands

    def _parse_primary(self) -> Expression:
        token = self._peek()
        if token.kind in ("number", "duration"):
            return Number(value=self._parse_number(), span=self._span_of(token))
        if token.kind == "string":
            return Text(value=self._parse_string(), span=self._span_of(token))
        if token.text == "(" and token.kind == "sign":
            self._next()
            inner = self.parse_expression()
            self._expect(")")
            return Parentheses(expression=inner, span=self._since(token.start))
        if token.kind == "word" and self._is_aggregation(token):
            return self._parse_aggregation()
        if self._is_call(token):
            return self._parse_call()
        return self.parse_vector_selector()

    def _is_aggregation(self, token: Token) -> bool:
        following = self._peek(1)
        if following.kind == "error":
            return False
        return token.text.lower() in AGGREGATORS and (
            following.text == "("
            or (following.kind == "word" and following.text.lower() in ("by", "without"))
        )

    def _is_call(self, token: Token) -> bool:
        is_name = token.kind == "word" and ":" not in token.text and token.text.lower() not in _NOT_FUNCTIONS
        return is_name and self._peek(1).text == "("

    def _parse_aggregation(self) -> Expression:
        start = self._next()
        op = start.text.lower()
        if op == "limit_ratio":
            raise _unsupported(self._text, start.start, f"{op}()")
        modifier, labels = self._parse_grouping()
        arguments = self._parse_arguments("aggregation")
        if not modifier:
            modifier, labels = self._parse_grouping()
        span = self._since(start.start)
        wanted = 2 if op in _WITH_PARAMETER else 1
        if not arguments:
            raise self.complain(span, "no arguments for aggregate expression provided")
        if len(arguments) != wanted:
            said = "wrong number of arguments for aggregate expression provided"
            raise self.complain(span, f"{said}, expected {wanted}, got {len(arguments)}")
        return Aggregation(
            op=op,
            expression=arguments[-1],
            parameter=arguments[0] if wanted == 2 else None,
            is_without=modifier == "without",
            labels=labels,
            span=span,
        )

    def _parse_grouping(self) -> tuple[str, tuple[str, ...]]:
        modifier = self._take_word("by", "without")
        return modifier, self._parse_labels() if modifier else ()

    def _parse_call(self) -> Expression:
        start = self._next()
        signature = SIGNATURES.get(start.text)
        if signature is None:
            raise self.complain(self._span_of(start), f"unknown function with name {quote(start.text)}")
        if start.text not in FUNCTIONS:
            raise _unsupported(self._text, start.start, f"{start.text}()")
        arguments = self._parse_arguments()
        return FunctionCall(name=start.text, arguments=arguments, span=self._since(start.start))

    def _parse_arguments(self, context: str = "") -> tuple[Expression, ...]:
        self._expect("(", context)
        arguments: list[Expression] = []
        while not self._take(")"):
            arguments.append(self.parse_expression())
            comma = self._peek()
            if self._take(",") and self._peek().text == ")":
                raise self.complain(self._span_of(comma), "trailing commas not allowed in function call args")
            if comma.text not in (",", ")"):
                self._fail_unexpected(context)
        return tuple(arguments)

    def _parse_matchers(self) -> tuple[list[str], list[Matcher]]:
        """The names given as `{"name"}`, and the matchers."""
        self._next()
        names: list[str] = []
        matchers: list[Matcher] = []
        while not self._take("}"):
            token = self._peek()
            if token.kind not in ("label", "string"):
                self._fail_unexpected("label matching", 'identifier or "}"')
            label = self._parse_name(token) if token.kind == "string" else self._next().text
            if token.kind == "string" and self._peek().text in (",", "}"):
                names.append(label)
            else:
                matchers.append(self._parse_matcher(token, label))
            if not self._take(",") and self._peek().text != "}":
                self._fail_unexpected("label matching", '"," or "}"')
        return names, matchers

    def _parse_matcher(self, start: Token, label: str) -> Matcher:
        op = _MATCH_OPERATORS.get(self._peek().text)
        if op is None:
            self._fail_unexpected("label matching", "label matching operator")
        self._next()
        if self._peek().kind != "string":
            self._fail_unexpected("label matching", "string")
        value = self._parse_string()
        if op in ("=~", "!~") and (wrong := why_no_pattern(value)):
            raise self.complain(self._since(start.start), wrong)
        return Matcher(label, op, as_text(value))

    # Modifiers

    def _parse_postfix(self, operand: Expression) -> Expression:
        while True:
            token = self._peek()
            if token.text == "[" and token.kind == "sign":
                operand = self._parse_brackets(operand)
            elif token.kind == "word" and token.text.lower() == "offset":
                self._next()
                operand = self._with_offset(operand, self._parse_offset())
            elif token.text == "@" and token.kind == "sign":
                self._next()
                operand = self._with_at(operand, self._parse_at(operand))
            elif token.kind == "word" and token.text.lower() in ("smoothed", "anchored"):
                self._fail_experimental(token.text.lower())
            else:
                return operand

    def _parse_brackets(self, operand: Expression) -> Expression:
        bracket = self._next()
        range_ms = self._parse_duration("subquery selector", "number or duration")
        if self._take(":"):
            step_ms = 0
            if self._peek().text != "]":
                step_ms = self._parse_duration("subquery selector", 'number or duration or "]"')
            self._expect("]", "subquery selector", '"]"')
            span = self._since(operand.span.start)
            return Subquery(expression=operand, range_ms=range_ms, step_ms=step_ms, span=span)
        self._expect("]", "subquery or range", '":" or "]"')
        if not isinstance(operand, Selector):
            raise self.complain(self._span_of(bracket), "ranges only allowed for vector selectors")
        if operand.offset_ms:
            raise self.complain(self._span_of(bracket), "no offset modifiers allowed before range")
        if operand.at is not None:
            raise self.complain(self._span_of(bracket), "no @ modifiers allowed before range")
        return Range(selector=operand, range_ms=range_ms, span=self._since(operand.span.start))

    def _with_offset(self, operand: Expression, offset_ms: int) -> Expression:
        target = operand.selector if isinstance(operand, Range) else operand
        if not isinstance(target, Selector | Subquery):
            said = "offset modifier must be preceded by an instant vector selector or range vector selector"
            raise self.complain(operand.span, f"{said} or a subquery")
        if target.offset_ms:
            raise self.complain(operand.span, "offset may not be set multiple times")
        return self._modified(operand, replace(target, offset_ms=offset_ms))

    def _with_at(self, operand: Expression, at: At) -> Expression:
        target = operand.selector if isinstance(operand, Range) else operand
        if not isinstance(target, Selector | Subquery):
            said = "@ modifier must be preceded by an instant vector selector or range vector selector"
            raise self.complain(operand.span, f"{said} or a subquery")
        if target.at is not None:
            raise self.complain(operand.span, "@ <timestamp> may not be set multiple times")
        return self._modified(operand, replace(target, at=at))

    def _modified(self, operand: Expression, target: Selector | Subquery) -> Expression:
        span = self._since(operand.span.start)
        if isinstance(operand, Range) and isinstance(target, Selector):
            return replace(operand, selector=target, span=span)
        return replace(target, span=span)

    def _parse_offset(self) -> int:
        sign = -1 if self._take("-") else 1
        if sign == 1:
            self._take("+")
        return sign * self._parse_duration("offset", "number or duration", is_positive=False)

    def _parse_at(self, operand: Expression) -> At:
        if edge := self._take_word("start", "end"):
            self._expect("(", "@", "timestamp")
            self._expect(")", "@", "timestamp")
            return _EDGES[edge]
        sign = -1.0 if self._take("-") else 1.0
        if sign == 1.0:
            self._take("+")
        if self._peek().kind not in ("number", "duration"):
            self._fail_unexpected("@", "timestamp")
        seconds = sign * self._parse_number()
        if not abs(seconds) * 1000 < _TIME_MS_MAX:
            shown = f"{seconds:f}" if math.isfinite(seconds) else _go_infinity(seconds)
            raise self.complain(operand.span, f"timestamp out of bounds for @ modifier: {shown}")
        return round_half_away(seconds * 1000)

    # Literals

    def _parse_duration(self, context: str, expected: str, *, is_positive: bool = True) -> int:
        token = self._peek()
        if token.text in ("(", "+", "-") or token.kind == "word":
            if token.kind == "word" and token.text.lower() not in _DURATION_WORDS:
                self._fail_unexpected(context, expected)
            self._fail_experimental("a duration expression")
        if token.kind not in ("number", "duration"):
            self._fail_unexpected(context, expected)
        try:
            duration_ms = self._parse_milliseconds()
        except ValueError as error:
            raise self.complain(self._span_of(token), str(error)) from error
        if is_positive and duration_ms <= 0:
            raise self.complain(self._span_of(token), "duration must be greater than 0")
        if is_positive and self._peek().text in ("+", "-", "*", "/", "%", "^"):
            self._fail_experimental("a duration expression")
        return duration_ms

    def _parse_milliseconds(self) -> int:
        if self._peek().kind == "duration":
            return parse_duration_ms(self._next().text)
        return seconds_to_ms(self._parse_number())

    def _parse_number(self) -> float:
        token = self._next()
        try:
            return _duration_s(token.text) if token.kind == "duration" else _number_of(token.text)
        except ValueError as error:
            raise self.complain(self._span_of(token), str(error)) from error

    def _parse_string(self) -> str:
        token = self._next()
        try:
            return unquote(token.text)
        except ValueError as error:
            raise self.complain(self._span_of(token), str(error)) from error


def round_half_away(value: float) -> int:
    """As Go's math.Round."""
    return math.floor(abs(value) + 0.5) * (-1 if value < 0 else 1)


def _unsupported(text: str, start: int, what: str) -> Unsupported:
    said = f"{position_of(text, start)}: {what} is experimental in Prometheus and is not supported"
    return Unsupported(said, hint="docs/promql.md lists what is supported", column=start + 1)


def _duration_s(text: str) -> float:
    return parse_duration_ms(text) / 1000


def _number_of(text: str) -> float:
    plain = text.replace("_", "").lower()
    if plain.startswith("0x"):
        return float(int(plain, 16))
    if plain.isdecimal() and plain.startswith("0") and not set(plain) & set("89"):
        return float(int(plain, 8))
    return float(plain)


def _go_infinity(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
