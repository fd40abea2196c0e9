"""The table of fields: what completion offers must be what the language takes."""

import pytest

from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.query.fields import Field, Target, fields_of, find_field
from spanglass_server.query.parse import parse_filter
from spanglass_server.query.printer import print_filter

COMPUTED = {
    "duration_ns",
    "total_tokens",
    "model",
    "is_root",
    "severity",
    "scope_name",
    "scores",
    "score_names",
}
ALL: list[tuple[Target, Field]] = [
    *(("traces", field) for field in fields_of("traces")),
    *(("spans", field) for field in fields_of("spans")),
    *(("logs", field) for field in fields_of("logs")),
]


@pytest.mark.parametrize(("target", "field"), ALL, ids=[f"{target}-{field.name}" for target, field in ALL])
def test_a_field_is_described_and_its_example_parses(target: Target, field: Field) -> None:
    parsed = parse_filter(field.example, target)
    assert parsed is not None
    assert field.name in print_filter(parsed, target)
    assert field.description.endswith(".")
    columns = Log._fields if target == "logs" else Span._fields if field.of_span else TraceSummary._fields
    assert field.column in {*columns, *COMPUTED}


@pytest.mark.parametrize("target", ["traces", "spans", "logs"])
def test_a_name_means_one_field(target: Target) -> None:
    names = [name for field in fields_of(target) for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))


def test_every_span_field_can_be_asked_of_traces() -> None:
    for field in fields_of("spans"):
        if not field.is_open:
            assert find_field(field.name, "traces") is not None


def test_what_both_have_asks_the_trace_and_with_span_before_it_the_spans() -> None:
    own, spans = find_field("status", "traces"), find_field("span.status", "traces")
    assert own is not None
    assert spans is not None
    assert not own.field.of_span
    assert spans.field.of_span
