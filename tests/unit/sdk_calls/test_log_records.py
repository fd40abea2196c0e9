"""Log records of the standard library as the server reads them from OTLP."""

import logging
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from spanglass._encode import encode_resource
from spanglass._log_records import encode_record, frame_records
from spanglass_server.wire.otlp import decode_logs
from spanglass_server.wire.records import LogRecord

TRACER = TracerProvider(shutdown_on_exit=False).get_tracer("test")


class Kept(logging.Handler):
    """Encodes records where they are written, as the SDK's own handler does."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.items: list[tuple[str, bytes]] = []
        self.mask: Any = None

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.items.append((record.name, encode_record(record, self.mask)))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def logger(kept: Kept) -> logging.Logger:
    made = logging.Logger("shop.orders")
    made.addHandler(kept)
    return made


def read(kept: Kept) -> list[LogRecord]:
    resource = encode_resource(Resource({"service.name": "shop"}), {})
    decoded = decode_logs(frame_records(resource, kept.items))
    assert not decoded.rejections
    return list(decoded.records)


def test_a_record_is_told_on_the_span_that_wrote_it(logger: logging.Logger, kept: Kept) -> None:
    with TRACER.start_as_current_span("work") as span:
        logger.warning("order %d is late", 7, extra={"order": 7, "customer": {"tier": "gold"}})

    (log,) = read(kept)
    context = span.get_span_context()
    assert (log.trace_id, log.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert (log.body, log.severity_number, log.severity_text) == ("order 7 is late", 13, "WARNING")
    assert log.scope.name == "shop.orders"
    assert log.resource.attributes == {"service.name": "shop"}
    assert log.attributes["order"] == 7
    assert log.attributes["customer"] == "{'tier': 'gold'}"
    assert log.attributes["code.file.path"] == __file__
    assert log.time_ns == int(kept.records[0].created * 1e9)


def test_a_record_outside_any_span_has_no_ids(logger: logging.Logger, kept: Kept) -> None:
    logger.info("starting")

    (log,) = read(kept)
    assert (log.trace_id, log.span_id) == ("", "")


def test_an_exception_is_told_with_its_stack(logger: logging.Logger, kept: Kept) -> None:
    try:
        raise ValueError("bad order")
    except ValueError:
        logger.exception("failed")

    (log,) = read(kept)
    assert log.attributes["exception.type"] == "ValueError"
    assert log.attributes["exception.message"] == "bad order"
    assert "test_log_records.py" in str(log.attributes["exception.stacktrace"])
    assert log.severity_number == 17


def test_levels_are_opentelemetrys_severities(logger: logging.Logger, kept: Kept) -> None:
    for level in (5, 10, 20, 25, 30, 40, 50, 60):
        logger.log(level, "x")

    assert [log.severity_number for log in read(kept)] == [1, 5, 9, 9, 13, 17, 21, 21]


def test_secrets_among_the_extras_are_redacted(logger: logging.Logger, kept: Kept) -> None:
    logger.info("calling", extra={"api_key": "sk-1", "password": "p"})

    (log,) = read(kept)
    assert (log.attributes["api_key"], log.attributes["password"]) == ("[redacted]", "[redacted]")


def test_a_mask_sees_the_text(logger: logging.Logger, kept: Kept) -> None:
    kept.mask = lambda text, key: text.replace("ann@example.org", "<mail>")
    logger.info("mail to ann@example.org", extra={"mail": "ann@example.org"})

    (log,) = read(kept)
    assert log.body == "mail to <mail>"
    assert log.attributes["mail"] == "<mail>"


def test_halves_of_characters_and_long_texts_go_through(logger: logging.Logger, kept: Kept) -> None:
    logger.info("\ud83d half")
    logger.info("x" * 200_000)

    half, long = read(kept)
    assert half.body == "? half"
    assert len(str(long.body)) == 100_000


def test_records_of_several_loggers_go_in_one_request(logger: logging.Logger, kept: Kept) -> None:
    other = logging.Logger("shop.payments")
    other.addHandler(kept)
    logger.info("one")
    other.info("two")
    logger.info("three")

    told = sorted((log.scope.name, log.body) for log in read(kept))
    assert told == [("shop.orders", "one"), ("shop.orders", "three"), ("shop.payments", "two")]
