"""Metrics as Langfuse's SDKs ask for them, over the embedded engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.langfuse_api import LangfuseApi, otlp_span, span_id, trace_id
from tests.support.langfuse_events import event

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import Directory
from spanglass_server.store.metadata.directory import open_directory

HOUR_S, DAY_S = 3600.0, 86_400.0
COUNT = {"measure": "count", "aggregation": "count"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    found = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    found.migrate()
    yield found
    found.close()


@pytest.fixture(scope="module")
def langfuse(embedded_engine: EmbeddedEngine, directory: Directory) -> Iterator[LangfuseApi]:
    """Three traces on 2026-03-01 and one a day later, each a chain with a generation; the fourth failed."""
    found = LangfuseApi(embedded_engine, directory, "langfuse-metrics")
    starts = (0.0, 60.0, HOUR_S, DAY_S)
    for number, start in enumerate(starts, 1):
        found.send(
            otlp_span(
                number * 10, "ask", start, start + number, trace=number, observation__type="chain",
                user__id="ada" if number < 3 else "bob", session__id=f"s{number}", trace__tags=["web"],
                release=f"r{number % 2}", version="3",
                **({"error": "broken"} if number == 4 else {}),
            ),
            otlp_span(
                number * 10 + 1, "answer", start, start + number, trace=number, parent=number * 10,
                observation__type="generation",
                observation__model__name="m-large" if number > 2 else "m-small",
                observation__usage_details=f'{{"input":{100 * number},"output":{10 * number}}}',
                observation__cost_details=f'{{"total":{number / 100}}}',
                observation__prompt__name="answer", observation__prompt__version=number,
            ),
        )  # fmt: skip
    found.ingest(
        event("score-create", 5, id="a", traceId=trace_id(1), name="good", value=0.5),
        event("score-create", 6, id="b", traceId=trace_id(2), observationId=span_id(21), name="good",
              value=1),
        event("score-create", 7, id="c", traceId=trace_id(2), name="is_right", value=1, dataType="BOOLEAN"),
        event("score-create", 8, id="d", traceId=trace_id(3), name="tone", value="kind"),
        event("score-create", 9, id="e", traceId=trace_id(3), name="tone", value="rude"),
    )  # fmt: skip
    yield found
    found.close()


def of_generations(langfuse: LangfuseApi, *measures: tuple[str, str], **query: Any) -> Any:
    only = {"column": "type", "operator": "=", "value": "GENERATION", "type": "string"}
    return langfuse.metrics(
        view="observations",
        metrics=[{"measure": measure, "aggregation": how} for measure, how in measures],
        filters=[only, *query.pop("filters", ())],
        **query,
    )


def test_measures_of_generations_add_up(langfuse: LangfuseApi) -> None:
    (row,) = of_generations(
        langfuse,
        *(("count", "count"), ("inputTokens", "sum"), ("outputTokens", "sum"), ("totalTokens", "sum")),
        *(("totalCost", "sum"), ("totalCost", "avg"), ("latency", "max"), ("latency", "p50")),
        *(("tokensPerSecond", "min"), ("timeToFirstToken", "avg"), ("countScores", "sum")),
    )

    assert row["count_count"] == 4
    assert (row["sum_inputTokens"], row["sum_outputTokens"], row["sum_totalTokens"]) == (1000, 100, 1100)
    assert row["sum_totalCost"] == pytest.approx(0.1)
    assert row["avg_totalCost"] == pytest.approx(0.025)
    assert (row["max_latency"], row["min_tokensPerSecond"]) == (4000.0, 110.0)
    assert row["p50_latency"] in (2000.0, 3000.0)
    assert row["avg_timeToFirstToken"] is None
    assert row["sum_countScores"] == 1


def test_a_sum_of_nothing_is_zero(langfuse: LangfuseApi) -> None:
    (row,) = langfuse.metrics(
        view="observations",
        metrics=[{"measure": "totalTokens", "aggregation": "sum"}],
        filters=[{"column": "type", "operator": "=", "value": "CHAIN", "type": "string"}],
    )

    assert row == {"sum_totalTokens": 0}


def test_rows_are_grouped_by_dimensions_and_ordered_by_measures(langfuse: LangfuseApi) -> None:
    rows = of_generations(
        langfuse,
        ("totalCost", "sum"),
        dimensions=[{"field": "providedModelName"}, {"field": "traceRelease"}],
        orderBy=[{"field": "sum_totalCost", "direction": "desc"}],
        config={"row_limit": 3},
    )

    assert [(row["providedModelName"], row["traceRelease"], row["sum_totalCost"]) for row in rows] == [
        ("m-large", "r0", 0.04), ("m-large", "r1", 0.03), ("m-small", "r0", 0.02),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("traceName", ["ask"]),
        ("tags", [["web"]]),
        ("version", [None]),
        ("traceVersion", ["3"]),
        ("environment", ["default"]),
        ("level", ["DEFAULT"]),
        ("promptName", ["answer"]),
        ("promptVersion", ["1", "2", "3", "4"]),
        ("startTimeMonth", ["2026-03"]),
        ("isRootObservation", [False]),
    ],
)
def test_observations_have_langfuses_dimensions(langfuse: LangfuseApi, field: str, values: list[Any]) -> None:
    rows = of_generations(langfuse, ("count", "count"), dimensions=[{"field": field}])

    assert [row[field] for row in rows] == values


@pytest.mark.parametrize(
    ("granularity", "periods"),
    [
        (
            "minute",
            [
                *("2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z"),
                *("2026-03-01T13:00:00Z", "2026-03-02T12:00:00Z"),
            ],
        ),
        ("hour", ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z", "2026-03-02T12:00:00Z"]),
        ("day", ["2026-03-01", "2026-03-02"]),
        ("week", ["2026-02-23", "2026-03-02"]),
        ("month", ["2026-03-01"]),
    ],
)  # fmt: skip
def test_rows_are_grouped_by_periods(langfuse: LangfuseApi, granularity: str, periods: list[str]) -> None:
    rows = of_generations(langfuse, ("count", "count"), timeDimension={"granularity": granularity})

    assert [row["time_dimension"] for row in rows] == periods


def test_automatic_periods_cut_the_range_in_about_fifty(langfuse: LangfuseApi) -> None:
    rows = of_generations(
        langfuse,
        ("count", "count"),
        timeDimension={"granularity": "auto"},
        fromTimestamp="2026-03-01T00:00:00Z",
        toTimestamp="2026-03-03T02:00:00Z",
    )

    assert [row["time_dimension"][8:13] for row in rows] == ["01T12", "01T13", "02T12"]


def test_a_histogram_counts_every_row(langfuse: LangfuseApi) -> None:
    (row,) = of_generations(langfuse, ("latency", "histogram"), config={"bins": 2})

    assert sum(height for _, _, height in row["histogram_latency"]) == 4


def test_conditions_narrow_metrics(langfuse: LangfuseApi) -> None:
    def count(**condition: Any) -> int:
        (row,) = of_generations(langfuse, ("count", "count"), filters=[condition])
        found: int = row["count_count"]
        return found

    assert count(column="userId", operator="=", value="ada", type="string") == 2
    assert count(column="traceName", operator="=", value="other", type="string") == 0
    assert count(column="startTime", operator=">=", value="2026-03-02T00:00:00Z", type="datetime") == 1
    assert count(column="totalCost", operator=">", value=0.02, type="number") == 2
    assert count(column="promptVersion", operator="any of", value=["1", "3"], type="stringOptions") == 2


def test_traces_are_measured_in_the_first_version(langfuse: LangfuseApi) -> None:
    rows = langfuse.metrics(
        view="traces",
        metrics=[
            COUNT,
            *({"measure": name, "aggregation": "sum"} for name in ("totalCost", "observationsCount")),
            {"measure": "uniqueSessionIds", "aggregation": "uniq"},
            {"measure": "latency", "aggregation": "max"},
            {"measure": "scoresCount", "aggregation": "sum"},
        ],
        dimensions=[{"field": "userId"}],
    )

    ada, bob = rows
    assert (ada["userId"], ada["count_count"], ada["uniq_uniqueSessionIds"]) == ("ada", 2, 2)
    assert ada["sum_totalCost"] == pytest.approx(0.03)
    assert (ada["sum_observationsCount"], ada["sum_scoresCount"]) == (4, 3)
    assert (bob["userId"], bob["max_latency"]) == ("bob", 4000.0)


def test_numeric_scores_are_averaged_with_booleans_as_numbers(langfuse: LangfuseApi) -> None:
    rows = langfuse.metrics(
        view="scores-numeric",
        metrics=[{"measure": "value", "aggregation": "avg"}, COUNT],
        dimensions=[{"field": field} for field in ("name", "dataType", "source", "traceName")],
    )

    common = {"source": "API", "traceName": "ask"}
    assert rows == [
        {"name": "good", "dataType": "NUMERIC", **common, "avg_value": 0.75, "count_count": 2},
        {"name": "is_right", "dataType": "BOOLEAN", **common, "avg_value": 1.0, "count_count": 1},
    ]  # fmt: skip


def test_scores_know_the_observation_that_they_judge(langfuse: LangfuseApi) -> None:
    rows = langfuse.metrics(
        "/v2",
        view="scores-numeric",
        metrics=[COUNT],
        dimensions=[
            {"field": field} for field in ("observationName", "observationModelName", "timestampDay")
        ],
        filters=[{"column": "source", "operator": "=", "value": "API", "type": "string"}],
    )

    assert {(row["observationName"], row["observationModelName"]): row["count_count"] for row in rows} == {
        (None, None): 2,
        ("answer", "m-small"): 1,
    }


def test_boolean_and_categorical_scores_have_views_of_their_own(langfuse: LangfuseApi) -> None:
    right = langfuse.metrics(
        "/v2", view="scores-boolean", metrics=[COUNT], dimensions=[{"field": "booleanValue"}]
    )
    tones = langfuse.metrics(
        "/v2", view="scores-categorical", metrics=[COUNT], dimensions=[{"field": "stringValue"}]
    )

    assert right == [{"booleanValue": True, "count_count": 1}]
    assert tones == [{"stringValue": "kind", "count_count": 1}, {"stringValue": "rude", "count_count": 1}]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"view": "colours", "metrics": [COUNT]}, "query.view"),
        ({"view": "observations", "metrics": []}, "query.metrics"),
        ({"metrics": [{"measure": "size", "aggregation": "sum"}]}, "query.metrics[0].measure"),
        ({"metrics": [{"measure": "latency", "aggregation": "mode"}]}, "aggregation"),
        ({"dimensions": [{"field": "size"}]}, "query.dimensions[0]"),
        ({"dimensions": [{"field": "userId"}]}, "userId"),
        ({"orderBy": [{"field": "size"}]}, "query.orderBy[0]"),
        ({"config": {"row_limit": 5000}}, "row_limit"),
        ({"timeDimension": {"granularity": "year"}}, "granularity"),
        ({"fromTimestamp": "soon"}, "query.fromTimestamp"),
        ({"view": "traces", "metrics": [COUNT]}, "query.view"),
    ],
)  # fmt: skip
def test_a_bad_query_names_its_part(langfuse: LangfuseApi, query: dict[str, Any], named: str) -> None:
    assert (
        named
        in langfuse.metrics("/v2", 400, **{"view": "observations", "metrics": [COUNT], **query})["message"]
    )


def test_the_daily_sums_of_sdk_2_tell_usage_by_model(langfuse: LangfuseApi) -> None:
    page = langfuse.get("/metrics/daily")
    newest, first = page["data"]

    assert page["meta"] == {"page": 1, "limit": 50, "totalItems": 2, "totalPages": 1}
    assert (newest["date"], newest["countTraces"], newest["countObservations"]) == ("2026-03-02", 1, 2)
    assert (first["date"], first["countTraces"], first["countObservations"]) == ("2026-03-01", 3, 6)
    assert first["totalCost"] == pytest.approx(0.06)
    usage = {
        one["model"]: (one["inputUsage"], one["outputUsage"], one["countTraces"]) for one in first["usage"]
    }
    assert usage == {None: (0, 0, 3), "m-small": (300, 30, 2), "m-large": (300, 30, 1)}


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"userId": "ada"}, ["2026-03-01"]),
        ({"traceName": "ask", "tags": "web"}, ["2026-03-02", "2026-03-01"]),
        ({"traceName": "other"}, []),
        ({"limit": 1, "page": 2}, ["2026-03-01"]),
        ({"fromTimestamp": "2026-03-02T00:00:00Z"}, ["2026-03-02"]),
    ],
)
def test_daily_sums_are_narrowed_and_paged(
    langfuse: LangfuseApi, asked: dict[str, Any], days: list[str]
) -> None:
    assert [day["date"] for day in langfuse.get("/metrics/daily", **asked)["data"]] == days
