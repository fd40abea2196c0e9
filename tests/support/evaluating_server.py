"""A whole server whose evaluators are asked and told of by the API, with traces that a judge can judge."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx
from tests.support.spanglass_process import SpanglassProcess

from spanglass_server.store.directory import ALL_SCOPES, Scope

T = TypeVar("T")
_SECOND_NS = 1_000_000_000


class EvaluatingServer:
    """One project of a server of its own; `project` of a keyless one is named with each request."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.process = SpanglassProcess(data_dir, port=None, **{"DEFAULT_RULES": "false", **variables})
        self.url = self.process.url
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=60)
        self.keys: dict[str, str] = {}
        """Secret keys of the projects that were made here."""

    def make_project(self, name: str, scopes: frozenset[Scope] = ALL_SCOPES) -> str:
        """A new project, or one that is there, and a secret key of it."""
        with closing(self.process.open_directory()) as directory:
            project = directory.find_project(name) or directory.create_project(name)
            secret: str = directory.create_key(project.id, scopes=scopes).secret_key
        self.keys.setdefault(name, secret)
        return secret

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        project: str = "default",
        key: str = "",
        status: int = 200,
        **query: Any,
    ) -> Any:
        """The body of an answer that has this status; None of an empty one."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        params = query if key else {"project": project, **query}
        answer = self.http.request(method, f"/api/v1{path}", json=body, params=params, headers=headers)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def send_trace(
        self, trace_id: str, *, project: str = "default", at_ns: int | None = None, **told: Any
    ) -> None:
        """A question with its answer: `question`, `answer`, `documents`, `feature`."""
        start_ns = at_ns or time.time_ns() - _SECOND_NS
        key = self.keys.get(project, "")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        body = otlp_trace(trace_id, start_ns, **told)
        answer = self.http.post("/v1/traces", json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    def connect_judge(self, url: str, *, name: str = "main", **fields: Any) -> Any:
        """A connection to a fake judge, with prices."""
        given = {
            "provider": "openai",
            "base_url": url,
            "api_key": "sk-judge-secret",
            "default_model": "judge-1",
            "input_usd_per_mtok": 1.0,
            "output_usd_per_mtok": 5.0,
            **fields,
        }
        project = given.pop("project", "default")
        return self.ask("PUT", f"/judge-connections/{name}", given, project=project)

    def close(self) -> None:
        self.http.close()
        if self.process.process.poll() is None:
            assert self.process.terminate() == 0


def otlp_trace(
    trace_id: str,
    start_ns: int,
    *,
    question: str = "Where is the office?",
    answer: str = "In the old town.",
    documents: tuple[str, ...] = (),
    feature: str = "search",
) -> dict[str, Any]:
    spans = [
        _span(trace_id, 1, 0, "answer", start_ns, {"spanglass.kind": "chain", "spanglass.feature": feature}),
        _span(
            trace_id,
            2,
            1,
            "chat model-1",
            start_ns,
            {
                "spanglass.kind": "llm",
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "model-1",
                "spanglass.input": question,
                "spanglass.output": answer,
            },
        ),
    ]
    spans[0]["attributes"] += _attributes({"spanglass.input": question, "spanglass.output": answer})
    if documents:
        found = [{"id": str(number), "content": text} for number, text in enumerate(documents, 1)]
        spans.append(
            _span(
                trace_id,
                3,
                1,
                "retrieve",
                start_ns,
                {"spanglass.kind": "retriever", "gen_ai.retrieval.documents": json.dumps(found)},
            )
        )
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": "rag"})},
                "scopeSpans": [{"scope": {"name": "tests"}, "spans": spans}],
            }
        ]
    }


def _span(
    trace_id: str, number: int, parent: int, name: str, start_ns: int, attributes: dict[str, str]
) -> dict[str, Any]:
    # Ids of spans are unique in their trace only, as real ones need not be told apart beyond it.
    return {
        "traceId": trace_id,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(start_ns + number),
        "endTimeUnixNano": str(start_ns + _SECOND_NS // 2 - number),
        "attributes": _attributes(attributes),
    }


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in values.items()]


def await_outcome(look: Callable[[], T | None], *, timeout_s: float = 60.0) -> T:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
