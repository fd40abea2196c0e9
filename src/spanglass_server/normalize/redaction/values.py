"""Texts and values with what is sensitive in them replaced.

A text that is a JSON document is redacted value by value and stays one: the rules see what it says, not how
it is escaped, and the name before a value tells what the value is.
"""

import hmac
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from spanglass.evaluators.sensitive import Detectors, Finding, TooManyFindingsError, replace_findings
from spanglass_server.model.redaction import (
    REDACTION_FIELDS,
    RedactionAction,
    RedactionField,
    RedactionPolicy,
)
from spanglass_server.normalize.redaction.detectors import detectors_of
from spanglass_server.normalize.values import base64_of_bytes

HASH_CHARS: Final = 12
"""Of a hash: 48 bits, so that of a million values hardly two share one."""
FINDINGS_MAX: Final = 10_000
"""In one text, overlaps included: one with as many is a list of addresses or keys, and is
dropped as a whole."""
_DOCUMENTS_MAX: Final = 6
"""JSON within JSON within JSON."""
_DEPTH_MAX: Final = 60
LONG_INT: Final = 10**11
"""Numbers from here on may be a card's."""
_KEY_CHARS_MAX: Final = 200
_LONG_NUMBER: Final = b"0" * 17
_DIGITS_TO_ZERO: Final = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
_CASELESS: Final = frozenset({"email", "iban"})


class Replaced(NamedTuple):
    detector: str
    """A detector's kind, a pattern's name, `key` or `field` where a rule about these did it, `too_many`."""
    field: str
    action: str


class Tally:
    """What was replaced, counted."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts: Counter[Replaced] = Counter()
        self.total = 0

    def add(self, replaced: Replaced) -> None:
        self.counts[replaced] += 1
        self.total += 1


class DropFieldError(Exception):
    """Something in this field says that nothing of it may be kept."""


def mark(kind: str, digest: str = "") -> str:
    """What stands where something was: no detector finds anything in it."""
    return f"[{kind}#{digest}]" if digest else f"[{kind}]"


_MASK: Final = re.compile(r"\[[a-z][a-z0-9_]*\]")


def is_masked(text: str) -> bool:
    """Whether something stands in it that others have in the same words: it tells nothing from anything."""
    return _MASK.search(text) is not None


class ValueRedactor:
    """The rules of one policy, for one value at a time."""

    def __init__(self, policy: RedactionPolicy, key: bytes) -> None:
        """`key` is secret: whoever has it can find out which value a hash is of."""
        self.detectors = Detectors(detectors_of(policy))
        self._key = key
        self._names_are_plain = not policy.patterns
        """No detector that is built in finds anything in a name of letters, digits and `_`."""
        self._actions: dict[str, dict[str, RedactionAction]] = {field: {} for field in REDACTION_FIELDS}
        for detector in policy.detectors:
            for field in detector.fields or REDACTION_FIELDS:
                self._actions[field][detector.kind] = detector.action
        for pattern in policy.patterns:
            for field in pattern.fields or REDACTION_FIELDS:
                self._actions[field][pattern.name] = pattern.action

    def find(self, text: str, field: RedactionField, key: str = "") -> list[Finding]:
        """In order of place. `key` is the name that stands before the text, where one does. Raises
        TooManyFindingsError."""
        actions = self._actions[field]
        if not actions:
            return []
        if not key:
            return self.detectors.find(text, actions, count_max=FINDINGS_MAX)
        before = f"{key[:_KEY_CHARS_MAX]}:\n"
        found = self.detectors.find(before + text, actions, count_max=FINDINGS_MAX)
        return [
            Finding(kind, max(start - len(before), 0), end - len(before))
            for kind, start, end in found
            if end > len(before)
        ]

    def text(self, text: str, field: RedactionField, key: str, tally: Tally) -> str:
        """The same object where nothing is replaced. Raises DropFieldError."""
        return self._text(text, _Place(field, self._actions[field], tally), key, 0)

    def value(self, value: Any, field: RedactionField, key: str, tally: Tally) -> Any:
        """An attribute's value, of its shape. Raises DropFieldError."""
        return self._value(value, _Place(field, self._actions[field], tally), key, 0, 0)

    def digest(self, kind: str, value: str) -> str:
        canonical = value.lower() if kind in _CASELESS else value
        told = f"{kind}\0{canonical}".encode("utf-8", "replace")
        return hmac.digest(self._key, told, "sha256").hex()[:HASH_CHARS]

    def _text(self, text: str, place: "_Place", key: str, documents: int) -> str:
        document = parse_document(text) if documents < _DOCUMENTS_MAX else NOT_JSON
        if document is NOT_JSON:
            return self._plain(text, place, key)
        before = place.tally.total
        clean = self._value(document, place, key, documents + 1, 0)
        return text if place.tally.total == before else dump_document(clean)

    def _plain(self, text: str, place: "_Place", key: str) -> str:
        try:
            found = self.find(text, place.field, key)
        except TooManyFindingsError:
            place.tally.add(Replaced("too_many", place.field, "drop"))
            raise DropFieldError from None
        if not found:
            return text
        for finding in found:
            place.tally.add(Replaced(finding.kind, place.field, place.actions[finding.kind]))
        if any(place.actions[it.kind] == "drop" for it in found):
            raise DropFieldError
        return replace_findings(text, found, lambda finding: self._mark(finding, text, place))

    def _mark(self, finding: Finding, text: str, place: "_Place") -> str:
        if place.actions[finding.kind] == "mask":
            return mark(finding.kind)
        return mark(finding.kind, self.digest(finding.kind, finding.value(text)))

    def _value(self, value: Any, place: "_Place", key: str, documents: int, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, place, key, documents)
        if kind is int:
            return self._number(value, place, key)
        if kind is dict or kind is list:
            if depth >= _DEPTH_MAX:
                return self._plain(dump_document(value), place, key)
            if kind is list:
                return [self._value(item, place, key, documents, depth + 1) for item in value]
            return {
                self._name(name, place): self._value(item, place, name, documents, depth + 1)
                for name, item in value.items()
            }
        return value

    def _name(self, name: str, place: "_Place") -> str:
        is_plain = self._names_are_plain and name.isidentifier()
        return name if is_plain else self._plain(name, place, "")

    def _number(self, value: int, place: "_Place", key: str) -> int | str:
        if -LONG_INT < value < LONG_INT:
            return value
        written = str(value)
        clean = self._plain(written, place, key)
        return value if clean is written else clean


class _Place(NamedTuple):
    field: RedactionField
    actions: Mapping[str, RedactionAction]
    tally: Tally


class _NotJson:
    pass


NOT_JSON: Final = _NotJson()


def parse_document(text: str) -> Any:
    """A JSON document, or NOT_JSON."""
    if text[:1] not in ("{", "[", '"') or text[-1:] not in ("}", "]", '"', "\n", " "):
        return NOT_JSON
    try:
        encoded = text.encode()
        if _LONG_NUMBER not in encoded.translate(_DIGITS_TO_ZERO):
            return orjson.loads(encoded)
    except ValueError:
        pass  # NaN, or lone surrogates: what only the standard library reads
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON


def dump_document(document: Any) -> str:
    try:
        return orjson.dumps(document, default=base64_of_bytes).decode()
    except (TypeError, ValueError):  # integers beyond 64 bits, lone surrogates, too many levels
        return json.dumps(document, default=str)
