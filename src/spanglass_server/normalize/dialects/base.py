"""What a telemetry convention is to us: how to recognize it, and which keys mean what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from spanglass_server.normalize.fields import Reader

Key: TypeAlias = "str | tuple[str, Reader]"
"""An attribute's key, with its own reader where the field's usual one does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One convention. Keys are listed by field in the order in which they are believed; between dialects the
    order is that of `DIALECTS`, or what table.py says for the field."""

    name: str
    scopes: tuple[str, ...] = ()
    """Instrumentation scopes that speak it: whole names, or prefixes ending in `*`."""
    markers: tuple[str, ...] = ()
    """Prefixes of keys that only this convention uses: how it is recognized under an unknown scope."""
    keys: Mapping[int, tuple[Key, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, int] = field(default_factory=dict)
    """Key prefixes by the field they fill; for a collecting field the rest of the key names the item."""
