"""The built-in evaluators as definitions, forms and pages see them."""

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError
from tests.docs.pages import ROOT, read
from tests.support.evaluators import NoJudges, scores_of

from spanglass.evaluators import EvaluationTarget, EvaluatorKind, EvaluatorProblem, RetrievedDocument
from spanglass.evaluators.kinds import KINDS, find_kind

REQUIRED: dict[str, dict[str, Any]] = {"regex": {"pattern": "a"}, "python": {"name": "none"}}
BUILT_IN = [kind for kind in KINDS if kind.name not in ("judge", "python")]
WHOLE = {
    "input": "How long do refunds take, in days?",
    "output": 'It says "refunds take five working days, as a rule" [1].',
    "reference": "Five days.",
    "documents": (RetrievedDocument(content="Refunds take five working days, as a rule."),),
    "duration_ms": 10.0,
}


def test_names_are_unique_and_plain() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z_]+", name) for name in names)
    assert [find_kind(name).name for name in names] == names
    assert [kind.name for kind in KINDS if kind.is_judge] == ["judge"]


def test_a_kind_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(EvaluatorProblem) as raised:
        find_kind("magic")
    assert (raised.value.scope, "json_schema" in raised.value.hint) == ("evaluator", True)


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_a_form_can_be_made_of_its_options(kind: EvaluatorKind) -> None:
    schema = kind.options.model_json_schema()
    assert kind.title
    assert kind.description.endswith(".")
    for name, field in schema["properties"].items():
        assert field["description"].endswith("."), name
        assert "default" in field or name in schema["required"], name
    json.dumps(schema)


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_options_survive_being_stored_and_unknown_ones_are_refused(kind: EvaluatorKind) -> None:
    options = kind.options.model_validate(REQUIRED.get(kind.name, {}))
    assert kind.options.model_validate_json(options.model_dump_json()) == options
    with pytest.raises(ValidationError, match="patern"):
        kind.options.model_validate({**REQUIRED.get(kind.name, {}), "patern": "a"})


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_scores_have_the_form_that_was_announced(kind: EvaluatorKind) -> None:
    options = REQUIRED.get(kind.name, {})
    forms = {form.name: form for form in kind.forms(kind.options.model_validate(options))}
    scores = scores_of(kind.name, options, **WHOLE)
    assert {score.name for score in scores} == set(forms)
    for score in scores:
        form = forms[score.name or ""]
        assert score.comment
        assert form.better == "higher"
        if form.data_type == "boolean":
            assert isinstance(score.value, bool)
        else:
            assert isinstance(score.value, float)
            assert (form.min_value, form.max_value) == (0.0, 1.0)
            assert 0 <= score.value <= 1


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_scores_are_called_what_the_options_say(kind: EvaluatorKind) -> None:
    options = {**REQUIRED.get(kind.name, {}), "score_name": "mine"}
    assert scores_of(kind.name, options, **WHOLE)[0].name == "mine"
    assert kind.forms(kind.options.model_validate(options))[0].name == "mine"


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_nothing_to_judge_is_no_score_and_no_error(kind: EvaluatorKind) -> None:
    assert scores_of(kind.name, REQUIRED.get(kind.name)) == []


def test_a_judge_without_a_model_is_told_when_it_is_built() -> None:
    kind = find_kind("judge")
    with pytest.raises(EvaluatorProblem, match="no judge"):
        kind.build(kind.options(), NoJudges())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.is_judge], ids=lambda kind: kind.name)
def test_the_page_tells_every_option(kind: EvaluatorKind) -> None:
    page = read(ROOT / "docs" / "evaluators.md")
    section = re.search(rf"^## {kind.name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section is not None
    common = {"score_name", "part"}
    told = set(re.findall(r"`([a-z_]+)`", section[1]))
    assert set(kind.options.model_fields) - common <= told
    assert common <= set(re.findall(r"`([a-z_]+)`", page))


def test_targets_are_only_read() -> None:
    with pytest.raises(AttributeError):
        EvaluationTarget().output = "x"  # type: ignore[misc]
