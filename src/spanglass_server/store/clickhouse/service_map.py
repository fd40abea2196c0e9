"""The map of services read: see store/service_map.py.

Two reads. What a service uses (models, stores, tools, caches) stands in each span by itself. Who calls whom
needs a span beside its parent: a join within each trace, which is made only where there are several services.
"""

from collections.abc import Mapping
from typing import Any, Final

from spanglass_server.query.ast import Expression
from spanglass_server.store.clickhouse.compile import trace_condition
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Parameter
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, SPANS_OF_TRACES, range_params
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.service_map import (
    MAP_EDGES_MAX,
    MAP_SPANS_MAX,
    Edge,
    Node,
    ServiceMap,
    Traffic,
)

_CALLER: Final = Node("caller", "")
_TRAFFIC: Final = """\
toInt64(count()) AS calls, toInt64(countIf(status = 'error')) AS errors,
quantilesTDigest(0.5, 0.95)(end_time_ns - start_time_ns) AS durations,
sumIf(cost_usd, is_billable) AS cost, toInt64(countIf(is_billable AND isNull(cost_usd))) AS unpriced"""
_KIND: Final = """\
multiIf(kind IN ('llm', 'embedding', 'reranker'), 'provider', kind = 'retriever', 'retriever',
kind = 'tool', 'tool', 'cache')"""
_NAME: Final = """\
multiIf(kind IN ('llm', 'embedding', 'reranker'), provider, kind = 'retriever',
if(attribute_index['db.system.name'] != '', attribute_index['db.system.name'], name),
kind = 'tool', if(tool_name != '', tool_name, name), name)"""
_USED: Final = "(is_call OR kind IN ('retriever', 'tool', 'cache') OR kind = 'reranker' AND provider != '')"
"""A model call counts once, however many spans tell it."""


class ClickHouseServiceMapReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_map(self, project_id: str, during: TimeRange, where: Expression | None) -> ServiceMap:
        span_count = self._count(project_id, during, where)
        parts = max(1, -(-span_count // MAP_SPANS_MAX))
        bind = Binder()
        wanted = _wanted(where, parts, bind)
        params = {**range_params(project_id, during), **bind.params}
        used = self._read_used(wanted, params)
        called = self._read_called(wanted, params, has_several=self._has_several(wanted, params))
        edges = sorted(
            [*called, *used], key=lambda edge: (-edge.traffic.call_count, edge.source, edge.target)
        )
        return ServiceMap(edges[:MAP_EDGES_MAX], span_count, 1 / parts, len(edges) > MAP_EDGES_MAX)

    def _count(self, project_id: str, during: TimeRange, where: Expression | None) -> int:
        bind = Binder()
        held = f" AND {trace_condition(where, bind, SPANS_OF_TRACES)}" if where is not None else ""
        sql = f"SELECT toInt64(sum(span_count)) AS spans FROM traces FINAL WHERE {IN_RANGE}{held}"
        rows = read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})
        return int(rows[0]["spans"])

    def _has_several(self, wanted: str, params: Mapping[str, Parameter]) -> bool:
        """Earlier revisions of a span have the same service: this one need not read the newest alone."""
        sql = f"SELECT DISTINCT service FROM spans\n{wanted}\nLIMIT 2"
        return len(read_rows(self._engine, sql, params)) > 1

    def _read_used(self, wanted: str, params: Mapping[str, Parameter]) -> list[Edge]:
        sql = (
            f"SELECT service, {_KIND} AS target_kind, {_NAME} AS target_name, {_TRAFFIC}\n"
            f"FROM spans FINAL\n{wanted} AND {_USED}\n"
            f"GROUP BY service, target_kind, target_name\nORDER BY calls DESC LIMIT {MAP_EDGES_MAX + 1:d}"
        )
        return [
            Edge(
                Node("service", row["service"]),
                Node(row["target_kind"], row["target_name"]),
                _traffic(row),
            )
            for row in read_rows(self._engine, sql, params)
        ]

    def _read_called(self, wanted: str, params: Mapping[str, Parameter], *, has_several: bool) -> list[Edge]:
        if not has_several:
            sql = (
                f"SELECT service, '' AS source, true AS is_first, {_TRAFFIC}\nFROM spans FINAL\n"
                f"{wanted} AND parent_span_id = ''\nGROUP BY service"
            )
        else:
            sql = (
                f"SELECT service, source, is_first, {_TRAFFIC}\nFROM (\n"
                "SELECT service, status, start_time_ns, end_time_ns, cost_usd, is_billable,\n"
                "caller.service AS source, caller.id = 0 AS is_first\nFROM (\n"
                "SELECT service, status, start_time_ns, end_time_ns, cost_usd, is_billable,\n"
                "sipHash64(trace_id, parent_span_id) AS parent_id\n"
                f"FROM spans FINAL {wanted}) AS called\n"
                "ANY LEFT JOIN (\n"
                "SELECT sipHash64(trace_id, span_id) AS id, service\n"
                f"FROM spans FINAL {wanted}) AS caller ON called.parent_id = caller.id)\n"
                "WHERE is_first OR source != service\n"
                f"GROUP BY service, source, is_first\nORDER BY calls DESC LIMIT {MAP_EDGES_MAX + 1:d}"
            )
        return [
            Edge(
                _CALLER if row["is_first"] else Node("service", row["source"]),
                Node("service", row["service"]),
                _traffic(row),
            )
            for row in read_rows(self._engine, sql, params)
        ]


def _wanted(where: Expression | None, parts: int, bind: Binder) -> str:
    """Spans of the range, of the traces that match, and of those a share that is the same in every read.

    What asks the sorting key alone goes before FINAL: the columns of other traces' spans are not read."""
    held = ["project_id = {project:String}"]
    share = f"sipHash64(trace_id) % {parts:d} = 0"
    if parts > 1:
        held.append(share)
    if where is not None:
        matching = f"{IN_RANGE} AND {trace_condition(where, bind, SPANS_OF_TRACES)}"
        if parts > 1:
            matching += f" AND {share}"
        held.append(f"trace_id IN (SELECT trace_id FROM traces FINAL WHERE {matching})")
    return f"PREWHERE {' AND '.join(held)}\nWHERE {IN_RANGE}"


def _traffic(row: Mapping[str, Any]) -> Traffic:
    p50, p95 = row["durations"]
    return Traffic(row["calls"], row["errors"], float(p50), float(p95), row["cost"], row["unpriced"])
