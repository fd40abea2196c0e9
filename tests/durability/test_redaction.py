"""What rules say must not be kept is nowhere in what a server keeps: every door, every place, every file."""

import base64
import json
from pathlib import Path
from typing import Self

import httpx
import pytest
from google.protobuf.json_format import MessageToJson
from tests.support import leaky_telemetry as leaky
from tests.support.langfuse_events import batch_of, event
from tests.support.leaky_telemetry import Leaks
from tests.support.spanglass_process import SpanglassProcess
from tests.support.stored_texts import places_of

KEPT = "KEPT"
"""A mark that nothing is said about."""
EVER = {"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
PATTERN = {"name": "leak", "pattern": r"L[E]AK-[\w.-]+", "action": "mask"}


class Sender:
    def __init__(self, server: SpanglassProcess, project: str) -> None:
        directory = server.open_directory()
        self.project = directory.find_project(project) or directory.create_project(project)
        scopes = frozenset({"read", "ingest", "admin"})
        self._key = directory.create_key(self.project.id, scopes=scopes)
        directory.close()
        self.client = httpx.Client(
            base_url=server.url,
            trust_env=False,
            timeout=60,
            auth=(self._key.info.public_key, self._key.secret_key),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def post(self, path: str, body: bytes, kind: str = "application/x-protobuf") -> None:
        answer = self.client.post(path, content=body, headers={"content-type": kind})
        assert answer.status_code < 300, answer.text

    def send_all(self, content: Leaks, other: Leaks | None) -> None:
        self.post("/v1/traces", leaky.spans(content, other).SerializeToString())
        again = leaky.spans(content, other, trace_id=bytes(range(64, 80)))
        self.post("/v1/traces", _otlp_json(MessageToJson(again)), "application/json")
        self.post("/v1/logs", leaky.logs(content, other).SerializeToString())
        events = [event(kind, 1, **body) for kind, body in leaky.langfuse_events(content, other)]
        self.post("/api/public/ingestion", batch_of(*events), "application/json")
        if other is not None:
            self.post("/v1/metrics", leaky.metrics(other).SerializeToString())
            score = {"trace_id": "1" * 32, "name": "good", "value": 1, "comment": f"says {other('score')}"}
            score |= {"metadata": {"why": other("score-metadata")}, "session_id": ""}
            self.post("/api/v1/scores", json.dumps(score).encode(), "application/json")

    def put_policy(self, **policy: object) -> None:
        answer = self.client.put("/api/v1/redaction", json=policy)
        assert answer.status_code == 200, answer.text


def _otlp_json(text: str) -> bytes:
    """The protobuf library writes ids in base64, OTLP's JSON has them in hex."""
    told = json.loads(text)
    for span in told["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for holder in (span, *span.get("links", ())):
            for key in ("traceId", "spanId"):
                holder[key] = base64.b64decode(holder[key]).hex()
    return json.dumps(told).encode()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a server that took everything, and stopped."""
    server = SpanglassProcess(
        tmp_path_factory.mktemp("redaction") / "data", FSYNC="false", COMMIT_INTERVAL_MS="2", AUTH="required"
    )
    try:
        with (
            Sender(server, "redacted") as redacted,
            Sender(server, "silent") as silent,
            Sender(server, "kept") as kept,
        ):
            redacted.put_policy(patterns=[PATTERN])
            redacted.send_all(Leaks("LEAK"), Leaks("LEAK"))
            silent.put_policy(stores_content=False)
            silent.send_all(Leaks("SAID"), None)
            kept.send_all(Leaks(KEPT), Leaks(KEPT))
            _check_what_is_left(redacted, silent)
    except BaseException:
        server.kill()
        raise
    assert server.terminate() == 0
    return server.data_dir


def _check_what_is_left(redacted: "Sender", silent: "Sender") -> None:
    counts = redacted.client.get("/api/v1/redaction/counts").json()
    assert counts["total"] > 80
    assert {one["detector"] for one in counts["counts"]} == {"leak"}
    calls = redacted.client.get("/api/v1/traces", params=EVER).json()["items"]
    # Masked ids of responses are no reason to take two calls for one.
    assert [call["input_tokens"] for call in calls] == [1200] * 3
    traces = silent.client.get("/api/v1/traces", params=EVER).json()["items"]
    assert len(traces) == 3
    for trace in traces:
        assert trace["input_tokens"] == 1200
        assert trace["cost_usd"] > 0
        assert (trace["input_preview"], trace["output_preview"]) == (None, None)


def test_what_a_pattern_finds_is_nowhere(data_dir: Path) -> None:
    assert places_of(data_dir, "LEAK-") == []
    assert b"LEAK-" not in data_dir.with_name("data.err").read_bytes()


def test_what_is_said_and_answered_is_nowhere_where_no_content_is_stored(data_dir: Path) -> None:
    assert places_of(data_dir, "SAID-") == []


def test_what_no_rule_is_about_is_everywhere(data_dir: Path) -> None:
    """The search finds what there is to find."""
    places = {place.split(":")[0] for place in places_of(data_dir, f"{KEPT}-")}
    assert {
        *("spans.name", "spans.input", "spans.output", "spans.input_preview", "spans.attributes"),
        *("spans.attribute_index", "spans.resource", "spans.scope", "spans.events", "spans.links"),
        *("spans.error_message", "spans.user_id", "spans.session_id", "spans.tags", "spans.metadata"),
        *("spans.feature", "spans.team", "traces.name", "traces.user_id", "traces.tags", "logs.body"),
        *("logs.attributes", "logs.attribute_index", "scores.comment", "scores.metadata"),
        *("langfuse_events.body", "metric_labels.label_values", "series.labels", "series_exemplars.labels"),
    } <= places, sorted(places)
