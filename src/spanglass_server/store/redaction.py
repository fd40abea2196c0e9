"""What the relational store promises of redaction. Synchronous, may block, safe from many threads and
servers.

Errors: NotFound, StorageUnavailable.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from spanglass_server.model.redaction import RedactionCount, RedactionPolicy


class StoredPolicy(NamedTuple):
    policy: RedactionPolicy
    key: bytes
    """Makes the project's hashes. Secret: never shown, never sent."""
    updated_at_ns: int


class CountedRedaction(NamedTuple):
    hour_ns: int
    """Its beginning."""
    what: RedactionCount
    times: int


class RedactionStore(Protocol):
    def find(self, project_id: str) -> StoredPolicy | None:
        """None for a project that has said nothing. That of the project whose judges it holds, for a project
        that is made for judges' calls."""

    def put(self, project_id: str, policy: RedactionPolicy, now_ns: int) -> StoredPolicy:
        """The key is made with the first policy, and stays: equal values keep equal hashes."""

    def delete(self, project_id: str) -> None:
        """Back to what is so where nothing was said. The key stays."""

    def add_counts(self, hour_ns: int, counts: Mapping[tuple[str, RedactionCount], int]) -> None:
        """By project and what was replaced, to those that stand there. Projects that are gone are passed
        over."""

    def list_counts(self, project_id: str, from_ns: int) -> Sequence[CountedRedaction]:
        """Of the hours that begin at `from_ns` or later, in order of time."""

    def forget_counts(self, before_ns: int) -> None: ...
    def close(self) -> None: ...
