"""What the relational store promises of saved views. Synchronous, may block, safe from many threads and
servers.

Errors: NotFound, BadInput with what to do instead, StorageUnavailable.
"""

from collections.abc import Sequence
from typing import Protocol

from spanglass_server.model.saved_view import SavedView


class SavedViews(Protocol):
    def list(self, project_id: str, *, owner: str, kind: str = "") -> Sequence[SavedView]:
        """The shared ones, those that nobody owns and the owner's own, by name; of one kind where it is
        given."""

    def get(self, project_id: str, view_id: str, *, owner: str) -> SavedView:
        """NotFound also for what somebody else keeps to himself."""

    def put(self, project_id: str, view: SavedView) -> None:
        """Made, or replaced. BadInput beyond SAVED_VIEWS_PER_PROJECT_MAX of them."""

    def delete(self, project_id: str, view_id: str) -> None: ...
    def close(self) -> None: ...
