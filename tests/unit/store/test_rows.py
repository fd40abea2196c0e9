"""Rows to Arrow and back: inverse for every value a field can hold."""

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass_server.model.span import KINDS, Log, Span, TraceSummary
from spanglass_server.store.clickhouse.rows import LOGS, PACKED_ONLY, SPANS, trace_batch, unpack_trace

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.lists(TEXT, max_size=3).map(tuple)
INT64 = st.integers(-(2**63), 2**63 - 1)
COUNT = st.integers(0, 2**32 - 1)
VERSION = st.integers(0, 2**63 - 1)
MONEY = st.floats(0, 1e9)
MAYBE_INT = st.none() | INT64
MAYBE_MONEY = st.none() | MONEY
MAYBE_BOOL = st.none() | st.booleans()
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("start_time_ns", "end_time_ns", "time_ns"), INT64),
    **dict.fromkeys(
        (
            "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "ttft_ns",
            "cache_write_1h_tokens", "reasoning_tokens", "audio_input_tokens", "audio_output_tokens",
        ),
        MAYBE_INT,
    ),
    **dict.fromkeys(("span_count", "error_count", "llm_call_count", "unpriced_count"), COUNT),
    **dict.fromkeys(("is_batch", "is_call", "is_billable", "is_deleted"), st.booleans()),
    **dict.fromkeys(("streaming", "cache_hit"), MAYBE_BOOL),
    **dict.fromkeys(("cost_usd", "reported_cost_usd"), MAYBE_MONEY),
    **dict.fromkeys(
        ("finish_reasons", "tags", "warnings", "models", "providers", "kinds", "error_types"), WORDS
    ),
    "cost_details": st.dictionaries(TEXT, MONEY, max_size=3),
    "attribute_index": st.dictionaries(TEXT, TEXT, max_size=3),
    "kind": st.sampled_from(KINDS),
    "inherited": st.integers(0, 15),
    "severity_number": st.integers(0, 24),
    "version": VERSION,
}  # fmt: skip


def rows_of(row_type: Any) -> st.SearchStrategy[Any]:
    return st.builds(row_type, **{name: SPECIAL.get(name, TEXT) for name in row_type._fields})


@settings(max_examples=60)
@given(st.lists(rows_of(Span), max_size=4))
def test_spans_come_back_as_they_were(rows: list[Span]) -> None:
    assert SPANS.from_table(pa.Table.from_batches([SPANS.to_batch(rows)])) == rows


@settings(max_examples=40)
@given(st.lists(rows_of(TraceSummary), max_size=4))
def test_trace_summaries_come_back_as_they_were(rows: list[TraceSummary]) -> None:
    batch = trace_batch(rows)
    columns = [name for name in TraceSummary._fields if name not in PACKED_ONLY]
    assert batch.schema.names == [*columns, "packed"]
    packed = batch.column("packed").to_pylist()
    stored = [batch.column(name).to_pylist() for name in ("project_id", "is_deleted", "version")]
    assert [
        TraceSummary(**unpack_trace(text), project_id=project_id, is_deleted=is_deleted, version=version)
        for text, project_id, is_deleted, version in zip(packed, *stored, strict=True)
    ] == rows


@settings(max_examples=40)
@given(st.lists(rows_of(Log), max_size=4))
def test_logs_come_back_as_they_were(rows: list[Log]) -> None:
    assert LOGS.from_table(pa.Table.from_batches([LOGS.to_batch(rows)])) == rows


def test_columns_are_the_fields_in_their_order() -> None:
    assert SPANS.columns == Span._fields
    assert SPANS.schema.names == list(Span._fields)
