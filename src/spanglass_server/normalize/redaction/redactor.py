"""A project's rules, applied to whole requests.

    screen the body ──> nothing found: the records pass as they are
                  └──> look at all texts at once ──> redact those in which something was found

Screening the bytes is sound for the built-in detectors only: their patterns say nothing of what stands around
them, and of those that want a name before the value only the name is looked for. Rules about attributes'
names and whole fields need no screening: they are looked up by name.
"""

from typing import Final

from spanglass_server.model.redaction import RedactionField, RedactionPolicy
from spanglass_server.model.series import Labels
from spanglass_server.model.span import Span
from spanglass_server.normalize.redaction.content import CONTENT, is_content, is_content_event, strip_span
from spanglass_server.normalize.redaction.detectors import BodyScreen
from spanglass_server.normalize.redaction.keys import KeyRules
from spanglass_server.normalize.redaction.rewriting import Rewriting
from spanglass_server.normalize.redaction.sheet import Sheet
from spanglass_server.normalize.redaction.values import Tally, ValueRedactor
from spanglass_server.wire.langfuse import EventRecord as LangfuseRecord
from spanglass_server.wire.records import Attributes, LogRecord, SpanRecord
from spanglass_server.wire.scores import ScoreRecord

_KNOWN_LABELS_MAX: Final = 50_000


class Redactor:
    """Its rules never change. Safe from many threads."""

    def __init__(self, policy: RedactionPolicy, key: bytes) -> None:
        """`key` makes hashes, and is secret."""
        self.values = ValueRedactor(policy, key)
        self._has_detectors = bool(policy.detectors or policy.patterns)
        self._screen = BodyScreen(policy) if self._has_detectors else None
        self._rules = KeyRules(policy, self.values.digest)
        dropped: frozenset[RedactionField] = frozenset(
            rule.field for rule in policy.fields if rule.action == "drop"
        )
        self.stripped: Final = CONTENT & dropped if policy.stores_content else CONTENT
        """Fields of content that are not stored."""
        self._known_labels: dict[Labels, Labels] = {}
        self.stores_media: Final = policy.stores_media and policy.stores_content

    def spans(self, records: list[SpanRecord], body: bytes, tally: Tally) -> list[SpanRecord]:
        """`body`: what the records were decoded from."""
        if not self._needs_look(body):
            return records
        rewriting, sheet = self._begin(tally)
        for at, record in enumerate(records):
            rewriting.list_span(at, record, sheet)
        touched = sheet.touched() if self._has_detectors else {}
        rewriting.touch_shared(touched)
        return [rewriting.span(record, touched.get(at, frozenset())) for at, record in enumerate(records)]

    def logs(self, records: list[LogRecord], body: bytes, tally: Tally) -> list[LogRecord]:
        """As `spans`. Without inputs and outputs where none are stored."""
        if self.stripped:
            records = [self._strip_log(record) for record in records]
        if not self._needs_look(body):
            return records
        rewriting, sheet = self._begin(tally)
        for at, record in enumerate(records):
            rewriting.list_log(at, record, sheet)
        touched = sheet.touched() if self._has_detectors else {}
        rewriting.touch_shared(touched)
        return [rewriting.log(record, touched.get(at, frozenset())) for at, record in enumerate(records)]

    def scores(self, records: list[ScoreRecord], tally: Tally) -> list[ScoreRecord]:
        if not (self._has_detectors or self._rules.has_rules):
            return records
        rewriting, _ = self._begin(tally)
        return [rewriting.score(record) for record in records]

    def events(self, records: list[LangfuseRecord], body: bytes, tally: Tally) -> list[LangfuseRecord]:
        """As `spans`. Without inputs and outputs where none are stored."""
        if self.stripped:
            records = [_strip_event(record, self.stripped) for record in records]
        if not self._needs_look(body):
            return records
        rewriting, sheet = self._begin(tally)
        for at, record in enumerate(records):
            sheet.add(at, "", "", record.body)
        touched = sheet.touched() if self._has_detectors else {}
        return [
            rewriting.event(record, is_touched=at in touched)
            if at in touched or self._rules.has_rules
            else record
            for at, record in enumerate(records)
        ]

    def labels(self, labels: Labels, tally: Tally) -> Labels:
        """Of a series or an exemplar. The same object where nothing is replaced. Series come again and again:
        what is replaced in one is counted when it is new."""
        if not self._has_detectors:
            return labels
        clean = self._known_labels.get(labels)
        if clean is None:
            clean = self._begin(tally)[0].labels(labels)
            if len(self._known_labels) >= _KNOWN_LABELS_MAX:
                self._known_labels.clear()
            self._known_labels[labels] = clean
        return labels if clean == labels else clean

    def strip(self, spans: list[Span]) -> list[Span]:
        """Rows without the content that is not stored."""
        return [strip_span(span, self.stripped) for span in spans] if self.stripped else spans

    def _needs_look(self, body: bytes) -> bool:
        return self._rules.has_rules or (self._screen is not None and self._screen.finds(body))

    def _begin(self, tally: Tally) -> tuple[Rewriting, Sheet]:
        return Rewriting(self.values, self._rules, tally), Sheet(self.values.detectors)

    def _strip_log(self, record: LogRecord) -> LogRecord:
        attributes: Attributes = {
            key: value
            for key, value in record.attributes.items()
            if not is_content(key, value, self.stripped)
        }
        body = None if is_content_event(record.event_name) else record.body
        if len(attributes) == len(record.attributes) and body is record.body:
            return record
        return record._replace(body=body, attributes=attributes)


def _strip_event(record: LangfuseRecord, fields: frozenset[RedactionField]) -> LangfuseRecord:
    if record.body.keys().isdisjoint(fields):
        return record
    return record._replace(body={key: value for key, value in record.body.items() if key not in fields})
