"""Judges of an application: what its environment says."""

import pytest
from pydantic import BaseModel
from tests.support.fake_judge import FakeJudge
from tests.support.loops import run_apart

from spanglass.evaluators import EvaluatorProblem
from spanglass.evaluators.judge import judges_from_environment


@pytest.mark.parametrize(
    ("variables", "asked", "found"),
    [
        ({"ANTHROPIC_API_KEY": "k"}, ("", "claude-haiku-4-5"), ("anthropic", "claude-haiku-4-5")),
        ({"OPENAI_API_KEY": "k"}, ("", "gpt-4.1-mini"), ("openai", "gpt-4.1-mini")),
        (
            {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o", "SPANGLASS_JUDGE_MODEL": "openai:gpt-4.1-mini"},
            ("", ""),
            ("openai", "gpt-4.1-mini"),
        ),
        (
            {"ANTHROPIC_API_KEY": "a", "SPANGLASS_JUDGE_MODEL": "claude-haiku-4-5"},
            ("", ""),
            ("anthropic", "claude-haiku-4-5"),
        ),
        (
            {"OPENAI_API_KEY": "o", "SPANGLASS_JUDGE_MODEL": "openai:gpt-4.1-mini"},
            ("", "gpt-4.1"),
            ("openai", "gpt-4.1"),
        ),
        (
            {"SPANGLASS_JUDGE_MODEL": "ollama:qwen3:8b", "OLLAMA_BASE_URL": "http://localhost:11434/v1"},
            ("", ""),
            ("ollama", "qwen3:8b"),
        ),
        (
            {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"},
            ("openai", "gpt-4.1-mini"),
            ("openai", "gpt-4.1-mini"),
        ),
    ],
)
def test_environment_names_provider_and_model(
    variables: dict[str, str], asked: tuple[str, str], found: tuple[str, str]
) -> None:
    judge = judges_from_environment(variables).find(*asked)
    assert (judge.provider, judge.model) == found


@pytest.mark.parametrize(
    ("variables", "words"),
    [({}, "no model is named"), ({"ANTHROPIC_API_KEY": "k"}, "needs a model")],
)
def test_what_the_environment_lacks_is_told(variables: dict[str, str], words: str) -> None:
    with pytest.raises(EvaluatorProblem, match=words) as raised:
        judges_from_environment(variables).find("", "")
    assert raised.value.scope == "evaluator"


def test_the_same_model_is_connected_once() -> None:
    judges = judges_from_environment({"OPENAI_API_KEY": "k"})
    assert judges.find("", "gpt-4.1") is judges.find("openai", "gpt-4.1")


def test_an_address_and_a_key_for_judges_alone_win() -> None:
    class Answer(BaseModel):
        score: float

    with FakeJudge() as fake:
        fake.api_key = "judges-only"
        judges = judges_from_environment(
            {
                "OPENAI_API_KEY": "applications",
                "SPANGLASS_JUDGE_MODEL": "openai:any",
                "SPANGLASS_JUDGE_API_KEY": "judges-only",
                "SPANGLASS_JUDGE_BASE_URL": fake.openai_url,
            }
        )

        async def asked() -> None:
            await judges.find("", "").ask(system="Judge.", prompt="This.", schema=Answer, max_tokens=50)
            await judges.aclose()

        run_apart(asked())
        assert fake.statuses[200] == 1
