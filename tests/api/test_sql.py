"""SQL over the API: one project's rows, as values a program can use."""

import csv
import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.sql_examples import EXAMPLES
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.ports import TraceKey


@contextmanager
def opened(engine: Engine, place: Path) -> Iterator[JsonApi]:
    """A project with three traces."""
    directory = open_directory(f"sqlite:///{place / 'metadata.db'}")
    directory.migrate()
    api = JsonApi(engine, directory, f"sql-{uuid.uuid4().hex[:8]}")
    api.store(*(api.factory.rag_trace() for _ in range(3)))
    yield api
    api.close()
    directory.close()


@pytest.fixture(scope="module")
def api(embedded_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsonApi]:
    with opened(embedded_engine, tmp_path_factory.mktemp("sql")) as api:
        yield api


@pytest.fixture
def own(engine: Engine, tmp_path: Path) -> Iterator[JsonApi]:
    """On each engine in turn, for this test alone."""
    with opened(engine, tmp_path) as api:
        yield api


def post(api: JsonApi, query: str, *, expect: int = 200, **body: Any) -> Any:
    answer = api.client.post(
        "/api/v1/sql", params={"project": api.project.name}, json={"query": query, **body}
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_a_statement_reads_its_project(own: JsonApi) -> None:
    found = post(own, "SELECT count() AS traces, uniq(trace_id) AS ids FROM traces")
    assert found["columns"] == [{"name": "traces", "type": "UInt64"}, {"name": "ids", "type": "UInt64"}]
    assert found["rows"] == [[3, 3]]
    assert (found["row_count"], found["is_cut"]) == (1, False)
    assert found["elapsed_ms"] >= 0
    assert found["read_rows"] >= 3


def test_values_are_what_json_can_say(api: JsonApi) -> None:
    found = post(
        api,
        """SELECT 9007199254740993 AS wide, [9007199254740993, 1] AS wides, 0.5 AS half, nan AS none,
        NULL AS nothing, toDecimal64(1.5, 2) AS decimal, map('a', 1) AS labels, true AS yes,
        fromUnixTimestamp64Nano(1700000000123456789) AS at, toDate('2026-01-31') AS day""",
    )
    assert found["rows"] == [
        [
            "9007199254740993",
            ["9007199254740993", 1],
            *(0.5, None, None, "1.5"),
            *({"a": 1}, True, "2023-11-14T22:13:20.123456789Z", "2026-01-31"),
        ]
    ]


def test_parameters_are_bound_and_never_become_text(own: JsonApi) -> None:
    hostile = "x' OR 1 = 1 --\n\\"
    found = post(
        own,
        "SELECT {text:String} AS text, {many:Array(String)} AS many, {number:UInt64} + 1 AS number,"
        " count() FROM spans WHERE name = {text:String} GROUP BY ALL",
        parameters={"text": hostile, "many": [hostile, "b"], "number": 41},
    )
    assert found["rows"] == [[hostile, [hostile, "b"], 42, 0]]
    found = post(own, "SELECT {text:String} AS text", parameters={"text": hostile})
    assert found["rows"] == [[hostile]]


def test_rows_outside_the_asked_time_are_not_there(api: JsonApi) -> None:
    total = post(api, "SELECT count() FROM spans")["rows"][0][0]
    first = post(api, "SELECT toUnixTimestamp64Nano(min(start_time)) FROM spans")["rows"][0][0]
    moment = int(first)
    assert moment >= EPOCH_NS

    def counted(**scope: str) -> int:
        count: int = post(api, "SELECT count() FROM spans", **scope)["rows"][0][0]
        return count

    def text(time_ns: int) -> str:
        query = f"SELECT toString(fromUnixTimestamp64Nano({time_ns}, 'UTC'))"
        return f"{post(api, query)['rows'][0][0].replace(' ', 'T')}Z"

    assert counted(**{"from": text(moment)}) == total
    assert counted(**{"from": text(moment), "to": text(moment + 1)}) >= 1
    assert counted(to=text(moment)) == 0
    assert counted(**{"from": text(NOW_NS + SECOND_NS)}) == 0
    problem = post(api, "SELECT 1", expect=400, **{"from": "now", "to": "now-1h"})
    assert "before" in problem["detail"]


def test_more_rows_than_the_limit_are_cut_and_said_so(api: JsonApi) -> None:
    found = post(api, "SELECT number FROM numbers(10) ORDER BY number DESC", limit=3)
    assert (found["rows"], found["is_cut"], found["row_count"]) == ([[9], [8], [7]], True, 3)
    assert post(api, "SELECT number FROM numbers(3)", limit=3)["is_cut"] is False


@pytest.mark.parametrize("way", ["format", "accept"])
def test_a_file_holds_every_row(api: JsonApi, way: str) -> None:
    kinds = {
        "csv": "text/csv",
        "jsonl": "application/x-ndjson",
        "parquet": "application/vnd.apache.parquet",
    }
    bodies: dict[str, bytes] = {}
    for name, kind in kinds.items():
        answer = api.client.post(
            "/api/v1/sql",
            params={"project": api.project.name, **({"format": name} if way == "format" else {})},
            headers={"Accept": kind} if way == "accept" else {},
            json={"query": "SELECT number AS n, 'a,\"b\"' AS t FROM numbers(2500)", "limit": 1},
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(kind)
        assert f'filename="query.{name}"' in answer.headers["content-disposition"]
        bodies[name] = answer.content
    assert list(csv.reader(io.StringIO(bodies["csv"].decode())))[-1] == ["2499", 'a,"b"']
    assert [json.loads(line)["n"] for line in bodies["jsonl"].splitlines()] == list(range(2500))
    table = pq.read_table(io.BytesIO(bodies["parquet"]))
    assert table.column("n").to_pylist() == list(range(2500))
    assert table.column("t").to_pylist()[0] == 'a,"b"'


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_runs(api: JsonApi, example: Any) -> None:
    assert post(api, example.query)["columns"]


def test_the_schema_says_what_there_is(api: JsonApi) -> None:
    schema = api.get("/sql/schema")
    assert [table["name"] for table in schema["tables"]] == [
        *("spans", "traces", "scores", "logs", "samples", "series")
    ]
    for table in schema["tables"]:
        found = post(api, f"SELECT * FROM {table['name']} LIMIT 1")
        assert [column["name"] for column in found["columns"]] == [
            column["name"] for column in table["columns"]
        ]
        assert all(column["meaning"] for column in table["columns"])
        plain = [column["type"].replace("LowCardinality(String)", "String") for column in found["columns"]]
        assert plain == [column["type"] for column in table["columns"]]
    assert {"quantile", "toStartOfInterval"} <= set(schema["functions"])
    assert schema["limits"]["seconds"] > 0


def test_every_function_that_is_listed_exists(api: JsonApi, embedded_engine: Engine) -> None:
    known = embedded_engine.query_arrow("SELECT lower(name) AS name FROM system.functions")
    names = set(known.column("name").to_pylist())
    missing = [name for name in api.get("/sql/schema")["functions"] if name.lower() not in names]
    assert missing == []


@pytest.mark.parametrize(
    ("query", "column", "told"),
    [
        ("SELECT nme FROM spans", 8, "nme"),
        ("SELECT count() FORM spans", 21, "cannot be read"),
        ("SELECT\n  count(\n  FROM spans", 24, "cannot be read"),
        ("SELECT '한국어', nope(1)", 15, "nope"),
        ("SELECT '한국어' FORM x", 19, "cannot be read"),
        ("SELECT * FROM nowhere", 15, "nowhere"),
        ("SELECT", 6, "ends too early"),
        ("SELECT 1 SETTINGS max_threads = 8", 10, "SETTINGS"),
        ("SELECT {x:String}", 9, "parameter"),
    ],
)
def test_an_error_points_into_the_users_own_text(api: JsonApi, query: str, column: int, told: str) -> None:
    problem = post(api, query, expect=400)
    assert told in problem["detail"]
    assert problem["column"] == column


def test_what_was_deleted_is_not_there(own: JsonApi) -> None:
    [[trace_id]] = post(own, "SELECT trace_id FROM traces ORDER BY trace_id LIMIT 1")["rows"]
    own.services.administration.delete_traces([TraceKey(own.project.id, trace_id)])
    for table in ("traces", "spans"):
        query = f"SELECT countIf(trace_id = {{id:String}}), uniq(trace_id) FROM {table}"
        assert post(own, query, parameters={"id": trace_id})["rows"] == [[0, 2]]


def test_a_key_that_only_sends_may_not_read(own: JsonApi) -> None:
    own.require_keys()
    made = own.directory.create_key(own.project.id, scopes=frozenset({"ingest"}))
    headers = {"Authorization": f"Bearer {made.secret_key}"}
    answer = own.client.post("/api/v1/sql", headers=headers, json={"query": "SELECT 1"})
    assert answer.status_code == 403
    assert own.client.post("/api/v1/sql", json={"query": "SELECT 1"}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"query": "SELECT 1\x00"},
        {"query": " ; "},
        {"query": "SELECT {a:UInt8}", "parameters": {"a": "\ud800"}},
        {"query": "SELECT {a:Array(UInt8)}", "parameters": {"a": [1, None, "x"]}},
        {"query": "SELECT {a:Nothing9}", "parameters": {"a": "1"}},
        {"query": "SELECT 1", "parameters": {"spanglass_project": "x"}},
        {"query": "SELECT 1", "from": "yesterday"},
        {"query": "SELECT 1", "unknown": 1},
    ],
)
def test_odd_statements_are_refused_as_the_senders(api: JsonApi, body: dict[str, Any]) -> None:
    answer = api.client.post(
        "/api/v1/sql", params={"project": api.project.name}, content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 400, answer.text


def test_limits_are_named(own: JsonApi) -> None:
    problem = post(own, "SELECT groupArray(number) FROM numbers(1000000000)", expect=422)
    assert problem["limit"] == "max_memory_usage"
    assert post(own, "SELECT 1", expect=400, limit=10_000_000)["detail"]
    assert post(own, "x" * 40_000, expect=400)["detail"]
    assert post(own, "SELECT " + "abs(" * 100 + "1" + ")" * 100, expect=400)
