import pytest

from spanglass_server.base.errors import (
    QueryInvalid,
    QueryTooLarge,
    SpanglassError,
    StorageFull,
    StorageUnavailable,
)
from spanglass_server.store.clickhouse.engine import Lane
from spanglass_server.store.clickhouse.failures import error_of

TIMEOUT = "Code: 159. DB::Exception: Timeout exceeded: elapsed 300 ms, maximum: 300 ms. (TIMEOUT_EXCEEDED)"
MEMORY = "Code: 241. DB::Exception: Query memory limit exceeded: would use 601 MiB. (MEMORY_LIMIT_EXCEEDED)"
ALL_MEMORY = (
    "Code: 241. DB::Exception: (total) memory limit exceeded: would use 1 GiB. (MEMORY_LIMIT_EXCEEDED)"
)
REGEXP = (
    "Code: 427. DB::Exception: OptimizedRegularExpression: cannot compile re2: (. (CANNOT_COMPILE_REGEXP)"
)
DISK = "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)"
ERRNO = "Code: 75. DB::Exception: Cannot write to file: , errno: 28, strerror: No space left on device."
PARTS = "Code: 252. DB::Exception: Too many parts (3000). Merges are slower than inserts. (TOO_MANY_PARTS)"
NETWORK = (
    "Error HTTPConnectionPool(host='db', port=8123): Connection refused executing HTTP request attempt 1"
)


@pytest.mark.parametrize(
    ("text", "lane", "kind"),
    [
        (TIMEOUT, "read", QueryTooLarge),
        (TIMEOUT, "long", QueryTooLarge),
        (TIMEOUT, "write", StorageUnavailable),
        (MEMORY, "read", QueryTooLarge),
        (ALL_MEMORY, "read", StorageUnavailable),
        (ALL_MEMORY, "write", StorageUnavailable),
        (REGEXP, "read", QueryInvalid),
        (DISK, "write", StorageFull),
        (ERRNO, "write", StorageFull),
        (ERRNO, "read", StorageFull),
        (PARTS, "write", StorageUnavailable),
        (NETWORK, "read", StorageUnavailable),
        ("", "write", StorageUnavailable),
    ],
)
def test_each_failure_becomes_the_error_its_caller_can_act_on(
    text: str, lane: Lane, kind: type[SpanglassError]
) -> None:
    assert type(error_of(text, lane=lane)) is kind


def test_a_limit_is_named() -> None:
    error = error_of(TIMEOUT, lane="read")

    assert "max_execution_time" in error.message
    assert error.hint


def test_a_message_carries_neither_the_statement_nor_the_servers_address() -> None:
    text = (
        "Received ClickHouse exception, server response: Code: 47. DB::Exception: Unknown identifier `x`."
        " In scope SELECT secret FROM spans. (UNKNOWN_IDENTIFIER) (for url http://db.internal:8123)"
    )

    message = error_of(text, lane="read").message

    assert "Unknown identifier `x`" in message
    assert "secret" not in message
    assert "db.internal" not in message
