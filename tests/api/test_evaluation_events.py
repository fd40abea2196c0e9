"""Evaluations that OpenTelemetry's own SDK reports, as log records and as events of spans, become scores."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from tests.support.otlp_bodies import body_of, span
from tests.support.otlp_server import OtlpServer

from spanglass_server.model.score import Score
from spanglass_server.store.directory import DEFAULT_PROJECT

EVENT = "gen_ai.evaluation.result"
RELEVANCE = {
    "gen_ai.evaluation.name": "Relevance",
    "gen_ai.evaluation.score.value": 0.75,
    "gen_ai.evaluation.score.label": "relevant",
    "gen_ai.evaluation.explanation": "근거가 있습니다",
    "gen_ai.response.id": "chatcmpl-1",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OtlpServer]:
    server = OtlpServer(tmp_path, with_grpc=True)
    yield server
    server.close()


def scores_of(server: OtlpServer) -> dict[str, Score]:
    return {score.name: score for score in server.store.scores.values()}


class Application:
    """What an instrumented program has: a tracer and a logger of OpenTelemetry."""

    def __init__(self, url: str) -> None:
        resource = Resource({"service.name": "shop", "deployment.environment.name": "prod"})
        self._tracers = TracerProvider(resource=resource)
        self._tracers.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
        self._loggers = LoggerProvider(resource=resource)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.log_exporter = OTLPLogExporter(f"{url}/v1/logs")
        self._loggers.add_log_record_processor(SimpleLogRecordProcessor(self.log_exporter))
        self.tracer = self._tracers.get_tracer("judge")
        self.logger = self._loggers.get_logger("judge")

    def close(self) -> None:
        self._tracers.shutdown()
        self._loggers.shutdown()


@pytest.fixture
def application(server: OtlpServer) -> Iterator[Application]:
    application = Application(server.url)
    yield application
    application.close()


def test_an_event_is_a_score_of_the_span_in_whose_context_it_is_sent(
    server: OtlpServer, application: Application
) -> None:
    with application.tracer.start_as_current_span("chat") as judged:
        application.logger.emit(LogRecord(event_name=EVENT, timestamp=7, attributes=RELEVANCE))
        judged.add_event(EVENT, {"gen_ai.evaluation.name": "Tone", "gen_ai.evaluation.score.label": "kind"})

    found = scores_of(server)
    context = judged.get_span_context()
    relevance, tone = found["Relevance"], found["Tone"]
    for score in (relevance, tone):
        assert (score.trace_id, score.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
        assert score.source == "evaluator"
    assert (relevance.data_type, relevance.value, relevance.quality) == ("numeric", 0.75, 0.75)
    assert (relevance.comment, relevance.time_ns, relevance.environment) == ("근거가 있습니다", 7, "prod")
    assert relevance.metadata == '{"gen_ai.response.id":"chatcmpl-1","label":"relevant"}'
    assert (tone.data_type, tone.string_value) == ("categorical", "kind")
    # The record itself is kept too.
    assert [log.event_name for log in server.store.logs.values()] == [EVENT]


def log_request(**attributes: Any) -> Any:
    """An export as the SDK's encoder writes it."""
    kept: list[Any] = []

    class Keeping(OTLPLogExporter):
        def export(self, batch: Any) -> Any:
            kept.extend(batch)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exporter = Keeping("http://localhost:1")
    provider = LoggerProvider(resource=Resource({}))
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    told = {key: value for key, value in (RELEVANCE | attributes).items() if value is not None}
    record = LogRecord(event_name=EVENT, timestamp=7, attributes=told, trace_id=1, span_id=2)
    provider.get_logger("judge").emit(record)
    provider.shutdown()
    return encode_logs(kept)


def send(server: OtlpServer, request: Any) -> None:
    answer = httpx.post(
        f"{server.url}/v1/logs",
        content=request.SerializeToString(),
        headers={"content-type": "application/x-protobuf"},
        trust_env=False,
    )
    assert answer.status_code == 200


def test_the_same_event_twice_over_http_and_grpc_is_one_score(server: OtlpServer) -> None:
    request = log_request()

    send(server, request)
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        LogsServiceStub(channel).Export(request, timeout=10)
    assert len(server.store.scores) == 1

    send(server, log_request(**{"gen_ai.evaluation.score.value": 0.25}))
    assert len(server.store.scores) == 2


@pytest.mark.parametrize(
    "attributes",
    [
        {"error.type": "timeout"},
        {"gen_ai.evaluation.name": None},
        {"gen_ai.evaluation.name": " "},
        {"gen_ai.evaluation.score.value": None, "gen_ai.evaluation.score.label": None},
        {"gen_ai.evaluation.score.value": float("nan"), "gen_ai.evaluation.score.label": None},
    ],
)
def test_what_is_no_verdict_is_no_score_but_the_record_is_kept(
    server: OtlpServer, attributes: dict[str, Any]
) -> None:
    send(server, log_request(**attributes))

    assert server.store.scores == {}
    assert len(server.store.logs) == 1


@pytest.mark.parametrize(
    ("value", "stored"), [(True, ("boolean", 1.0)), (3, ("numeric", 3.0)), ("0.5", ("numeric", 0.5))]
)
def test_values_are_read_whatever_their_sender_made_of_them(
    server: OtlpServer, value: Any, stored: tuple[str, float]
) -> None:
    send(server, log_request(**{"gen_ai.evaluation.score.value": value}))

    (score,) = server.store.scores.values()
    assert (score.data_type, score.value) == stored


def span_with(attributes: dict[str, str | float]) -> Any:
    made = span()
    for key, value in attributes.items():
        told = made.attributes.add(key=key).value
        if isinstance(value, str):
            told.string_value = value
        else:
            told.double_value = value
    return made


def test_a_judgement_that_openinference_writes_on_a_span_is_a_score(server: OtlpServer) -> None:
    judged = span_with(
        {
            "session.id": "s1",
            "evaluations.0.evaluation.name": "hallucination",
            "evaluations.0.evaluation.score": 0.0,
            "evaluations.0.evaluation.label": "factual",
            "evaluations.0.evaluation.identifier": "judge-3",
            "annotations.0.annotation.name": "tone",
            "annotations.0.annotation.label": "kind",
            "annotations.0.annotation.annotator_kind": "HUMAN",
            "trace.evaluations.0.evaluation.name": "helpful",
            "trace.evaluations.0.evaluation.score": 1.0,
            "session.evaluations.0.evaluation.name": "resolved",
            "session.evaluations.0.evaluation.score": 1.0,
        }
    )
    for _ in range(2):
        httpx.post(
            f"{server.url}/v1/traces",
            content=body_of(judged),
            headers={"content-type": "application/x-protobuf"},
            trust_env=False,
        )

    found = scores_of(server)
    assert len(server.store.scores) == 4
    assert (found["hallucination"].span_id, found["hallucination"].author) == (
        judged.span_id.hex(),
        "judge-3",
    )
    assert (found["tone"].string_value, found["tone"].source) == ("kind", "person")
    assert (found["helpful"].trace_id, found["helpful"].span_id) == (judged.trace_id.hex(), "")
    assert (found["resolved"].session_id, found["resolved"].trace_id) == ("s1", "")
    assert {score.project_id for score in found.values()} == {
        server.directory.find_project(DEFAULT_PROJECT).id  # type: ignore[union-attr]
    }
