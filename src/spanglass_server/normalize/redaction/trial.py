"""What a policy would do, without storing anything."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

import orjson

from spanglass.evaluators.sensitive import Finding, TooManyFindingsError
from spanglass_server.model.redaction import RedactionField, RedactionPolicy
from spanglass_server.normalize.redaction.fields import field_of_key
from spanglass_server.normalize.redaction.values import DropFieldError, Tally, ValueRedactor

_COLUMNS: Final[tuple[tuple[str, RedactionField], ...]] = (
    ("name", "name"),
    ("input", "input"),
    ("output", "output"),
    ("user_id", "user_id"),
    ("session_id", "session_id"),
    ("error_message", "error"),
    ("resource", "resource"),
)


class TextTrial(NamedTuple):
    text: str | None
    """What would be stored; None: nothing."""
    findings: list[Finding]
    """In the text as it is."""
    times: int


def try_text(values: ValueRedactor, text: str, field: RedactionField) -> TextTrial:
    tally = Tally()
    try:
        clean: str | None = values.text(text, field, "", tally)
    except DropFieldError:
        clean = None
    try:
        findings = values.find(text, field)
    except TooManyFindingsError:
        findings = []
    return TextTrial(clean, findings, tally.total)


class SpanTrial:
    """Counts what would be replaced in stored spans."""

    def __init__(self, policy: RedactionPolicy, key: bytes) -> None:
        self._values = ValueRedactor(policy, key)
        self.tally = Tally()
        self.changed_count = 0

    def take(self, span: Mapping[str, Any]) -> None:
        before = self.tally.total
        for column, field in _COLUMNS:
            self._try(span[column], field, "")
        for key, value in orjson.loads(span["attributes"]).items():
            self._try(value, field_of_key(key), key)
        for event in orjson.loads(span["events"]):
            self._try(event["name"], "events", "")
            self._try_all(event["attributes"].items())
        self.changed_count += self.tally.total > before

    def _try_all(self, pairs: Iterable[tuple[str, Any]]) -> None:
        for key, value in pairs:
            told = field_of_key(key)
            self._try(value, "events" if told == "attributes" else told, key)

    def _try(self, value: Any, field: RedactionField, key: str) -> None:
        with suppress(DropFieldError):  # it is counted
            self._values.value(value, field, key, self.tally)
