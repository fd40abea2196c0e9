"""Which services call which, and what models, stores and tools they use.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, get_args

from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import TimeRange

NodeKind: TypeAlias = Literal["service", "provider", "retriever", "tool", "cache", "caller"]
NODE_KINDS: Final[tuple[NodeKind, ...]] = get_args(NodeKind)

MAP_SPANS_MAX: Final = 250_000
"""Spans that a map is made from; of more, those of a share of the traces."""
MAP_EDGES_MAX: Final = 300
"""The busiest; what is left over is told by `ServiceMap.is_cut`."""


class Node(NamedTuple):
    kind: NodeKind
    """`caller` stands for whoever began the traces: its name is empty."""
    name: str
    """Empty where a span does not say."""


class Traffic(NamedTuple):
    """Of a share of the traces where the map is sampled: the caller of the port scales counts and cost."""

    call_count: int
    error_count: int
    p50_ns: float
    p95_ns: float
    cost_usd: float | None
    """Of the calls of models in it; None where none has a price."""
    unpriced_count: int


class Edge(NamedTuple):
    source: Node
    target: Node
    traffic: Traffic


class ServiceMap(NamedTuple):
    edges: Sequence[Edge]
    """Busiest first. Every service that took part is the target of one."""
    span_count: int
    """In the range, of the traces that match."""
    sampled_share: float
    """Of the traces; 1 where all were looked at."""
    is_cut: bool


class ServiceMapReader(Protocol):
    def read_map(self, project_id: str, during: TimeRange, where: Expression | None) -> ServiceMap:
        """Calls among spans that started within `during`, of traces that match. A call is one span: that of a
        service whose parent is another service's (or absent: then `caller` is the source), or that of a model
        call, a retrieval, a tool or a cache."""
