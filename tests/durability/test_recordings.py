"""Every recording, posted request by request in any order, comes back from the API as it really was."""

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.golden.recordings import CORPUS, NAMES, expectation
from tests.support.spanglass_process import ProjectClient, SpanglassProcess

from spanglass_server.normalize.outcome import canonical_finish_reason

COUNTS = {
    "input_tokens_total": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "reasoning_tokens": "reasoning_tokens",
}
TOLD_BY_THE_LOG = {"logfire-oai-streamnousage": "dff9e611389e792d"}
"""A stream that is told by a log in a trace of its own; see tests/golden/test_recordings.py."""
EPOCH = "2020-01-01T00:00:00Z"
END = "2100-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A recording as the API gives it."""

    spans: dict[str, dict[str, Any]]
    traces: list[dict[str, Any]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    server = SpanglassProcess(
        tmp_path_factory.mktemp("recordings") / "data", FSYNC="false", COMMIT_INTERVAL_MS="10"
    )
    yield server
    assert server.terminate() == 0


@pytest.fixture(scope="module")
def recordings(server: SpanglassProcess) -> Iterator[Mapping[tuple[str, str], Future[Stored]]]:
    """Each in each order. Several are sent at once, so that one commit stores several: each has a project of
    its own."""
    with ThreadPoolExecutor(8) as pool:
        yield {
            (name, order): pool.submit(post_and_read, server, name, order)
            for name in NAMES
            for order in ("given", "shuffled")
        }


def requests_of(name: str, order: str) -> list[tuple[str, bytes]]:
    """The single requests as they were posted; or their spans shuffled, in up to five requests."""
    body, cut = (CORPUS / f"{name}.pb").read_bytes(), 0
    requests = []
    for part in expectation(name)["bodies"]:
        requests.append((part["path"], body[cut : cut + part["bytes"]]))
        cut += part["bytes"]
    assert cut == len(body)
    if order == "given":
        return requests
    singles = [(path, single) for path, posted in requests for single in spans_of(posted)]
    random.Random(name).shuffle(singles)
    parts = min(5, len(singles))
    return [(singles[n][0], b"".join(single for _, single in singles[n::parts])) for n in range(parts)]


def spans_of(body: bytes) -> list[bytes]:
    """A request for each span; requests may be concatenated."""
    singles = []
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                request = ExportTraceServiceRequest()
                group = request.resource_spans.add(
                    resource=resource_spans.resource, schema_url=resource_spans.schema_url
                )
                scope = group.scope_spans.add(scope=scope_spans.scope, schema_url=scope_spans.schema_url)
                scope.spans.append(span)
                singles.append(request.SerializeToString())
    return singles


def post_and_read(server: SpanglassProcess, name: str, order: str) -> Stored:
    directory = server.open_directory()
    project = directory.create_project(f"{name}-{order}")
    client = ProjectClient(server.url, directory.create_key(project.id, scopes=frozenset({"ingest", "read"})))
    directory.close()
    for path, body in requests_of(name, order):
        response = client.post(path, body)
        assert (response.status_code, response.content) == (200, b"")
    window: dict[str, str | int] = {"from": EPOCH, "to": END, "limit": 1000}
    spans = {item["span_id"]: item for item in client.iter_items("/spans", **window, payloads="true")}
    traces = list(client.iter_items("/traces", **window))
    client.close()
    return Stored(spans=spans, traces=traces)


def lacking(call: dict[str, Any]) -> set[str]:
    return {item["field"] for item in call.get("payload_lacks_or_disagrees") or []}


@pytest.mark.slow
@pytest.mark.parametrize("order", ["given", "shuffled"])
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_comes_back_as_it_really_was(
    recordings: Mapping[tuple[str, str], Future[Stored]], name: str, order: str
) -> None:
    expected = expectation(name)
    stored = recordings[name, order].result()
    assert len(stored.spans) == expected["span_count"]
    assert {trace["trace_id"] for trace in stored.traces} == set(expected["trace_ids"])
    assert len(stored.traces) == len(expected["trace_ids"])
    check_calls(stored, name, expected)
    check_totals(stored, expected)
    for call in expected["llm_calls"]:
        check_told(stored, call)


def check_calls(stored: Stored, name: str, expected: dict[str, Any]) -> None:
    describing: set[str] = set()
    for call in expected["llm_calls"]:
        ids = [*call["span_ids_describing_this_call"]]
        if name in TOLD_BY_THE_LOG:
            ids.append(TOLD_BY_THE_LOG[name])
        describing.update(ids)
        billable = [i for i in ids if stored.spans[i]["is_billable"]]
        assert len(billable) == (1 if ids and call["billable"] else 0), call
        for field, ours in COUNTS.items():
            if billable and field not in lacking(call):
                assert (stored.spans[billable[0]][ours] or 0) == (call[field] or 0), (field, call)
    for repeated in expected["must_not_be_costed"]:
        if repeated["span_id"] not in describing:
            assert not stored.spans[repeated["span_id"]]["is_billable"], repeated
    priced = {i for i, span in stored.spans.items() if span["is_billable"]}
    assert priced <= describing


def check_totals(stored: Stored, expected: dict[str, Any]) -> None:
    """Of the spans, and of the trace summaries, which are kept apart."""
    lacked = {field for call in expected["llm_calls"] for field in lacking(call)}
    billable = [span for span in stored.spans.values() if span["is_billable"]]
    for field, ours in COUNTS.items():
        of_spans = sum(span[ours] or 0 for span in billable)
        assert sum(trace[ours] or 0 for trace in stored.traces if ours in trace) == of_spans, field
        if field not in lacked:
            assert of_spans == expected["totals_observable"][field], field
    costs = [span["cost_usd"] for span in billable if span["cost_usd"] is not None]
    listed = [trace["cost_usd"] for trace in stored.traces if trace["cost_usd"] is not None]
    assert sum(listed) == pytest.approx(sum(costs))
    assert sum(trace["span_count"] for trace in stored.traces) == len(stored.spans)


def check_told(stored: Stored, call: dict[str, Any]) -> None:
    told = [stored.spans[i] for i in call["span_ids_describing_this_call"]]
    if not told:
        return
    models = {span[field] for span in told for field in ("request_model", "response_model")} - {None, ""}
    assert models <= {call["request_model"], call["response_model"]}
    assert any(span["status"] == "error" for span in told) == (call["error"] is not None)
    reasons = {reason for span in told for reason in span["finish_reasons"] or ()}
    if reasons and call.get("finish_reason"):
        words = call["finish_reason"] if isinstance(call["finish_reason"], list) else [call["finish_reason"]]
        if words == ["completed"] and call["tool_calls"]:
            words = ["tool_call"]
        assert reasons == {canonical_finish_reason(word) for word in words}
    streaming = {span["streaming"] for span in told} - {None}
    assert streaming <= {call["streamed"]}
    check_messages(told, call)


def check_messages(told: list[dict[str, Any]], call: dict[str, Any]) -> None:
    """Where a span carries the answer, it is the answer that was given."""
    answers = ["".join(texts_of(span["output_messages"])) for span in told if span["output_messages"]]
    wanted = call.get("output_text")
    if wanted and any(answers) and "output_text" not in lacking(call):
        assert any(wanted in answer for answer in answers), (wanted, answers)
    names = {tool["name"] for tool in call.get("tool_calls") or ()}
    seen = {
        part["name"]
        for span in told
        for message in span["output_messages"] or ()
        for part in message["parts"]
        if part["type"] == "tool_call"
    }
    if seen:
        assert seen == names


def texts_of(messages: list[dict[str, Any]]) -> list[str]:
    return [part["text"] for message in messages for part in message["parts"] if part["type"] == "text"]
