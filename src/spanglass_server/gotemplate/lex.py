"""Cuts a template into text and the tokens of its actions."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from spanglass_server.gotemplate.errors import TemplateInvalid

_SPACE: Final = " \t\r\n"
_SPACES: Final = frozenset(_SPACE)
_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<declare>:=)
  | (?P<assign>=)
  | (?P<pipe>\|)
  | (?P<comma>,)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+
        |(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?))
  | (?P<field>\.[^\W\d]\w*)
  | (?P<dot>\.)
  | (?P<variable>\$\w*)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<raw>`[^`]*`)
  | (?P<character>'(?:[^'\\\n]|\\.[^']*)')
  | (?P<word>[^\W\d]\w*)
    """,
    re.VERBOSE,
)
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


class Token(NamedTuple):
    kind: str
    """A group's name in `_TOKEN`; `text`; `begin` and `end` of an action."""
    text: str
    start: int


def tokenize(source: str, *, name: str) -> Sequence[Token]:
    """Text with `{{-` and `-}}` applied, and what is in actions. Raises TemplateInvalid."""
    tokens: list[Token] = []
    position = 0
    is_trimmed = False
    while True:
        begin = source.find("{{", position)
        trims = begin >= 0 and source.startswith("{{-", begin) and source[begin + 3 : begin + 4] in _SPACES
        text = source[position:] if begin < 0 else source[position:begin]
        text = text.lstrip(_SPACE) if is_trimmed else text
        text = text.rstrip(_SPACE) if trims else text
        if text:
            tokens.append(Token("text", text, position))
        if begin < 0:
            return tokens
        position, is_trimmed = _cut_action(source, begin, begin + (4 if trims else 2), name, tokens)


def _cut_action(source: str, begin: int, start: int, name: str, tokens: list[Token]) -> tuple[int, bool]:
    """The position behind the action, and whether the text there loses its leading space."""
    if comment := _COMMENT.match(source, start):
        closing = _closing(source, comment.end())
        if not closing:
            raise invalid(source, begin, name, "comment ends before closing delimiter")
        return comment.end() + closing, closing > 2
    if source.startswith("/*", start):
        raise invalid(source, begin, name, "unclosed comment")
    tokens.append(Token("begin", "{{", begin))
    position = start
    while not (closing := _closing(source, position)):
        token = _TOKEN.match(source, position)
        if token is None:
            raise _bad_character(source, position, begin, name)
        tokens.append(Token(token.lastgroup or "", token.group(), position))
        position = token.end()
    tokens.append(Token("end", "}}", position))
    return position + closing, closing > 2


def _closing(source: str, position: int) -> int:
    """The length of `}}` or ` -}}` there; 0 where the action goes on."""
    if source.startswith("}}", position):
        return 2
    dash = position
    while source[dash : dash + 1] in _SPACES:
        dash += 1
    return dash + 3 - position if dash > position and source.startswith("-}}", dash) else 0


def _bad_character(source: str, position: int, begin: int, name: str) -> TemplateInvalid:
    if position >= len(source):
        return invalid(source, begin, name, "unclosed action")
    character = source[position]
    if character in "\"'`":
        kind = {"'": "character constant", "`": "raw quoted string"}.get(character, "quoted string")
        return invalid(source, position, name, f"unterminated {kind}")
    shown = f"U+{ord(character):04X}" + (f" '{character}'" if character.isprintable() else "")
    return invalid(source, position, name, f"unrecognized character in action: {shown}")


def invalid(source: str, position: int, name: str, reason: str) -> TemplateInvalid:
    return TemplateInvalid(f"template: {name}:{source.count(chr(10), 0, position) + 1}: {reason}")
