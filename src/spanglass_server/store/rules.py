"""What the relational store promises of rules: files that people edit, what each group's rules are doing, and
the lease that says which server evaluates them.

Synchronous, may block, safe from many threads and servers. Raises StorageUnavailable and StorageFull.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from spanglass_server.base.errors import Busy


class StoredRuleFile(NamedTuple):
    project_id: str
    name: str
    text: str | None
    """YAML; None: the rules that come with Spanglass under this name, and whether they are on."""
    is_enabled: bool
    updated_at_ns: int


class StoredGroup(NamedTuple):
    """What a group's rules are doing, as rules/state.py writes it."""

    file: str
    name: str
    document: str


class Lease(NamedTuple):
    """Held by one server at a time. It has lapsed when nobody renewed it for a while, as the others see it by
    their own clocks: no two clocks are compared."""

    name: str
    holder: str
    epoch: int
    """Grows with each taking."""
    renewals: int
    """Grows with each renewal."""


class LeaseLost(Busy):
    """Another server has taken the lease."""


class RuleStore(Protocol):
    def files_stamp(self) -> str:
        """Changes whenever a file does. Cheap."""

    def list_files(self, project_id: str | None = None) -> Sequence[StoredRuleFile]:
        """Of a project, or of all, by project and name."""

    def put_file(self, file: StoredRuleFile) -> None:
        """NotFound for a project that is gone; BadInput beyond RULE_FILES_PER_PROJECT_MAX of them."""

    def delete_file(self, project_id: str, name: str) -> bool:
        """Whether there was one."""

    def load_groups(self, project_id: str) -> Sequence[StoredGroup]:
        """By file and name."""

    def save_groups(
        self, lease: Lease, project_id: str, groups: Sequence[StoredGroup], gone: Sequence[StoredGroup] = ()
    ) -> None:
        """One transaction: the groups replace those of the same file and name, and those that are gone are
        deleted. Raises LeaseLost, having written nothing, where the lease is another's by now. A project
        that is gone is passed over."""

    def find_lease(self, name: str) -> Lease | None: ...
    def take_lease(self, name: str, holder: str, seen: Lease | None) -> Lease | None:
        """The lease, now this holder's; None where it is no longer as it was seen (None: nobody's)."""

    def renew_lease(self, lease: Lease) -> Lease | None:
        """None where another has taken it."""

    def release_lease(self, lease: Lease) -> None:
        """Nothing where another has taken it."""

    def close(self) -> None: ...
