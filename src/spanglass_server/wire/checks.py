"""What a span or log record must hold to be taken, whatever bytes it came in."""

from spanglass_server.wire.records import Rejection

TIME_NS_MAX = 2**63 - 1
"""The year 2262: what fits a signed 64-bit count of nanoseconds."""

_NOTHING = {8: bytes(8), 16: bytes(16)}


class RefusedError(ValueError):
    """One record cannot be taken; the message becomes its Rejection's reason."""


def check_id(value: bytes, size: int, field: str) -> None:
    if len(value) != size:
        raise RefusedError(
            f"{field} has {len(value)} bytes, not {size}; send the id of the span's own context"
        )
    if value == _NOTHING[size]:
        raise RefusedError(
            f"{field} is all zeros, which OpenTelemetry calls invalid; do not export unsampled spans"
        )


def check_parent_id(value: bytes) -> bytes:
    """A parent of zeros means none: some exporters write it for roots."""
    if value == _NOTHING[8]:
        return b""
    if len(value) != 8:
        raise RefusedError(f"parent_span_id has {len(value)} bytes, not 8; leave it empty for a root")
    return value


def check_times(start_ns: int, end_ns: int) -> None:
    if start_ns <= 0:
        raise RefusedError("start_time_unix_nano is missing; set it to nanoseconds since 1970")
    if start_ns > TIME_NS_MAX or not 0 <= end_ns <= TIME_NS_MAX:
        raise RefusedError("a time lies past the year 2262; times are nanoseconds since 1970")


def check_log_time(time_ns: int) -> int:
    if not 0 <= time_ns <= TIME_NS_MAX:
        raise RefusedError("time_unix_nano lies past the year 2262; times are nanoseconds since 1970")
    return time_ns


def check_log_ids(trace_id: bytes, span_id: bytes) -> tuple[bytes, bytes]:
    """A log record may stand alone; an id of zeros means none."""
    trace_id = b"" if trace_id == _NOTHING[16] else trace_id
    span_id = b"" if span_id == _NOTHING[8] else span_id
    if len(trace_id) not in (0, 16):
        raise RefusedError(
            f"trace_id has {len(trace_id)} bytes, not 16; leave it empty for a log outside of traces"
        )
    if len(span_id) not in (0, 8):
        raise RefusedError(
            f"span_id has {len(span_id)} bytes, not 8; leave it empty for a log outside of spans"
        )
    return trace_id, span_id


def too_many(position: str, first: int, count: int, limit: int, noun: str) -> list[Rejection]:
    """Rejections of the records from `first` on, which a request's limit leaves out."""
    reason = (
        f"the request holds more than {limit} {noun}s (setting spans_per_request_max); "
        "export smaller batches or raise it"
    )
    return [Rejection(reason, f"{position}[{index}]") for index in range(first, count)]
