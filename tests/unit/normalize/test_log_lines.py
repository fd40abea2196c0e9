"""What structured log lines say: message, severity, trace; and what of it is stored."""

import json
from typing import Any

import pytest

from spanglass_server.model.severity import severity_named, severity_numbers, severity_of
from spanglass_server.model.span import Log
from spanglass_server.normalize.log_lines import read_line
from spanglass_server.normalize.logs import normalize_logs
from spanglass_server.wire.records import LogRecord, Resource, Scope

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RECORD = LogRecord(
    time_ns=5,
    trace_id="",
    span_id="",
    severity_number=0,
    severity_text="",
    event_name="",
    body="",
    attributes={},
    resource=Resource(attributes={"service.name": "rag-api"}),
    scope=Scope(name="app", version="", attributes={}),
)


def normalized(**fields: Any) -> Log:
    [log] = normalize_logs([RECORD._replace(**fields)], project_id="p", version=1)
    return log


@pytest.mark.parametrize(
    ("word", "number", "severity"),
    [
        ("WARNING", 13, "warn"),
        ("warn", 13, "warn"),
        ("ERROR", 17, "error"),
        (" Error ", 17, "error"),
        ("ERROR3", 19, "error"),
        ("CRITICAL", 21, "fatal"),
        ("notice", 10, "info"),
        ("D", 5, "debug"),
        ("Information", 9, "info"),
        ("ERROR5", 0, None),
        ("loud", 0, None),
        ("", 0, None),
    ],
)
def test_a_loggers_word_has_a_severity_number(word: str, number: int, severity: str | None) -> None:
    assert severity_named(word) == number
    assert severity_of(number) == severity


def test_severities_are_classes_of_four() -> None:
    assert severity_numbers("trace") == (1, 4)
    assert severity_numbers("fatal") == (21, 24)
    assert [severity_of(number) for number in (-1, 0, 4, 5, 24, 25)] == [
        None, None, "trace", "debug", "fatal", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"severity_number": 14, "severity_text": "ERROR"}, 14),
        ({"severity_text": "WARNING"}, 13),
        ({"severity_number": 99, "severity_text": "error"}, 17),
        ({"severity_text": "loud", "body": '{"event":"x","level":"error"}'}, 17),
        ({"body": '{"msg":"x","level":40}'}, 13),
        ({"body": {"message": "x", "severity": "CRITICAL"}}, 21),
        ({"body": "plain", "attributes": {"level": "debug"}}, 5),
        ({"body": "error: plain text tells no severity"}, 0),
        ({"body": '{"event":"x","level":[30]}'}, 0),
    ],
)
def test_the_severity_is_the_records_else_its_words_else_the_lines(
    fields: dict[str, Any], number: int
) -> None:
    assert normalized(**fields).severity_number == number


def test_a_lines_fields_are_found_as_attributes_and_its_body_is_kept() -> None:
    body = json.dumps(
        {"event": "llm_call", "model": "gpt-4o", "cost_usd": 0.5, "http": {"status": 500, "ok": False}}
    )
    log = normalized(body=body, attributes={"model": "the attribute wins", "code.line": 7})
    assert log.body == body
    assert log.attributes == '{"model":"the attribute wins","code.line":7}'
    assert log.attribute_index == {
        "model": "the attribute wins",
        "cost_usd": "0.5",
        "http.status": "500",
        "http.ok": "false",
        "code.line": "7",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"body": json.dumps({"event": "x", "trace_id": TRACE_ID, "span_id": SPAN_ID})},
        {"body": {"message": "x", "traceId": TRACE_ID.upper(), "spanId": SPAN_ID}},
        {"body": "x", "attributes": {"otelTraceID": TRACE_ID, "otelSpanID": SPAN_ID}},
    ],
)
def test_a_line_that_names_its_trace_belongs_to_it(fields: dict[str, Any]) -> None:
    log = normalized(**fields)
    assert (log.trace_id, log.span_id) == (TRACE_ID, SPAN_ID)


def test_the_records_own_trace_stands() -> None:
    body = json.dumps({"event": "x", "trace_id": TRACE_ID, "span_id": SPAN_ID})
    log = normalized(body=body, trace_id="a" * 32, span_id="b" * 16)
    assert (log.trace_id, log.span_id) == ("a" * 32, "b" * 16)


@pytest.mark.parametrize("value", ["0" * 32, "req-123", "", 7, None, "4bf92f3577b34da6a3ce929d0e0e473"])
def test_what_is_no_trace_id_names_no_trace(value: object) -> None:
    assert normalized(body=json.dumps({"event": "x", "trace_id": value})).trace_id == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"event":"user_login","level":"info"}', "user_login"),
        ('{"level":"info","msg":"ready"}', "ready"),
        ({"message": "가입 완료", "user": 3}, "가입 완료"),
        ('{"message":{"role":"assistant"}}', None),
        ('{"a":1}', None),
        ('{"broken', None),
        ("{}", None),
        ("plain", None),
        (["event"], None),
        (None, None),
    ],
)
def test_a_line_is_an_object_with_a_message(body: Any, message: str | None) -> None:
    line = read_line(body)
    assert (line.message if line else None) == message
    assert line is None or message not in line.fields.values()
