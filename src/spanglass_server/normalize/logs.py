"""Log records become rows."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from spanglass_server.model.severity import is_severity_number, severity_named
from spanglass_server.model.span import Log
from spanglass_server.normalize.log_lines import (
    flat_fields,
    line_severity,
    line_span_id,
    line_trace_id,
    read_line,
)
from spanglass_server.normalize.origin import Origin, read_origin
from spanglass_server.normalize.values import dump_json, printable_text
from spanglass_server.wire.records import Attributes, LogRecord

INDEXED_CHARS_MAX: Final = 256
INDEXED_KEYS_MAX: Final = 128
TIME_NS_MAX: Final = 2**63 - 1


def normalize_logs(records: Sequence[LogRecord], *, project_id: str, version: int) -> list[Log]:
    """A row for every record, in the order given. Never raises. The same record gives the same `log_id`."""
    origins: dict[tuple[int, int], Origin] = {}
    logs: list[Log] = []
    for record in records:
        key = (id(record.resource), id(record.scope))
        origin = origins.get(key)
        if origin is None:
            origin = origins[key] = read_origin(record.resource, record.scope)
        logs.append(_normalize(record, origin, project_id, version))
    return logs


def _normalize(record: LogRecord, origin: Origin, project_id: str, version: int) -> Log:
    body = printable_text(record.body) if isinstance(record.body, str) else _structured(record)
    attributes = dump_json(record.attributes)
    event_name, severity_text = printable_text(record.event_name), printable_text(record.severity_text)
    time_ns = min(max(record.time_ns, 0), TIME_NS_MAX)
    trace_id, span_id = printable_text(record.trace_id), printable_text(record.span_id)
    line = read_line(record.body)
    fields = {**flat_fields(line.fields), **record.attributes} if line else record.attributes
    content = "\0".join(
        (
            str(time_ns),
            trace_id,
            span_id,
            str(record.severity_number),
            severity_text,
            event_name,
            body,
            attributes,
            origin.resource,
            origin.scope,
        )
    )
    return Log(
        project_id=project_id,
        time_ns=time_ns,
        trace_id=trace_id or line_trace_id(fields),
        span_id=span_id or line_span_id(fields),
        log_id=blake2b(content.encode(), digest_size=16).hexdigest(),
        severity_number=_severity_number(record, fields),
        severity_text=severity_text,
        service=origin.service,
        environment=origin.environment,
        event_name=event_name,
        body=body,
        attributes=attributes,
        attribute_index=index_attributes(fields),
        resource=origin.resource,
        scope=origin.scope,
        version=version,
    )


def _severity_number(record: LogRecord, fields: Attributes) -> int:
    if is_severity_number(record.severity_number):
        return record.severity_number
    return severity_named(record.severity_text) or line_severity(fields)


def _structured(record: LogRecord) -> str:
    return "" if record.body is None else dump_json(record.body)


def index_attributes(attributes: Attributes) -> dict[str, str]:
    """Scalars with short values as text: what a filter on an attribute compares with."""
    index: dict[str, str] = {}
    for key, value in attributes.items():
        if len(index) >= INDEXED_KEYS_MAX:
            break
        if isinstance(value, str):
            if len(value) <= INDEXED_CHARS_MAX:
                index[printable_text(key)] = printable_text(value)
        elif isinstance(value, bool):
            index[printable_text(key)] = "true" if value else "false"
        elif isinstance(value, (int, float)):
            index[printable_text(key)] = str(value)
    return index
