"""Label matchers as Alertmanager writes them: `severity="critical"`, `{team=~"a|b", env!="dev"}`."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from spanglass_server.model.series import Labels, Matcher, MatchOperator
from spanglass_server.notify.regex import compile_regex

_MATCHER: Final = re.compile(
    r"""\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"{}][^"{}]*?|))\s*\Z""",
    re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", '"': '"', "\\": "\\"}


def parse_matcher(text: str) -> Matcher:
    """One matcher; quotes around the value may be left out. Raises ValueError."""
    found = _MATCHER.match(text)
    if found is None:
        raise ValueError(f'`{text}` is not a matcher; write one such as severity="critical"')
    name, op, quoted, bare = found.groups()
    value = bare if quoted is None else _unescape(quoted)
    return make_matcher(name, cast("MatchOperator", op), value)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Matchers between commas, in braces or not. Raises ValueError."""
    inner = text.strip()
    if inner.startswith("{") != inner.endswith("}"):
        raise ValueError(f"`{text}` has a brace without its pair")
    inner = inner[1:-1] if inner.startswith("{") else inner
    return tuple(parse_matcher(part) for part in _split(inner))


def make_matcher(name: str, op: MatchOperator, value: str) -> Matcher:
    """Raises ValueError for an expression that does not compile."""
    if op in ("=~", "!~"):
        compile_regex(value)
    return Matcher(name, op, value)


def is_match(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all of them match; a label that is absent is empty."""
    return all(_is_one_match(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def matches_empty(matcher: Matcher) -> bool:
    return _is_one_match(matcher, "")


def print_matcher(matcher: Matcher) -> str:
    """With its value in quotes, as Alertmanager prints it."""
    return f"{matcher.name}{matcher.op}{json.dumps(matcher.value, ensure_ascii=False)}"


def print_matchers(matchers: Sequence[Matcher]) -> str:
    """In braces, sorted by name."""
    return "{" + ",".join(print_matcher(matcher) for matcher in sorted(matchers)) + "}"


def print_labels(labels: Labels) -> str:
    """As Prometheus prints a label set: `{alertname="A", job="b"}`."""
    return "{" + ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels) + "}"


def _is_one_match(matcher: Matcher, value: str) -> bool:
    match matcher.op:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
        case "=~":
            return compile_regex(matcher.value).fullmatch(value) is not None
        case "!~":
            return compile_regex(matcher.value).fullmatch(value) is None


def _split(text: str) -> Sequence[str]:
    """At commas outside quotes; a comma at the end is allowed."""
    parts, start, is_quoted, position = [], 0, False, 0
    while position < len(text):
        char = text[position]
        if is_quoted and char == "\\":
            position += 1
        elif char == '"':
            is_quoted = not is_quoted
        elif char == "," and not is_quoted:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    last = text[start:]
    return [*parts, last] if last.strip() else parts


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text, flags=re.DOTALL)
