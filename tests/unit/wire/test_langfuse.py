"""Bodies of Langfuse's ingestion API as records."""

import json

import pytest

from spanglass_server.base.errors import MalformedBody
from spanglass_server.wire.langfuse import decode_ingestion


def body_of(*events: object, **metadata: object) -> bytes:
    return json.dumps({"batch": events, "metadata": metadata}).encode()


def span(**body: object) -> dict[str, object]:
    return {"id": "e", "type": "span-create", "timestamp": "2026-01-01T00:00:00Z", "body": body}


def test_an_observation_names_itself_and_its_trace() -> None:
    (event,) = decode_ingestion(body_of(span(id="o", traceId="t"), sdk_version="2.60.10")).events
    assert (event.entity_type, event.entity_id, event.trace_id) == ("observation", "o", "t")
    assert (event.event_id, event.sdk_version, event.position) == ("e", "2.60.10", "batch[0]")


def test_hex_ids_are_lower_case_and_others_as_they_are() -> None:
    (event,) = decode_ingestion(body_of(span(id="00F067AA0BA902B7", traceId="My-Trace"))).events
    assert (event.entity_id, event.trace_id) == ("00f067aa0ba902b7", "My-Trace")


def test_an_observation_without_an_id_has_that_of_its_event() -> None:
    (event,) = decode_ingestion(body_of(span(traceId="t"))).events
    assert event.entity_id == "e"


def test_a_score_without_an_id_and_a_time_has_those_of_its_event() -> None:
    told = {"id": "e", "type": "score-create", "timestamp": "2026-01-01T00:00:01Z"}
    (score,) = decode_ingestion(body_of({**told, "body": {"name": "q", "value": 1, "traceId": "t"}})).scores
    assert (score.score_id, score.time_ns) == ("e", 1_767_225_601 * 10**9)


@pytest.mark.parametrize("body", [b"[]", b'{"batch": 1}', b"[" * 100_000])
def test_what_is_no_batch_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode_ingestion(body)
