"""Prometheus' rule files: YAML to groups of rules, or everything that is wrong with them, by line.

Source: Prometheus' documentation, "Defining recording rules" and "Alerting rules" (version 3.13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from spanglass_server.base.errors import BadInput
from spanglass_server.gotemplate import TemplateInvalid
from spanglass_server.model.series import METRIC_NAME
from spanglass_server.promql.durations import format_duration_ms, parse_duration_ms
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.rules.reports import RuleKind
from spanglass_server.rules.template import parse_template
from spanglass_server.rules.yaml_nodes import Node, YamlInvalid, load_yaml

FILE_CHARS_MAX: Final = 2_000_000
RULES_PER_FILE_MAX: Final = 5_000
INTERVAL_MS_MIN: Final = 1_000
_RULE_KEYS: Final = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_GROUP_KEYS: Final = ("name", "interval", "query_offset", "limit", "labels", "rules")
_ALERTING_ONLY: Final = ("for", "keep_firing_for", "annotations")

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values as written, sorted by name; a value may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    kind: RuleKind
    name: str
    """The alert's, or that of the series that is recorded."""
    expression: str
    for_ms: int
    keep_firing_for_ms: int
    labels: Pairs
    """The group's under its own. Templates, of an alerting rule."""
    annotations: Pairs
    """Templates."""
    line: int
    """Where the rule begins, from 1."""
    expression_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    name: str
    interval_ms: int
    """0: the default."""
    query_offset_ms: int | None
    """None: the default."""
    limit: int
    """Of the alerts or series that one rule may make; 0: none."""
    rules: Sequence[Rule]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    name: str
    """A path, or a name in the database."""
    groups: Sequence[RuleGroup]


class FileProblem(NamedTuple):
    line: int
    """From 1; 0 where no line is to blame."""
    column: int
    group: str
    rule: str
    reason: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.line}:{self.column}: " if self.line else ""
        where = f'group "{self.group}", ' if self.group else ""
        where += f'rule "{self.rule}": ' if self.rule else ""
        return f"{place}{where.removesuffix(', ') + ': ' if where.endswith(', ') else where}{self.reason}"


class RuleFileInvalid(BadInput):
    """It says what is wrong first; `problems` has everything."""

    def __init__(self, name: str, problems: Sequence[FileProblem]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{name}: {problems[0]}{more}", hint=problems[0].hint)
        self.name = name
        self.problems = problems


def parse_rule_file(text: str, *, name: str) -> RuleFile:
    """Raises RuleFileInvalid with all problems, in the order of the file."""
    reader = _Reader()
    if len(text) > FILE_CHARS_MAX:
        raise RuleFileInvalid(
            name, [FileProblem(0, 0, "", "", f"the file has more than {FILE_CHARS_MAX:,} characters", "")]
        )
    try:
        groups = reader.read_file(load_yaml(text))
    except YamlInvalid as error:
        raise RuleFileInvalid(
            name, [FileProblem(error.line, error.column, "", "", error.message, error.hint)]
        ) from None
    if reader.problems:
        raise RuleFileInvalid(name, sorted(reader.problems, key=lambda problem: problem[:2]))
    return RuleFile(name=name, groups=groups)


class _Reader:
    def __init__(self) -> None:
        self.problems: list[FileProblem] = []
        self._group = ""
        self._rule = ""
        self._rules = 0

    def read_file(self, root: Node | None) -> Sequence[RuleGroup]:
        if root is None or root.is_null:
            return ()
        fields = self._fields(root, ("groups",), "a rule file")
        nodes = self._items(fields.get("groups"), "groups")
        groups: list[RuleGroup] = []
        for node in nodes:
            group = self._read_group(node)
            if any(group.name == other.name for other in groups):
                self._report(node, f'groupname: "{group.name}" is repeated in the same file')
            groups.append(group)
            self._group = ""
        return groups

    def _read_group(self, node: Node) -> RuleGroup:
        self._group = _name_in(node, "name")
        fields = self._fields(node, _GROUP_KEYS, "a group")
        name = self._text(fields.get("name"))
        if not name:
            self._report(node, "Groupname must not be empty", "give the group a `name`")
        labels = self._pairs(fields.get("labels"), "label")
        interval_ms = self._duration_ms(fields.get("interval"), "interval")
        if 0 < interval_ms < INTERVAL_MS_MIN:
            self._report(fields["interval"], "the interval is shorter than a second")
        offset = fields.get("query_offset")
        return RuleGroup(
            name=name,
            interval_ms=interval_ms,
            query_offset_ms=None if offset is None else self._duration_ms(offset, "query_offset"),
            limit=self._count(fields.get("limit")),
            rules=[self._read_rule(rule, dict(labels)) for rule in self._items(fields.get("rules"), "rules")],
            line=node.line,
        )

    def _read_rule(self, node: Node, group_labels: dict[str, str]) -> Rule:
        self._rules += 1
        if self._rules == RULES_PER_FILE_MAX + 1:
            self._report(node, f"the file has more than {RULES_PER_FILE_MAX:,} rules", "split the file")
        self._rule = _name_in(node, "alert") or _name_in(node, "record")
        fields = self._fields(node, _RULE_KEYS, "a rule")
        record, alert = self._text(fields.get("record")), self._text(fields.get("alert"))
        self._check_kind(node, fields, record, alert)
        labels = self._pairs(fields.get("labels"), "label")
        annotations = self._pairs(fields.get("annotations"), "annotation")
        if alert:
            self._check_templates(fields.get("labels"), labels, "label")
            self._check_templates(fields.get("annotations"), annotations, "annotation")
        rule = Rule(
            kind="alerting" if alert else "recording",
            name=alert or record,
            expression=self._expression(node, fields.get("expr")),
            for_ms=self._duration_ms(fields.get("for"), "for"),
            keep_firing_for_ms=self._duration_ms(fields.get("keep_firing_for"), "keep_firing_for"),
            labels=tuple(sorted((group_labels | dict(labels)).items())),
            annotations=annotations,
            line=node.line,
            expression_line=fields["expr"].line if "expr" in fields else node.line,
        )
        self._rule = ""
        return rule

    def _check_kind(self, node: Node, fields: dict[str, Node], record: str, alert: str) -> None:
        if record and alert:
            self._report(node, "only one of 'record' and 'alert' must be set", "make two rules of it")
        elif not record and not alert:
            self._report(node, "one of 'record' or 'alert' must be set")
        if not record or alert:
            return
        for key in _ALERTING_ONLY:
            if key in fields and not fields[key].is_null:
                self._report(fields[key], f"invalid field '{key}' in recording rule")
        if "{" in record or "}" in record:
            reason = f"braces present in the recording rule name; should it be in expr?: {record}"
            self._report(fields["record"], reason)

    def _expression(self, rule: Node, node: Node | None) -> str:
        text = self._text(node)
        if node is None or not text.strip():
            self._report(node or rule, "field 'expr' must be set in rule", "give the rule an `expr`")
            return ""
        try:
            parse(text)
        except ExpressionInvalid as error:
            self._report(node, f"could not parse expression: {error.message}", error.hint)
        return text

    def _check_templates(self, node: Node | None, pairs: Pairs, what: str) -> None:
        for name, value in pairs:
            try:
                parse_template(value, name=f"__alert_{self._rule}")
            except TemplateInvalid as error:
                assert node is not None
                place = node.value_of(name) or node
                self._report(place, f'{what} "{name}": {error.message}', error.hint)

    def _pairs(self, node: Node | None, what: str) -> Pairs:
        if node is None or node.is_null:
            return ()
        if node.pairs is None:
            self._report(node, f"{what}s are a mapping of names to values")
            return ()
        found: dict[str, str] = {}
        for key, value in node.pairs:
            if not key.text or key.text == METRIC_NAME or not key.text.isprintable():
                self._report(key, f"invalid {what} name: {key.text}")
            if key.text in found:
                self._report(key, f'mapping key "{key.text}" already defined')
            found[key.text] = self._text(value)
        return tuple(sorted(found.items()))

    # YAML

    def _fields(self, node: Node, known: Sequence[str], what: str) -> dict[str, Node]:
        if node.pairs is None:
            self._report(node, f"{what} is a mapping", f"its keys are {', '.join(known)}")
            return {}
        fields: dict[str, Node] = {}
        for key, value in node.pairs:
            if key.text not in known:
                hint = f"{what} has {', '.join(known)}"
                self._report(key, f"field {key.text} not found", hint)
            elif key.text in fields:
                self._report(key, f'mapping key "{key.text}" already defined')
            fields[key.text] = value
        return fields

    def _items(self, node: Node | None, key: str) -> Sequence[Node]:
        if node is None or node.is_null:
            return ()
        if node.items is None:
            self._report(node, f"`{key}` is a list", f"begin each of the {key} with `- `")
            return ()
        return node.items

    def _text(self, node: Node | None) -> str:
        if node is None or node.is_null:
            return ""
        if not node.is_scalar:
            self._report(node, "expected a text here", "quote it where it begins with `{` or `[`")
            return ""
        return node.text

    def _duration_ms(self, node: Node | None, key: str) -> int:
        text = self._text(node)
        if node is None or not text:
            return 0
        try:
            return 0 if text == "0" else parse_duration_ms(text)
        except ValueError as error:
            example = format_duration_ms(300_000)
            self._report(node, f"`{key}`: {error}", f"write a duration such as `30s`, `{example}` or `1h30m`")
            return 0

    def _count(self, node: Node | None) -> int:
        text = self._text(node)
        if node is None or not text:
            return 0
        if not text.removeprefix("-").isdecimal():
            self._report(node, f"`limit`: `{text}` is not a number")
            return 0
        return max(0, int(text))

    def _report(self, node: Node, reason: str, hint: str = "") -> None:
        self.problems.append(FileProblem(node.line, node.column, self._group, self._rule, reason, hint))


def _name_in(node: Node, key: str) -> str:
    """For messages about the node, before anything in it was found to be right."""
    found = node.value_of(key)
    return found.text if found is not None and not found.is_null else ""
