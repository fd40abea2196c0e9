"""The map of services: who calls whom, and what they use."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field

from spanglass_server.store.service_map import Edge, Node, NodeKind, ServiceMap, Traffic
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.models import Shape
from spanglass_server.web.api.shape import Json, json_response, milliseconds, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of

_SECOND_NS = 1_000_000_000


class MapTraffic(Shape):
    count: int = Field(description="Calls; an estimate where the map is sampled, as cost is.")
    per_second: float
    error_count: int
    error_rate: float = Field(description="0 to 1.")
    cost_usd: float | None = Field(description="Null where no call has a known price.")
    unpriced_count: int


class MapNode(MapTraffic):
    id: str = Field(examples=["service:rag-api"])
    kind: Literal["service", "provider", "retriever", "tool", "cache", "caller"]
    name: str


class MapEdge(MapTraffic):
    source: str
    target: str
    duration_p50_ms: float
    duration_p95_ms: float


class Map(Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime
    nodes: list[MapNode] = Field(description="With what comes in; a service's cost is of what it uses.")
    edges: list[MapEdge] = Field(description="Busiest first, at most 300.")
    span_count: int = Field(description="In the range, of the traces that match.")
    sampled_share: float = Field(description="Of the traces that were looked at; 1 is all.")
    is_cut: bool


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["service map"])
    router.add_api_route(
        "/service-map", get_service_map, response_model=Map, dependencies=[Depends(long_lane)]
    )
    return router


def get_service_map(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(selection_of("traces"))],
) -> Response:
    """Services, what they call and what they use: models, stores, tools, caches."""
    found = services.service_map.read_map(caller.project.id, selection.during, selection.where)
    seconds = (selection.during.to_ns - selection.during.from_ns) / _SECOND_NS
    return json_response(
        {
            "from": time_text(selection.during.from_ns),
            "to": time_text(selection.during.to_ns),
            "nodes": [
                {"id": _id(node), **node._asdict(), **_node_json(node, into, found, seconds)}
                for node, into in _nodes(found.edges).items()
            ],
            "edges": [_edge_json(edge, found, seconds) for edge in found.edges],
            "span_count": found.span_count,
            "sampled_share": found.sampled_share,
            "is_cut": found.is_cut,
        }
    )


def _nodes(edges: Iterable[Edge]) -> dict[Node, list[Traffic]]:
    """Each with the traffic that comes in; the caller's is none."""
    found: dict[Node, list[Traffic]] = {}
    for edge in edges:
        found.setdefault(edge.source, [])
        found.setdefault(edge.target, []).append(edge.traffic)
    return found


def _id(node: Node) -> str:
    kind: NodeKind = node.kind
    return f"{kind}:{node.name}"


def _node_json(node: Node, into: Sequence[Traffic], found: ServiceMap, seconds: float) -> Json:
    told = _traffic_json(into, found, seconds)
    if node.kind != "service":
        return told
    spent = [edge.traffic for edge in found.edges if edge.source == node and edge.target.kind != "service"]
    spending = _traffic_json(spent, found, seconds)
    return {**told, "cost_usd": spending["cost_usd"], "unpriced_count": spending["unpriced_count"]}


def _edge_json(edge: Edge, found: ServiceMap, seconds: float) -> Json:
    return {
        "source": _id(edge.source),
        "target": _id(edge.target),
        **_traffic_json([edge.traffic], found, seconds),
        "duration_p50_ms": milliseconds(round(edge.traffic.p50_ns)),
        "duration_p95_ms": milliseconds(round(edge.traffic.p95_ns)),
    }


def _traffic_json(traffic: Sequence[Traffic], found: ServiceMap, seconds: float) -> Json:
    scale = 1 / found.sampled_share
    count = sum(part.call_count for part in traffic)
    error_count = sum(part.error_count for part in traffic)
    costs = [part.cost_usd for part in traffic if part.cost_usd is not None]
    return {
        "count": round(count * scale),
        "per_second": count * scale / seconds,
        "error_count": round(error_count * scale),
        "error_rate": error_count / count if count else 0.0,
        "cost_usd": sum(costs) * scale if costs else None,
        "unpriced_count": round(sum(part.unpriced_count for part in traffic) * scale),
    }
