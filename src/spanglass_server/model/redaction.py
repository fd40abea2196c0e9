"""What of a project's texts is made unreadable before it is stored."""

from typing import Literal, NamedTuple, TypeAlias, get_args

RedactionAction: TypeAlias = Literal["mask", "hash", "drop"]
"""`mask` leaves what it was, `[email]`; `hash` tells equal ones from others, `[email#1f8a0c12ab34]`; `drop`
leaves nothing of the field that it was in."""
REDACTION_ACTIONS: tuple[str, ...] = get_args(RedactionAction)

RedactionField: TypeAlias = Literal[
    "name",
    "input",
    "output",
    "metadata",
    "attributes",
    "events",
    "error",
    "user_id",
    "session_id",
    "tags",
    "resource",
    "log_body",
    "log_attributes",
    "score",
    "metric_labels",
]
"""Where a text stands: names of spans and traces; input and output with all that belongs to them (messages,
documents, arguments of tools); attributes that are nothing else; span events; messages of errors; resource
and instrumentation scope; comments, texts and metadata of scores."""
REDACTION_FIELDS: tuple[RedactionField, ...] = get_args(RedactionField)


class DetectorRule(NamedTuple):
    """What happens to what a detector finds."""

    kind: str
    """One of `normalize.redaction.detectors.KINDS`."""
    action: RedactionAction
    fields: tuple[RedactionField, ...] = ()
    """Empty: all."""


class PatternRule(NamedTuple):
    """A detector of one's own."""

    name: str
    """Lower case letters, digits and `_`: what `[name]` says."""
    pattern: str
    """RE2's. Its first group, where it has one, is what is replaced. `^` and `$` are a line's ends."""
    action: RedactionAction
    fields: tuple[RedactionField, ...] = ()


class KeyRule(NamedTuple):
    """What happens to the whole value of attributes by their names, whatever is in it."""

    key: str
    """Attribute key; `*` stands for any characters."""
    action: RedactionAction


class FieldRule(NamedTuple):
    """What happens to a whole field, whatever is in it."""

    field: RedactionField
    action: Literal["hash", "drop"]


class RedactionPolicy(NamedTuple):
    """A project's rules."""

    detectors: tuple[DetectorRule, ...] = ()
    patterns: tuple[PatternRule, ...] = ()
    keys: tuple[KeyRule, ...] = ()
    fields: tuple[FieldRule, ...] = ()
    stores_content: bool = True
    """False: no inputs and outputs at all."""
    stores_media: bool = True
    """False: files that Langfuse's SDKs upload are not taken."""


class RedactionCount(NamedTuple):
    """How often something was replaced."""

    detector: str
    """A detector's kind, a pattern's name, `key` or `field`."""
    field: str
    action: str
