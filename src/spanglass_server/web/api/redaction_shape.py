"""Policies of redaction from and to JSON, checked."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from spanglass_server.base.errors import BadInput
from spanglass_server.model import redaction as model
from spanglass_server.model.redaction import RedactionPolicy
from spanglass_server.normalize.redaction import KINDS, Replaced, check_pattern
from spanglass_server.web.api import redaction_models as models

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_RESERVED: Final = frozenset({"key", "field", "redacted", "too_many"})
_DROPPABLE: Final[tuple[model.RedactionField, ...]] = (
    *("input", "output", "metadata", "events", "error", "user_id", "session_id", "tags"),
    *("log_body", "log_attributes", "score"),
)
_HASHABLE: Final = ("user_id", "session_id")


def policy_of(given: models.Policy) -> RedactionPolicy:
    """Raises BadInput with what is wrong and where."""
    for detector in given.detectors:
        _check_detector(detector)
    for pattern in given.patterns:
        _check_pattern(pattern)
    for field in given.fields:
        _check_field(field)
    _check_once("detectors", (rule.detector for rule in given.detectors))
    _check_once("patterns", (rule.name for rule in given.patterns))
    _check_once("keys", (rule.key.lower() for rule in given.keys))
    _check_once("fields", (rule.field for rule in given.fields))
    return RedactionPolicy(
        detectors=tuple(
            model.DetectorRule(rule.detector, rule.action, tuple(dict.fromkeys(rule.fields)))
            for rule in given.detectors
        ),
        patterns=tuple(
            model.PatternRule(rule.name, rule.pattern, rule.action, tuple(dict.fromkeys(rule.fields)))
            for rule in given.patterns
        ),
        keys=tuple(model.KeyRule(rule.key, rule.action) for rule in given.keys),
        fields=tuple(model.FieldRule(rule.field, rule.action) for rule in given.fields),
        stores_content=given.stores_content,
        stores_media=given.stores_media,
    )


def _check_detector(rule: models.DetectorRule) -> None:
    if rule.detector not in KINDS:
        raise BadInput(
            f"there is no detector `{rule.detector}`", hint=f"the detectors are {', '.join(KINDS)}"
        )


def _check_pattern(rule: models.PatternRule) -> None:
    if not _NAME.match(rule.name) or rule.name in KINDS or rule.name in _RESERVED:
        raise BadInput(
            f"`{rule.name}` cannot name a pattern",
            hint="use lower case letters, digits and `_`, a letter first, at most 40, and no detector's name",
        )
    if problem := check_pattern(rule.pattern):
        raise BadInput(f"the pattern `{rule.name}` cannot be used: {problem}", hint=_SYNTAX_HINT)


_SYNTAX_HINT: Final = "write it in RE2's syntax: https://github.com/google/re2/wiki/Syntax"


def _check_field(rule: models.FieldRule) -> None:
    allowed = _HASHABLE if rule.action == "hash" else _DROPPABLE
    if rule.field not in allowed:
        raise BadInput(
            f"`{rule.field}` as a whole cannot be {'hashed' if rule.action == 'hash' else 'dropped'}",
            hint=f"what can be: {', '.join(allowed)}",
        )


def _check_once(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise BadInput(f"`{name}` has {count} rules in `{what}`", hint="give it one")


def policy_json(policy: RedactionPolicy) -> dict[str, Any]:
    return {
        "detectors": [
            {"detector": rule.kind, "action": rule.action, "fields": list(rule.fields)}
            for rule in policy.detectors
        ],
        "patterns": [{**rule._asdict(), "fields": list(rule.fields)} for rule in policy.patterns],
        "keys": [rule._asdict() for rule in policy.keys],
        "fields": [rule._asdict() for rule in policy.fields],
        "stores_content": policy.stores_content,
        "stores_media": policy.stores_media,
    }


def counts_json(
    counts: Mapping[model.RedactionCount, int] | Mapping[Replaced, int],
) -> Sequence[dict[str, Any]]:
    """The most frequent first."""
    told = [{**what._asdict(), "count": count} for what, count in counts.items()]
    return sorted(told, key=lambda one: (-one["count"], one["detector"], one["field"], one["action"]))
