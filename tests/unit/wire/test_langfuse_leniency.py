"""What Python's JSON encoder writes although it is no JSON."""

import pytest

from spanglass_server.base.errors import MalformedBody
from spanglass_server.wire.langfuse import decode_ingestion, read_event_ids


def batch(value: str) -> bytes:
    event = '{"id": "e1", "type": "span-create", "body": {"id": "s", "traceId": "t", "input": %s}}'
    return f'{{"batch": [{event % value}]}}'.encode()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("[NaN, -Infinity, Infinity, 1]", [None, None, None, 1]),
        (r'["half \ud83d", "\ude00 other half"]', ["half �", "� other half"]),
        (r'["\uD83D\uDE00 \ud83d"]', ["\U0001f600 �"]),
        (r'["\\ud83d \ud83d", NaN]', ["\\ud83d �", None]),
        (r'["\\\ud83d", "a\nb"]', ["\\�", "a\nb"]),
    ],
)
def test_what_is_no_json_costs_neither_the_event_nor_the_batch(told: str, kept: list[object]) -> None:
    (event,) = decode_ingestion(batch(told)).events
    assert event.body["input"] == kept
    assert read_event_ids(batch(told)) == ["e1"]


def test_what_no_encoder_writes_is_refused() -> None:
    for body in (b'{"batch": [', b"", b"batch", b'{"batch": [NaN}'):
        with pytest.raises(MalformedBody, match="not JSON"):
            decode_ingestion(body)


def test_an_event_without_id_that_nests_too_deep_is_refused_alone() -> None:
    deep = "[" * 400 + "]" * 400
    body = '{"batch": [{"type": "span-create", "body": {"input": %s}}, {"type": "span-create", "body": {}}]}'
    found = decode_ingestion((body % deep).encode())
    assert [rejection.item for rejection in found.rejections] == ["batch[0]"]
    assert len(found.events) == 1


@pytest.mark.parametrize("named", ["[]", "{}", "5", "null", '["trace-create"]'])
def test_an_event_whose_type_is_no_text_is_refused_alone(named: str) -> None:
    body = '{"batch": [{"id": "1", "type": %s, "body": {}}, {"id": "2", "type": "span-create", "body": {}}]}'
    found = decode_ingestion((body % named).encode())
    assert [rejection.item for rejection in found.rejections] == ["batch[0]"]
    assert len(found.events) == 1
