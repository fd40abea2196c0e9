"""Scores as evaluators gave them become scores to be stored."""

import pytest
from tests.unit.quality.test_targets import DEFINITION

from spanglass._scores import Score
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, ScoreForm
from spanglass_server.quality.results import expected_ids, quality_of, score_id, to_records

TARGET = EvaluationTarget(trace_id="t1")
STARS = ScoreForm("stars", "numeric", 1.0, 5.0)
HARM = ScoreForm("harm", "numeric", 0.0, 1.0, better="lower")
TONE = ScoreForm("tone", "categorical", categories=(("rude", 0.0), ("fair", 0.5), ("kind", 1.0)))
LEAK = ScoreForm("leak", "boolean", better="lower")
SIZE = ScoreForm("size", "numeric", better="none")


@pytest.mark.parametrize(
    ("value", "form", "quality"),
    [
        (1.0, STARS, 0.0),
        (4.0, STARS, 0.75),
        (9.0, STARS, 1.0),
        (0.25, HARM, 0.75),
        ("fair", TONE, 0.5),
        ("odd", TONE, None),
        (True, LEAK, 0.0),
        (False, LEAK, 1.0),
        (300.0, SIZE, None),
        (0.5, None, None),
        (7.0, ScoreForm("open", "numeric"), None),
        (0.5, ScoreForm("open", "numeric"), 0.5),
    ],
)
def test_quality_is_the_place_between_worst_and_best(
    value: float | str | bool, form: ScoreForm | None, quality: float | None
) -> None:
    assert quality_of(value, form) == quality


def test_a_target_has_one_score_of_each_name_and_version() -> None:
    ids = {
        score_id(definition, trace_id, span_id, name)
        for definition in (DEFINITION, DEFINITION._replace(version=2), DEFINITION._replace(id="other"))
        for trace_id, span_id in (("t1", ""), ("t1", "s1"), ("t2", ""))
        for name in ("stars", "tone")
    }
    assert len(ids) == 18
    again = score_id(DEFINITION._replace(name="renamed", filter="x:y"), "t1", "", "stars")
    assert again == score_id(DEFINITION, "t1", "", "stars")
    assert expected_ids(DEFINITION, [STARS, TONE], "t1", "")[0] == again


def test_a_score_says_who_gave_it_and_what_share_it_stands_for() -> None:
    found = to_records(
        [Score(4, "good", "stars", {"judge": "m", 3: float("inf")})],  # type: ignore[dict-item]
        DEFINITION,
        TARGET,
        forms=[STARS],
        sampling_rate=0.05,
        environment="prod",
    )
    (record,) = found
    assert (record.source, record.author, record.evaluator_id) == ("evaluator", DEFINITION.name, "e1")
    assert (record.evaluator_version, record.sampling_rate, record.environment) == (1, 0.05, "prod")
    assert (record.value, record.data_type, record.quality) == (4.0, "numeric", 0.75)
    assert (record.trace_id, record.comment, record.session_id) == ("t1", "good", "")
    assert record.metadata == {"judge": "m", "3": None}


def test_the_last_of_two_scores_of_a_name_stands() -> None:
    scores = [Score(1, None, "stars"), Score(5, None, "stars")]
    found = to_records(scores, DEFINITION, TARGET, forms=[STARS], sampling_rate=1.0, environment="")
    assert [record.value for record in found] == [5.0]


@pytest.mark.parametrize(
    "scores",
    [[Score("many", None, "stars")], [Score(float("nan"), None, "stars")], [Score(1, None, "n")] * 51],
)
def test_what_can_be_no_score_fails_its_target_alone(scores: list[Score]) -> None:
    with pytest.raises(EvaluatorProblem) as caught:
        to_records(scores, DEFINITION, TARGET, forms=[STARS], sampling_rate=1.0, environment="")
    assert caught.value.scope == "target"
