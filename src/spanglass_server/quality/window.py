"""Targets between the place that is done and the place that was read: several in flight, none skipped."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

from spanglass_server.store.evaluation import Place, TargetKey

Target: TypeAlias = tuple[str, str]
"""Trace id and span id."""


class Window:
    """Targets are added in their order and finished in any. For one thread."""

    def __init__(self, done: Place) -> None:
        self._done = done
        self._read = done
        self._waiting: OrderedDict[Place, Target | None] = OrderedDict()
        """Without those that are finished and have nothing unfinished before them."""
        self._finished: set[Place] = set()
        self._places: dict[Target, list[Place]] = {}

    @property
    def done(self) -> Place:
        """Everything up to here is finished: where to go on after a crash."""
        return self._done

    @property
    def read(self) -> Place:
        """Where to read on."""
        return self._read

    @property
    def in_flight(self) -> int:
        return len(self._places)

    def add(self, keys: Sequence[TargetKey]) -> list[TargetKey]:
        """Those that are to be judged. One that is in flight already, and comes again because its trace got
        another span, is finished when that is."""
        new: list[TargetKey] = []
        for key in keys:
            place = Place(key.position_ns, key.trace_id, key.span_id)
            target = (key.trace_id, key.span_id)
            self._waiting[place] = target
            self._read = place
            known = self._places.setdefault(target, [])
            if not known:
                new.append(key)
            known.append(place)
        return new

    def skip_to(self, place: Place) -> None:
        """There is nothing between what was read and this place."""
        if place > self._read:
            self._read = place
            self._waiting[place] = None
            self._finished.add(place)
            self._advance()

    def finish(self, target: Target) -> None:
        self._finished.update(self._places.pop(target, ()))
        self._advance()

    def _advance(self) -> None:
        while self._waiting:
            place = next(iter(self._waiting))
            if place not in self._finished:
                return
            self._finished.discard(place)
            del self._waiting[place]
            self._done = place
