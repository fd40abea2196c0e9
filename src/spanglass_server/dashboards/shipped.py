"""The dashboards that come with the server: `shipped/*.json`, in the order in which they are listed."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson

SHIPPED: Final = ("service", "models", "rag")
"""Their ids."""


@cache
def shipped_documents() -> Mapping[str, Mapping[str, Any]]:
    """By id; documents as JSON values."""
    folder = files("spanglass_server.dashboards") / "shipped"
    return {name: orjson.loads((folder / f"{name}.json").read_bytes()) for name in SHIPPED}
