"""All texts of a request, looked at at once: which of them have to be looked at closely."""

import re
from bisect import bisect_right
from collections.abc import Hashable
from itertools import accumulate
from typing import Final, TypeAlias

from spanglass.evaluators.sensitive import Detectors
from spanglass_server.normalize.payload import readable
from spanglass_server.normalize.redaction.values import LONG_INT, dump_document
from spanglass_server.wire.records import AttributeValue

Touched: TypeAlias = dict[int, set[Hashable]]
"""By record: the places in it."""

_BETWEEN: Final = "\n\0\n"
_ESCAPED: Final = re.compile(r"\\+u([0-9A-Fa-f]{4})")


class Sheet:
    """What is found here may be nothing after all; what is not found is nowhere."""

    def __init__(self, detectors: Detectors) -> None:
        self._detectors = detectors
        self._texts: list[str] = []
        self._owners: list[tuple[int, Hashable]] = []

    def add(self, record: int, place: Hashable, key: str, value: AttributeValue) -> None:
        """`key`: the name that stands before the value."""
        if isinstance(value, str):
            text = value
        elif isinstance(value, list | dict):
            text = dump_document(value)
        elif type(value) is int and not -LONG_INT < value < LONG_INT:
            text = str(value)
        else:
            return
        self._texts.append(f"{key}:\n{text}")
        self._owners.append((record, place))
        if "\\" in text:
            self._texts.append(f"{key}:\n{unescaped(text)}")
            self._owners.append((record, place))

    def touched(self) -> Touched:
        joined = _BETWEEN.join(self._texts)
        encoded = joined.encode("utf-8", "replace")
        touched: Touched = {}
        hits = self._detectors.screen(encoded)
        if hits:
            starts = self._starts(is_ascii=len(encoded) == len(joined))
            for hit in hits:
                self._touch(hit, encoded, starts, touched)
        return touched

    def _starts(self, *, is_ascii: bool) -> list[int]:
        sizes = (len(text) if is_ascii else len(text.encode("utf-8", "replace")) for text in self._texts)
        return list(accumulate((size + len(_BETWEEN) for size in sizes), initial=0))

    def _touch(self, hit: int, encoded: bytes, starts: list[int], touched: Touched) -> None:
        """One look at each text: what else is in a text that is touched already makes no difference."""
        at = 0
        while (place := self._detectors.find_place(hit, encoded, at)) is not None:
            first = bisect_right(starts, place[0]) - 1
            last = bisect_right(starts, max(place[1] - 1, place[0])) - 1
            for record, of_record in self._owners[first : last + 1]:
                touched.setdefault(record, set()).add(of_record)
            at = starts[last + 1]
            if at >= len(encoded):
                return


def unescaped(text: str) -> str:
    """About what JSON's escapes stand for, at whatever level of JSON within JSON."""
    if "\\u" in text:
        text = readable(text)
        if "\\u" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("\\n", "\n").replace("\\", "")
