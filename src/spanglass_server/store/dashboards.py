"""What the relational store promises of dashboards. Synchronous, may block, safe from many threads and
servers.

Errors: NotFound, BadInput with what to do instead, DashboardChanged, StorageUnavailable.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from spanglass_server.base.errors import Conflict
from spanglass_server.model.dashboard import Dashboard


class DashboardChanged(Conflict):
    """Somebody else changed it since the version that the writer knows."""

    def __init__(self, current: Dashboard) -> None:
        who = f" by {current.updated_by}" if current.updated_by else ""
        super().__init__(
            f"the dashboard was changed meanwhile{who}: it is at version {current.version}",
            hint="read it again and apply your change to it, or write with its version to replace it",
        )
        self.current = current


class Dashboards(Protocol):
    def list(self, project_id: str) -> Sequence[Dashboard]:
        """By title."""

    def get(self, project_id: str, dashboard_id: str) -> Dashboard: ...
    def add(self, project_id: str, dashboard: Dashboard) -> None:
        """BadInput beyond DASHBOARDS_PER_PROJECT_MAX of them."""

    def replace(self, project_id: str, dashboard: Dashboard) -> Dashboard:
        """`dashboard.version` is the one that the writer read; what is kept has the next, and the creation
        time that it had. DashboardChanged where it is not the current one."""

    def delete(self, project_id: str, dashboard_id: str) -> None:
        """Its stars go with it, and so does its being the default."""

    def list_starred(self, project_id: str, owner: str) -> AbstractSet[str]:
        """Ids that this person starred, also of dashboards that are not kept here."""

    def star(self, project_id: str, owner: str, dashboard_id: str, *, is_starred: bool) -> None: ...
    def find_default(self, project_id: str) -> str | None:
        """The id of the one that opens first."""

    def set_default(self, project_id: str, dashboard_id: str | None) -> None: ...
    def close(self) -> None: ...
