"""Tokens to nodes."""

import re
from collections.abc import Collection, Sequence
from typing import Final, NoReturn

from spanglass_server.gotemplate.errors import TemplateInvalid
from spanglass_server.gotemplate.lex import Token, invalid, tokenize
from spanglass_server.gotemplate.nodes import (
    Action,
    Argument,
    Body,
    Break,
    Call,
    Chain,
    Command,
    Constant,
    Continue,
    Dot,
    Field,
    FunctionName,
    If,
    Node,
    Pipeline,
    Place,
    Range,
    Text,
    Variable,
    With,
)

DEPTH_MAX: Final = 50
"""Of blocks and parentheses in one another."""
_KEYWORDS: Final = frozenset(
    ("if", "else", "end", "range", "with", "define", "block", "template", "break", "continue", "nil")
)
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_CONTROL: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse_bodies(source: str, *, name: str, functions: Collection[str]) -> dict[str, Body]:
    """The template and those that it defines, by name. Raises TemplateInvalid."""
    parser = _Parser(source, name, functions)
    body = parser.parse_body(())
    parser.bodies[name] = body
    return parser.bodies


class _Parser:
    def __init__(self, source: str, name: str, functions: Collection[str]) -> None:
        self._source = source
        self._name = name
        self._functions = functions
        self._tokens = tokenize(source, name=name)
        self._at = 0
        self._variables: list[str] = ["$"]
        self._depth = 0
        self._loops = 0
        self._ended_by = ""
        self.bodies: dict[str, Body] = {}

    # Blocks

    def parse_body(self, ends: Sequence[str]) -> Body:
        """Until one of the keywords; `_ended_by` says which, and what follows it is still to be read."""
        nodes: list[Node] = []
        self._enter()
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.kind == "text":
                nodes.append(Text(token.text))
                continue
            keyword = self._keyword()
            if keyword in ("end", "else"):
                if keyword not in ends:
                    self._fail(f"unexpected {{{{{keyword}}}}}")
                self._ended_by = keyword
                self._depth -= 1
                return nodes
            node = self._parse_node(keyword)
            if node is not None:
                nodes.append(node)
        if ends:
            self._fail("unexpected EOF")
        self._depth -= 1
        return nodes

    def _keyword(self) -> str:
        self._skip_space()
        token = self._peek()
        if token.kind != "word" or token.text not in _KEYWORDS or token.text == "nil":
            return ""
        self._at += 1
        return token.text

    def _parse_node(self, keyword: str) -> Node | None:
        match keyword:
            case "if":
                return If(*self._parse_control("if"))
            case "with":
                return With(*self._parse_control("with"))
            case "range":
                return Range(*self._parse_control("range"))
            case "template":
                return self._parse_call()
            case "define":
                self._parse_definition()
                return None
            case "block":
                return self._parse_block()
            case "break" | "continue":
                return self._parse_jump(keyword)
        return Action(self._parse_pipeline("end", "command"))

    def _parse_control(self, keyword: str) -> tuple[Pipeline, Body, Body]:
        outer = len(self._variables)
        pipeline = self._parse_pipeline("end", keyword)
        self._loops += keyword == "range"
        body = self.parse_body(("end", "else"))
        self._loops -= keyword == "range"
        otherwise: Body = ()
        if self._ended_by == "else":
            otherwise = self._parse_else(keyword)
        else:
            self._expect_end("end")
        del self._variables[outer:]
        return pipeline, body, otherwise

    def _parse_else(self, keyword: str) -> Body:
        """Behind `{{else`: either `}} ... {{end}}`, or ` if ...}} ... {{end}}`, whose end ends both."""
        self._skip_space()
        token = self._peek()
        if token.kind == "word" and token.text == keyword and keyword in ("if", "with"):
            self._at += 1
            self._enter()
            control = self._parse_control(keyword)
            self._depth -= 1
            return (If(*control) if keyword == "if" else With(*control),)
        self._expect_end("else")
        body = self.parse_body(("end",))
        self._expect_end("end")
        return body

    def _parse_call(self) -> Call:
        place = self._place()
        name = self._parse_template_name("template clause")
        self._skip_space()
        if self._peek().kind == "end":
            self._at += 1
            return Call(place, name, None)
        return Call(place, name, self._parse_pipeline("end", "template clause"))

    def _parse_definition(self) -> None:
        name = self._parse_template_name("define clause")
        self._expect_end("define clause")
        self._parse_inner(name)

    def _parse_block(self) -> Call:
        place = self._place()
        name = self._parse_template_name("block clause")
        pipeline = self._parse_pipeline("end", "block clause")
        self._parse_inner(name)
        return Call(place, name, pipeline)

    def _parse_inner(self, name: str) -> None:
        outer, self._variables = self._variables, ["$"]
        self.bodies[name] = self.parse_body(("end",))
        self._expect_end("end")
        self._variables = outer

    def _parse_jump(self, keyword: str) -> Node:
        place = self._place()
        self._expect_end(keyword)
        if not self._loops:
            self._fail(f"{{{{{keyword}}}}} outside {{{{range}}}}")
        return Break(place) if keyword == "break" else Continue(place)

    def _parse_template_name(self, context: str) -> str:
        self._skip_space()
        token = self._peek()
        if token.kind not in ("string", "raw"):
            self._fail(f"unexpected {self._shown(token)} in {context}")
        self._at += 1
        return self._unquote(token.text)

    # Pipelines

    def _parse_pipeline(self, end: str, context: str) -> Pipeline:
        """Through the token `end`, which is `end` or `close`."""
        self._enter()
        self._skip_space()
        start = self._at
        variables, is_assignment = self._parse_declarations(context)
        commands = [self._parse_command(end, context)]
        while self._tokens[self._at - 1].kind == "pipe":
            commands.append(self._parse_command(end, context))
        for command in commands[1:]:
            if isinstance(command.arguments[0], Constant | Dot):
                position = commands.index(command) + 1
                self._fail(f"non executable command in pipeline stage {position}")
        place = self._place_of(start, self._at - 1)
        if not is_assignment:
            self._variables += variables
        self._depth -= 1
        return Pipeline(place, variables, is_assignment, commands)

    def _parse_declarations(self, context: str) -> tuple[list[str], bool]:
        start = self._at
        names: list[str] = []
        while self._peek().kind == "variable":
            names.append(self._peek().text)
            self._at += 1
            self._skip_space()
            kind = self._peek().kind
            if kind in ("declare", "assign"):
                self._at += 1
                for name in names if kind == "assign" else ():
                    self._check_variable(name)
                return names, kind == "assign"
            if kind != "comma" or context != "range" or len(names) > 1:
                break
            self._at += 1
            self._skip_space()
        self._at = start
        return [], False

    def _parse_command(self, end: str, context: str) -> Command:
        """Through the `|` or the end of the pipeline behind it."""
        self._skip_space()
        start = self._at
        arguments: list[Argument] = []
        while True:
            self._skip_space()
            token = self._peek()
            if token.kind == end or token.kind == "pipe":
                break
            if arguments and self._tokens[self._at - 1].kind not in ("space",):
                self._fail(f"unexpected {self._shown(token)} in operand")
            arguments.append(self._parse_operand(context))
        if not arguments:
            self._fail(f"missing value for {context}")
        place = self._place_of(start, self._at)
        self._at += 1
        return Command(place, arguments)

    def _parse_operand(self, context: str) -> Argument:
        start = self._at
        operand = self._parse_term(context)
        names: list[str] = []
        while self._peek().kind == "field":
            names.append(self._peek().text[1:])
            self._at += 1
        if not names:
            return operand
        place = self._place_of(start, self._at)
        match operand:
            case Field():
                return Field(place, (*operand.names, *names))
            case Variable():
                return Variable(place, operand.name, (*operand.names, *names))
            case Pipeline() | FunctionName():
                return Chain(place, operand, tuple(names))
        self._fail(f"unexpected . after term {operand.place.source!r}")

    def _parse_term(self, context: str) -> Argument:
        token = self._peek()
        place = self._place_of(self._at, self._at + 1)
        self._at += 1
        match token.kind:
            case "dot":
                return Dot(place)
            case "field":
                return Field(place, (token.text[1:],))
            case "variable":
                self._check_variable(token.text)
                return Variable(place, token.text, ())
            case "string" | "raw":
                return Constant(place, self._unquote(token.text))
            case "character":
                return Constant(place, self._character(token.text))
            case "number":
                return Constant(place, self._number(token.text))
            case "open":
                return self._parse_pipeline("close", "parenthesized pipeline")
            case "word":
                return self._parse_word(token.text, place)
        self._fail(f"unexpected {self._shown(token)} in {context}")

    def _parse_word(self, word: str, place: Place) -> Argument:
        if word in ("true", "false"):
            return Constant(place, word == "true")
        if word == "nil":
            return Constant(place, None)
        if word not in self._functions:
            self._fail(f'function "{word}" not defined')
        return FunctionName(place, word)

    # Tokens

    def _check_variable(self, name: str) -> None:
        if name not in self._variables:
            self._fail(f'undefined variable "{name}"')

    def _number(self, text: str) -> int | float:
        try:
            return int(text, 0)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            self._fail(f'bad number syntax: "{text}"')

    def _character(self, text: str) -> int:
        inner = self._unquote(text)
        if len(inner) != 1:
            self._fail(f"malformed character constant: {text}")
        return ord(inner)

    def _unquote(self, text: str) -> str:
        return text[1:-1] if text[0] == "`" else _ESCAPE.sub(self._unescape, text[1:-1])

    def _unescape(self, escape: re.Match[str]) -> str:
        short, byte, octal, four, eight, other = escape.groups()
        if short:
            return _CONTROL.get(short, short)
        code = int(octal, 8) if octal else int(byte or four or eight or "110000", 16)
        if other or code > 0x10FFFF:
            self._fail("invalid syntax")
        return chr(code)

    def _peek(self) -> Token:
        if self._at < len(self._tokens):
            return self._tokens[self._at]
        return Token("eof", "EOF", len(self._source))

    def _skip_space(self) -> None:
        if self._peek().kind == "space":
            self._at += 1

    def _expect_end(self, context: str) -> None:
        self._skip_space()
        if self._peek().kind != "end":
            self._fail(f"unexpected {self._shown(self._peek())} in {context}")
        self._at += 1

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._fail(f"more than {DEPTH_MAX} blocks and parentheses in one another")

    def _place(self) -> Place:
        self._skip_space()
        return self._place_of(self._at, self._at + 1)

    def _place_of(self, first: int, last: int) -> Place:
        """Of the tokens from first to before last."""
        start = self._tokens[min(first, len(self._tokens) - 1)].start
        end = self._tokens[last].start if last < len(self._tokens) else len(self._source)
        line_start = self._source.rfind("\n", 0, start) + 1
        return Place(
            line=self._source.count("\n", 0, start) + 1,
            column=start - line_start,
            source=self._source[start:end].strip(),
        )

    def _shown(self, token: Token) -> str:
        return {"end": '"}}"', "eof": "EOF"}.get(token.kind, f"<{token.text}>")

    def _fail(self, reason: str) -> NoReturn:
        raise self._error(reason)

    def _error(self, reason: str) -> TemplateInvalid:
        token = self._tokens[max(0, min(self._at, len(self._tokens)) - 1)]
        return invalid(self._source, token.start, self._name, reason)
