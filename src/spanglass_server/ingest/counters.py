"""What the ingest did, counted; each count has a log event of the same word."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias, get_args

import structlog

Word: TypeAlias = Literal[
    "accepted_requests",
    "accepted_spans",
    "accepted_logs",
    "accepted_scores",
    "accepted_langfuse_events",
    "accepted_samples",
    "accepted_exemplars",
    "accepted_bytes",
    "rejected_spans",
    "rejected_logs",
    "rejected_scores",
    "rejected_langfuse_events",
    "rejected_samples",
    "cut_values",
    "duplicate_spans",
    "duplicate_langfuse_events",
    "revised_spans",
    "loaded_traces",
    "malformed_requests",
    "refused_requests",
    "busy_requests",
    "timed_out_requests",
    "failed_requests",
    "failed_commits",
    "commits",
]

_LEVELS: Final[Mapping[Word, str]] = {
    "rejected_spans": "warning",
    "rejected_logs": "warning",
    "rejected_scores": "warning",
    "rejected_langfuse_events": "warning",
    "rejected_samples": "warning",
    "cut_values": "warning",
    "malformed_requests": "warning",
    "refused_requests": "warning",
    "busy_requests": "warning",
    "timed_out_requests": "warning",
    "failed_requests": "error",
    "failed_commits": "error",
    "commits": "debug",
}
"""Words without a level are counted within another word's event."""

_LOG_INTERVAL_S: Final = 1.0


class Counters:
    """Safe from any thread. A word is logged at most once a second, with how often it was not: a flood of bad
    requests must not become a flood of log lines."""

    def __init__(self, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._log = structlog.get_logger("spanglass.ingest")
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._values: dict[Word, int] = dict.fromkeys(get_args(Word), 0)
        self._logged_s: dict[Word, float] = {}
        self._unlogged: dict[Word, int] = {}

    def count(self, word: Word, by: int = 1, /, **fields: str | int | float) -> None:
        """Add `by`, and log the event with these fields: never payloads, never keys."""
        level = _LEVELS.get(word)
        with self._lock:
            self._values[word] += by
            if level is None or by == 0:
                return
            now_s = self._monotonic_s()
            if now_s - self._logged_s.get(word, -_LOG_INTERVAL_S) < _LOG_INTERVAL_S:
                self._unlogged[word] = self._unlogged.get(word, 0) + 1
                return
            self._logged_s[word] = now_s
            unlogged = self._unlogged.pop(word, 0)
        if unlogged:
            fields["unlogged_events"] = unlogged
        self._log.log(_numeric(level), word, count=by, **fields)

    def snapshot(self) -> dict[str, int]:
        with self._lock:
            return {str(word): value for word, value in self._values.items()}


def _numeric(level: str) -> int:
    return {"debug": 10, "warning": 30, "error": 40}[level]
