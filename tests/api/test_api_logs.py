"""The API's logs: lists, tails, histograms, one record."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import Directory
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api import models
from spanglass_server.web.api.shape import time_text

LINE = '{"event":"llm_call","level":"info","model":"gpt-4o","cost_usd":null}'


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    opened = open_directory(f"sqlite:///{tmp_path_factory.mktemp('directory')}/metadata.db")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, directory: Directory, project_id: str) -> Iterator[JsonApi]:
    made = JsonApi(embedded_engine, directory, project_id)
    yield made
    made.close()


def test_logs_are_listed_newest_first_page_by_page(api: JsonApi) -> None:
    logs = [api.factory.log() for _ in range(5)]
    api.store(logs=logs)
    first = api.get("/logs", limit=3)
    models.LogPage.model_validate(first)
    rest = api.get("/logs", limit=3, cursor=first["next_cursor"])
    times = [item["time"] for item in [*first["items"], *rest["items"]]]
    assert times == [time_text(log.time_ns) for log in reversed(logs)]
    assert rest["next_cursor"] is None
    assert rest["tail_cursor"] is None
    oldest = api.get("/logs", order="time", limit=1)["items"]
    assert [item["time"] for item in oldest] == [time_text(logs[0].time_ns)]


def test_a_structured_line_shows_its_message_and_its_fields(api: JsonApi) -> None:
    api.store(logs=[api.factory.log(body=LINE, severity_number=13, severity_text="WARNING")])
    [log] = api.get("/logs")["items"]
    assert log["message"] == "llm_call"
    assert log["fields"] == {"level": "info", "model": "gpt-4o", "cost_usd": None}
    assert log["body"]["event"] == "llm_call"
    assert (log["severity"], log["severity_number"], log["severity_text"]) == ("warn", 13, "WARNING")


@pytest.mark.parametrize(
    ("body", "message"), [("plain text", "plain text"), ('{"a":1}', None), ("", None), ("[1]", None)]
)
def test_the_message_is_the_bodys_text(api: JsonApi, body: str, message: str | None) -> None:
    api.store(logs=[api.factory.log(body=body, severity_number=0, severity_text="")])
    [log] = api.get("/logs")["items"]
    assert (log["message"], log["severity"], log["severity_number"]) == (message, None, None)


def test_a_list_cuts_what_is_long_and_the_record_alone_is_whole(api: JsonApi) -> None:
    body, attributes = "긴 글 " * 10_000, '{"stack":"%s"}' % ("x" * 70_000)
    api.store(logs=[api.factory.log(body=body), api.factory.log(attributes=attributes), api.factory.log()])
    short, attributed, long = api.get("/logs")["items"]
    assert [short["is_cut"], attributed["is_cut"], long["is_cut"]] == [False, True, True]
    assert long["body"] == body[:16_384]
    assert attributed["attributes"] == {}
    whole = api.get(f"/logs/{long['log_id']}")
    assert (whole["body"], whole["is_cut"]) == (body, False)
    assert api.get(f"/logs/{attributed['log_id']}")["attributes"]["stack"] == "x" * 70_000
    [found] = api.get("/logs", filter='"긴 글" -body:null')["items"]
    assert found["log_id"] == long["log_id"]


def test_a_record_is_found_by_its_id(api: JsonApi) -> None:
    api.store(logs=[api.factory.log(), api.factory.log(body="this one")])
    [log] = api.get("/logs", filter='"this one"')["items"]
    assert api.get(f"/logs/{log['log_id']}") == log


@pytest.mark.parametrize("log_id", ["nothing", "0-abc", "ffffffffffffffff-abc", "18d7-xyz"])
def test_an_id_of_no_record_is_not_found(api: JsonApi, log_id: str) -> None:
    assert api.problem(f"/logs/{log_id}")["status"] == 404


def test_a_tail_tells_each_record_that_arrives(api: JsonApi) -> None:
    api.store(logs=[api.factory.log(version=1)])
    tail_cursor = api.get("/logs")["tail_cursor"]
    assert api.get("/logs", after=tail_cursor)["items"] == []
    old, new = (
        api.factory.log(time_ns=EPOCH_NS + offset, version=NOW_NS + offset) for offset in (1, SECOND_NS)
    )
    api.store(logs=[new, old])
    tail = api.get("/logs", after=tail_cursor)
    models.LogPage.model_validate(tail)
    assert [item["time"] for item in tail["items"]] == [time_text(log.time_ns) for log in (old, new)]
    assert tail["next_cursor"] is None
    assert api.get("/logs", after=tail["tail_cursor"])["items"] == []


def test_a_tail_misses_nothing_that_was_being_stored_when_it_began(api: JsonApi) -> None:
    tail_cursor = api.get("/logs")["tail_cursor"]
    api.store(logs=[api.factory.log(version=NOW_NS - 5 * SECOND_NS)])
    assert len(api.get("/logs", after=tail_cursor)["items"]) == 1


def test_a_cursor_and_a_tail_do_not_go_together(api: JsonApi) -> None:
    api.store(logs=[api.factory.log() for _ in range(2)])
    page = api.get("/logs", limit=1)
    problem = api.problem("/logs", cursor=page["next_cursor"], after=page["tail_cursor"])
    assert problem["status"] == 400
    assert api.problem("/logs", after=page["next_cursor"])["status"] == 400
    assert api.problem("/logs", order="severity")["status"] == 400


def test_the_histogram_counts_by_severity(api: JsonApi) -> None:
    api.store(logs=[api.factory.log(severity_number=number) for number in (9, 17, 17, 0)])
    histogram = api.get("/logs/histogram", buckets=24, filter="-severity:info")
    models.LogHistogram.model_validate(histogram)
    assert histogram["bucket_ms"] == 3_600_000
    filled = [bucket for bucket in histogram["buckets"] if bucket["count"]]
    assert len(histogram["buckets"]) == 24
    assert [(bucket["count"], bucket["by_severity"]["error"]) for bucket in filled] == [(3, 2)]
    assert filled[0]["by_severity"]["unknown"] == 1


def test_facets_and_fields_are_told_of_logs_too(api: JsonApi) -> None:
    api.store(logs=[api.factory.log(), api.factory.log(severity_number=17)])
    facet = api.get("/facets", field="severity", target="logs")
    assert facet["values"] == [{"value": "error", "count": 1}, {"value": "info", "count": 1}]
    fields = api.get("/fields", target="logs")
    models.Fields.model_validate(fields)
    assert [field["name"] for field in fields["fields"]][:3] == ["severity", "service", "environment"]
    assert fields["fields"][0]["choices"] == ["trace", "debug", "info", "warn", "error", "fatal"]


def test_a_filter_on_what_logs_have_not_is_refused_with_the_place(api: JsonApi) -> None:
    problem = api.problem("/logs", filter="severity:error duration>2s")
    assert problem["detail"] == "`duration` is a field of traces, not of logs"
    assert problem["column"] == 15


def test_another_projects_logs_stay_its_own(api: JsonApi, embedded_engine: EmbeddedEngine) -> None:
    api.store(logs=[api.factory.log()])
    [log] = api.get("/logs")["items"]
    other = JsonApi(embedded_engine, api.directory, f"{api.project.name}-other")
    try:
        assert other.get("/logs")["items"] == []
        assert other.problem(f"/logs/{log['log_id']}")["status"] == 404
    finally:
        other.close()


def test_logs_need_a_key_where_keys_are_needed(api: JsonApi) -> None:
    api.require_keys()
    for path in ("/logs", "/logs/histogram", "/logs/0-a"):
        assert api.problem(path)["status"] == 401
    api.app.state.services = replace(api.services)
