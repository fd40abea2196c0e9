"""Which series are known to be registered on which day, so that a commit writes only the new ones.

Loaded from the store when a project's day is first asked for, and kept while it is used. Another server may
register more in between: those are registered twice, which changes nothing, and the limit on series counts
them from the next start.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

_Day = tuple[str, int]
_DAY_ENTRIES = 10


class SeriesIndex:
    """Safe from any thread; `load` (project id, day) may be called twice for the same."""

    def __init__(self, load: Callable[[str, int], set[int]], *, entries_max: int) -> None:
        """`entries_max`: series ids held in memory, about 100 bytes each; days used last stay. A day
        counts as ten more of them."""
        self._load = load
        self._entries_max = entries_max
        self._days: OrderedDict[_Day, set[int]] = OrderedDict()
        self._entries = 0
        self._lock = threading.Lock()
        self._forgotten = 0
        """Grows with each deletion: what was loaded before is out of date."""

    def find_missing(self, project_id: str, day: int, series_ids: Iterable[int]) -> set[int]:
        known = self._open(project_id, day)
        return {series_id for series_id in series_ids if series_id not in known}

    def count(self, project_id: str, day: int) -> int:
        return len(self._open(project_id, day))

    def add(self, project_id: str, day: int, series_ids: Iterable[int]) -> None:
        """They are stored."""
        with self._lock:
            known = self._days.get((project_id, day))
            if known is not None:
                self._entries -= len(known)
                known.update(series_ids)
                self._entries += len(known)
            self._trim()

    def forget_project(self, project_id: str) -> None:
        with self._lock:
            self._forgotten += 1
            for key in [key for key in self._days if key[0] == project_id]:
                self._entries -= len(self._days.pop(key)) + _DAY_ENTRIES

    def _open(self, project_id: str, day: int) -> set[int]:
        key = (project_id, day)
        with self._lock:
            known = self._days.get(key)
            if known is not None:
                self._days.move_to_end(key)
                return known
            forgotten = self._forgotten
        loaded = self._load(project_id, day)
        with self._lock:
            if forgotten != self._forgotten:
                return loaded
            if key not in self._days:
                self._days[key] = loaded
                self._entries += len(loaded) + _DAY_ENTRIES
            known = self._days[key]
            self._days.move_to_end(key)
            self._trim()
            return known

    def _trim(self) -> None:
        while len(self._days) > 1 and self._entries > self._entries_max:
            _, known = self._days.popitem(last=False)
            self._entries -= len(known) + _DAY_ENTRIES
