"""What the relational store promises of projects' own prices. Synchronous, may block, safe from many threads.

Errors: NotFound, BadInput with what to do instead, StorageUnavailable.
"""

from collections.abc import Sequence
from typing import Protocol

from spanglass_server.model.own_price import OwnPrice


class OwnPrices(Protocol):
    def list(self, project_id: str) -> Sequence[OwnPrice]:
        """By model, then the latest beginning first."""

    def get(self, project_id: str, price_id: str) -> OwnPrice: ...

    def put(self, project_id: str, price: OwnPrice) -> OwnPrice:
        """Made, or changed where there is one of this id; `created_at_ns` stays that of the first. BadInput
        beyond OWN_PRICES_PER_PROJECT_MAX of them."""

    def delete(self, project_id: str, price_id: str) -> None: ...
    def close(self) -> None: ...
