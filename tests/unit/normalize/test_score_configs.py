"""What a score says of quality, and when a configuration refuses it."""

from typing import Any

import pytest

from spanglass_server.base.errors import BadInput
from spanglass_server.model.score import YES_AND_NO, ScoreCategory, ScoreConfig
from spanglass_server.normalize.score_configs import NO_CONFIGS, ScoreCatalog, check_config, quality_of
from spanglass_server.wire.scores import RefusedScoreError, ScoreRecord, read_score

TONE = (ScoreCategory("rude", 1), ScoreCategory("plain", 2), ScoreCategory("kind", 5))


def config(data_type: str = "numeric", **fields: Any) -> ScoreConfig:
    made = ScoreConfig(
        id="c1", name="quality", data_type=data_type, min_value=None, max_value=None,  # type: ignore[arg-type]
        categories=(), description=None, is_archived=False, created_at_ns=0, updated_at_ns=0,
    )  # fmt: skip
    return made._replace(**fields)


def record(value: float | bool | str, **fields: Any) -> ScoreRecord:
    return read_score({"name": "quality", "value": value, "trace_id": "t", **fields})


STARS = config(min_value=1, max_value=5)


@pytest.mark.parametrize(
    ("value", "of", "quality"),
    [
        (1, STARS, 0.0),
        (3.5, STARS, 0.625),
        (5, STARS, 1.0),
        (5, STARS._replace(better="lower"), 0.0),
        (3, STARS._replace(better="none"), None),
        (3, config(min_value=1), None),
        (3, config(), None),
        (True, config("boolean", categories=YES_AND_NO), 1.0),
        (True, config("boolean", better="lower"), 0.0),
        ("kind", config("categorical", categories=TONE), 1.0),
        ("plain", config("categorical", categories=TONE), 0.25),
        ("rude", config("categorical", categories=TONE, better="lower"), 1.0),
        ("kind", config("categorical", categories=TONE[2:]), None),
        ("anything", config("text"), None),
    ],
)
def test_quality_is_where_a_value_stands_in_its_range(
    value: float | bool | str, of: ScoreConfig, quality: float | None
) -> None:
    assert quality_of(value, of) == quality


@pytest.mark.parametrize(
    ("value", "quality"), [(0.3, 0.3), (1, 1.0), (True, 1.0), (4, None), (-0.1, None), ("good", None)]
)
def test_without_a_configuration_shares_and_booleans_are_their_own_quality(
    value: float | bool | str, quality: float | None
) -> None:
    assert NO_CONFIGS.settle(record(value)).quality == quality


def test_a_score_that_names_its_configuration_is_held_to_it() -> None:
    catalog = ScoreCatalog([STARS])

    assert catalog.settle(record(4, config_id="c1")).quality == 0.75
    for misfit in (record(6, config_id="c1"), record("good", config_id="c1")):
        with pytest.raises(RefusedScoreError):
            catalog.settle(misfit)
    # It may be where the program came from.
    assert catalog.settle(record(6, config_id="elsewhere")).quality is None


def test_a_score_that_only_has_the_name_of_a_configuration_is_never_refused() -> None:
    catalog = ScoreCatalog([config("categorical", id="c2", categories=TONE), STARS])

    assert catalog.settle(record(4)).quality == 0.75
    assert catalog.settle(record("plain")).quality == 0.25
    assert catalog.settle(record(4)).config_id == ""
    assert catalog.settle(record(6)).quality is None
    assert catalog.settle(record(0.8)).quality == 0.8
    assert catalog.settle(record(4)._replace(name="other")).quality is None
    assert ScoreCatalog([STARS._replace(is_archived=True)]).settle(record(4)).quality is None


def test_a_scale_that_tells_nothing_of_quality_says_so_also_for_shares() -> None:
    catalog = ScoreCatalog([config(min_value=0, max_value=1, better="none")])

    assert catalog.settle(record(0.5)).quality is None


def test_what_the_sender_says_of_quality_stands() -> None:
    assert ScoreCatalog([STARS]).settle(record(4, quality=0.1)).quality == 0.1


def test_settling_twice_changes_nothing() -> None:
    for catalog in (ScoreCatalog([STARS]), ScoreCatalog([STARS._replace(better="none")]), NO_CONFIGS):
        for given in (record(4), record(1, config_id="c1"), record(0.5), record("good")):
            once = catalog.settle(given)
            assert catalog.settle(once) == once


@pytest.mark.parametrize(
    "bad",
    [
        config(min_value=1, max_value=1),
        config("categorical"),
        config("categorical", categories=(*TONE, ScoreCategory("rude", 9))),
        config("categorical", categories=(*TONE, ScoreCategory("cold", 1))),
        config("boolean", max_value=1),
        config("numeric", categories=TONE),
        config("boolean", categories=TONE),
    ],
)
def test_a_configuration_that_no_score_could_fit_is_refused(bad: ScoreConfig) -> None:
    with pytest.raises(BadInput):
        check_config(bad)
