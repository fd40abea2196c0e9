"""What the time of a sample must be, and how many there may be."""

from typing import Final

from spanglass_server.wire.checks import RefusedError

TIME_MS_MAX: Final = (2**63 - 1) // 1_000_000
"""The year 2262: what fits a signed 64-bit count of nanoseconds."""


def check_time_ms(time_ms: int) -> int:
    if time_ms <= 0:
        raise RefusedError("a sample's time is missing or before 1970")
    if time_ms > TIME_MS_MAX:
        raise RefusedError("a sample's time lies past the year 2262; times are milliseconds since 1970")
    return time_ms


def too_many_samples(limit: int) -> str:
    return (
        f"the request holds more than {limit} samples (setting samples_per_request_max); "
        "send smaller batches or raise it"
    )
