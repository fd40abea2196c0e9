"""Score configurations, on both engines."""

from collections.abc import Iterator

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.score import ScoreCategory, ScoreConfig
from spanglass_server.store.library import Slice
from spanglass_server.store.metadata import score_configs
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.engine import open_engine
from spanglass_server.store.metadata.library import SqlLibrary, open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.store.metadata.score_configs import SqlScoreConfigs
from spanglass_server.wire.scores import read_score

P = "default"
CONFIG = ScoreConfig(
    id="c1",
    name="톤",
    data_type="categorical",
    min_value=None,
    max_value=0.1,
    categories=(ScoreCategory("친절", 1), ScoreCategory("무례", 0.5)),
    description=None,
    is_archived=True,
    created_at_ns=1_700_000_000_000_000_123,
    updated_at_ns=1_700_000_000_000_000_124,
    better="lower",
)


@pytest.fixture
def library(directory: SqlDirectory, database_url: str) -> Iterator[SqlLibrary]:
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    opened = open_library(database_url, now_ns=lambda: 0, limits=limits)
    yield opened
    opened.close()


def test_a_configuration_is_read_as_it_was_written(library: SqlLibrary) -> None:
    library.score_configs.put(P, CONFIG)

    assert library.score_configs.find(P, ["c1", "c2"]) == {"c1": CONFIG}
    assert library.score_configs.find(P, []) == {}


def test_putting_again_replaces(library: SqlLibrary) -> None:
    library.score_configs.put(P, CONFIG)
    changed = CONFIG._replace(description="how it sounds", is_archived=False, categories=())
    library.score_configs.put(P, changed)

    assert library.score_configs.list(P, Slice(10, 0)) == ([changed], 1)


def test_lists_are_newest_first_and_say_how_many_there_are(library: SqlLibrary) -> None:
    for number in range(3):
        library.score_configs.put(P, CONFIG._replace(id=f"c{number}", created_at_ns=number))

    page = library.score_configs.list(P, Slice(2, 1))
    assert ([config.id for config in page.items], page.total) == (["c1", "c0"], 3)


def test_configurations_belong_to_a_project_and_go_with_it(
    library: SqlLibrary, directory: SqlDirectory
) -> None:
    shop = directory.create_project("shop")
    library.score_configs.put(shop.id, CONFIG)
    assert library.score_configs.find(P, ["c1"]) == {}

    directory.delete_project(shop.id)
    assert library.score_configs.find(shop.id, ["c1"]) == {}
    with pytest.raises(NotFound):
        library.score_configs.put(shop.id, CONFIG)


def test_the_catalog_knows_a_change_at_once_and_another_servers_after_some_seconds(
    directory: SqlDirectory, database_url: str
) -> None:
    clock = [0]
    engine = open_engine(database_url)
    here, there = [SqlScoreConfigs(engine, monotonic_ns=lambda: clock[0]) for _ in range(2)]
    score = read_score({"name": "stars", "value": 4, "trace_id": "t"})
    stars = CONFIG._replace(
        name="stars", data_type="numeric", min_value=1, max_value=5, categories=(), is_archived=False
    )
    assert there.catalog(P).settle(score).quality is None

    here.put(P, stars)

    assert here.catalog(P).settle(score).quality == 0.25
    assert there.catalog(P).settle(score).quality is None
    clock[0] += 5_000_000_000
    assert there.catalog(P).settle(score).quality == 0.25
    engine.dispose()


def test_a_project_has_so_many_configurations_and_no_more(
    library: SqlLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_configs, "SCORE_CONFIGS_MAX", 2)
    for number in range(2):
        library.score_configs.put(P, CONFIG._replace(id=f"c{number}"))

    library.score_configs.put(P, CONFIG._replace(id="c1", name="n"))
    with pytest.raises(BadInput):
        library.score_configs.put(P, CONFIG._replace(id="c2"))
