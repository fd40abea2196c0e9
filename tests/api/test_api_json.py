"""The JSON API as docs/api.md describes it, over the embedded engine."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.base.errors import QueryTooLarge, StorageUnavailable
from spanglass_server.query.fields import fields_of
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import Directory
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api import models
from spanglass_server.web.api.shape import time_text

TRACE_FIELDS = [
    "trace_id",
    "name",
    "start_time",
    "duration_ms",
    "status",
    "service",
    "environment",
    "release",
    "feature",
    "team",
    "user_id",
    "session_id",
    "tags",
    "metadata",
    "span_count",
    "error_count",
    "llm_call_count",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost_usd",
    "unpriced_count",
    "scores",
    "input_preview",
    "output_preview",
]
SPAN_FIELDS = [
    "span_id",
    "parent_span_id",
    "trace_id",
    "name",
    "kind",
    "service",
    "start_time",
    "end_time",
    "duration_ms",
    "status",
    "error_type",
    "error_message",
    "operation",
    "provider",
    "request_model",
    "response_model",
    "request_parameters",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "total_tokens",
    "cost_usd",
    "cost_details",
    "cost_source",
    "price_version",
    "streaming",
    "ttft_ms",
    "finish_reasons",
    "cache_hit",
    "input",
    "output",
    "input_messages",
    "output_messages",
    "tool_calls",
    "documents",
    "attributes",
    "resource",
    "scope",
    "events",
    "links",
    "warnings",
    "is_billable",
    "critical_path_ms",
    "self_time_ms",
]
PAYLOADS = [
    "input",
    "output",
    "input_messages",
    "output_messages",
    "tool_calls",
    "documents",
    "attributes",
    "resource",
    "scope",
    "events",
    "links",
    "request_parameters",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    opened = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, directory: Directory, project_id: str) -> Iterator[JsonApi]:
    opened = JsonApi(embedded_engine, directory, project_id)
    yield opened
    opened.close()


def test_a_stored_trace_is_listed(api: JsonApi) -> None:
    spans = api.factory.rag_trace(user_id="u1", metadata='{"tenant":"acme"}', tags=("rag",))
    api.store(spans)
    page = api.get("/traces")
    models.TracePage.model_validate(page)
    (trace,) = page["items"]
    assert page["next_cursor"] is None
    assert set(TRACE_FIELDS) <= set(trace)
    assert trace["trace_id"] == spans[0].trace_id
    assert trace["start_time"] == time_text(spans[0].start_time_ns)
    assert trace["duration_ms"] == 1000.0
    assert (trace["total_tokens"], trace["cost_usd"]) == (750, 0.00135)
    assert (trace["user_id"], trace["metadata"], trace["tags"]) == ("u1", {"tenant": "acme"}, ["rag"])
    assert trace["feature"] is None
    assert trace["models"] == ["claude-haiku-4-5"]


def test_an_opened_trace_has_its_spans_with_messages_and_critical_path(api: JsonApi) -> None:
    spans = api.factory.rag_trace()
    api.store(spans)
    opened = api.get(f"/traces/{spans[0].trace_id}")
    models.TraceDetail.model_validate(opened)
    assert [span["name"] for span in opened["spans"]] == [span.name for span in spans]
    root, call = opened["spans"][0], opened["spans"][3]
    assert set(SPAN_FIELDS) <= set(root)
    assert root["parent_span_id"] is None
    assert call["parent_span_id"] == root["span_id"]
    assert call["input"] == [{"role": "user", "parts": [{"type": "text", "content": "How do refunds work?"}]}]
    assert root["input"] == "How do refunds work?"
    assert call["input_messages"] == [
        {"role": "user", "parts": [{"type": "text", "text": "How do refunds work?"}]}
    ]
    assert call["output_messages"][0]["parts"] == [{"type": "text", "text": "Within 30 days."}]
    assert call["attributes"]["gen_ai.input.messages"] == spans[3].input
    assert root["attributes"] == {
        "http.route": "/ask", "input.value": "How do refunds work?", "output.value": "Within 30 days."
    }  # fmt: skip
    assert call["cost_details"] == {"input": 0.0006, "output": 0.00075}
    assert call["request_parameters"] == {"temperature": 0.2}
    assert call["ttft_ms"] == 300.0
    assert root["cost_usd"] is None
    assert sum(span["critical_path_ms"] for span in opened["spans"]) == pytest.approx(root["duration_ms"])
    assert call["critical_path_ms"] == 700.0
    assert root["self_time_ms"] == pytest.approx(1000 - 10 * 3 - 700)


def test_a_trace_is_found_by_its_id_in_upper_case_too(api: JsonApi) -> None:
    spans = api.factory.rag_trace()
    api.store(spans)
    assert api.get(f"/traces/{spans[0].trace_id.upper()}") == api.get(f"/traces/{spans[0].trace_id}")


def test_without_payloads_a_trace_is_light(api: JsonApi) -> None:
    spans = api.factory.rag_trace()
    api.store(spans)
    whole = api.get(f"/traces/{spans[0].trace_id}")
    light = api.get(f"/traces/{spans[0].trace_id}", payloads="false")
    models.TraceDetail.model_validate(light)
    for full_span, light_span in zip(whole["spans"], light["spans"], strict=True):
        assert light_span == {name: value for name, value in full_span.items() if name not in PAYLOADS}


def test_a_span_comes_whole_with_its_logs(api: JsonApi) -> None:
    events = '[{"time_ns":%d,"name":"exception","attributes":{"exception.type":"E"}}]' % (EPOCH_NS + 5)  # noqa: UP031
    links = '[{"trace_id":"%s","span_id":"%s","attributes":{}}]' % ("a" * 32, "b" * 16)  # noqa: UP031
    span = api.factory.call(events=events, links=links)
    log = api.factory.log(
        trace_id=span.trace_id, span_id=span.span_id, time_ns=span.start_time_ns + 1, body='{"k":1}',
        attributes='{"a":true}',
    )  # fmt: skip
    api.store([span], logs=[log])
    found = api.get(f"/traces/{span.trace_id}/spans/{span.span_id}")
    models.SpanWithLogs.model_validate(found)
    assert found["logs"] == [
        {
            "log_id": f"{log.time_ns:x}-{log.log_id}", "time": time_text(span.start_time_ns + 1),
            "severity": "info", "severity_number": 9, "severity_text": "INFO", "service": "rag-api",
            "environment": "prod", "event_name": None, "message": None, "fields": {}, "body": {"k": 1},
            "attributes": {"a": True}, "trace_id": span.trace_id, "span_id": span.span_id,
            "resource": {"service.name": "rag-api"}, "scope": None, "is_cut": False,
        }
    ]  # fmt: skip
    event = {"time": time_text(EPOCH_NS + 5), "name": "exception", "attributes": {"exception.type": "E"}}
    assert found["events"] == [event]
    assert found["links"] == [{"trace_id": "a" * 32, "span_id": "b" * 16, "attributes": {}}]
    assert found["scope"] == {"name": "rag", "version": "", "attributes": {}}
    assert found["critical_path_ms"] == found["duration_ms"] == 10.0


def test_messages_that_were_sent_as_logs_are_rendered(api: JsonApi) -> None:
    span = api.factory.call(input="", output="", input_key="", output_key="")
    body = '{"content":"How are refunds paid?"}'
    log = api.factory.log(
        trace_id=span.trace_id, span_id=span.span_id, time_ns=span.start_time_ns,
        event_name="gen_ai.user.message", body=body,
    )  # fmt: skip
    api.store([span], logs=[log])
    asked = [{"role": "user", "parts": [{"type": "text", "text": "How are refunds paid?"}]}]
    assert api.get(f"/traces/{span.trace_id}/spans/{span.span_id}")["input_messages"] == asked
    assert api.get(f"/traces/{span.trace_id}")["spans"][0]["input_messages"] == asked
    assert api.get("/spans")["items"][0]["input_messages"] == asked


def test_a_trace_can_be_searched(api: JsonApi) -> None:
    spans = api.factory.rag_trace()
    api.store(spans)
    found = api.get(f"/traces/{spans[0].trace_id}/search", q="REFUNDS")
    assert found == {"span_ids": [spans[0].span_id, spans[3].span_id]}
    assert api.problem(f"/traces/{spans[0].trace_id}/search", q="")["status"] == 400


def test_spans_are_listed_by_filter(api: JsonApi) -> None:
    api.store(api.factory.rag_trace(), api.factory.rag_trace())
    page = api.get("/spans", filter="kind:llm model:claude*", limit=1)
    models.SpanPage.model_validate(page)
    assert page["items"][0]["input_messages"]
    assert page["items"][0]["critical_path_ms"] is None
    rest = api.get("/spans", filter="kind:llm model:claude*", limit=5, cursor=page["next_cursor"])
    assert len(rest["items"]) == 1
    light = api.get("/spans", payloads="false")
    models.SpanPage.model_validate(light)
    assert len(light["items"]) == 10
    assert not set(PAYLOADS) & set(light["items"][0])


def test_pages_follow_one_another(api: JsonApi) -> None:
    api.store(*(api.factory.rag_trace() for _ in range(5)))
    ids, cursor = [], ""
    while cursor is not None:
        page = api.get("/traces", limit=2, cursor=cursor, order="-start_time")
        ids += [trace["trace_id"] for trace in page["items"]]
        cursor = page["next_cursor"]
    assert len(ids) == len(set(ids)) == 5
    assert ids == [trace["trace_id"] for trace in api.get("/traces")["items"]]


def test_facets_fields_and_histogram(api: JsonApi) -> None:
    api.store(api.factory.rag_trace(user_id="u1"), api.factory.rag_trace(user_id="u2"))
    facet = api.get("/facets", field="kind", limit=2)
    models.Facet.model_validate(facet)
    assert facet == {
        "field": "kind", "target": "traces",
        "values": [{"value": "chain", "count": 2}, {"value": "guardrail", "count": 2}],
    }  # fmt: skip
    assert api.get("/facets", field="user", prefix="u2")["values"] == [{"value": "u2", "count": 1}]
    fields = api.get("/fields", target="spans")
    models.Fields.model_validate(fields)
    assert [field["name"] for field in fields["fields"]] == [field.name for field in fields_of("spans")]
    histogram = api.get("/histogram", buckets=4, **{"from": "now-1h", "to": "now"})
    models.Histogram.model_validate(histogram)
    assert (histogram["bucket_ms"], len(histogram["buckets"])) == (900_000.0, 4)
    assert [bucket["count"] for bucket in histogram["buckets"]] == [2, 0, 0, 0]
    assert histogram["from"] == time_text(NOW_NS - 3600 * SECOND_NS)
    spans = api.get("/histogram", buckets=1, target="spans", filter="kind:llm")
    assert spans["buckets"][0]["count"] == 2


@pytest.mark.parametrize(
    ("from_", "to", "count"),
    [
        ("now-24h", "now", 1),
        ("now-60m", "now", 1),
        ("now-30m", "now", 0),
        ("2026-09-21T14:00:00Z", "2026-09-21T15:00:00Z", 1),
        ("2026-09-21T23:00:00+09:00", "2026-09-22T00:00:00+09:00", 1),
        (time_text(EPOCH_NS + 7), time_text(EPOCH_NS + 8), 1),
        (time_text(EPOCH_NS + 8), "now", 0),
    ],
)
def test_times_are_read(api: JsonApi, from_: str, to: str, count: int) -> None:
    api.store([api.factory.call(start_time_ns=EPOCH_NS + 7)])
    assert len(api.get("/traces", **{"from": from_, "to": to})["items"]) == count


@pytest.mark.parametrize(
    ("params", "detail", "column"),
    [
        ({"filter": "kind:llm modle:x"}, "there is no field `modle`", 9),
        ({"filter": "(a"}, "a `(` is never closed", 2),
        ({"from": "yesterday"}, "`from`: `yesterday` is not a time", None),
        ({"to": "2026-13-01T00:00:00Z"}, "`to`: `2026-13-01T00:00:00Z` is not a time", None),
        ({"from": "now", "to": "now-1h"}, "`from` is not before `to`", None),
        ({"limit": "0"}, "`limit`: Input should be greater than or equal to 1", None),
        ({"limit": "many"}, "`limit`: Input should be a valid integer", None),
        ({"order": "name"}, "traces cannot be ordered by `name`", None),
        ({"cursor": "abc"}, "this cursor belongs to another list", None),
    ],
)
def test_bad_parameters_are_explained(
    api: JsonApi, params: dict[str, str], detail: str, column: int | None
) -> None:
    body = api.problem("/traces", **params)
    models.Problem.model_validate(body)
    assert body["status"] == 400
    assert body["type"] == "urn:spanglass:problem:query-invalid"
    assert body["detail"].startswith(detail)
    assert body.get("column") == column


def test_what_is_not_there_is_404(api: JsonApi) -> None:
    for path in (f"/traces/{'f' * 32}", f"/traces/{'f' * 32}/spans/{'f' * 16}", "/nowhere"):
        assert api.problem(path)["status"] == 404
    assert api.problem("/traces", project="nobody")["detail"] == "there is no project 'nobody'"


def test_a_deleted_trace_is_gone(api: JsonApi) -> None:
    spans, kept = api.factory.rag_trace(), api.factory.rag_trace()
    api.store(spans, kept)
    params = {"project": api.project.name}
    path = f"/api/v1/traces/{spans[0].trace_id}"
    assert api.client.delete(path, params=params).status_code == 204
    assert api.client.delete(path, params=params).status_code == 404
    assert [trace["trace_id"] for trace in api.get("/traces")["items"]] == [kept[0].trace_id]
    assert len(api.get("/spans")["items"]) == 5


def test_status_tells_what_runs(api: JsonApi) -> None:
    status = api.get("/status")
    models.ServerStatus.model_validate(status)
    assert (status["version"], status["auth"], status["project"]) == ("1.2.3", "off", api.project.name)
    assert status["ingest"]["accepted_spans"] == 7


def test_projects_are_listed_kept_and_deleted(api: JsonApi) -> None:
    name = api.project.name
    projects = api.get("/projects")
    models.Projects.model_validate(projects)
    assert {"default", name} <= {project["name"] for project in projects["items"]}
    kept = api.client.put(f"/api/v1/projects/{name}/retention", json={"days": 30})
    assert kept.json()["retention_days"] == 30
    as_json = {"content-type": "application/json"}
    broken = api.client.put(f"/api/v1/projects/{name}/retention", content=b"{", headers=as_json)
    assert (broken.status_code, broken.json()["detail"]) == (400, "the body is not JSON")
    refused = api.client.put(f"/api/v1/projects/{name}/retention", json={"days": 0})
    assert refused.json()["detail"].startswith("`days`")
    api.store(api.factory.rag_trace())
    unconfirmed = api.client.delete(f"/api/v1/projects/{name}")
    assert (unconfirmed.status_code, unconfirmed.json()["hint"]) == (
        400, f"add ?confirm={name} to delete all its data"
    )  # fmt: skip
    assert api.client.delete(f"/api/v1/projects/{name}", params={"confirm": name}).status_code == 204
    assert api.problem("/traces")["status"] == 404


def test_the_web_app_is_asked_for_a_key_without_the_browsers_own_dialog(api: JsonApi) -> None:
    api.require_keys()
    refused = api.client.get("/api/v1/traces", headers={"X-Requested-With": "XMLHttpRequest"})
    assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")


def test_a_key_sees_its_own_project_only(api: JsonApi) -> None:
    api.require_keys()
    other = api.directory.create_project(f"other-than-{api.project.name}")
    key = api.directory.create_key(other.id, scopes=frozenset({"read"}))
    api.store(api.factory.rag_trace())
    bearer = {"Authorization": f"Bearer {key.secret_key}"}

    def ask(method: str, path: str, headers: dict[str, str]) -> Any:
        return api.client.request(method, f"/api/v1{path}", headers=headers)

    refused = ask("GET", "/traces", {})
    assert (refused.status_code, refused.headers["www-authenticate"][:5]) == (401, "Basic")
    assert ask("GET", "/traces", bearer).json()["items"] == []
    names = [project["name"] for project in ask("GET", "/projects", bearer).json()["items"]]
    assert names == [other.name]
    pair = base64.b64encode(f"{key.info.public_key}:{key.secret_key}".encode()).decode()
    assert ask("GET", "/status", {"Authorization": f"Basic {pair}"}).json()["project"] == other.name
    assert ask("DELETE", f"/traces/{'f' * 32}", bearer).status_code == 403
    admin = api.directory.create_key(other.id, scopes=frozenset({"read", "admin"}))
    admins = {"Authorization": f"Bearer {admin.secret_key}"}
    name = api.project.name
    assert ask("DELETE", f"/projects/{name}?confirm={name}", admins).status_code == 404


class FailingReader:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def list_traces(self, *_: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (StorageUnavailable("down", retry_after_s=3), 503, "storage-unavailable"),
        (QueryTooLarge("too long", limit="max_execution_time"), 422, "query-too-large"),
        (RuntimeError("secret detail"), 500, "internal-error"),
    ],
)
def test_failures_of_the_store_are_problems(api: JsonApi, error: Exception, status: int, word: str) -> None:
    api.app.state.services = replace(api.services, reader=FailingReader(error))
    answer = api.client.get("/api/v1/traces", params={"project": api.project.name})
    body = answer.json()
    assert (answer.status_code, body["type"]) == (status, f"urn:spanglass:problem:{word}")
    assert "secret" not in answer.text
    assert answer.headers.get("retry-after") == ("3" if status == 503 else None)
    assert body.get("limit") == ("max_execution_time" if status == 422 else None)


def test_the_openapi_document_describes_every_resource(api: JsonApi) -> None:
    document = api.client.get("/openapi.json").json()
    paths = set(document["paths"])
    assert paths >= {
        f"/api/v1{path}"
        for path in (
            "/traces", "/traces/{trace_id}", "/traces/{trace_id}/spans/{span_id}",
            "/traces/{trace_id}/search",
            "/spans", "/facets", "/fields", "/histogram", "/status", "/projects",
            "/projects/{name}/retention", "/projects/{name}",
        )
    }  # fmt: skip
    described = document["paths"]["/api/v1/traces"]["get"]
    assert described["responses"]["200"]["content"]["application/json"]["schema"]
    assert {parameter["name"] for parameter in described["parameters"]} >= {"from", "to", "filter", "cursor"}
