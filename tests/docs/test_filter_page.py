"""Every filter that docs/filter-language.md shows can be read."""

import re
from pathlib import Path

import pytest

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.parse import FILTER_CHARS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX, parse_filter

PAGE = (Path(__file__).parents[2] / "docs" / "filter-language.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def shown() -> list[str]:
    terms = re.findall(r"^\| (.+?) \|(?= )", section("Terms").partition("| type |")[0], re.MULTILINE)
    cells = [code for cell in terms for code in re.findall(r"`([^`]+)`", cell)]
    prose = re.findall(r"`([^`]+)`", section("Traces and their spans") + section("Words"))
    return [code for code in [*cells, *prose] if code not in ("<", ">=", "<=", "\\*", '\\"', "span.")]


def test_the_opening_example_is_one_filter() -> None:
    assert parse_filter(PAGE.partition("```\n")[2].partition("```")[0], "traces") is not None


@pytest.mark.parametrize("text", shown())
def test_an_example_can_be_read(text: str) -> None:
    assert parse_filter(text, "traces") is not None


def shown_of_logs() -> list[str]:
    cells = re.findall(r"^\| (`.+?) \|(?= )", section("Logs"), re.MULTILINE)
    examples = [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    return [section("Logs").partition("```\n")[2].partition("```")[0], *examples]


@pytest.mark.parametrize("text", shown_of_logs())
def test_an_example_for_logs_can_be_read(text: str) -> None:
    assert parse_filter(text, "logs") is not None


def test_the_mistake_looks_as_shown() -> None:
    with pytest.raises(QueryInvalid) as caught:
        parse_filter("kind:llm modle:gpt*", "traces")
    block = section("Mistakes").partition("```\n")[2].partition("\n```")[0]
    assert block == f"{caught.value.message}\n{caught.value.hint}"


def test_the_limits_are_the_ones_in_force() -> None:
    limits = f"{FILTER_CHARS_MAX:,} characters, {FILTER_TERMS_MAX} terms and {FILTER_DEPTH_MAX} levels"
    assert limits in section("Mistakes")
