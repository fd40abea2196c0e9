"""Cutting off values that are too long to keep."""

from spanglass_server.wire.records import (
    Attributes,
    AttributeValue,
    EventRecord,
    LinkRecord,
    LogRecord,
    SpanRecord,
)

MARK = "…"
"""Ends a value that was cut off."""


class ValueCutter:
    """Cuts texts and bytes to `length_max` characters or bytes, wherever they nest, and counts the cuts."""

    def __init__(self, length_max: int) -> None:
        self._length_max = length_max
        self.count = 0

    def cut_span(self, record: SpanRecord) -> SpanRecord:
        return record._replace(
            attributes=self._cut_all(record.attributes),
            events=tuple(EventRecord(*event[:2], self._cut_all(event.attributes)) for event in record.events),
            links=tuple(LinkRecord(*link[:2], self._cut_all(link.attributes)) for link in record.links),
        )

    def cut_log(self, record: LogRecord) -> LogRecord:
        return record._replace(body=self._cut(record.body), attributes=self._cut_all(record.attributes))

    def _cut_all(self, attributes: Attributes) -> Attributes:
        return {key: self._cut(value) for key, value in attributes.items()}

    def _cut(self, value: AttributeValue) -> AttributeValue:
        if isinstance(value, list):
            return [self._cut(item) for item in value]
        if isinstance(value, dict):
            return self._cut_all(value)
        if isinstance(value, str | bytes) and len(value) > self._length_max:
            self.count += 1
            return value[: self._length_max - 1] + (MARK if isinstance(value, str) else b"")  # type: ignore[operator]
        return value
