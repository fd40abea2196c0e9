"""OTLP logs as services and collectors send them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.e2e.telemetry import Ask

NUMBERS = {"DEBUG": 5, "INFO": 9, "WARNING": 13, "ERROR": 17, "CRITICAL": 21}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One log record."""

    time_ns: int
    body: str
    severity: str = "INFO"
    service: str = "rag-api"
    scope: str = "app"
    ask: Ask | None = None
    """The trace it was written in, and its span: `root` or `model`."""
    span: str = "root"
    attributes: Mapping[str, str] = field(default_factory=dict)


def logs_body(*lines: Line) -> bytes:
    """The request's protobuf bytes."""
    request = ExportLogsServiceRequest()
    for line in lines:
        group = request.resource_logs.add()
        group.resource.attributes.add(key="service.name").value.string_value = line.service
        scope = group.scope_logs.add()
        scope.scope.name = line.scope
        record = scope.log_records.add(
            time_unix_nano=line.time_ns,
            severity_text=line.severity,
            severity_number=NUMBERS.get(line.severity, 0),  # type: ignore[arg-type]  # an enum's number
        )
        record.body.string_value = line.body
        for key, value in line.attributes.items():
            record.attributes.add(key=key).value.string_value = value
        if line.ask is not None:
            record.trace_id = line.ask.id_bytes("trace", 16)
            record.span_id = line.ask.id_bytes(line.span, 8)
    return request.SerializeToString()
