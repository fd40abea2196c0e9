"""A small memory of answers that may be a moment old."""

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class RecentAnswers(Generic[Key, Value]):
    """Remembers what `load` said for `age_ns_max`, "there is none" included. Safe from many threads: two may
    load the same key at once, and nothing worse."""

    def __init__(
        self,
        load: Callable[[Key], Value],
        *,
        age_ns_max: int,
        entries_max: int,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._load = load
        self._age_ns_max = age_ns_max
        self._entries_max = entries_max
        self._monotonic_ns = monotonic_ns
        self._answers: dict[Key, tuple[int, Value]] = {}

    def get(self, key: Key) -> Value:
        now = self._monotonic_ns()
        answer = self._answers.get(key)
        if answer is not None and now - answer[0] < self._age_ns_max:
            return answer[1]
        value = self._load(key)
        if len(self._answers) >= self._entries_max:
            self._answers.clear()
        # The time is the one before loading: a change made while it loaded must not be missed for longer.
        self._answers[key] = (now, value)
        return value

    def forget(self) -> None:
        self._answers.clear()
