"""Dashboards as they are kept: the document is JSON, which docs/dashboards.md describes."""

from typing import NamedTuple


class Dashboard(NamedTuple):
    id: str
    title: str
    document: str
    """JSON text."""
    version: int
    """1 when it is made; each change adds one."""
    created_at_ns: int
    updated_at_ns: int
    updated_by: str
    """Name of who changed it last; empty where nobody signs in."""
