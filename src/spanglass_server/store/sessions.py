"""Sessions (conversations) and users: what traces that name the same one come to together.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import Page, PageRequest, TimeRange, TraceKey

GroupBy: TypeAlias = Literal["session_id", "user_id"]

GROUP_ORDERS: Final = (
    *("last_time", "start_time", "duration", "trace_count", "error_count"),
    *("total_tokens", "cost"),
)
"""What a page of groups is ordered by, as fields of it."""


SPANS_PER_TURN_MAX: Final = 60
"""Of one trace, that are read to tell what was said in it."""


class ScoreMean(NamedTuple):
    """Scores of one name: numbers and booleans only."""

    name: str
    mean: float
    scored_count: int


class GroupScores(NamedTuple):
    scores: Sequence[ScoreMean]
    """By name."""
    quality: float | None
    """The mean of what is 0 to 1 with 1 best; None where no score says."""
    quality_count: int


NO_SCORES: Final = GroupScores((), None, 0)


class UserData(NamedTuple):
    """What is stored of a user, whenever it was."""

    trace_count: int
    span_count: int
    session_count: int


class SessionReader(Protocol):
    """A group is a mapping: `id`, `start_time_ns` (the first trace's start), `last_time_ns` (the last one's),
    `end_time_ns`, `trace_count`, `error_count` (traces that failed), `llm_call_count`, `input_tokens`,
    `output_tokens`, `cost_usd` (None where nothing has a price), `unpriced_count`, `session_count`,
    `user_ids` (some, at most 10), and of its first and last trace `first` and
    `last`: rows as SpanReader.list_traces gives them, None where they went meanwhile."""

    def list_groups(
        self, project_id: str, by: GroupBy, during: TimeRange, where: Expression | None, page: PageRequest
    ) -> Page:
        """Groups with a trace that started within `during` and matches; what they come to is of all their
        traces in it. Order by one of GROUP_ORDERS, `-` before it for descending."""

    def find_group(
        self, project_id: str, by: GroupBy, group_id: str, during: TimeRange | None = None
    ) -> Mapping[str, Any] | None:
        """One of them; without `during` of all time."""

    def score_groups(
        self, project_id: str, by: GroupBy, group_ids: Sequence[str], during: TimeRange
    ) -> Mapping[str, GroupScores]:
        """The scores of the groups' traces that started within `during`, and of the sessions themselves. Who
        has none is absent."""

    def load_spans(
        self, project_id: str, traces: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """By trace id, of these traces (rows of a list): the root and what people would read (calls, tools,
        agents), whole, at most SPANS_PER_TURN_MAX of each trace, in start order."""

    def count_user(self, project_id: str, user_id: str) -> UserData: ...
    def list_user_traces(self, project_id: str, user_id: str, *, limit: int) -> Sequence[TraceKey]:
        """Traces in which any span names the user, oldest first."""

    def list_sessions_of(self, project_id: str, traces: Sequence[TraceKey]) -> Sequence[str]:
        """The sessions that these traces belong to."""

    def list_empty(self, project_id: str, session_ids: Sequence[str]) -> Sequence[str]:
        """Those of the sessions that have no trace (any more)."""
