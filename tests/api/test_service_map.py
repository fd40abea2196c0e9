"""The map of services over the JSON API: who calls whom, and what they use."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse import service_map as reader
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api import service_map as models


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    directory = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    directory.migrate()
    api = JsonApi(embedded_engine, directory, f"map-{project_id}")
    yield api
    api.close()
    directory.close()


def request(api: JsonApi, *, status: Any = "ok", **fields: Any) -> list[Span]:
    """web calls rag-api, which retrieves, asks a model and runs a tool."""
    start = NOW_NS - 600 * SECOND_NS
    common = {"trace_id": api.factory.trace_id(), "start_time_ns": start, **fields}
    web = api.factory.span(**common, service="web", end_time_ns=start + 3 * SECOND_NS)
    inner = {**common, "service": "rag-api"}
    entry = api.factory.span(
        **inner, parent_span_id=web.span_id, end_time_ns=start + 2 * SECOND_NS, status=status
    )
    child = {**inner, "parent_span_id": entry.span_id}
    spans = [
        web,
        entry,
        api.factory.span(**child, kind="retriever", name="find", end_time_ns=start + SECOND_NS),
        # Two spans tell one model call.
        api.factory.call(**child, is_call=False, is_billable=False, end_time_ns=start + SECOND_NS),
        api.factory.call(**child, end_time_ns=start + SECOND_NS),
        api.factory.span(**child, kind="tool", name="run", tool_name="search", end_time_ns=start + SECOND_NS),
    ]
    api.store(spans)
    return spans


def edges_of(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(edge["source"], edge["target"]): edge for edge in found["edges"]}


def test_services_and_what_they_use_are_joined_by_calls(api: JsonApi) -> None:
    request(api)
    request(api, status="error")
    found = api.get("/service-map")
    models.Map.model_validate(found)
    edges = edges_of(found)
    assert set(edges) == {
        ("caller:", "service:web"),
        ("service:web", "service:rag-api"),
        ("service:rag-api", "provider:anthropic"),
        ("service:rag-api", "retriever:find"),
        ("service:rag-api", "tool:search"),
    }
    called = edges["service:web", "service:rag-api"]
    assert (called["count"], called["error_count"], called["error_rate"]) == (2, 1, 0.5)
    assert called["duration_p50_ms"] == pytest.approx(2000)
    assert called["per_second"] == pytest.approx(2 / 86_400)
    used = edges["service:rag-api", "provider:anthropic"]
    assert (used["count"], used["cost_usd"]) == (2, pytest.approx(0.0027))
    nodes = {node["id"]: node for node in found["nodes"]}
    assert nodes["service:rag-api"]["cost_usd"] == pytest.approx(0.0027)
    assert nodes["service:web"]["count"] == 2
    assert (found["span_count"], found["sampled_share"], found["is_cut"]) == (12, 1.0, False)


def test_one_service_alone_is_on_the_map(api: JsonApi) -> None:
    api.store(api.factory.rag_trace())
    edges = edges_of(api.get("/service-map"))
    assert ("caller:", "service:rag-api") in edges
    assert ("service:rag-api", "provider:anthropic") in edges


def test_a_filter_narrows_the_map_to_traces_that_match(api: JsonApi) -> None:
    request(api, feature="search")
    request(api, feature="chat")
    assert api.get("/service-map", filter="feature:chat")["span_count"] == 6
    edges = edges_of(api.get("/service-map", filter="feature:chat"))
    assert edges["service:web", "service:rag-api"]["count"] == 1
    assert api.get("/service-map", filter="feature:none")["nodes"] == []


def test_a_wide_map_is_made_from_a_share_of_the_traces_and_says_so(
    api: JsonApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(60):
        request(api)
    monkeypatch.setattr(reader, "MAP_SPANS_MAX", 180)
    found = api.get("/service-map")
    assert found["sampled_share"] == 0.5
    edges = edges_of(found)
    called, used = edges["service:web", "service:rag-api"], edges["service:rag-api", "provider:anthropic"]
    # Whole traces are left out: every edge of them is looked at in the same ones.
    assert called["count"] == used["count"]
    assert 0 < called["count"] / 2 < 60
