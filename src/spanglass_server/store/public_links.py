"""Public links to a trace, as the relational store keeps them. Synchronous, may block, safe from many threads
and servers.

Errors: NotFound, BadInput with what to do instead, StorageUnavailable.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class PublicLink(NamedTuple):
    id: str
    """Not what the address carries."""
    project_id: str
    trace_id: str
    with_payloads: bool
    """Prompts, answers and the like are shown; else names, times, tokens and costs alone."""
    created_by: str
    """E-mail address of who made it; empty where nobody signs in."""
    created_at_ns: int
    expires_at_ns: int


class NewPublicLink(NamedTuple):
    link: PublicLink
    token: str
    """256 random bits; told once, stored as a hash."""


class PublicLinks(Protocol):
    def create(self, link: PublicLink) -> NewPublicLink:
        """With an id and a token of its own; the project's expired ones go. BadInput beyond
        PUBLIC_LINKS_PER_TRACE_MAX of a trace."""

    def find(self, token: str) -> PublicLink | None:
        """Also one that has expired."""

    def list(self, project_id: str, trace_id: str = "") -> Sequence[PublicLink]:
        """Newest first; of one trace where it is given."""

    def revoke(self, project_id: str, link_id: str) -> PublicLink:
        """It is gone for good. NotFound."""

    def forget_traces(self, project_id: str, trace_ids: Sequence[str]) -> None:
        """Those of traces that are deleted: one that is sent again is not public by an old link."""

    def close(self) -> None: ...
