"""Variables in a rubric: which texts of a target it asks for."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass.evaluators.target import EvaluationTarget, RetrievedDocument, TargetMessage, TargetSpan

Which: TypeAlias = Literal["first", "last", "all"]

_VARIABLE: Final = re.compile(r"\{\{([^{}]*)\}\}")
_NAME_CHARS_MAX: Final = 300
_SPAN: Final = re.compile(
    r'spans\.(?:"(?P<quoted>[^"]+)"|(?P<name>.+?))\.(?P<field>input|output|documents|attributes\.(?P<key>.+?))'
    r"(?::(?P<which>first|last|all))?"
)
_PLAIN: Final = ("messages", "input", "documents", "reference", "output")
"""In the order of reading."""


class Variable(NamedTuple):
    """`{{ name }}`, or `{{ name? }}` where the text may be missing."""

    name: str
    """As it was written; the name that the judge reads."""
    is_optional: bool


class UnknownVariable(ValueError):
    """Says which ones there are."""


class Template(NamedTuple):
    """A rubric's text. Each variable stands in it as its name in brackets; the texts come by themselves."""

    text: str
    variables: tuple[Variable, ...]
    """Each once, in the order of reading."""


def parse_template(text: str) -> Template:
    """Raises UnknownVariable."""
    found: dict[str, Variable] = {}

    def name(match: re.Match[str]) -> str:
        variable = _parse_variable(match[1])
        known = found.get(variable.name)
        # Needed in one place is needed.
        if known is None or known.is_optional:
            found[variable.name] = variable
        return f"[{variable.name}]"

    named = _VARIABLE.sub(name, text)
    place = named.find("{{")
    if place >= 0:
        raise UnknownVariable(f"a variable is not closed by }}}}: {named[place : place + 40]}")
    return Template(named, tuple(sorted(found.values(), key=_place)))


def _place(variable: Variable) -> int:
    """As one would read them: the question before the answer; then the others, in the order of the text."""
    return _PLAIN.index(variable.name) if variable.name in _PLAIN else len(_PLAIN)


def _parse_variable(written: str) -> Variable:
    name = " ".join(written.split())
    is_optional = name.endswith("?")
    name = name.removesuffix("?").rstrip()
    is_metadata = name.startswith("metadata.") and name != "metadata."
    is_known = name in _PLAIN or is_metadata or _SPAN.fullmatch(name[: _NAME_CHARS_MAX + 1])
    if is_known and len(name) <= _NAME_CHARS_MAX:
        return Variable(name, is_optional)
    raise UnknownVariable(
        f"unknown variable {{{{{name[:_NAME_CHARS_MAX]}}}}}: there are {', '.join(_PLAIN)}, metadata.KEY and"
        ' spans."NAME".input, .output, .documents and .attributes.KEY, each with :first, :last or :all'
    )


class JudgedText(NamedTuple):
    name: str
    parts: tuple[str, ...]
    """Documents, messages and the like one by one, so that each can be cut fairly; else one."""


def read_texts(variables: Sequence[Variable], target: EvaluationTarget) -> list[JudgedText] | None:
    """What the variables stand for; None where one that is needed is missing or empty."""
    texts = [JudgedText(variable.name, read_parts(variable.name, target)) for variable in variables]
    has_all = all(
        variable.is_optional or any(part.strip() for part in text.parts)
        for variable, text in zip(variables, texts, strict=True)
    )
    return texts if has_all else None


def read_parts(name: str, target: EvaluationTarget) -> tuple[str, ...]:
    if name.startswith("metadata."):
        return _filled(target.metadata.get(name.removeprefix("metadata."), ""))
    of_span = _SPAN.fullmatch(name)
    return _PLAIN_PARTS[name](target) if of_span is None else _of_spans(of_span, target)


def _of_spans(match: re.Match[str], target: EvaluationTarget) -> tuple[str, ...]:
    name = match["quoted"] or match["name"]
    spans = [span for span in target.spans if span.name == name]
    match match["which"]:
        case "first":
            spans = spans[:1]
        case "all":
            pass
        case _:
            spans = spans[-1:]
    return tuple(part for span in spans for part in _of_span(match["field"], match["key"], span))


def _of_span(field: str, key: str | None, span: TargetSpan) -> tuple[str, ...]:
    if key is not None:
        return _filled(span.attributes.get(key, ""))
    return _documents(span.documents) if field == "documents" else _filled(getattr(span, field))


def _filled(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _documents(documents: Sequence[RetrievedDocument]) -> tuple[str, ...]:
    return tuple(
        f"[{place}]{f' id={found.id}' if found.id else ''}\n{found.content}"
        for place, found in enumerate(documents, 1)
    )


def _messages(messages: Sequence[TargetMessage]) -> tuple[str, ...]:
    return tuple(f"({message.role})\n{message.text}" for message in messages)


_PLAIN_PARTS: Final[Mapping[str, Callable[[EvaluationTarget], tuple[str, ...]]]] = {
    "input": lambda target: _filled(target.input),
    "output": lambda target: _filled(target.output),
    "reference": lambda target: _filled(target.reference),
    "documents": lambda target: _documents(target.documents),
    "messages": lambda target: _messages(target.messages),
}
