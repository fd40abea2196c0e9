"""Datasets over the JSON API: items by hand, from traces and files, versions, exports."""

import io
import json
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest
from tests.support.datasets import DatasetApi, open_dataset_api
from tests.support.json_api import NOW_NS
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.web.api import dataset_models as models

ALL_TIME = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[DatasetApi]:
    with open_dataset_api(embedded_engine, tmp_path_factory.mktemp("metadata"), project_id) as opened:
        yield opened


def export(api: DatasetApi, name: str = "qa", **query: str) -> bytes:
    answer = api.api.client.get(
        f"/api/v1/datasets/{name}/export", params={"project": api.api.project.name, **query}
    )
    assert answer.status_code == 200, answer.text
    return answer.content


def test_a_dataset_is_made_changed_listed_and_really_deleted(api: DatasetApi) -> None:
    made = api.make("qa", {"q": 1}, description="questions", metadata={"owner": "search"})
    models.Dataset.model_validate(api.get("/datasets/qa"), strict=False)
    assert api.get(f"/datasets/{made['id']}")["name"] == "qa", "by its id too"
    api.post("/datasets", {"name": "qa"}, status=400)
    changed = api.call("PATCH", "/datasets/qa", body={"description": "all", "metadata": None})
    assert (changed["description"], changed["metadata"], changed["item_count"]) == ("all", None, 1)
    assert api.call("PATCH", "/datasets/qa", body={"name": "q/a"})["name"] == "q/a"
    assert api.get("/datasets", text="Q/")["total"] == 1
    assert len(api.get("/datasets/q/a/items")["items"]) == 1
    api.call("DELETE", "/datasets/q/a", 204)
    assert api.get("/datasets") == {"items": [], "total": 0}
    assert api.call("GET", "/datasets/q/a/items", 404)["hint"]


def test_items_are_made_found_changed_archived_and_deleted(api: DatasetApi) -> None:
    api.make("qa", "How tall?", {"q": ["서울"]}, None)
    listed = api.get("/datasets/qa/items")
    models.Items.model_validate(listed)
    assert [item["id"] for item in listed["items"]] == ["i2", "i1", "i0"]
    assert [item["id"] for item in api.get("/datasets/qa/items", text="서울")["items"]] == ["i1"]
    changed = api.call("PATCH", "/datasets/qa/items/i0", body={"expected_output": "2 m"})
    assert (changed["input"], changed["expected_output"]) == ("How tall?", "2 m")
    api.call("PATCH", "/datasets/qa/items/i1", body={"status": "archived"})
    assert api.get("/datasets/qa/items")["total"] == 2
    assert api.get("/datasets/qa/items", status="archived")["items"][0]["id"] == "i1"
    assert api.get("/datasets/qa/items", version=listed["as_of"])["total"] == 3
    assert api.get("/datasets/qa/items/i0", version=listed["as_of"])["expected_output"] is None
    api.call("DELETE", "/datasets/qa/items/i0", 204)
    assert api.get("/datasets/qa/items", version=listed["as_of"])["total"] == 2, "gone from the past too"
    api.call("GET", "/datasets/qa/items/i0", 404)


def test_an_item_of_another_dataset_is_not_reached_through_this_one(api: DatasetApi) -> None:
    api.make("qa", "a")
    api.make("other")
    api.call("GET", "/datasets/other/items/i0", 404)
    api.call("PATCH", "/datasets/other/items/i0", 404, {"input": 1})
    api.call("DELETE", "/datasets/other/items/i0", 404)
    problem = api.post("/datasets/other/items", {"items": [{"id": "i0", "input": 1}]}, status=400)
    assert "another dataset" in problem["detail"]


def test_bodies_that_make_no_sense_are_refused_with_what_is_wrong(api: DatasetApi) -> None:
    api.make("qa")
    assert "NaN" in api.post("/datasets/qa/items", b'{"items":[{"input":NaN}]}', 400)["detail"]
    deep = b"[" * 300 + b"]" * 300
    assert "deeper" in api.post("/datasets/qa/items", b'{"items":[{"input":' + deep + b"}]}", 400)["detail"]
    assert "`surprise`" in api.post("/datasets", {"name": "x", "surprise": 1}, 400)["detail"]
    twice = {"items": [{"id": "a", "input": 1}, {"id": "a", "input": 2}]}
    assert "same id" in api.post("/datasets/qa/items", twice, 400)["detail"]
    api.post("/datasets/qa/versions", {"name": "12"}, 400)
    api.call("GET", "/datasets/qa/items", 404, version="nothing")


def test_the_schema_of_a_dataset_holds_its_items(api: DatasetApi) -> None:
    api.make("qa", input_schema={"type": "object", "required": ["q"]})
    problem = api.post("/datasets/qa/items", {"items": [{"input": {"q": 1}}, {"input": 3}]}, 400)
    assert 'is not of type "object"' in problem["detail"]
    assert api.get("/datasets/qa/items")["total"] == 0
    lines = b'{"input":{"q":1}}\n\n{"input":{"z":1}}\n'
    told = api.post("/datasets/qa/items/import", lines)
    assert (told["is_stored"], told["rejected_count"], told["rejected"][0]["line"]) == (False, 1, 3)
    api.post("/datasets/qa/items", {"items": [{"input": {"q": 1}}]})
    refused = api.call("PATCH", "/datasets/qa", 400, {"input_schema": {"type": "string"}})
    assert "does not fit" in refused["detail"]
    api.call("PATCH", "/datasets/qa", body={"input_schema": None})


def test_versions_are_saved_read_compared_and_forgotten(api: DatasetApi) -> None:
    api.make("qa", "a", "b")
    saved = api.post("/datasets/qa/versions", {"name": "golden", "description": "checked"}, 201)
    models.Version.model_validate(saved)
    assert (saved["number"], saved["items"], saved["added"]) == (1, 2, 2)
    api.call("PATCH", "/datasets/qa/items/i0", body={"input": "A"})
    api.call("PATCH", "/datasets/qa/items/i1", body={"status": "archived"})
    told = api.get("/datasets/qa/versions")
    models.Versions.model_validate(told)
    current = told["current"]
    assert (current["items"], current["changed"], current["removed"]) == (1, 1, 1)
    for version in ("1", "golden", saved["at"]):
        items = api.get("/datasets/qa/items", version=version)["items"]
        assert [item["input"] for item in items] == ["b", "a"], version
    api.call("DELETE", "/datasets/qa/versions/1", 204)
    api.call("GET", "/datasets/qa/items", 404, version="golden")
    assert api.get("/datasets/qa/items", version=saved["at"])["total"] == 2


def test_an_export_is_imported_again_as_it_was(api: DatasetApi) -> None:
    api.make("qa")
    odd = {"text": 'a\u2028b\x00 "quoted", 한국어', "big": 2**70, "n": [None, 1.5, {"x": []}]}
    items = [
        {"id": f"i{n}", "input": odd if n % 2 else f"text {n}", "expected_output": n, "metadata": {"n": n}}
        for n in range(700)
    ]
    api.post("/datasets/qa/items", {"items": items})
    lines = export(api)
    assert [json.loads(line)["id"] for line in lines.splitlines()][:3] == ["i0", "i1", "i2"]
    api.make("copy")
    refused = api.post("/datasets/copy/items/import", lines)
    assert "another dataset" in refused["rejected"][0]["reason"]
    api.call("DELETE", "/datasets/qa", 204)
    told = api.post("/datasets/copy/items/import", lines)
    models.Imported.model_validate(told)
    assert (told["added"], told["is_stored"]) == (700, True)
    assert api.get("/datasets/copy/items/i3")["input"] == odd
    assert api.post("/datasets/copy/items/import", lines)["unchanged"] == 700


def test_parquet_holds_the_items_as_of_a_version(api: DatasetApi) -> None:
    api.make("qa", {"q": "é"}, "plain")
    api.post("/datasets/qa/versions", {"name": "v/1"}, 201)
    api.call("PATCH", "/datasets/qa/items/i0", body={"input": "changed"})
    table = pq.read_table(io.BytesIO(export(api, format="parquet", version="v/1")))
    rows = table.to_pylist()
    assert [json.loads(row["input"]) for row in rows] == [{"q": "é"}, "plain"]
    assert rows[0]["expected_output"] is None
    assert rows[0]["created_at"].tzname() == "UTC"
    assert table.schema.metadata[b"spanglass.dataset"] == b"qa"
    assert table.schema.metadata[b"spanglass.version"] == b"v/1"
    empty = pq.read_table(io.BytesIO(export(api, format="parquet", status="archived")))
    assert (empty.num_rows, empty.column_names[0]) == (0, "id")


def test_a_files_name_is_safe_whatever_the_dataset_is_called(api: DatasetApi) -> None:
    api.post("/datasets", {"name": '../a"; x=\\é 한'}, 201)
    (dataset,) = api.get("/datasets")["items"]
    answer = api.api.client.get(
        f"/api/v1/datasets/{dataset['id']}/export", params={"project": api.api.project.name}
    )
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"a-x.jsonl\"; filename*=UTF-8''-a-%3B%20x%3D-%C3%A9%20%ED%95%9C.jsonl"
    )


def test_a_csv_is_read_with_the_line_of_each_fault(api: DatasetApi) -> None:
    api.make("qa")
    csv = (
        'id,input,expected_output,topic\r\na,"two\nlines",yes,x\r\nb,"[1, 2]",007,\r\n'
        "a,again,,\r\nc,,no,\r\nd,1,2,3,4\r\n"
    )
    told = api.post("/datasets/qa/items/import", csv.encode(), format="csv")
    assert [(line["line"], line["reason"][:20]) for line in told["rejected"]] == [
        (5, "the id `a` is on lin"),
        (6, "has no `input`"),
        (7, "has 5 cells, the fir"),
    ]
    good = "\ufeff" + "".join(csv.splitlines(keepends=True)[:4])
    assert api.post("/datasets/qa/items/import", good.encode(), format="csv", dry_run=True)["lines"] == 2
    assert api.get("/datasets/qa/items")["total"] == 0
    assert api.post("/datasets/qa/items/import", good.encode(), format="csv")["added"] == 2
    b, a = api.get("/datasets/qa/items")["items"]
    assert (a["input"], a["expected_output"], a["metadata"]) == ("two\nlines", "yes", {"topic": "x"})
    assert (b["input"], b["expected_output"], b["metadata"]) == ([1, 2], "007", None)


def test_faults_of_json_lines_are_told_by_line(api: DatasetApi) -> None:
    api.make("qa")
    body = b'{"input":1}\nnot json\n[1]\n{"expected":2}\n{"input":1,"status":"gone"}\n{"input":1,"id":7}\n'
    told = api.post("/datasets/qa/items/import", body)
    assert [line["line"] for line in told["rejected"]] == [2, 3, 4, 5, 6]
    assert not told["is_stored"]
    latin = api.post("/datasets/qa/items/import", b'{"input":1}\n{"input":"\xe9"}')
    assert latin["rejected"] == [{"line": 2, "reason": "is not UTF-8: save the file with that encoding"}]


def test_items_are_made_of_traces_with_the_reviewers_correction(api: DatasetApi) -> None:
    api.make("qa")
    plain, corrected = api.api.factory.rag_trace(feature="search"), api.api.factory.rag_trace()
    api.api.store(plain, corrected)
    body = {"name": "correction", "data_type": "correction", "value": "Within 14 days."}
    api.post("/scores", {**body, "trace_id": corrected[0].trace_id, "queue_id": "q1", "source": "person"})
    asked = {"sources": [{"trace_id": plain[0].trace_id}, {"trace_id": corrected[0].trace_id}]}
    preview = api.post("/datasets/qa/items/from-traces", {**asked, "dry_run": True})
    models.FromTraces.model_validate(preview)
    assert (preview["added"], len(preview["items"])) == (0, 2)
    assert api.get("/datasets/qa/items")["total"] == 0
    told = api.post("/datasets/qa/items/from-traces", asked)
    assert (told["found"], told["added"], told["duplicates"]) == (2, 2, 0)
    items = {item["source_trace_id"]: item for item in api.get("/datasets/qa/items")["items"]}
    first, second = items[plain[0].trace_id], items[corrected[0].trace_id]
    assert (first["input"], first["expected_output"]) == ("How do refunds work?", "Within 30 days.")
    assert second["expected_output"] == "Within 14 days."
    assert first["metadata"]["feature"] == "search"
    again = api.post("/datasets/qa/items/from-traces", asked)
    assert (again["added"], again["duplicates"]) == (0, 2)
    api.make("reviewed")
    of_queue = api.post("/datasets/reviewed/items/from-traces", {"queue_id": "q1"})
    assert [item["is_corrected"] for item in of_queue["items"]] == [True]


def test_a_trace_that_still_goes_on_is_left_for_later(api: DatasetApi) -> None:
    api.make("qa")
    trace = api.api.factory.rag_trace(start_time_ns=NOW_NS - 10 * SECOND_NS)
    asked = {"sources": [{"trace_id": trace[0].trace_id}]}
    api.api.store(trace[1:], root_span_id="")
    told = api.post("/datasets/qa/items/from-traces", asked)
    assert told["added"] == 0
    assert [one["reason"] for one in told["skipped"]] == ["it still goes on; add it later"]
    api.api.store(trace)
    assert api.post("/datasets/qa/items/from-traces", asked)["added"] == 1


def test_items_are_made_of_what_a_filter_finds(api: DatasetApi) -> None:
    api.make("qa")
    for n in range(3):
        start_ns = EPOCH_NS + n * SECOND_NS
        api.api.store(api.api.factory.rag_trace(feature="search" if n else "chat", start_time_ns=start_ns))
    asked = {"filter": "feature:search", **ALL_TIME}
    told = api.post("/datasets/qa/items/from-traces", {**asked, "limit": 1})
    assert (told["found"], told["added"]) == (1, 1)
    spans = {"filter": "kind:llm", "target": "spans", "input": "messages", "expected_output": "answer"}
    told = api.post("/datasets/qa/items/from-traces", {**spans, **ALL_TIME})
    assert told["added"] == 3
    assert told["items"][0]["input"] == [{"role": "user", "content": "How do refunds work?"}]
    raw = {"filter": "kind:llm", "target": "spans", "input": "raw", **ALL_TIME, "dry_run": True}
    api.make("raw")
    assert api.post("/datasets/raw/items/from-traces", raw)["items"][0]["input"][0]["parts"]
    nothing = api.post("/datasets/qa/items/from-traces", {**asked, "expected_output": "reference"})
    assert (nothing["added"], nothing["duplicates"]) == (1, 1)
    missing = api.post("/datasets/qa/items/from-traces", {"sources": [{"trace_id": "f" * 32}]})
    assert (missing["added"], len(missing["skipped"])) == (0, 1)
    api.post("/datasets/qa/items/from-traces", {}, 400)
    api.post("/datasets/qa/items/from-traces", {"filter": "nonsense:"}, 400)


def test_another_projects_datasets_are_not_seen(api: DatasetApi) -> None:
    made = api.make("qa", "a")
    other = api.api.directory.create_project(f"{api.api.project.name}-other")
    for path in ("qa", made["id"], "qa/items", "qa/items/i0", "qa/versions", "qa/export"):
        answer = api.api.client.get(f"/api/v1/datasets/{path}", params={"project": other.name})
        assert answer.status_code == 404, path
