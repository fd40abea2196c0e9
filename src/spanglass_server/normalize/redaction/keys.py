"""Rules about attributes by their names, and about whole fields."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from spanglass_server.model.redaction import RedactionAction, RedactionField, RedactionPolicy
from spanglass_server.normalize.redaction.fields import field_of_key
from spanglass_server.normalize.redaction.values import Replaced, Tally, dump_document, mark
from spanglass_server.normalize.table import CACHED_KEY_CHARS_MAX, CACHED_KEYS_MAX
from spanglass_server.wire.records import Attributes, AttributeValue

_KEY_KIND: Final = "redacted"
"""What the mark of a value says whose name alone told that it be replaced."""
_BY_NAME: Final[frozenset[RedactionField]] = frozenset({"metadata", "error", "user_id", "session_id", "tags"})
"""Whole fields that attributes' keys tell, and that nothing is read from but their own columns."""


class _Rule(NamedTuple):
    action: RedactionAction
    kind: str
    replaced: Replaced


class KeyRules:
    def __init__(self, policy: RedactionPolicy, digest: Callable[[str, str], str]) -> None:
        self._digest = digest
        self._keys = [(_glob(rule.key), rule.action) for rule in policy.keys]
        self._fields: dict[str, RedactionAction] = {rule.field: rule.action for rule in policy.fields}
        self._known: dict[tuple[str, str], _Rule | None] = {}
        self.has_rules = bool(self._keys or self._fields.keys() - {"input", "output"})

    def drops(self, field: RedactionField) -> bool:
        return self._fields.get(field) == "drop"

    def attributes(self, attributes: Attributes, plain: RedactionField, tally: Tally) -> Attributes:
        """The same object where no rule is about any of them. `plain`: the field of those that are nothing
        else."""
        rules = {key: rule for key in attributes if (rule := self._rule(key, plain)) is not None}
        if not rules:
            return attributes
        clean: Attributes = {}
        for key, value in attributes.items():
            rule = rules.get(key)
            if rule is None:
                clean[key] = value
                continue
            tally.add(rule.replaced)
            if rule.action != "drop":
                clean[key] = self._replacement(rule, value)
        return clean

    def text(self, field: RedactionField, text: str, tally: Tally) -> str:
        """A field that has a place of its own, by the rule about the whole of it."""
        action = self._fields.get(field)
        if action is None or not text:
            return text
        tally.add(Replaced("field", field, action))
        return "" if action == "drop" else mark(field, self._digest(field, text))

    def _rule(self, key: str, plain: RedactionField) -> _Rule | None:
        found = self._known.get((key, plain), _UNKNOWN)
        if found is _UNKNOWN:
            found = self._find_rule(key, plain)
            if len(self._known) < CACHED_KEYS_MAX and len(key) <= CACHED_KEY_CHARS_MAX:
                self._known[key, plain] = found
        return found

    def _find_rule(self, key: str, plain: RedactionField) -> _Rule | None:
        told = field_of_key(key)
        field = plain if told == "attributes" else told
        for pattern, action in self._keys:
            if pattern.fullmatch(key):
                return _Rule(action, _KEY_KIND, Replaced("key", field, action))
        whole = self._fields.get(field)
        if whole is None or field not in (*_BY_NAME, "log_attributes"):
            return None
        return _Rule(whole, field, Replaced("field", field, whole))

    def _replacement(self, rule: _Rule, value: AttributeValue) -> str:
        if rule.action == "mask":
            return mark(rule.kind)
        return mark(rule.kind, self._digest(rule.kind, _text_of(value)))


_UNKNOWN: Final = _Rule("mask", "", Replaced("", "", ""))


def _text_of(value: AttributeValue) -> str:
    return value if isinstance(value, str) else dump_document(value)


def _glob(key: str) -> re.Pattern[str]:
    """`*` only, and linear: lazy stars between texts cannot be tried in more ways than places."""
    return re.compile(".*?".join(map(re.escape, re.split(r"\*+", key))), re.IGNORECASE | re.DOTALL)
