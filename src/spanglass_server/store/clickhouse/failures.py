"""ClickHouse's exceptions in the words of base/errors.py, by their code (the same embedded and over HTTP)."""

import re

from spanglass_server.base.errors import (
    QueryInvalid,
    QueryTooLarge,
    SpanglassError,
    StorageFull,
    StorageUnavailable,
)
from spanglass_server.base.limits import FREE_DISK_BYTES_MIN
from spanglass_server.store.clickhouse.engine import Lane

_CODE = re.compile(r"Code: (\d+)\.")
_AFTER_REASON = re.compile(r"\n|\. In scope | In scope |: While | \(for url |: while executing |\. Look at ")

_LIMITS = {
    158: ("rows read", "max_rows_to_read"),
    159: ("time", "max_execution_time"),
    160: ("time", "max_execution_time"),
    191: ("rows of a set", "max_rows_in_set"),
    209: ("time", "max_execution_time"),
    241: ("memory", "max_memory_usage"),
    307: ("bytes read", "max_bytes_to_read"),
    396: ("rows of the result", "max_result_rows"),
}
_INVALID = {
    6, 27, 36, 38, 41, 42, 43, 46, 47, 50, 53, 62, 69, 70, 72, 130, 131, 184, 190, 215, 352, 386, 427,
    457, 536, 691,
}  # fmt: skip
"""Codes of statements that can never run: types, names, syntax, ranges, bad regular expressions."""
_FULL = {243}
_FLOOR_WORDS = "free space to meet the configured threshold"
_FULL_WORDS = ("No space left on device", "errno: 28", "Disk quota exceeded")


def error_of(text: str, *, lane: Lane, code: int | None = None) -> SpanglassError:
    """The error to raise for an exception's text. Its stack and the server's name stay out of the message."""
    found = _CODE.search(text)
    code = code if code is not None else (int(found.group(1)) if found else None)
    reason = _reason(text)
    if code in _FULL and _FLOOR_WORDS in text:
        return StorageFull(
            f"Storage has no space left: less than {FREE_DISK_BYTES_MIN >> 20} MiB of the disk are free",
            hint="Free disk space, delete traces or shorten retention.",
        )
    if code in _FULL or any(word in text for word in _FULL_WORDS):
        return StorageFull(
            f"Storage has no space left: {reason}", hint="Free disk space or shorten retention."
        )
    if lane in ("read", "long", "evaluate"):
        if code in _LIMITS and not _is_shared_memory(code, text):
            what, setting = _LIMITS[code]
            return QueryTooLarge(
                f"The query hit its limit of {what} ({setting}): {reason}",
                hint="Ask for a shorter time range or a narrower filter.",
                limit=setting,
            )
        if code in _INVALID:
            return QueryInvalid(f"The query cannot be run: {reason}")
    return StorageUnavailable(f"Storage refused the work for now: {reason}")


def _is_shared_memory(code: int, text: str) -> bool:
    return code == 241 and "(total)" in text


def _reason(text: str) -> str:
    """The exception's own sentence: without the statement, the server's address and what follows."""
    sentence = _AFTER_REASON.split(text.rsplit("DB::Exception: ", 1)[-1].strip(), maxsplit=1)[0]
    return sentence.rstrip(". ")[:300] or "no reason given"
