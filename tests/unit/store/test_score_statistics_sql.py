"""The statements that sum scores, as they were reviewed. tests/store runs their like on both engines."""

import re
from pathlib import Path

import pytest

from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse import score_statistics_sql as sql
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import PairQuery, QuantileQuery, ScoreBreakdown, ScoreScope

GOLDEN = Path(__file__).parents[2] / "golden" / "score_statistics.sql"
DAY_NS = 86_400_000_000_000
SCOPE = ScoreScope(during=TimeRange(20_000 * DAY_NS, 20_007 * DAY_NS), names=["quality"])
SEARCHED = SCOPE._replace(where=parse_filter("feature:search", "traces"), sources=["evaluator"])
OF_TRACES = SEARCHED._replace(at="trace", evaluator_ids=["e"], evaluator_versions=[2])


def statements() -> dict[str, tuple[str, Binder]]:
    """By what they are for."""
    binders: list[Binder] = []

    def bind() -> Binder:
        binders.append(Binder())
        return binders[-1]

    pairs = PairQuery(SCOPE._replace(sources=["evaluator"]), SCOPE._replace(sources=["person"]))
    texts = {
        "names of scores": sql.names_sql(SEARCHED, bind()),
        "one sum": sql.single_sums_sql(SCOPE, ScoreBreakdown(), bind()),
        "by feature and day, of filtered traces, by the traces' time": sql.single_sums_sql(
            OF_TRACES, ScoreBreakdown(group_by="feature", bucket_ns=DAY_NS), bind()
        ),
        "by model": sql.single_sums_sql(SEARCHED, ScoreBreakdown(group_by="model"), bind()),
        "by prompt": sql.single_sums_sql(SCOPE, ScoreBreakdown(group_by="prompt"), bind()),
        "several scores a trace, with categories": sql.unit_sums_sql(
            SCOPE, ScoreBreakdown(categories=["warm", "cold"]), bind()
        ),
        "quantiles": sql.quantiles_sql(SCOPE, QuantileQuery(levels=(0.25, 0.5)), bind()),
        "extent": sql.extent_sql(SCOPE, bind()),
        "bins": sql.bins_sql(SCOPE, first=0.0, width=0.05, bins=20, bind=bind()),
        "categories": sql.categories_sql(SEARCHED, 20, bind()),
        "pairs": sql.pairs_sql(pairs, 1000, bind()),
    }
    return {name: (text, binder) for (name, text), binder in zip(texts.items(), binders, strict=True)}


def test_the_statements_read_as_reviewed() -> None:
    """After a wanted change: write `as_text()` to the golden file and read the difference."""
    assert as_text() == GOLDEN.read_text()


def as_text() -> str:
    return "".join(f"-- {name}\n{text};\n\n" for name, (text, _) in statements().items())


@pytest.mark.parametrize("name", statements())
def test_every_read_of_a_table_is_of_one_project(name: str) -> None:
    text, _ = statements()[name]

    reads = re.findall(
        r"FROM (?:scores|traces|spans)(?: FINAL)?\s+WHERE project_id = \{project:String\}", text
    )
    assert len(reads) == len(re.findall(r"FROM (?:scores|traces|spans)\b", text))


@pytest.mark.parametrize("name", statements())
def test_no_value_stands_in_a_statement(name: str) -> None:
    text, binder = statements()[name]

    asked = set(re.findall(r"\{(p\d+):", text))
    assert asked == set(binder.params)
    assert not re.search(r"'(quality|search|evaluator|person|warm|cold)'", text)
