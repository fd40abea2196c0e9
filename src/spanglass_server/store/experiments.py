"""Experiments, read from the spans that name them (`langfuse.experiment.*`: Langfuse's SDKs from 3 on, and
Spanglass').

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


class RunKey(NamedTuple):
    """What an item led to."""

    trace_id: str
    span_id: str
    """Empty: the trace's root."""


class ExperimentItem(NamedTuple):
    experiment_id: str
    item_id: str
    key: RunKey
    version: str
    """Of the dataset, RFC 3339; empty where it is not told."""


class RunSpan(NamedTuple):
    start_ns: int
    end_ns: int
    status: str
    error_message: str
    output_hash: int
    """Alike for outputs that are alike."""


class RunTexts(NamedTuple):
    input: str
    output: str
    item_input: str
    """The item as the run's own span tells it: JSON text where the sender wrote JSON; empty where it does
    not."""
    expected_output: str
    item_metadata: str


class ExperimentReader(Protocol):
    def list_experiments(
        self, project_id: str, query: ExperimentQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Experiment]:
        """The one that ended last first, ties by id."""

    def list_items(
        self, project_id: str, query: ExperimentQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        """Spans with payloads, newest first."""

    def list_keys(self, project_id: str, query: ExperimentQuery, *, limit: int) -> Sequence[ExperimentItem]:
        """Which span each item led to, oldest first, at most `limit` of each experiment."""

    def read_spans(self, project_id: str, keys: Sequence[RunKey]) -> Mapping[RunKey, RunSpan]:
        """What is not stored is absent."""

    def read_texts(self, project_id: str, keys: Sequence[RunKey]) -> Mapping[RunKey, RunTexts]:
        """As `read_spans`; for a page of items."""
