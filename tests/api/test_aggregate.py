"""`GET /api/v1/aggregate`: parameters, units, and what is said of mistakes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.json_api import JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory

MINUTE_NS = 60 * SECOND_NS
START_NS = EPOCH_NS // MINUTE_NS * MINUTE_NS + MINUTE_NS


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, project_id: str, tmp_path: Path) -> Iterator[JsonApi]:
    directory = open_directory(f"sqlite:///{tmp_path}/meta.db", now_ns=lambda: EPOCH_NS, retention_days=0)
    directory.migrate()
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}")
    yield api
    api.close()
    directory.close()


def call(api: JsonApi, minute: int, model: str, *, lasts_ms: int = 20, cost: float | None = 0.5) -> None:
    start_ns = START_NS + minute * MINUTE_NS
    api.store(
        [
            api.factory.call(
                start_time_ns=start_ns,
                end_time_ns=start_ns + lasts_ms * 1_000_000,
                response_model=model,
                cost_usd=cost,
            )
        ]
    )


def test_measures_by_group_come_with_their_units(api: JsonApi) -> None:
    call(api, 0, "m1")
    call(api, 1, "m1", lasts_ms=40)
    call(api, 1, "m2", cost=None)

    found = api.get(
        "/aggregate",
        target="spans",
        measure=["count()", "max(duration)", "sum(cost)", "share(status)"],
        group_by="model",
    )
    assert found["columns"] == [
        {"name": "model", "type": "group", "unit": None},
        {"name": "count()", "type": "number", "unit": None},
        {"name": "max(duration)", "type": "number", "unit": "ms"},
        {"name": "sum(cost)", "type": "number", "unit": "USD"},
        {"name": "share(status)", "type": "number", "unit": "ratio"},
    ]
    assert found["rows"] == [["m1", 2, 40, 1, 0], ["m2", 1, 20, None, 0]]
    assert (found["interval_ms"], found["is_cut"]) == (None, False)


def test_intervals_are_told_by_their_start(api: JsonApi) -> None:
    call(api, 0, "m1")
    call(api, 2, "m1")

    found = api.get("/aggregate", interval="1m")
    assert found["interval_ms"] == 60_000
    assert [column["type"] for column in found["columns"]] == ["time", "number"]
    assert [(row[0][-14:-11], row[1]) for row in found["rows"]] == [(":00", 1), (":00", 1)]


def test_durations_are_grouped_in_steps_of_milliseconds(api: JsonApi) -> None:
    call(api, 0, "m1", lasts_ms=1_700)
    call(api, 0, "m1", lasts_ms=1_600)

    found = api.get("/aggregate", group_by="duration", interval="1m")
    assert found["columns"][0] == {"name": "duration", "type": "step", "unit": "ms"}
    assert [[row[0], row[2]] for row in found["rows"]] == [[1_500, 2]]


def test_more_groups_than_asked_for_are_told(api: JsonApi) -> None:
    for model in ("m1", "m2"):
        call(api, 0, model)

    assert api.get("/aggregate", group_by="model", limit=1)["is_cut"]


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"measure": "latency"}, "is no measure"),
        ({"measure": "p95(latencies)"}, "no field `latencies`"),
        ({"interval": "often"}, "no length of time"),
        ({"interval": "1ms"}, "at most 11000"),
        ({"group_by": "output"}, "cannot group by"),
        ({"order": "sum(cost)"}, "cannot be ordered by"),
        ({"filter": "status:"}, ""),
    ],
)
def test_a_mistake_is_told_with_what_to_do(api: JsonApi, asked: dict[str, str], detail: str) -> None:
    problem = api.problem("/aggregate", **asked)
    assert problem["status"] == 400
    assert detail in problem["detail"]
