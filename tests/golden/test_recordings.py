"""What real libraries sent must mean what really happened."""

import random
from collections import Counter
from typing import Any

import pytest
from tests.golden.recordings import NAMES, Reading, expectation, read, records

from spanglass_server.model.span import Span
from spanglass_server.normalize.outcome import canonical_finish_reason

_COUNTS = {
    "input_tokens_total": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "reasoning_tokens": "reasoning_tokens",
}


def _lacking(call: dict[str, Any]) -> set[str]:
    return {item["field"] for item in call.get("payload_lacks_or_disagrees") or []}


_TOLD_BY_THE_LOG = {"logfire-oai-streamnousage": "dff9e611389e792d"}
"""A stream opened at the root of its trace and told by a log in a trace of its own: nothing connects the two,
and one of them must stand for the call. It is the log, which knows how the stream went."""

_TOLD_BY_ITS_NAME = {"openlit-ant-error529": "80ed94afaef3d29c"}
"""A failed call's span without any attribute: only its scope, name and exception tell what it was. It stands
for both attempts of the client library."""


def _describing(reading: Reading, call: dict[str, Any]) -> list[Span]:
    return [reading.spans[span_id] for span_id in call["span_ids_describing_this_call"]]


@pytest.mark.parametrize("order", ["given", "reversed", "shuffled"])
@pytest.mark.parametrize("name", NAMES)
def test_every_call_is_billed_once_with_what_it_used(name: str, order: str) -> None:
    given = list(records(name))
    if order == "reversed":
        given.reverse()
    elif order == "shuffled":
        random.Random(name).shuffle(given)
    reading, expected = read(given), expectation(name)
    called, lacked = Counter[str](), set[str]()
    for call in expected["llm_calls"]:
        lacked |= _lacking(call)
        ids = call["span_ids_describing_this_call"]
        for others in (_TOLD_BY_THE_LOG, _TOLD_BY_ITS_NAME):
            if name in others:
                ids = [*ids, others[name]]
        billable = [i for i in ids if reading.verdicts[i].is_billable]
        calls = [i for i in ids if reading.verdicts[i].is_call]
        called.update(calls)
        if ids:
            assert len(calls) == 1, call
        assert len(billable) == (1 if ids and call["billable"] else 0), call
        if billable:
            span = reading.spans[billable[0]]
            for field, ours in _COUNTS.items():
                if field not in _lacking(call):
                    assert (getattr(span, ours) or 0) == (call[field] or 0), (field, call)
    assert set(called) == {i for i, verdict in reading.verdicts.items() if verdict.is_call}
    for field, ours in _COUNTS.items():
        if field not in lacked:
            total = sum(getattr(span, ours) or 0 for span in reading.billable)
            assert total == expected["totals_observable"][field], field


@pytest.mark.parametrize("name", NAMES)
def test_what_repeats_usage_is_not_billed_beside_the_call(name: str) -> None:
    reading, expected = read(records(name)), expectation(name)
    describing = {i for call in expected["llm_calls"] for i in call["span_ids_describing_this_call"]}
    for repeated in expected["must_not_be_costed"]:
        if repeated["span_id"] not in describing:
            assert not reading.verdicts[repeated["span_id"]].is_billable, repeated


@pytest.mark.parametrize("name", NAMES)
def test_models_are_the_ones_called(name: str) -> None:
    reading = read(records(name))
    for call in expectation(name)["llm_calls"]:
        for span in _describing(reading, call):
            assert span.kind in ("llm", "embedding"), span
            named = {span.request_model, span.response_model} - {""}
            assert named or name == "openllmetryevents-ant-cache", "models are only in its events"
            assert named <= {call["request_model"], call["response_model"]}, span
            if span.request_model and span.dialect not in ("openinference", "langfuse"):
                assert span.request_model == call["request_model"], span
            assert span.provider == call["provider"], span


@pytest.mark.parametrize("name", NAMES)
def test_failed_calls_are_errors_of_the_right_class(name: str) -> None:
    reading = read(records(name))
    for call in expectation(name)["llm_calls"]:
        described = _describing(reading, call)
        if not described:
            continue
        statuses = {span.status for span in described}
        if call["error"] is None:
            assert "error" not in statuses, described
            continue
        assert "error" in statuses, described
        wanted = "rate_limit" if "rate_limit" in call["error"] else "overloaded"
        for span in described:
            if span.status == "error":
                assert span.error_type == wanted, span
        assert any(span.error_message for span in described), described


@pytest.mark.parametrize("name", NAMES)
def test_finish_reasons_and_streaming_are_told(name: str) -> None:
    reading = read(records(name))
    for call in expectation(name)["llm_calls"]:
        described = _describing(reading, call)
        reasons = {reason for span in described for reason in span.finish_reasons}
        if reasons and call.get("finish_reason"):
            wanted = call["finish_reason"]
            words = wanted if isinstance(wanted, list) else [wanted]
            if words == ["completed"] and call["tool_calls"]:
                words = ["tool_call"]  # The Responses API has no word for it; libraries derive it.
            assert reasons == {canonical_finish_reason(word) for word in words}, (reasons, call)
        told = {span.streaming for span in described} - {None}
        if told:
            assert told == {call["streamed"]}, (told, call)
