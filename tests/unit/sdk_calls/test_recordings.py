"""What the SDK tells of recorded spans of real libraries, beside what the server makes of them."""

from typing import Any

import pytest
from tests.golden.recordings import NAMES, read, records
from tests.unit.sdk_calls.ended_spans import recorded, told_of

from spanglass_server.model.span import Span

FROM_PYTHON = [name for name in NAMES if not name.startswith("vercel")]
"""The others are JavaScript's: no processor of ours sees their spans."""


@pytest.mark.parametrize("name", FROM_PYTHON)
def test_the_sdk_counts_the_calls_that_the_server_counts(name: str) -> None:
    reading = read(records(name))
    expected = [span for span_id, span in reading.spans.items() if reading.verdicts[span_id].is_call]

    told = told_of([recorded(record) for record in records(name)])

    assert _sorted(
        (
            *(call.kind, call.provider, call.status, call.error_type, call.counts.input, call.counts.output),
            *(call.counts.cache_read or 0, call.counts.cache_write or 0, call.counts.reasoning or 0),
        )
        for call in told
    ) == _sorted(_as_the_server_says(span) for span in expected)


def _as_the_server_says(span: Span) -> tuple[Any, ...]:
    return (
        *(span.kind, span.provider, "error" if span.status == "error" else "success", span.error_type),
        *(span.input_tokens, span.output_tokens, span.cache_read_tokens or 0, span.cache_write_tokens or 0),
        span.reasoning_tokens or 0,
    )


def _sorted(rows: Any) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)


@pytest.mark.parametrize("name", FROM_PYTHON)
def test_the_sdk_names_the_model_that_answered(name: str) -> None:
    reading = read(records(name))
    expected = {
        span.response_model or span.request_model
        for span_id, span in reading.spans.items()
        if reading.verdicts[span_id].is_call
    }

    told = told_of([recorded(record) for record in records(name)])

    # The SDK may know the release where the server, which keeps one span's names, knows the model alone.
    assert all(any(call.model.startswith(model) for model in expected) for call in told)
