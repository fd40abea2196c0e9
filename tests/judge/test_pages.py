"""The pages on judges and rubrics say what there is."""

import subprocess
import sys

import pytest
from tests.docs.pages import ROOT, blocks, read
from tests.support.fake_judge import FakeJudge

from spanglass.evaluators.judge import PROVIDERS, JudgeOptions, environment, shipped_rubrics
from spanglass.evaluators.judge.template import parse_template

JUDGES = ROOT / "docs/judges.md"
RUBRICS = ROOT / "docs/rubrics.md"


def test_every_option_is_described() -> None:
    assert [name for name in JudgeOptions.model_fields if f"`{name}`" not in read(JUDGES)] == []


def test_every_provider_is_listed() -> None:
    assert [provider.name for provider in PROVIDERS if f"`{provider.name}`" not in read(JUDGES)] == []


def test_every_variable_of_the_environment_is_named() -> None:
    names = [environment.MODEL, environment.BASE_URL, environment.API_KEY]
    names += [keys[0] for keys in environment.KEYS.values()]
    assert [name for name in names if f"`{name}`" not in read(JUDGES)] == []


@pytest.mark.parametrize("name", sorted(shipped_rubrics()))
def test_every_rubric_is_described_as_it_is(name: str) -> None:
    row = next(line for line in read(RUBRICS).splitlines() if line.startswith(f"| `{name}` |"))
    rubric = shipped_rubrics()[name]
    words = {"input": "question", "output": "answer", "documents": "documents"}
    needed = {words[variable.name] for variable in rubric.template.variables if not variable.is_optional}
    assert {word.strip() for word in row.split("|")[-2].split(",")} == needed
    assert ("lower is better" in row) == (rubric.better == "lower")
    assert rubric.scale.replace("_", " ") in row


def test_the_rubric_that_is_shown_can_be_saved() -> None:
    shown = "\n".join(line[4:] for line in read(RUBRICS).splitlines() if line.startswith("    "))
    assert len(parse_template(shown).variables) == 5


def test_the_program_that_is_shown_runs() -> None:
    (shown,) = (block.text for block in blocks(JUDGES) if block.language == "python")
    with FakeJudge() as fake:
        fake.quality = 1.0
        program = shown.replace("http://localhost:8000/v1", fake.openai_url)
        said = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=120)
    assert "Score(value=1.0" in said
