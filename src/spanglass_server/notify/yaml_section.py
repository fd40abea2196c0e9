"""YAML read with its line numbers: what is wrong is told with the line, what is unknown is never passed over.

Nothing here makes objects of tags: only mappings, sequences and scalars are read, as text.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from spanglass_server.base.errors import BadInput
from spanglass_server.promql.durations import parse_duration_ms

Parsed = TypeVar("Parsed")
_SECTIONS_MAX: Final = 10_000
_TRUE: Final = frozenset({"true", "yes", "on"})
_FALSE: Final = frozenset({"false", "no", "off"})


class ConfigInvalid(BadInput):
    """The message begins with `line N: `."""

    def __init__(self, message: str, *, line: int, hint: str = "") -> None:
        super().__init__(f"line {line}: {message}", hint=hint)
        self.line = line


def line_of(node: Node) -> int:
    return int(node.start_mark.line) + 1


def compose(text: str) -> Node | None:
    """The text as a tree with positions; None where it is empty. Raises ConfigInvalid."""
    try:
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigInvalid(f"this is not YAML: {problem.problem or problem.context}", line=line) from None
    except (yaml.YAMLError, RecursionError) as problem:
        raise ConfigInvalid(f"this is not YAML: {problem}", line=1) from None


class Budget:
    """Aliases may multiply a small text into a huge tree: so many sections are read and no more."""

    def __init__(self) -> None:
        self._left = _SECTIONS_MAX

    def spend(self, node: Node) -> None:
        self._left -= 1
        if self._left < 0:
            raise ConfigInvalid(f"there are more than {_SECTIONS_MAX} sections", line=line_of(node))


class Section:
    """A mapping. Each key is taken once; `finish` refuses what nobody took."""

    def __init__(self, node: Node, *, what: str, budget: Budget | None = None) -> None:
        self.line = line_of(node)
        self._what = what
        self._budget = budget or Budget()
        self._budget.spend(node)
        if not isinstance(node, MappingNode):
            self.fail(f"{what} should be a mapping of names to values")
        self._nodes: dict[str, Node] = {}
        self._taken: set[str] = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else ""
            if not name or name in self._nodes:
                raise ConfigInvalid(f"`{name or 'this key'}` stands twice or is no name", line=line_of(key))
            self._nodes[name] = value

    def fail(self, message: str, *, key: str = "", hint: str = "") -> NoReturn:
        node = self._nodes.get(key) if key else None
        raise ConfigInvalid(message, line=line_of(node) if node else self.line, hint=hint)

    def has(self, key: str) -> bool:
        """Present and not null."""
        node = self._nodes.get(key)
        return node is not None and not (isinstance(node, ScalarNode) and _is_null(node))

    def text(self, key: str, default: str = "") -> str:
        node = self._take(key)
        if node is None:
            return default
        return self._scalar(node, key)

    def required_text(self, key: str) -> str:
        found = self.text(key)
        if not found:
            self.fail(f"{self._what} needs `{key}`", key=key)
        return found

    def boolean(self, key: str, *, default: bool) -> bool:
        found = self.text(key).lower()
        if not found:
            return default
        if found not in _TRUE | _FALSE:
            self.fail(f"`{key}` is true or false, not `{found}`", key=key)
        return found in _TRUE

    def integer(self, key: str, default: int, *, least: int = 0) -> int:
        found = self.text(key)
        if not found:
            return default
        if not found.removeprefix("-").isdecimal() or len(found) > 12 or int(found) < least:
            self.fail(f"`{key}` is a whole number from {least} on, not `{found}`", key=key)
        return int(found)

    def duration_ms(self, key: str, default_ms: int) -> int:
        found = self.text(key)
        if not found or found == "0":
            return 0 if found else default_ms
        return self.parsed(key, found, parse_duration_ms)

    def parsed(self, key: str, text: str, parse: Callable[[str], Parsed]) -> Parsed:
        """What `parse` makes of the text; its ValueError becomes an error at the key's line."""
        try:
            return parse(text)
        except ValueError as problem:
            self.fail(f"`{key}`: {problem}", key=key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of scalars, or one of them alone."""
        node = self._take(key)
        if node is None:
            return ()
        if isinstance(node, ScalarNode):
            return (self._scalar(node, key),)
        return tuple(self._scalar(item, key) for item in self._items(node, key))

    def text_map(self, key: str) -> Mapping[str, str]:
        node = self._take(key)
        if node is None:
            return {}
        section = Section(node, what=f"`{key}`", budget=self._budget)
        return {name: section.text(name) for name in section.keys()}  # noqa: SIM118 - no mapping

    def keys(self) -> Sequence[str]:
        return list(self._nodes)

    def section(self, key: str, *, what: str = "") -> "Section | None":
        node = self._take(key)
        return Section(node, what=what or f"`{key}`", budget=self._budget) if node else None

    def sections(self, key: str, *, what: str) -> Sequence["Section"]:
        node = self._take(key)
        if node is None:
            return ()
        return [Section(item, what=what, budget=self._budget) for item in self._items(node, key)]

    def finish(self, *, unsupported: Mapping[str, str] | None = None) -> None:
        """Refuse keys that nobody took. `unsupported`: Alertmanager's that are not here, with hints."""
        left = [name for name in self._nodes if name not in self._taken]
        if not left:
            return
        name = left[0]
        if unsupported is not None and name in unsupported:
            self.fail(
                f"`{name}` of Alertmanager is not supported in {self._what}", key=name, hint=unsupported[name]
            )
        near = difflib.get_close_matches(name, self._taken, n=1, cutoff=0.6)
        hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(sorted(self._taken))}"
        self.fail(f"{self._what} has no `{name}`", key=name, hint=hint)

    def _take(self, key: str) -> Node | None:
        self._taken.add(key)
        return self._nodes[key] if self.has(key) else None

    def _items(self, node: Node, key: str) -> Sequence[Node]:
        if not isinstance(node, SequenceNode):
            raise ConfigInvalid(f"`{key}` should be a list", line=line_of(node))
        for item in node.value:
            self._budget.spend(item)
        return list(node.value)

    def _scalar(self, node: Node, key: str) -> str:
        if not isinstance(node, ScalarNode):
            raise ConfigInvalid(f"`{key}` should be one value", line=line_of(node))
        return "" if _is_null(node) else str(node.value)


def _is_null(node: ScalarNode) -> bool:
    return node.tag == "tag:yaml.org,2002:null"
