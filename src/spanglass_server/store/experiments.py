"""Experiments, read from the spans that name them (`langfuse.experiment.*`, Langfuse's SDKs from 3 on).

An item of an experiment is the span that its other spans name as their root. Bounded and failing as
store/ports.py says.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from spanglass_server.store.ports import TimeRange

PREFIX = "langfuse.experiment."


class ExperimentQuery(NamedTuple):
    """What a list is narrowed to; an empty value narrows nothing."""

    during: TimeRange
    """Of the items' start."""
    ids: Sequence[str] = ()
    names: Sequence[str] = ()
    dataset_ids: Sequence[str] = ()
    item_ids: Sequence[str] = ()


class Experiment(NamedTuple):
    """Within the time asked for."""

    id: str
    name: str
    dataset_id: str
    """Empty without a dataset."""
    start_ns: int
    end_ns: int
    item_count: int
    attributes: str
    """JSON object: of one of its items, where description and metadata stand."""


class ExperimentReader(Protocol):
    def list_experiments(
        self, project_id: str, query: ExperimentQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Experiment]:
        """The one that ended last first, ties by id."""

    def list_items(
        self, project_id: str, query: ExperimentQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        """Spans with payloads, newest first."""
