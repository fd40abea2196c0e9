"""The statements that measure many rows, as they were reviewed. tests/store runs their like on engines."""

import re
from pathlib import Path

import pytest

from spanglass_server.query.fields import Target
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.aggregates import AggregateQuery, parse_measure
from spanglass_server.store.clickhouse.aggregates_sql import Compiler, Statement
from spanglass_server.store.ports import TimeRange

GOLDEN = Path(__file__).parents[2] / "golden" / "aggregates.sql"
DAY_NS = 86_400_000_000_000


def asked(target: Target, *measures: str, filter: str = "", group_by: tuple[str, ...] = ()) -> Compiler:
    return Compiler(
        AggregateQuery(
            target=target,
            during=TimeRange(20_000 * DAY_NS, 20_001 * DAY_NS),
            where=parse_filter(filter, target),
            measures=[parse_measure(measure) for measure in measures],
            group_by=group_by,
            interval_ns=3_600_000_000_000,
        )
    )


def statements() -> dict[str, Statement]:
    """By what they are for."""
    by_model = asked("spans", "count()", "p95(duration)", "sum(cost)", filter="kind:llm", group_by=("model",))
    by_list = asked("traces", "uniq(user_id)", "share(status)", group_by=("tags", "prompt"))
    scored = asked("traces", "avg(scores.quality)", filter="feature:search", group_by=("model",))
    heat = asked("spans", "count()", filter='output:"I cannot"', group_by=("duration",))
    return {
        "calls by model": by_model.groups(),
        "calls of two models by hour": by_model.buckets([("m1",), ("m2",)]),
        "traces by their tags and their spans' prompts": by_list.groups(),
        "scores by model": scored.groups(),
        "a heat map": heat.buckets([("1000000000",)]),
        "logs by hour": asked("logs", "count()", filter="severity>=error").buckets([()]),
    }


def test_the_statements_read_as_reviewed() -> None:
    """After a wanted change: write `as_text()` to the golden file and read the difference."""
    assert as_text() == GOLDEN.read_text()


def as_text() -> str:
    return "".join(f"-- {name}\n{statement.sql};\n\n" for name, statement in statements().items())


@pytest.mark.parametrize("name", statements())
def test_every_read_of_a_table_is_of_one_project_and_time(name: str) -> None:
    sql = statements()[name].sql
    reads = len(re.findall(r"\bFROM (?:spans|traces|logs|scores)\b", sql))
    assert reads >= 1
    assert sql.count("project_id = {project:String}") == reads
    assert sql.count("{from_ns:Int64}") >= reads


@pytest.mark.parametrize("name", statements())
def test_no_value_of_a_user_stands_in_the_text(name: str) -> None:
    statement = statements()[name]
    for word in ("llm", "quality", "search", "cannot", "m1"):
        assert f"'{word}" not in statement.sql
    assert all(f"{{{key}:" in statement.sql for key in statement.bind.params)
