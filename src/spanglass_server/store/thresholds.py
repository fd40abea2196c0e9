"""What the relational store promises of thresholds.

Synchronous, may block, safe from many threads and servers. Errors: StorageUnavailable.
"""

from collections.abc import Mapping
from typing import Protocol

from spanglass_server.model.thresholds import ThresholdName

OwnThresholds = Mapping[ThresholdName, float]
"""Those that a project has set; all others are the defaults."""


class ThresholdStore(Protocol):
    def get(self, project_id: str) -> OwnThresholds: ...

    def list_all(self) -> Mapping[str, OwnThresholds]:
        """By project id, of the projects that have set some."""

    def replace(self, project_id: str, thresholds: OwnThresholds) -> None:
        """These and no others are set from now on."""

    def close(self) -> None: ...
