"""What a span's attribute keys alone decide, worked out once for each set of keys.

An instrumentation writes the same keys in the same order into span after span. Which of them fill a field and
in which order they are believed, whose convention they show, where the input and output stand and what cannot
be there at all, is therefore looked up instead of found out.
"""

from collections.abc import Set
from typing import Final, NamedTuple

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.identity import IDENTITY_SLOTS
from spanglass_server.normalize.models import MODEL_SLOTS
from spanglass_server.normalize.outcome import ANSWER_SLOTS
from spanglass_server.normalize.parameters import PARAMETER_SLOTS
from spanglass_server.normalize.payload import PayloadKeys, find_payload_keys
from spanglass_server.normalize.table import PLAIN, TABLE
from spanglass_server.normalize.tokens import COST_SLOTS, USAGE_SLOTS
from spanglass_server.wire.records import Attributes

SHAPES_MAX: Final = 4_096
"""Beyond this many the memory of shapes starts anew: keys come from outside."""
SHAPE_CHARS_MAX: Final = 4_096
"""Keys that are longer together are looked at every time anew."""


class Read(NamedTuple):
    slot: int
    key: str
    read: f.Reader


class Collect(NamedTuple):
    slot: int
    item: str
    key: str
    read: f.Reader


class Shape(NamedTuple):
    mark: int
    """The index in DIALECTS of the convention that the keys give away; PLAIN for none."""
    reads: tuple[Read, ...]
    """Keys of one slot stand in the order in which they are believed."""
    collects: tuple[Collect, ...]
    has_meaning: bool
    """Some key belongs to a field."""
    payload: PayloadKeys
    tells_identity: bool
    tells_models: bool
    tells_usage: bool
    tells_cost: bool
    tells_parameters: bool
    tells_answer: bool


_shapes: Final[dict[tuple[str, ...], Shape]] = {}


def shape_of(attributes: Attributes) -> Shape:
    keys = tuple(attributes)
    shape = _shapes.get(keys)
    if shape is None:
        shape = _make_shape(keys)
        if sum(map(len, keys)) <= SHAPE_CHARS_MAX:
            if len(_shapes) >= SHAPES_MAX:
                _shapes.clear()
            _shapes[keys] = shape
    return shape


def _make_shape(keys: tuple[str, ...]) -> Shape:
    mark = PLAIN
    ordered: list[tuple[int, Read]] = []
    collects: list[Collect] = []
    for key in keys:
        entry = TABLE[key]
        if entry is None:
            continue
        mark = min(mark, entry.mark)
        if entry.slot >= f.COLLECTING:
            collects.append(Collect(entry.slot, entry.item, key, entry.read))
        elif entry.slot >= 0:
            ordered.append((entry.order, Read(entry.slot, key, entry.read)))
    # Of keys that are believed alike, the span's first counts: sorting keeps their order.
    ordered.sort(key=lambda item: item[0])
    reads = tuple(read for _, read in ordered)
    slots = {read.slot for read in reads} | {collect.slot for collect in collects}
    return Shape(
        mark,
        reads,
        tuple(collects),
        bool(slots),
        find_payload_keys(keys),
        _tells(slots, IDENTITY_SLOTS),
        # Metadata may name a provider.
        _tells(slots, MODEL_SLOTS | IDENTITY_SLOTS),
        _tells(slots, USAGE_SLOTS),
        _tells(slots, COST_SLOTS),
        _tells(slots, PARAMETER_SLOTS),
        _tells(slots, ANSWER_SLOTS),
    )


def _tells(slots: Set[int], of: Set[int]) -> bool:
    return not slots.isdisjoint(of)
