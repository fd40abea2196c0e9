"""docs/promql.md lists every function, and shows refusals as they are."""

import re
from pathlib import Path

import pytest

from spanglass_server.promql.errors import Unsupported
from spanglass_server.promql.functions import FUNCTIONS
from spanglass_server.promql.lex import AGGREGATORS
from spanglass_server.promql.parse import parse
from spanglass_server.promql.signatures import SIGNATURES

PAGE = (Path(__file__).parents[2] / "docs" / "promql.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"# {title}\n")[2].partition("\n#")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def named(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_the_page_lists_every_function_and_no_other() -> None:
    assert set().union(*(named(row[1]) for row in rows("Functions"))) == set(FUNCTIONS)


def test_every_stable_function_of_prometheus_is_there() -> None:
    assert {name for name, signature in SIGNATURES.items() if not signature.is_experimental} <= set(FUNCTIONS)


def test_the_page_tells_which_functions_are_experimental() -> None:
    (experimental,) = (row for row in rows("Functions") if row[0].startswith("experimental"))
    assert named(experimental[1]) == {name for name in FUNCTIONS if SIGNATURES[name].is_experimental}


def test_the_page_lists_every_aggregation() -> None:
    (aggregations,) = (row for row in rows("Supported") if row[0] == "aggregations")
    assert named(aggregations[1]) - {"by", "without"} == set(AGGREGATORS) - {"limit_ratio"}


@pytest.mark.parametrize(
    ("expression", "error"), [[cell.strip("`") for cell in row] for row in rows("Refused")]
)
def test_a_refusal_looks_as_shown(expression: str, error: str) -> None:
    with pytest.raises(Unsupported) as refused:
        parse(expression)
    assert refused.value.message == error


def test_the_opening_example_is_an_expression() -> None:
    assert parse(PAGE.partition("```promql\n")[2].partition("\n```")[0])
