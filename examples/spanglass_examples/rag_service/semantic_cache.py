"""Answers to questions that were asked lately in nearly the same words."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

_ALIKE: Final = 0.97
_ENTRIES_MAX: Final = 60


class Entry(NamedTuple):
    embedding: Sequence[float]
    scope: str
    question: str
    answer: str
    kept_until_s: float


class SemanticCache:
    def __init__(self, *, kept_s: float) -> None:
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_ENTRIES_MAX)

    def find(self, embedding: Sequence[float], *, scope: str, now_s: float) -> tuple[Entry | None, float]:
        """The most similar entry that is similar enough, and the best similarity seen."""
        with self._lock:
            fresh = [one for one in self._entries if one.scope == scope and one.kept_until_s > now_s]
        if not fresh:
            return None, 0.0
        best = max(fresh, key=lambda one: _cosine(one.embedding, embedding))
        similarity = _cosine(best.embedding, embedding)
        return (best if similarity >= _ALIKE else None), similarity

    def put(
        self, embedding: Sequence[float], *, scope: str, question: str, answer: str, now_s: float
    ) -> None:
        with self._lock:
            self._entries.append(Entry(embedding, scope, question, answer, now_s + self._kept_s))


def _cosine(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(left, right, strict=True))
