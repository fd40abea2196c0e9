"""Langfuse's API in this process: what SDKs send goes the whole way through ingest into a real engine."""

import base64
import json
from typing import Any

from fastapi.testclient import TestClient
from tests.support.json_api import JsonApi
from tests.support.langfuse_events import EPOCH_NS, Event, batch_of

from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.directory import Directory, Scope
from spanglass_server.web.app import build_langfuse

Json = dict[str, Any]


class LangfuseApi:
    """A client with a key of a project of its own."""

    def __init__(self, engine: Engine, directory: Directory, project: str) -> None:
        self._directory = directory
        self.api = JsonApi(engine, directory, project)
        self.project = self.api.project
        self.client = TestClient(build_langfuse(self.api.services), raise_server_exceptions=False)
        self.use_key("ingest", "read", "admin")

    def use_key(self, *scopes: Scope) -> None:
        key = self._directory.create_key(self.project.id, scopes=frozenset(scopes))
        pair = f"{key.info.public_key}:{key.secret_key}".encode()
        self.client.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/public{path}", params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    def ids(self, path: str, **params: Any) -> list[str]:
        return [item["id"] for item in self.get(path, **params)["data"]]

    def names(self, path: str, **params: Any) -> list[str]:
        return [item["name"] for item in self.get(path, **params)["data"]]

    def metrics(self, version: str = "", status: int = 200, **query: Any) -> Any:
        """Rows of a metrics query, over all of the year that tests live in."""
        year = {"fromTimestamp": "2026-01-01T00:00:00Z", "toTimestamp": "2027-01-01T00:00:00Z"}
        text = json.dumps({**year, **query})
        answer = self.get(f"{version}/metrics", status, query=text)
        return answer["data"] if status == 200 else answer

    def ingest(self, *events: Event) -> None:
        """As the SDKs up to 2 send."""
        answer = self.client.post("/api/public/ingestion", content=batch_of(*events))
        assert (answer.status_code, answer.json()["errors"]) == (207, []), answer.text

    def send(self, *spans: Json, sdk: str = "4.18.0", scope: str = "langfuse-sdk") -> None:
        """As the SDKs from 3 on send: OTLP."""
        attributes = {"telemetry.sdk.language": "python"}
        body = {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(attributes)},
                    "scopeSpans": [{"scope": {"name": scope, "version": sdk}, "spans": list(spans)}],
                }
            ]
        }
        self._submit(json.dumps(body).encode())

    def _submit(self, body: bytes) -> None:
        intake = self.api.services.intake
        reservation = intake.budget.open()
        reservation.grow(len(body))
        request = IngestRequest(self.project.id, "traces", "json", body, reservation)
        assert not intake.ingest.submit(request).result(10)

    def close(self) -> None:
        self.api.close()


def otlp_span(
    number: int,
    name: str,
    start_s: float,
    end_s: float,
    *,
    trace: int = 1,
    parent: int = 0,
    error: str = "",
    **attributes: Any,
) -> Json:
    """A span `start_s` to `end_s` seconds after EPOCH_NS. Keyword arguments are attributes: `__` for a dot,
    and `langfuse.` before those that begin with `observation` or `trace`."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    own = ("observation.", "trace.", "version", "release", "environment", "internal.")
    return {
        "traceId": trace_id(trace),
        "spanId": span_id(number),
        "parentSpanId": span_id(parent) if parent else "",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(EPOCH_NS + round(start_s * 1e9)),
        "endTimeUnixNano": str(EPOCH_NS + round(end_s * 1e9)),
        "status": {"code": 2, "message": error} if error else {},
        "attributes": _attributes(
            {f"langfuse.{key}" if key.startswith(own) else key: value for key, value in named.items()}
        ),
    }


def trace_id(number: int) -> str:
    return f"{number:032x}"


def span_id(number: int) -> str:
    return f"{number:016x}"


def _attributes(values: Json) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> Json:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": value}
