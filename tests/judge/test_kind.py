"""The judge as an evaluator: options, rubrics, scales, scores."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from tests.judge.conftest import Connect, run
from tests.support.fake_judge import FakeJudge

from spanglass import Score
from spanglass.evaluators import EvaluationTarget, RetrievedDocument, ScoreForm
from spanglass.evaluators.judge import KIND, JudgeEvaluator, JudgeOptions, shipped_rubrics

TARGET = EvaluationTarget(
    input="How long is the warranty?",
    output="Two years.",
    documents=(RetrievedDocument(content="The warranty lasts two years.", id="terms"),),
    metadata={"plan": "gold"},
)
GRADES: list[Any] = [
    {"label": "good", "value": 1.0, "meaning": "helps"},
    {"label": "so so", "value": 0.5},
    {"label": "bad", "value": 0.0},
]


def judged(fake: FakeJudge, connected: Connect, target: EvaluationTarget = TARGET, **options: Any) -> Any:
    judge = connected()
    evaluator = JudgeEvaluator(JudgeOptions(**options), judge, make_nonce=lambda: "5f2c9a77b1d0")
    return run(judge, lambda: evaluator.evaluate(target))


@pytest.mark.parametrize("rubric", sorted(shipped_rubrics()))
def test_shipped_rubrics_judge_a_whole_target(fake: FakeJudge, connected: Connect, rubric: str) -> None:
    fake.quality = 0.5
    (score,) = judged(fake, connected, rubric=rubric)
    assert score.name == rubric
    assert score.value == 0.5
    assert score.comment.startswith("Judged as 0.50 of 1.")
    assert score.metadata["judge_model"] == fake.calls[0].model
    assert score.metadata["input_tokens"] > 100


@pytest.mark.parametrize(
    ("rubric", "names"),
    [
        ("correctness", ["input", "reference", "output"]),
        ("faithfulness", ["input", "documents", "output"]),
        ("answer_relevance", ["input", "output"]),
        ("context_relevance", ["input", "documents"]),
        ("harmfulness", ["input", "output"]),
        ("tone", ["input", "output"]),
    ],
)
def test_shipped_rubrics_show_the_texts_that_they_need(
    fake: FakeJudge, connected: Connect, rubric: str, names: list[str]
) -> None:
    judged(fake, connected, rubric=rubric)
    assert list(fake.calls[0].texts) == names


@pytest.mark.parametrize(
    ("rubric", "target"),
    [
        ("faithfulness", EvaluationTarget(input="q", output="a")),
        ("context_relevance", EvaluationTarget(input="q", output="a")),
        ("correctness", EvaluationTarget(input="q", output=" \n")),
        ("tone", EvaluationTarget(output="a")),
    ],
)
def test_a_target_without_what_is_judged_gets_no_score_and_costs_nothing(
    fake: FakeJudge, connected: Connect, rubric: str, target: EvaluationTarget
) -> None:
    assert judged(fake, connected, target, rubric=rubric) == ()
    assert fake.request_count == 0


def test_reference_is_shown_where_there_is_one(fake: FakeJudge, connected: Connect) -> None:
    judged(fake, connected, rubric="correctness")
    judged(fake, connected, EvaluationTarget(input="q", output="a", reference="b"), rubric="correctness")
    assert [call.texts["reference"] for call in fake.calls] == ["(none)", "b"]


def test_faithfulness_is_the_share_of_supported_claims_and_lists_the_others(
    fake: FakeJudge, connected: Connect
) -> None:
    claims = [
        {"claim": "two years", "is_supported": True},
        {"claim": "parts included", "is_supported": False},
        {"claim": "worldwide", "is_supported": True},
        {"claim": "free of charge", "is_supported": True},
    ]
    fake.answer = lambda _call: {"claims": claims, "reason": "Mostly."}
    (score,) = judged(fake, connected, rubric="faithfulness")
    assert score.value == 0.75
    assert score.comment == "Mostly.\n- not supported: parts included"
    assert score.metadata["raw"] == "3/4"


def test_an_answer_that_claims_nothing_gets_no_faithfulness(fake: FakeJudge, connected: Connect) -> None:
    fake.answer = lambda _call: {"claims": [], "reason": "It only greets."}
    assert judged(fake, connected, rubric="faithfulness") == ()


@pytest.mark.parametrize(
    ("scale", "answer", "value", "raw"),
    [
        ("1_to_5", {"score": 1}, 0.0, 1),
        ("1_to_5", {"score": 4}, 0.75, 4),
        ("1_to_5", {"score": 5}, 1.0, 5),
        ("0_to_1", {"score": 0.3}, 0.3, 0.3),
        ("yes_no", {"verdict": "yes"}, True, "yes"),
        ("yes_no", {"verdict": "no"}, False, "no"),
        ("categories", {"label": "so so"}, "so so", "so so"),
    ],
)
def test_each_scale_becomes_a_score(
    fake: FakeJudge, connected: Connect, scale: str, answer: dict[str, object], value: object, raw: object
) -> None:
    fake.answer = lambda _call: {"reason": "Because.", **answer}
    grades = GRADES if scale == "categories" else []
    (score,) = judged(
        fake,
        connected,
        rubric="own",
        own_rubric="Is {{output}} kind?",
        own_scale=scale,
        own_categories=grades,
        score_name="kindness",
    )
    assert score[:3] == (value, "Because.", "kindness")
    assert type(score.value) is type(value)
    assert score.metadata["raw"] == raw


@pytest.mark.parametrize(
    ("options", "form"),
    [
        ({}, ScoreForm("correctness", "numeric", 0.0, 1.0)),
        ({"rubric": "harmfulness"}, ScoreForm("harmfulness", "numeric", 0.0, 1.0, better="lower")),
        (
            {"rubric": "own", "own_rubric": "{{output}}", "own_scale": "yes_no", "own_better": "lower"},
            ScoreForm("judgement", "boolean", better="lower"),
        ),
        (
            {
                "rubric": "own",
                "own_rubric": "{{output}}",
                "own_scale": "categories",
                "own_categories": GRADES,
                "score_name": "grade",
            },
            ScoreForm(
                "grade", "categorical", 0.0, 1.0, (("good", 1.0), ("so so", 0.5), ("bad", 0.0)), "higher"
            ),
        ),
    ],
)
def test_kind_tells_the_form_of_its_scores(options: dict[str, Any], form: ScoreForm) -> None:
    assert list(KIND.forms(KIND.options(**options))) == [form]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rubric": "own"}, "names what it judges"),
        ({"rubric": "own", "own_rubric": "no variable"}, "names what it judges"),
        ({"rubric": "own", "own_rubric": "{{answer}}"}, r"unknown variable \{\{answer\}\}"),
        ({"rubric": "own", "own_rubric": "{{output}}", "own_scale": "categories"}, "at least two"),
        (
            {
                "rubric": "own",
                "own_rubric": "{{output}}",
                "own_scale": "categories",
                "own_categories": [*GRADES, GRADES[0]],
            },
            "each label is there once",
        ),
        ({"rubric": "kindness"}, "correctness"),
        ({"score_name": "1st"}, "begins with a letter"),
        ({"input_tokens_max": 10}, "greater than or equal to 200"),
        ({"temprature": 1}, "Extra inputs"),
    ],
)
def test_options_that_cannot_work_are_told_when_written(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        JudgeOptions(**options)


def test_options_describe_themselves_as_a_form() -> None:
    schema = KIND.options.model_json_schema()
    assert all(field.get("description") for field in schema["properties"].values())
    json.dumps(schema)


def test_guidance_and_language_of_the_reason_are_told(fake: FakeJudge, connected: Connect) -> None:
    judged(fake, connected, rubric="tone", guidance="Formal address only.", reason_language="한국어")
    assert "Formal address only." in fake.calls[0].system
    assert "Write the reason in this language: 한국어." in fake.calls[0].system


def test_levels_are_told_with_their_meaning(fake: FakeJudge, connected: Connect) -> None:
    judged(
        fake,
        connected,
        rubric="own",
        own_rubric="Grade {{output}} for {{metadata.plan}} customers.",
        own_scale="categories",
        own_categories=GRADES,
    )
    call = fake.calls[0]
    assert "Grade [output] for [metadata.plan] customers." in call.system
    assert "- good: helps\n- so so\n- bad" in call.system
    assert call.texts == {"output": "Two years.", "metadata.plan": "gold"}


def test_shortened_texts_are_told_in_metadata(fake: FakeJudge, connected: Connect) -> None:
    target = EvaluationTarget(input="q", output="long " * 10_000)
    (score,) = judged(fake, connected, target, rubric="tone", input_tokens_max=500)
    assert score.metadata["shortened_texts"] == 1
    assert len(fake.calls[0].prompt) < 2_500


def test_connection_and_model_are_taken_by_name(fake: FakeJudge, connected: Connect) -> None:
    asked: list[tuple[str, str]] = []
    judge = connected()

    class OneJudge:
        def find(self, connection: str, model: str) -> Any:
            asked.append((connection, model))
            return judge

    evaluator = KIND.build(KIND.options(connection="local", model="small"), OneJudge())
    scores = run(judge, lambda: evaluator.evaluate(TARGET))  # type: ignore[arg-type, return-value]
    assert isinstance(scores[0], Score)
    assert asked == [("local", "small")]


def test_rubric_files_are_whole() -> None:
    for rubric in shipped_rubrics().values():
        assert rubric.title
        assert rubric.description.endswith(".")
        assert rubric.template.variables
        if rubric.scale == "1_to_5":
            assert [answer for answer, _ in rubric.levels] == ["5", "4", "3", "2", "1"]
            assert all(criterion for _, criterion in rubric.levels)
