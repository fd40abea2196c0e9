"""Records of one request made anew: which texts they have, and the records with some of them redacted."""

from collections.abc import Hashable, Set
from dataclasses import replace
from typing import Any, Final

from spanglass_server.model.redaction import RedactionField
from spanglass_server.model.series import Labels
from spanglass_server.normalize.redaction.fields import field_of_key
from spanglass_server.normalize.redaction.keys import KeyRules
from spanglass_server.normalize.redaction.sheet import Sheet, Touched
from spanglass_server.normalize.redaction.values import DropFieldError, Tally, ValueRedactor
from spanglass_server.wire.langfuse import EventRecord as LangfuseRecord
from spanglass_server.wire.records import (
    Attributes,
    AttributeValue,
    EventRecord,
    LinkRecord,
    LogRecord,
    Resource,
    Scope,
    SpanRecord,
)
from spanglass_server.wire.scores import ScoreRecord

COUNT_KEY: Final = "spanglass.redactions"
"""Attribute of a span or log record in which something was replaced: how often."""
LANGFUSE_COUNT_KEY: Final = "spanglassRedactions"

_NAME, _STATUS, _BODY = ("name",), ("status",), ("body",)
_SHARED: Final = -1
"""The record that resources and scopes are listed under."""
_LANGFUSE_IDS: Final = frozenset(
    {"id", "traceId", "parentObservationId", "type", "timestamp", "startTime", "endTime"}
)
_LANGFUSE_FIELDS: Final[dict[str, RedactionField]] = {
    "name": "name",
    "input": "input",
    "output": "output",
    "metadata": "metadata",
    "userId": "user_id",
    "sessionId": "session_id",
    "tags": "tags",
    "statusMessage": "error",
    "status_message": "error",
}
_TEXT_TYPES: Final = ("", "text", "correction")


class Rewriting:
    """One request's. Resources and scopes that records share are made anew once."""

    def __init__(self, values: ValueRedactor, rules: KeyRules, tally: Tally) -> None:
        self._values = values
        self._rules = rules
        self._tally = tally
        self._listed: dict[int, Resource | Scope] = {}
        self._renewed: dict[int, Resource | Scope] = {}

    def list_span(self, at: int, record: SpanRecord, sheet: Sheet) -> None:
        sheet.add(at, _NAME, "", record.name)
        if record.status_message:
            sheet.add(at, _STATUS, "", record.status_message)
        for key, value in record.attributes.items():
            sheet.add(at, key, key, value)
        for index, event in enumerate(record.events):
            sheet.add(at, (index, ""), "", event.name)
            for key, value in event.attributes.items():
                sheet.add(at, (index, key), key, value)
        for index, link in enumerate(record.links):
            for key, value in link.attributes.items():
                sheet.add(at, ("link", index, key), key, value)
        self._list_shared(record, sheet)

    def list_log(self, at: int, record: LogRecord, sheet: Sheet) -> None:
        sheet.add(at, _BODY, "", record.body)
        sheet.add(at, _NAME, "", record.event_name)
        for key, value in record.attributes.items():
            sheet.add(at, key, key, value)
        self._list_shared(record, sheet)

    def _list_shared(self, record: SpanRecord | LogRecord, sheet: Sheet) -> None:
        for shared in (record.resource, record.scope):
            if id(shared) not in self._listed:
                self._listed[id(shared)] = shared
                for key, value in shared.attributes.items():
                    sheet.add(_SHARED, (id(shared), key), key, value)

    def touch_shared(self, touched: Touched) -> None:
        """Make resources and scopes anew, once all places are known."""
        places = touched.get(_SHARED, ())
        for key, shared in self._listed.items():
            keys = {place[1] for place in places if isinstance(place, tuple) and place[0] == key}
            attributes = self._attributes(shared.attributes, keys, "resource")
            if attributes is not shared.attributes:
                self._renewed[key] = replace(shared, attributes=attributes)

    def span(self, record: SpanRecord, places: Set[Hashable]) -> SpanRecord:
        """`places`: those in which something was found."""
        if not (places or self._renewed or self._rules.has_rules):
            return record
        before = self._tally.total
        changed = self._shared(record)
        if _NAME in places:
            changed["name"] = self._text(record.name, "name")
        status = self._rules.text("error", record.status_message, self._tally)
        if _STATUS in places:
            status = self._text(status, "error")
        if status is not record.status_message:
            changed["status_message"] = status
        attributes = self._attributes(record.attributes, places, "attributes")
        if record.events:
            changed["events"] = self._events(record.events, places)
        if record.links and any(isinstance(place, tuple) and place[0] == "link" for place in places):
            changed["links"] = tuple(
                self._link(index, link, places) for index, link in enumerate(record.links)
            )
        count = self._tally.total - before
        if count:
            attributes = {**attributes, COUNT_KEY: count}
        if attributes is not record.attributes:
            changed["attributes"] = attributes
        return record._replace(**changed) if changed else record

    def log(self, record: LogRecord, places: Set[Hashable]) -> LogRecord:
        before = self._tally.total
        changed = self._shared(record)
        body = record.body
        if self._rules.drops("log_body"):
            body = None
        elif _BODY in places:
            body = self._value(body, "log_body", "")
        if _NAME in places:
            changed["event_name"] = self._text(record.event_name, "name")
        attributes = self._attributes(record.attributes, places, "log_attributes")
        count = self._tally.total - before
        if count:
            attributes = {**attributes, COUNT_KEY: count}
        if attributes is not record.attributes:
            changed["attributes"] = attributes
        if body is not record.body:
            changed["body"] = body
        return record._replace(**changed) if changed else record

    def score(self, record: ScoreRecord) -> ScoreRecord:
        comment = self._rules.text("score", record.comment, self._tally)
        value = record.value
        if isinstance(value, str) and record.data_type in _TEXT_TYPES:
            value = self._text(value, "score")
        session_id = self._rules.text("session_id", record.session_id, self._tally)
        if session_id is record.session_id:
            session_id = self._text(session_id, "session_id")
        metadata = None if self._rules.drops("score") else record.metadata
        return record._replace(
            comment=self._text(comment, "score"),
            value=value,
            session_id=session_id,
            metadata=self._value(metadata, "score", ""),
        )

    def event(self, record: LangfuseRecord, *, is_touched: bool) -> LangfuseRecord:
        before = self._tally.total
        body: dict[str, AttributeValue] = {}
        for key, value in record.body.items():
            field = _LANGFUSE_FIELDS.get(key, "attributes")
            clean = value if key in _LANGFUSE_IDS else self._langfuse_value(key, value, field, is_touched)
            if clean is not None or value is None:
                body[key] = clean
        count = self._tally.total - before
        return record._replace(body={**body, LANGFUSE_COUNT_KEY: count}) if count else record

    def labels(self, labels: Labels) -> Labels:
        joined = "\n\0\n".join(f"{key}:\n{value}" for key, value in labels)
        if not self._values.detectors.screen(joined.encode("utf-8", "replace")):
            return labels
        before = self._tally.total
        clean = tuple((key, self._text(value, "metric_labels", key)) for key, value in labels)
        return labels if self._tally.total == before else clean

    def _langfuse_value(
        self, key: str, value: AttributeValue, field: RedactionField, is_touched: bool
    ) -> AttributeValue:
        if field in ("user_id", "session_id") and isinstance(value, str):
            ruled = self._rules.text(field, value, self._tally)
            if ruled is not value:
                return ruled
        elif self._rules.drops(field):
            self._rules.text(field, "-", self._tally)
            return None
        if field == "metadata" and isinstance(value, dict):
            value = self._rules.attributes(value, "metadata", self._tally)
        return self._value(value, field, key) if is_touched else value

    def _shared(self, record: SpanRecord | LogRecord) -> dict[str, Any]:
        if not self._renewed:
            return {}
        return {
            name: self._renewed[id(shared)]
            for name, shared in (("resource", record.resource), ("scope", record.scope))
            if id(shared) in self._renewed
        }

    def _events(self, events: tuple[EventRecord, ...], places: Set[Hashable]) -> tuple[EventRecord, ...]:
        if self._rules.drops("events"):
            return ()
        return tuple(self._event(index, event, places) for index, event in enumerate(events))

    def _event(self, index: int, event: EventRecord, places: Set[Hashable]) -> EventRecord:
        keys = {place[1] for place in places if isinstance(place, tuple) and place[0] == index}
        name = self._text(event.name, "events") if "" in keys else event.name
        return event._replace(name=name, attributes=self._attributes(event.attributes, keys, "events"))

    def _link(self, index: int, link: LinkRecord, places: Set[Hashable]) -> LinkRecord:
        keys = {place[2] for place in places if isinstance(place, tuple) and place[:2] == ("link", index)}
        return link._replace(attributes=self._attributes(link.attributes, keys, "attributes"))

    def _attributes(self, attributes: Attributes, places: Set[Hashable], plain: RedactionField) -> Attributes:
        """The same object where nothing is replaced. `plain`: the field of those that are nothing else."""
        if self._rules.has_rules:
            attributes = self._rules.attributes(attributes, plain, self._tally)
        if not places or places.isdisjoint(attributes):
            return attributes
        clean: Attributes = {}
        for key, value in attributes.items():
            if key not in places:
                clean[key] = value
                continue
            told = field_of_key(key)
            field = plain if told == "attributes" or plain == "resource" else told
            try:
                clean[self._values.text(key, field, "", self._tally)] = self._values.value(
                    value, field, key, self._tally
                )
            except DropFieldError:
                continue
        return clean

    def _text(self, text: str, field: RedactionField, key: str = "") -> str:
        """Empty where it is dropped."""
        if not text:
            return text
        try:
            return self._values.text(text, field, key, self._tally)
        except DropFieldError:
            return ""

    def _value(self, value: AttributeValue, field: RedactionField, key: str) -> Any:
        """None where it is dropped."""
        try:
            return self._values.value(value, field, key, self._tally)
        except DropFieldError:
            return None
