"""YAML as nodes that know their lines. Texts are kept as written, as Go's decoder does for text fields."""

from collections.abc import Sequence
from typing import Final

import yaml

from spanglass_server.base.errors import BadInput

_MERGE: Final = "tag:yaml.org,2002:merge"


class YamlInvalid(BadInput):
    def __init__(self, message: str, *, line: int, column: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


class Node:
    """A scalar, list or mapping; its parts are made when they are asked for, so that aliases cannot multiply
    in memory."""

    __slots__ = ("_loader", "_node")

    def __init__(self, loader: yaml.SafeLoader, node: yaml.Node) -> None:
        self._loader = loader
        self._node = node

    @property
    def line(self) -> int:
        """From 1."""
        return int(self._node.start_mark.line) + 1

    @property
    def column(self) -> int:
        """From 1."""
        return int(self._node.start_mark.column) + 1

    @property
    def text(self) -> str:
        """Of a scalar; empty for others, which `is_scalar` tells."""
        return str(self._node.value) if isinstance(self._node, yaml.ScalarNode) else ""

    @property
    def is_scalar(self) -> bool:
        return isinstance(self._node, yaml.ScalarNode)

    @property
    def is_null(self) -> bool:
        return self._node.tag == "tag:yaml.org,2002:null"

    @property
    def items(self) -> "Sequence[Node] | None":
        """None for what is no list."""
        if not isinstance(self._node, yaml.SequenceNode):
            return None
        return [Node(self._loader, item) for item in self._node.value]

    @property
    def pairs(self) -> "Sequence[tuple[Node, Node]] | None":
        """None for what is no mapping; merged (`<<`) ones come first, without those that it has itself."""
        if not isinstance(self._node, yaml.MappingNode):
            return None
        _merge(self._loader, self._node)
        return [(Node(self._loader, key), Node(self._loader, value)) for key, value in self._node.value]

    def value_of(self, key: str) -> "Node | None":
        return next((value for name, value in self.pairs or () if name.text == key), None)


def _merge(loader: yaml.SafeLoader, node: yaml.MappingNode) -> None:
    own = [pair for pair in node.value if pair[0].tag != _MERGE]
    if len(own) == len(node.value):
        return
    loader.flatten_mapping(node)
    merged = {str(key.value): (key, value) for key, value in node.value[: len(node.value) - len(own)]}
    for key, _ in own:
        merged.pop(str(key.value), None)
    node.value = [*merged.values(), *own]


def load_yaml(text: str) -> Node | None:
    """The document; None for an empty one. Raises YamlInvalid."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YamlInvalid(
            f"not YAML: {error.problem or error.context}", line=line, column=column, hint=_hint(error)
        ) from None
    except yaml.YAMLError as error:
        raise YamlInvalid(f"not YAML: {error}", line=0, column=0) from None
    except RecursionError:
        raise YamlInvalid("not YAML: nested too deep", line=0, column=0) from None
    return None if node is None else Node(loader, node)


def _hint(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or "")
    if "mapping values" in problem:
        return "put the text in quotes, or below `|`: it has a `: ` in it"
    if "cannot start any token" in problem and "\\t" in problem:
        return "indent with spaces"
    return "is the indentation right, and is text with `{`, `:` or `#` in quotes?"
