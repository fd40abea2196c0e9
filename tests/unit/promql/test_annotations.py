"""Warnings, infos, limits and cancellation."""

import pytest
from tests.promql.storage import selected
from tests.support.promql import ask, stored, values_of

from spanglass_server.base.errors import QueryTooLarge
from spanglass_server.promql.evaluate import evaluate
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import Plan, make_plan
from spanglass_server.promql.result import Result

SERIES = stored(*(f'up{{i="{index}"}} 0+1x100' for index in range(20)))


def run(plan: Plan, *, samples_max: int) -> Result:
    return evaluate(plan, [selected(SERIES, each) for each in plan.selections], samples_max=samples_max)


def range_plan(text: str) -> Plan:
    return make_plan(parse(text), start_ms=0, end_ms=6_000_000, step_ms=60_000)


def test_each_annotation_is_given_once() -> None:
    result = ask(SERIES, "quantile(2, up) + quantile(2, up) + rate(up[5m])", at_s=600)
    assert list(result.warnings) == [
        "PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)",
        "PromQL warning: quantile value should be between 0 and 1, got 2 (1:28)",
    ]
    assert list(result.infos) == [
        "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
        '"up" (1:42)'
    ]


@pytest.mark.parametrize(
    "text", ["up", "sum(up)", "rate(up[5m])", "up + up", "max_over_time(up[1h:1s])", "vector(1)[100h:1s]"]
)
def test_too_many_samples_are_refused_by_the_name_of_the_limit(text: str) -> None:
    step_ms = 0 if text.startswith("vector") else 60_000
    plan = make_plan(parse(text), start_ms=0, end_ms=step_ms * 100, step_ms=step_ms)
    with pytest.raises(QueryTooLarge, match="too many samples") as failure:
        run(plan, samples_max=1900)
    assert failure.value.limit == "samples_per_query_max"


def test_counting_values_that_are_all_different_meets_the_limit() -> None:
    with pytest.raises(QueryTooLarge):
        run(range_plan('count_values("v", up * 1.5 + time())'), samples_max=6000)


def test_samples_up_to_the_limit_are_fine() -> None:
    assert len(run(range_plan("up"), samples_max=20 * 101).matrix) == 20


def test_an_evaluation_ends_where_its_caller_says_so() -> None:
    class CancelledError(Exception):
        pass

    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise CancelledError

    plan = range_plan("sum(rate(up[5m])) + sum(rate(up[10m]))")
    with pytest.raises(CancelledError):
        evaluate(plan, [selected(SERIES, each) for each in plan.selections], check=check)


def test_absent_tells_what_the_selector_was_equal_to() -> None:
    assert values_of(ask([], 'absent(x{a="1", b=~"2", c="3", c="4", d=""})')) == {'{a="1"}': 1}
    assert values_of(ask([], 'absent_over_time(x{a="1"}[5m])')) == {'{a="1"}': 1}
    assert values_of(ask([], 'absent(sum(x{a="1"}))')) == {"{}": 1}
