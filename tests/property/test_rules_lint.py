"""Whatever the expression, checking it never fails, and what it corrects is right by its own measure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.rules.test_lint import KNOWN, STORED, check

from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.rules.lint import KnownSeries

METRICS = st.sampled_from(
    [
        "llm_requests_total",
        "llm_cost_usd_total",
        "llm_latency_seconds",
        "llm_latency_seconds_bucket",
        "llm_quality_score_sum",
        "llm_quality_score_count",
        "llm_cost_usd",
        "llm_traces_total",
        "spanglass_budget_spent_usd",
        "http_requests_total",
        "queue_depth",
        "http_seconds",
        "a:b:c",
        "up",
    ]
)
LABELS = st.sampled_from(["model", "status", "service", "le", "modle", "job", "type"])
MATCHERS = st.lists(
    st.tuples(
        LABELS, st.sampled_from(["=", "!=", "=~"]), st.sampled_from(["error", "errors", "m", "", "e.*"])
    ),
    max_size=2,
    unique_by=lambda matcher: matcher[0],
)
RANGES = st.sampled_from(["15s", "1m", "5m", "1h"])
OFFSETS = st.sampled_from(["", "", "", " offset 5m", " offset -1h"])
NUMBERS = st.sampled_from(["0", "1", "5", "0.05", "-1", "120", "5000", "99", "1e9"])
GROUPINGS = st.one_of(
    st.just(""),
    st.builds(
        lambda word, names: f" {word} ({', '.join(names)})",
        st.sampled_from(["by", "without"]),
        st.lists(LABELS, max_size=3, unique=True),
    ),
)
MATCHINGS = st.one_of(
    st.just(""),
    st.builds(
        lambda word, names, group: f" {word} ({', '.join(names)}){group}",
        st.sampled_from(["on", "ignoring"]),
        st.lists(LABELS, max_size=2, unique=True),
        st.sampled_from(["", "", " group_left ()", " group_right ()"]),
    ),
)


@st.composite
def selectors(draw: st.DrawFn) -> str:
    inside = ",".join(f'{name}{op}"{value}"' for name, op, value in draw(MATCHERS))
    return draw(METRICS) + (f"{{{inside}}}" if inside else "")


@st.composite
def rates(draw: st.DrawFn) -> str:
    function = draw(
        st.sampled_from(["rate", "increase", "irate", "delta", "avg_over_time", "absent_over_time"])
    )
    return f"{function}({draw(selectors())}[{draw(RANGES)}]{draw(OFFSETS)})"


def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", ">", "<", ">=", "==", "!=", "and", "or", "unless"])
    return st.one_of(
        st.builds("{}{} ({})".format, st.sampled_from(["sum", "avg", "max", "count"]), GROUPINGS, inner),
        st.builds("histogram_quantile({}, {})".format, NUMBERS, inner),
        st.builds("({}) {}{} ({})".format, inner, operators, MATCHINGS, inner),
        st.builds("({}) {} {}".format, inner, st.sampled_from([">", "<", "==", "/", "*", "> bool"]), NUMBERS),
        st.builds("{} > ({})".format, NUMBERS, inner),
        st.builds("rate(({})[{}:1m])".format, inner, RANGES),
        st.builds("absent({})".format, inner),
        st.builds("-({})".format, inner),
    )


EXPRESSIONS = st.recursive(st.one_of(selectors(), rates()), extend, max_leaves=5)
ANNOTATIONS = st.sampled_from(
    [None, {"summary": "{{ $labels.model }}"}, {"summary": "{{ $labels.le }} {{$value}}"}]
)


@pytest.mark.parametrize("known", [KNOWN, STORED], ids=["without a server", "with a server"])
@settings(max_examples=200)
@given(text=EXPRESSIONS, annotations=ANNOTATIONS, is_alert=st.booleans())
def test_a_correction_parses_and_leaves_nothing_to_correct(
    known: KnownSeries, text: str, annotations: dict[str, str] | None, is_alert: bool
) -> None:
    try:
        parse(text)
    except ExpressionInvalid:
        return
    kind = "alerting" if is_alert else "recording"
    findings = check(text, kind=kind, annotations=annotations, known=known)
    corrected = {finding.corrected for finding in findings if finding.corrected}
    assert len(corrected) <= 1
    for expression in corrected:
        parse(expression)
        again = check(expression, kind=kind, annotations=annotations, known=known)
        assert [finding for finding in again if finding.corrected] == []
