"""Traces, observations and sessions as Langfuse's SDKs read them, over the embedded engine."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.langfuse_api import LangfuseApi, otlp_span, span_id, trace_id
from tests.support.langfuse_events import at, event

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import Directory
from spanglass_server.store.metadata.directory import open_directory


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    found = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def langfuse(embedded_engine: EmbeddedEngine, directory: Directory, project_id: str) -> Iterator[LangfuseApi]:
    found = LangfuseApi(embedded_engine, directory, project_id)
    yield found
    found.close()


@pytest.fixture(scope="module")
def rag(embedded_engine: EmbeddedEngine, directory: Directory) -> Iterator[LangfuseApi]:
    """A project that tests only read: one trace, `send_rag`."""
    found = LangfuseApi(embedded_engine, directory, "langfuse-reads")
    send_rag(found)
    yield found
    found.close()


def send_rag(langfuse: LangfuseApi) -> None:
    """As SDK 4 tells an agent with a retriever, a generation with everything, an event and an error."""
    common: dict[str, Any] = {
        "user__id": "ada",
        "session__id": "s1",
        "trace__tags": ["web", "rag"],
        "environment": "staging",
    }
    langfuse.send(
        otlp_span(
            1, "agent", 0, 4, observation__type="agent", observation__input='{"args":["q"],"kwargs":{}}',
            observation__output="14", trace__name="support", trace__metadata__tenant="acme",
            trace__metadata__attempt=2, observation__metadata__own="x", trace__public=True, version="3.1",
            release="1.4.2", **common,
        ),
        otlp_span(
            2, "retrieve", 0.5, 1, parent=1, observation__type="retriever",
            observation__output='["a","b"]', **common,
        ),
        otlp_span(
            3, "generate", 1, 3, parent=1, observation__type="generation",
            observation__input='[{"role":"user","content":"q"}]', observation__output="007",
            observation__model__name="gpt-5.4-mini",
            observation__model__parameters='{"temperature":0.2,"stop":["x"],"tools":{"a":1}}',
            observation__usage_details='{"input":100,"output":20,"cache_read_input_tokens":40}',
            observation__cost_details='{"input":0.001,"output":0.002}',
            observation__completion_start_time='"2026-03-01T12:00:01.250000Z"',
            observation__prompt__name="answer", observation__prompt__version=3, **common,
        ),
        otlp_span(
            4, "handed over", 3.5, 3.5, parent=1, observation__type="event", observation__level="WARNING",
            observation__status_message="queue is long", **common,
        ),
        otlp_span(
            5, "fail", 3.6, 3.7, parent=1, error="no stock", observation__type="span",
            observation__level="ERROR", observation__status_message="no stock", **common,
        ),
    )  # fmt: skip


def observation(langfuse: LangfuseApi, number: int) -> Any:
    return langfuse.get(f"/observations/{span_id(number)}")


def test_the_project_of_the_key_is_told_with_an_organization(langfuse: LangfuseApi) -> None:
    (project,) = langfuse.get("/projects")["data"]

    assert (project["id"], project["name"]) == (langfuse.project.id, langfuse.project.name)
    assert project["organization"].keys() == {"id", "name"}
    assert project["metadata"] == {}


def test_a_trace_says_what_the_program_said_of_it(rag: LangfuseApi) -> None:
    trace = rag.get(f"/traces/{trace_id(1)}")

    assert (trace["name"], trace["userId"], trace["sessionId"]) == ("support", "ada", "s1")
    assert (trace["release"], trace["version"], trace["environment"]) == ("1.4.2", "3.1", "staging")
    assert trace["tags"] == ["web", "rag"]
    assert trace["metadata"] == {"tenant": "acme", "attempt": 2}
    assert trace["public"] is True
    assert trace["input"] == {"args": ["q"], "kwargs": {}}
    assert trace["timestamp"] == "2026-03-01T12:00:00.000000Z"
    assert trace["latency"] == 4.0
    assert trace["totalCost"] == pytest.approx(0.003)
    names = [one["name"] for one in trace["observations"]]
    assert names == ["agent", "retrieve", "generate", "handed over", "fail"]


def test_a_listed_trace_says_the_same_as_an_opened_one(rag: LangfuseApi) -> None:
    (listed,) = rag.get("/traces")["data"]
    opened = rag.get(f"/traces/{trace_id(1)}")

    assert listed["observations"] == [one["id"] for one in opened["observations"]]
    assert {key: value for key, value in listed.items() if key not in ("observations", "scores")} == {
        key: value for key, value in opened.items() if key not in ("observations", "scores")
    }


def test_spans_are_observations_of_langfuses_types(rag: LangfuseApi) -> None:
    types = {one["name"]: one["type"] for one in rag.get("/observations")["data"]}

    assert types == {
        "agent": "AGENT",
        "retrieve": "RETRIEVER",
        "generate": "GENERATION",
        "handed over": "EVENT",
        "fail": "SPAN",
    }


def test_a_generation_has_model_parameters_usage_cost_and_prompt(rag: LangfuseApi) -> None:
    generation = observation(rag, 3)

    assert generation["model"] == "gpt-5.4-mini"
    assert generation["modelParameters"] == {"temperature": 0.2, "stop": ["x"], "tools": '{"a":1}'}
    assert generation["usageDetails"] == {
        "input": 100, "output": 20, "cache_read_input_tokens": 40, "total": 160,
    }  # fmt: skip
    assert (generation["usage"]["input"], generation["usage"]["total"]) == (140, 160)
    assert generation["costDetails"] == {"input": 0.001, "output": 0.002, "total": 0.003}
    assert generation["calculatedTotalCost"] == 0.003
    assert (generation["promptName"], generation["promptVersion"]) == ("answer", 3)
    assert generation["completionStartTime"] == "2026-03-01T12:00:01.250000Z"
    assert (generation["latency"], generation["timeToFirstToken"]) == (2.0, 0.25)


def test_payloads_are_what_the_program_passed(rag: LangfuseApi) -> None:
    assert observation(rag, 2)["output"] == ["a", "b"]
    assert observation(rag, 2)["input"] is None
    assert observation(rag, 3)["input"] == [{"role": "user", "content": "q"}]
    assert observation(rag, 3)["output"] == "007"
    assert observation(rag, 1)["output"] == 14


def test_metadata_of_an_observation_is_its_own(rag: LangfuseApi) -> None:
    assert observation(rag, 1)["metadata"] == {"own": "x"}
    assert observation(rag, 2)["metadata"] == {}


def test_levels_and_messages_come_back(rag: LangfuseApi) -> None:
    told = {one["name"]: (one["level"], one["statusMessage"]) for one in rag.get("/observations")["data"]}

    assert told["retrieve"] == ("DEFAULT", None)
    assert told["handed over"] == ("WARNING", "queue is long")
    assert told["fail"] == ("ERROR", "no stock")


def test_an_event_has_no_end(rag: LangfuseApi) -> None:
    assert observation(rag, 4)["endTime"] is None
    assert observation(rag, 3)["endTime"] == "2026-03-01T12:00:03.000000Z"


def test_metadata_of_sdk_5_is_decoded_and_that_of_sdk_4_is_not(langfuse: LangfuseApi) -> None:
    langfuse.send(otlp_span(1, "a", 0, 1, observation__metadata__n="5"), sdk="5.0.4")
    langfuse.send(otlp_span(2, "b", 0, 1, trace=2, observation__metadata__n="5"), sdk="4.18.0")

    assert observation(langfuse, 1)["metadata"] == {"n": 5}
    assert observation(langfuse, 2)["metadata"] == {"n": "5"}


def test_metadata_that_is_no_object_stands_under_a_key(langfuse: LangfuseApi) -> None:
    langfuse.send(otlp_span(1, "a", 0, 1, observation__metadata="plain"))

    assert observation(langfuse, 1)["metadata"] == {"metadata": "plain"}


def test_input_of_the_trace_wins_over_its_roots_and_may_stand_on_a_child(langfuse: LangfuseApi) -> None:
    langfuse.send(
        otlp_span(1, "root", 0, 2, observation__input="root in", observation__output="root out"),
        otlp_span(2, "child", 1, 2, parent=1, observation__input="x", trace__input='{"said":1}'),
    )

    for trace in (langfuse.get(f"/traces/{trace_id(1)}"), langfuse.get("/traces")["data"][0]):
        assert (trace["input"], trace["output"]) == ({"said": 1}, "root out")


def test_a_trace_of_sdk_2_is_no_observation_and_its_children_have_no_parent(langfuse: LangfuseApi) -> None:
    langfuse.ingest(
        event("trace-create", 0, id="checkout-1", name="checkout", timestamp=at(0), input={"cart": [1]},
              metadata={"shop": "north"}, tags=["b", "a"], version="7", release="2.0"),
        event("span-create", 1, id="plan", traceId="checkout-1", name="plan", startTime=at(1), endTime=at(3)),
        event("generation-create", 2, id="write", traceId="checkout-1", parentObservationId="plan",
              name="write", startTime=at(1.5), endTime=at(2), usage={"input": 5, "output": 2}),
    )  # fmt: skip

    trace = langfuse.get("/traces/checkout-1")
    assert [(one["id"], one["parentObservationId"]) for one in trace["observations"]] == [
        ("plan", None), ("write", "plan"),
    ]  # fmt: skip
    assert (trace["input"], trace["metadata"], trace["version"]) == ({"cart": [1]}, {"shop": "north"}, "7")
    assert langfuse.get("/traces")["data"][0]["observations"] == ["plan", "write"]
    assert langfuse.ids("/observations") == langfuse.ids("/v2/observations") == ["write", "plan"]
    assert langfuse.get("/observations")["meta"]["totalItems"] == 2
    (count,) = langfuse.metrics(view="observations", metrics=[{"measure": "count", "aggregation": "count"}])
    assert count == {"count_count": 2}


def test_ids_may_hold_slashes_blanks_and_any_letters(langfuse: LangfuseApi) -> None:
    name = "orders/17 ä?" + "x" * 780
    langfuse.ingest(
        event("trace-create", 0, id=name, name="order", timestamp=at(0), sessionId="a/b"),
        event("span-create", 1, id="a/span", traceId=name, name="s", startTime=at(0), endTime=at(1)),
    )
    assert langfuse.get("/traces")["data"][0]["htmlPath"].startswith("/traces/orders%2F17%20")

    assert langfuse.get(f"/traces/{quote(name, safe='')}")["id"] == name
    assert langfuse.get("/observations/a%2Fspan")["traceId"] == name
    assert langfuse.get("/sessions/a%2Fb")["traces"][0]["id"] == name


def test_hex_ids_are_found_in_either_case(langfuse: LangfuseApi) -> None:
    langfuse.send(otlp_span(0xABC, "a", 0, 1, trace=0xABC))

    assert langfuse.get(f"/traces/{trace_id(0xABC).upper()}")["id"] == trace_id(0xABC)
    assert langfuse.get(f"/observations/{span_id(0xABC).upper()}")["id"] == span_id(0xABC)
    assert langfuse.ids("/observations", traceId=trace_id(0xABC).upper()) == [span_id(0xABC)]


def test_pages_hold_every_trace_once_and_count_exactly(langfuse: LangfuseApi) -> None:
    for number in range(1, 8):
        langfuse.send(otlp_span(number, f"t{number}", number, number + 1, trace=number))

    pages = [langfuse.get("/traces", page=page, limit=3) for page in (1, 2, 3)]

    assert [[one["name"] for one in page["data"]] for page in pages] == [
        ["t7", "t6", "t5"], ["t4", "t3", "t2"], ["t1"],
    ]  # fmt: skip
    assert pages[0]["meta"] == {"page": 1, "limit": 3, "totalItems": 7, "totalPages": 3}
    assert langfuse.get("/traces", page=4, limit=3)["data"] == []
    assert langfuse.names("/traces", limit=2, orderBy="timestamp.asc") == ["t1", "t2"]
    assert langfuse.names("/traces", limit=2, orderBy="name.desc") == ["t7", "t6"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"userId": "ada"}, ["one"]),
        ({"name": "two"}, ["two"]),
        ({"sessionId": "s2"}, ["two"]),
        ({"tags": ["a", "b"]}, ["one"]),
        ({"tags": "a"}, ["two", "one"]),
        ({"version": "3.1"}, ["two"]),
        ({"release": "r1"}, ["one"]),
        ({"environment": ["staging", "prod"]}, ["one"]),
        ({"environment": "default"}, ["two"]),
        ({"fromTimestamp": "2026-03-01T12:00:05Z"}, ["two"]),
        ({"toTimestamp": "2026-03-01T12:00:10Z"}, ["one"]),
        ({"userId": "nobody"}, []),
    ],
)
def test_traces_are_narrowed_by_what_is_asked(
    langfuse: LangfuseApi, asked: dict[str, Any], found: list[str]
) -> None:
    langfuse.send(
        otlp_span(1, "one", 0, 1, trace=1, user__id="ada", session__id="s1", trace__tags=["a", "b"],
                  release="r1", environment="staging"),
        otlp_span(2, "two", 10, 11, trace=2, session__id="s2", trace__tags=["a"], version="3.1"),
    )  # fmt: skip

    page = langfuse.get("/traces", **asked)

    assert [one["name"] for one in page["data"]] == found
    assert page["meta"]["totalItems"] == len(found)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"column": "name", "operator": "contains", "value": "n", "type": "string"}, ["one"]),
        ({"column": "name", "operator": "does not contain", "value": "n", "type": "string"}, ["two"]),
        ({"column": "name", "operator": "starts with", "value": "tw", "type": "string"}, ["two"]),
        ({"column": "name", "operator": "any of", "value": ["one", "x"], "type": "stringOptions"}, ["one"]),
        ({"column": "latency", "operator": ">", "value": 1.5, "type": "number"}, ["two"]),
        ({"column": "totalCost", "operator": ">=", "value": 0.5, "type": "number"}, ["one"]),
        ({"column": "totalTokens", "operator": "is null", "type": "null"}, ["two"]),
        ({"column": "errorCount", "operator": ">", "value": 0, "type": "number"}, ["two"]),
        ({"column": "level", "operator": "=", "value": "ERROR", "type": "string"}, ["two"]),
        ({"column": "tags", "operator": "none of", "value": ["a"], "type": "arrayOptions"}, ["two"]),
        (
            {"column": "metadata", "key": "tier", "operator": "=", "value": "gold", "type": "stringObject"},
            ["one"],
        ),
        ({"column": "metadata", "key": "n", "operator": ">", "value": 4, "type": "numberObject"}, ["one"]),
        (
            {"column": "timestamp", "operator": ">", "value": "2026-03-01T12:00:00Z", "type": "datetime"},
            ["two"],
        ),
        ({"column": "metadata", "key": "new", "operator": "=", "value": True, "type": "boolean"}, ["two"]),
        ({"column": "score_categories", "key": "tone", "operator": "any of", "value": ["kind"]}, ["two"]),
        ({"column": "score_categories", "key": "tone", "operator": "none of", "value": ["kind"]}, ["one"]),
        ({"column": "scores_avg", "key": "good", "operator": ">", "value": 0.5}, ["one"]),
    ],
)  # fmt: skip
def test_traces_are_filtered_by_conditions(
    langfuse: LangfuseApi, condition: dict[str, Any], found: list[str]
) -> None:
    langfuse.send(
        otlp_span(1, "one", 0, 1, trace=1, trace__tags=["a"], trace__metadata__tier="gold",
                  trace__metadata__n=5, observation__type="generation", observation__model__name="m",
                  observation__usage_details='{"input":1,"output":1}',
                  observation__cost_details='{"total":0.75}'),
        otlp_span(2, "two", 10, 12, trace=2, error="broken", trace__metadata__new=True),
    )  # fmt: skip
    langfuse.ingest(
        event("score-create", 1, id="s", traceId=trace_id(1), name="good", value=0.9),
        event("score-create", 1, id="t", traceId=trace_id(2), name="tone", value="kind"),
    )

    assert langfuse.names("/traces", filter=json.dumps([condition])) == found


def test_fields_leave_out_what_is_not_asked_for(rag: LangfuseApi) -> None:
    (core,) = rag.get("/traces", fields="core")["data"]

    assert (core["input"], core["metadata"], core["observations"], core["scores"]) == (None, None, [], [])
    assert (core["latency"], core["totalCost"]) == (-1, -1)
    assert (core["name"], core["version"], core["public"]) == ("support", "3.1", True)
    assert rag.get("/traces", fields="core,metrics")["data"][0]["latency"] == 4.0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"type": "GENERATION"}, ["generate"]),
        ({"type": "EVENT"}, ["handed over"]),
        ({"type": "SPAN"}, ["fail"]),
        ({"level": "ERROR"}, ["fail"]),
        ({"level": "WARNING"}, ["handed over"]),
        ({"name": "agent"}, ["agent"]),
        ({"parentObservationId": span_id(1)}, ["fail", "handed over", "generate", "retrieve"]),
        ({"traceId": trace_id(2)}, []),
        ({"version": "3.1"}, ["agent"]),
        ({"userId": "ada", "environment": "staging", "limit": 1}, ["fail"]),
        ({"fromStartTime": "2026-03-01T12:00:03.5Z"}, ["fail", "handed over"]),
        ({"toStartTime": "2026-03-01T12:00:00.5Z"}, ["agent"]),
    ],
)
def test_observations_are_narrowed_in_both_versions(
    rag: LangfuseApi, asked: dict[str, Any], found: list[str]
) -> None:
    assert rag.names("/observations", **asked) == found
    assert rag.names("/v2/observations", **asked) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"column": "isRootObservation", "operator": "=", "value": True, "type": "boolean"}, ["agent"]),
        ({"column": "output", "operator": "matches", "value": "007", "type": "string"}, ["generate"]),
        ({"column": "traceName", "operator": "=", "value": "other", "type": "string"}, []),
        (
            {"column": "traceTags", "operator": "all of", "value": ["web", "rag"], "type": "arrayOptions"},
            ["fail", "handed over", "generate", "retrieve", "agent"],
        ),
        ({"column": "inputTokens", "operator": ">", "value": 139, "type": "number"}, ["generate"]),
        ({"column": "timeToFirstToken", "operator": "<", "value": 1, "type": "number"}, ["generate"]),
        ({"column": "model", "operator": "starts with", "value": "gpt", "type": "string"}, ["generate"]),
        ({"column": "endTime", "operator": ">", "value": "2026-03-01T12:00:03.9Z"}, ["agent"]),
    ],
)  # fmt: skip
def test_observations_are_filtered_by_conditions(
    rag: LangfuseApi, condition: dict[str, Any], found: list[str]
) -> None:
    asked = json.dumps([condition])

    assert rag.names("/observations", filter=asked) == found
    assert rag.names("/v2/observations", filter=asked) == found


def test_the_first_groups_of_fields_are_core_and_basic(rag: LangfuseApi) -> None:
    item = rag.get("/v2/observations", type="GENERATION")["data"][0]

    assert item.keys() == {
        *("id", "traceId", "startTime", "endTime", "projectId", "parentObservationId", "type"),
        *("name", "level", "statusMessage", "version", "environment", "bookmarked", "public", "userId"),
        *("sessionId", "isRootObservation"),
    }
    assert (item["projectId"], item["isRootObservation"]) == (rag.project.id, False)


def test_further_groups_of_fields_tell_what_the_first_version_tells(rag: LangfuseApi) -> None:
    groups = "basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
    asked: dict[str, Any] = {"type": "GENERATION", "fields": groups}
    second = rag.get("/v2/observations", **asked)["data"][0]
    first = observation(rag, 3)

    for key in (
        *("usageDetails", "costDetails", "modelParameters", "model", "promptName", "promptVersion"),
        *("latency", "timeToFirstToken", "completionStartTime", "metadata", "level", "name"),
    ):
        assert second[key] == first[key], key
    assert second["input"] == '[{"role":"user","content":"q"}]'
    assert rag.get("/v2/observations", **asked, parseIoAsJson="true")["data"][0]["input"] == first["input"]
    assert (second["traceName"], second["tags"], second["release"]) == ("support", ["web", "rag"], "1.4.2")
    assert second["totalCost"] == 0.003


def test_long_metadata_is_cut_in_lists_unless_its_key_is_asked_for(langfuse: LangfuseApi) -> None:
    langfuse.send(otlp_span(1, "a", 0, 1, observation__metadata__long="x" * 500))

    cut = langfuse.get("/v2/observations", fields="metadata")["data"][0]
    whole = langfuse.get("/v2/observations", fields="metadata", expandMetadata="long")["data"][0]

    assert (len(cut["metadata"]["long"]), len(whole["metadata"]["long"])) == (200, 500)


def test_a_cursor_leads_through_every_observation_once(langfuse: LangfuseApi) -> None:
    langfuse.send(*(otlp_span(n, f"o{n}", n // 3 * 3000, n // 3 * 3000 + 1, trace=n) for n in range(1, 11)))
    seen, cursor = [], None
    while True:
        page = langfuse.get("/v2/observations", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in page["data"]]
        cursor = page["meta"]["cursor"]
        if cursor is None:
            break
        langfuse.send(otlp_span(100 + len(seen), "later", 90_000, 90_001, trace=100 + len(seen)))

    assert seen == [span_id(n) for n in range(10, 0, -1)]


def test_a_cursor_of_another_filter_is_refused(rag: LangfuseApi) -> None:
    cursor = rag.get("/v2/observations", limit=1)["meta"]["cursor"]

    assert "cursor" in rag.get("/v2/observations", 400, limit=1, cursor=cursor, type="TOOL")["message"]


def test_sessions_start_with_their_first_trace(langfuse: LangfuseApi) -> None:
    langfuse.send(
        otlp_span(1, "first", 0, 1, trace=1, session__id="old", environment="staging"),
        otlp_span(2, "second", 500, 501, trace=2, session__id="old"),
        otlp_span(3, "third", 100, 101, trace=3, session__id="new"),
    )

    page = langfuse.get("/sessions")
    assert [(one["id"], one["createdAt"], one["environment"]) for one in page["data"]] == [
        ("new", "2026-03-01T12:01:40.000000Z", "default"),
        ("old", "2026-03-01T12:00:00.000000Z", "staging"),
    ]
    assert page["meta"]["totalItems"] == 2
    assert langfuse.ids("/sessions", fromTimestamp="2026-03-01T12:01:00Z") == ["new"]
    assert langfuse.ids("/sessions", environment="staging") == ["old"]
    opened = langfuse.get("/sessions/old")
    assert [trace["name"] for trace in opened["traces"]] == ["first", "second"]
    assert opened["projectId"] == langfuse.project.id


def test_scores_of_a_trace_come_with_it(langfuse: LangfuseApi) -> None:
    send_rag(langfuse)
    langfuse.ingest(
        event("score-create", 1, id="s1", traceId=trace_id(1), name="helpful", value=1.0),
        event("score-create", 2, id="s2", traceId=trace_id(1), observationId=span_id(3), name="tone",
              value="kind"),
    )  # fmt: skip

    scores = langfuse.get(f"/traces/{trace_id(1)}")["scores"]
    assert {score["id"]: score["name"] for score in scores} == {"s1": "helpful", "s2": "tone"}
    assert sorted(langfuse.get("/traces")["data"][0]["scores"]) == ["s1", "s2"]


def test_other_projects_see_nothing(
    rag: LangfuseApi, embedded_engine: EmbeddedEngine, directory: Directory
) -> None:
    other = LangfuseApi(embedded_engine, directory, "langfuse-reads-other")

    for path in ("/traces", "/observations", "/v2/observations", "/sessions", "/metrics/daily"):
        assert other.get(path)["data"] == []
    other.get(f"/traces/{trace_id(1)}", 404)
    other.get(f"/observations/{span_id(3)}", 404)
    other.get("/sessions/s1", 404)
    assert other.client.delete(f"/api/public/traces/{trace_id(1)}").status_code == 200
    assert rag.ids("/traces") == [trace_id(1)]
    other.close()


def test_deleted_traces_are_gone(langfuse: LangfuseApi) -> None:
    langfuse.send(*(otlp_span(n, f"t{n}", n, n + 1, trace=n) for n in (1, 2, 3)))

    one = langfuse.client.delete(f"/api/public/traces/{trace_id(1)}")
    many = langfuse.client.request(
        "DELETE", "/api/public/traces", json={"traceIds": [trace_id(2), "never there"]}
    )

    assert one.json().keys() == many.json().keys() == {"message"}
    assert langfuse.names("/traces") == langfuse.names("/observations") == ["t3"]
    langfuse.get(f"/traces/{trace_id(1)}", 404)


def test_a_key_without_the_scope_may_not_delete(langfuse: LangfuseApi) -> None:
    langfuse.send(otlp_span(1, "a", 0, 1))
    langfuse.use_key("ingest", "read")

    assert langfuse.client.delete(f"/api/public/traces/{trace_id(1)}").status_code == 403
    langfuse.use_key("ingest")
    assert langfuse.get("/traces", 403)["error"] == "ForbiddenError"


@pytest.mark.parametrize(
    ("path", "asked", "named"),
    [
        ("/traces", {"limit": 101}, "limit"),
        ("/traces", {"page": 0}, "page"),
        ("/traces", {"fromTimestamp": "yesterday"}, "fromTimestamp"),
        ("/traces", {"orderBy": "colour.asc"}, "orderBy"),
        ("/traces", {"orderBy": "name.up"}, "orderBy"),
        ("/traces", {"fields": "core,colour"}, "fields"),
        ("/traces", {"filter": "{"}, "filter"),
        ("/traces", {"filter": '[{"column":"colour","operator":"="}]'}, "filter[0].column"),
        ("/traces", {"filter": '[{"column":"name","operator":"like"}]'}, "filter[0].operator"),
        ("/traces", {"filter": '[{"column":"name","operator":"=","value":{}}]'}, "filter[0].value"),
        ("/traces", {"filter": '[{"column":"latency","operator":">","value":"x"}]'}, "latency_s"),
        ("/observations", {"toStartTime": "x"}, "toStartTime"),
        ("/v2/observations", {"limit": 1001}, "limit"),
        ("/v2/observations", {"cursor": "abc"}, "cursor"),
        ("/sessions", {"limit": "many"}, "limit"),
        ("/metrics", {"query": "{}"}, "query.view"),
    ],
)
def test_a_bad_parameter_is_named_in_langfuses_shape(
    langfuse: LangfuseApi, path: str, asked: dict[str, Any], named: str
) -> None:
    answer = langfuse.get(path, 400, **asked)

    assert answer["error"] == "InvalidRequestError"
    assert named in answer["message"]


def test_unknown_parameters_are_passed_over(rag: LangfuseApi) -> None:
    assert rag.ids("/traces", colour="red") == [trace_id(1)]


@pytest.mark.parametrize("path", ["/traces/nope", "/observations/nope", "/sessions/nope"])
def test_what_is_not_there_answers_404(langfuse: LangfuseApi, path: str) -> None:
    assert langfuse.get(path, 404)["error"] == "LangfuseNotFoundError"


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/trace/abc", "/traces/abc"),
        ("/project/default/traces/abc", "/traces/abc"),
        ("/project/{id}/traces/a%2Fb", "/traces/a%2Fb?project={name}"),
        ("/project/unknown/traces/abc", "/traces/abc"),
    ],
)
def test_trace_urls_of_the_sdks_lead_to_the_trace_page(rag: LangfuseApi, path: str, page: str) -> None:
    named = {"id": rag.project.id, "name": rag.project.name}
    answer = rag.client.get(path.format(**named), follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (302, page.format(**named))


def test_a_trace_that_lasts_for_days_is_told_whole(langfuse: LangfuseApi) -> None:
    days = 6 * 86_400
    langfuse.send(
        otlp_span(1, "root", 0, days, observation__input="asked"),
        otlp_span(2, "late", days - 1, days, parent=1, trace__output="answered"),
    )

    (trace,) = langfuse.get("/traces")["data"]
    assert (trace["input"], trace["output"]) == ("asked", "answered")
    assert trace["observations"] == [span_id(1), span_id(2)]


def test_spans_of_other_senders_are_told_in_langfuses_words(langfuse: LangfuseApi) -> None:
    langfuse.send(
        otlp_span(
            1, "chat", 0, 1, gen_ai__operation__name="chat", gen_ai__provider__name="anthropic",
            gen_ai__request__model="claude-haiku-4-5", gen_ai__usage__input_tokens=100,
            gen_ai__usage__output_tokens=30, gen_ai__usage__cache_read__input_tokens=60,
            gen_ai__usage__reasoning__output_tokens=10, gen_ai__request__max_tokens=50,
            gen_ai__input__messages='[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
        ),
        otlp_span(2, "rerank", 0, 1, parent=1, openinference__span__kind="RERANKER", input__value="007"),
        otlp_span(3, "cache", 0, 1, parent=1, openinference__span__kind="TOOL"),
        sdk="",
        scope="app",
    )  # fmt: skip

    chat = observation(langfuse, 1)
    assert (chat["type"], chat["model"]) == ("GENERATION", "claude-haiku-4-5")
    assert chat["usageDetails"] == {
        "input": 40, "cache_read_input_tokens": 60, "output": 20, "output_reasoning_tokens": 10, "total": 130,
    }  # fmt: skip
    assert (chat["usage"]["input"], chat["usage"]["output"]) == (100, 30)
    assert chat["modelParameters"] == {"max_tokens": 50}
    assert chat["input"] == [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    assert chat["metadata"]["attributes"]["gen_ai.operation.name"] == "chat"
    assert "gen_ai.input.messages" not in chat["metadata"]["attributes"]
    assert chat["metadata"]["scope"]["name"] == "app"
    rerank = observation(langfuse, 2)
    assert (rerank["type"], rerank["input"]) == ("SPAN", "007")
    assert (observation(langfuse, 3)["type"], observation(langfuse, 3)["usageDetails"]) == ("TOOL", {})
