"""Statistics of scores over the JSON API, on the embedded engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.api import score_statistics_models as models
from spanglass_server.web.api.shape import time_text

HOUR_NS = 3600 * SECOND_NS


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(url, now_ns=lambda: NOW_NS, limits=limits)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", library=library)
    yield api
    api.close()
    library.close()
    directory.close()


def give(api: JsonApi, values: list[Any], **fields: Any) -> None:
    """A score a trace t0, t1 ..."""
    body = [
        {"name": "quality", "value": value, "trace_id": f"t{i}", "timestamp": time_text(EPOCH_NS), **fields}
        for i, value in enumerate(values)
    ]
    answer = api.client.post("/api/v1/scores", params={"project": api.project.name}, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejected"] == []


def test_a_name_is_told_with_its_mean_and_interval(api: JsonApi) -> None:
    give(api, [0.5, 0.75, 1.0])

    body = api.get("/scores/names", buckets=24)
    (item,) = models.ScoreNames.model_validate(body).items

    assert (item.name, item.data_type, item.count, item.units) == ("quality", "numeric", 3, 3)
    assert item.mean.value == 0.75
    assert item.mean.low == pytest.approx(0.75 - 4.302652730 * 0.25 / 3**0.5)  # t of 2 degrees of freedom
    assert item.quality.high == 1.0, "no quality is above 1"
    assert [bucket.count for bucket in item.trend] == [3]
    assert item.sources == ["api"]


def test_one_score_has_no_interval(api: JsonApi) -> None:
    give(api, [0.5])

    total = api.get("/scores/statistics", name="quality")["total"]

    assert total["mean"] == {"value": 0.5, "low": None, "high": None}


def test_a_sampled_score_tells_how_many_there_were(api: JsonApi) -> None:
    give(api, [0.4, 0.6] * 10, sampling_rate=0.05, source="evaluator", author="judge")

    expected = api.get("/scores/statistics", name="quality", source="evaluator")["total"]
    exactly = api.get("/scores/statistics", name="quality", interval="population")["total"]

    assert expected["population"]["value"] == pytest.approx(400)
    assert expected["sampled_share"] == pytest.approx(0.05)
    widths = [total["mean"]["high"] - total["mean"]["low"] for total in (expected, exactly)]
    assert widths[1] == pytest.approx(widths[0] * 0.95**0.5)


def test_booleans_are_told_as_a_share(api: JsonApi) -> None:
    give(api, [True] * 81 + [False] * 182, name="helpful")

    body = api.get("/scores/statistics", name="helpful")

    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I: 81 of 263, Wilson's score method.
    mean = body["total"]["mean"]
    assert (round(mean["low"], 4), round(mean["high"], 4)) == (0.2553, 0.3662)
    bins = api.get("/scores/distribution", name="helpful")["bins"]
    assert [(bin_["category"], bin_["count"]) for bin_ in bins] == [("true", 81), ("false", 182)]


def test_categories_are_told_as_shares(api: JsonApi) -> None:
    give(api, ["warm", "warm", "cold"], name="tone")

    body = models.ScoreStatistics.model_validate(api.get("/scores/statistics", name="tone"))

    assert [(s.category, s.share.value) for s in body.total.shares] == [("warm", 2 / 3), ("cold", 1 / 3)]
    assert body.total.mean.value is None


def test_groups_are_those_of_the_traces(api: JsonApi) -> None:
    traces = [api.factory.rag_trace(feature=feature) for feature in ("search", "chat")]
    api.store(*traces)
    give(api, [0.25], trace_id=traces[0][0].trace_id)
    give(api, [0.75], trace_id=traces[1][0].trace_id)

    body = api.get("/scores/statistics", name="quality", group_by="feature", quantiles=True)
    models.ScoreStatistics.model_validate(body)

    found = {group["group"]: group["mean"]["value"] for group in body["groups"]}
    assert found == {"search": 0.25, "chat": 0.75}
    filtered = api.get("/scores/statistics", name="quality", filter="feature:chat")
    assert filtered["total"]["mean"]["value"] == 0.75


def test_a_move_is_told_from_chance(api: JsonApi) -> None:
    give(api, [0.2, 0.3, 0.4] * 5, timestamp=time_text(NOW_NS - 5 * HOUR_NS))
    give(api, [0.7, 0.8, 0.9] * 5, timestamp=time_text(NOW_NS - HOUR_NS))
    ranges = {"from": "now-2h", "baseline_from": "now-6h", "baseline_to": "now-2h"}

    body = api.get("/scores/statistics", name="quality", **ranges)
    change = models.ScoreStatistics.model_validate(body).total.change

    assert change is not None
    assert change.mean.value == pytest.approx(0.5)
    assert change.mean.has_moved is True
    assert change.baseline.count == 15


def test_a_trend_has_a_bucket_for_each_time_with_scores(api: JsonApi) -> None:
    give(api, [0.2], timestamp=time_text(NOW_NS - 5 * HOUR_NS))
    give(api, [0.8], timestamp=time_text(NOW_NS - HOUR_NS))

    body = api.get("/scores/trend", name="quality", buckets=24)
    models.ScoreTrend.model_validate(body)

    assert body["bucket_ms"] == 3_600_000
    (group,) = body["groups"]
    assert [(b["start_time"], b["mean"]["value"]) for b in group["buckets"]] == [
        (time_text(NOW_NS - 5 * HOUR_NS), 0.2),
        (time_text(NOW_NS - HOUR_NS), 0.8),
    ]


def test_a_distribution_of_qualities_reaches_from_0_to_1(api: JsonApi) -> None:
    give(api, [0.0, 0.5, 1.0])

    body = api.get("/scores/distribution", name="quality", bins=4)
    models.ScoreDistribution.model_validate(body)

    assert [bin_["count"] for bin_ in body["bins"]] == [1, 0, 1, 1]
    assert (body["bins"][0]["low"], body["bins"][-1]["high"]) == (0.0, 1.0)


def test_a_judge_is_checked_against_a_person(api: JsonApi) -> None:
    give(api, [1.0, 1.0, 0.0, 0.0, 1.0], source="evaluator", comment="because")
    give(api, [1.0, 1.0, 0.0, 1.0, 1.0], source="person")
    sides = {
        "first_name": "quality", "first_source": "evaluator", "second_name": "quality",
        "second_source": "person",
    }  # fmt: skip

    body = api.get("/scores/agreement", **sides)
    found = models.ScoreAgreement.model_validate(body)

    assert found.pairs == 5
    assert found.categories is not None
    assert found.categories.table == [[1, 1], [0, 3]]
    assert found.categories.kappa.value == pytest.approx((0.8 - 0.56) / (1 - 0.56))
    (disagreement,) = found.disagreements
    assert (disagreement.trace_id, disagreement.first, disagreement.second) == ("t3", 0.0, 1.0)
    assert disagreement.first_comment == "because"


def test_nothing_is_told_of_nothing(api: JsonApi) -> None:
    assert api.get("/scores/names", buckets=10)["items"] == []
    total = api.get("/scores/statistics", name="none", group_by="model", quantiles=True)["total"]
    assert (total["count"], total["mean"]["value"]) == (0, None)
    assert api.get("/scores/trend", name="none")["groups"] == []
    assert api.get("/scores/distribution", name="none")["bins"] == []
    sides = {"first_name": "a", "second_name": "b"}
    assert api.get("/scores/agreement", **sides)["pairs"] == 0


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        ("/scores/statistics", {"name": "q", "baseline_from": "now-2d"}, "come together"),
        (
            "/scores/statistics",
            {"name": "q", "baseline_from": "now", "baseline_to": "now-1d"},
            "not before",
        ),
        ("/scores/trend", {"name": "q", "filter": "feature:"}, ""),
        ("/scores/distribution", {"name": "q", "low": 2, "high": 1}, "above"),
        ("/scores/agreement", {"first_name": "q", "second_name": "q"}, "same scores"),
    ],
)
def test_what_cannot_be_asked_is_refused(api: JsonApi, path: str, params: dict[str, Any], words: str) -> None:
    problem = api.problem(path, **params)

    assert problem["status"] == 400
    assert words in str(problem)
