"""A page as somebody set it up, under a name."""

from typing import Final, Literal, NamedTuple, TypeAlias, get_args

ViewKind: TypeAlias = Literal[
    "overview",
    "traces",
    "sessions",
    "users",
    "map",
    "logs",
    "alerts",
    "cost",
    "dashboards",
    "explore",
    "sql",
    "scores",
]
"""The page it is a view of."""
VIEW_KINDS: Final[tuple[str, ...]] = get_args(ViewKind)


class SavedView(NamedTuple):
    id: str
    kind: ViewKind
    name: str
    search: str
    """The page's part of the address, from the question mark on and without it."""
    is_shared: bool
    """Seen by everybody who may read the project; else by its owner alone."""
    is_pinned: bool
    """Shown beside the page's filter."""
    owner: str
    """A user's id; empty where nobody signs in."""
    created_at_ns: int
    updated_at_ns: int
