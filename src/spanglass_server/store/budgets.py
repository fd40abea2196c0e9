"""What the relational store promises of budgets. Synchronous, may block, safe from many threads and servers.

Errors: NotFound, BadInput with what to do instead, StorageUnavailable.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from spanglass_server.model.budget import Budget


class Budgets(Protocol):
    def list(self, project_id: str) -> Sequence[Budget]:
        """By name."""

    def list_all(self) -> Mapping[str, Sequence[Budget]]:
        """By project id, of the projects that have some."""

    def get(self, project_id: str, name: str) -> Budget: ...
    def put(self, project_id: str, budget: Budget) -> Budget:
        """Made, or changed where the name is taken; `created_at_ns` stays that of the first. BadInput beyond
        BUDGETS_PER_PROJECT_MAX of them."""

    def delete(self, project_id: str, name: str) -> None: ...
    def close(self) -> None: ...
