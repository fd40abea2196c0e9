"""A running server with evaluators: connected to a judge, sent answers to judge, asked for scores."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import httpx
from tests.support.fake_judge import FakeJudge

WAIT_S: Final = 120.0
PRICES: Final = {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}


def case_of(number: int) -> str:
    return f"case-{number:05d}"


def trace_id_of(case: str) -> str:
    return hashlib.sha256(case.encode()).hexdigest()[:32]


def span_id_of(case: str, name: str) -> str:
    return hashlib.sha256(f"{case} {name}".encode()).hexdigest()[:16]


def answered(cases: Iterable[str], *, time_ns: int | None = None, feature: str = "refunds") -> bytes:
    """OTLP JSON: a trace of each case, a chain that asks a model."""
    spans: list[dict[str, Any]] = []
    for case in cases:
        start_ns = time_ns or time.time_ns() - 2_000_000_000
        spans += [
            span(case, "answer", start_ns, 900, kind="chain", feature=feature),
            span(case, "chat", start_ns + 100_000_000, 700, kind="llm", parent="answer", feature=feature),
        ]
    return export(spans)


def span(
    case: str,
    name: str,
    start_ns: int,
    duration_ms: int,
    *,
    kind: str,
    parent: str = "",
    feature: str = "refunds",
    output: str = "",
) -> dict[str, Any]:
    attributes = {
        "spanglass.kind": kind,
        "spanglass.feature": feature,
        "spanglass.input": f"How do refunds work? {case}",
        "spanglass.output": output or f"Within 30 days of {case}.",
    }
    return {
        "traceId": trace_id_of(case),
        "spanId": span_id_of(case, name),
        **({"parentSpanId": span_id_of(case, parent)} if parent else {}),
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + duration_ms * 1_000_000),
        "attributes": [
            {"key": key, "value": {"stringValue": value}} for key, value in attributes.items() if value
        ],
    }


def export(spans: Sequence[Mapping[str, Any]]) -> bytes:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    scope_spans = [{"scope": {"name": "test"}, "spans": list(spans)}]
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scope_spans}]}).encode()


class EvaluationClient:
    """Of the project `default` of a server that asks for no keys."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def __enter__(self) -> "EvaluationClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        response = self._http.request(method, f"/api/v1{path}", json=body, params=query)
        assert response.status_code < 300, (response.status_code, response.text)
        return response.json() if response.content else None

    def send(self, body: bytes) -> None:
        """Stored when it returns."""
        response = self._http.post("/v1/traces", content=body, headers={"content-type": "application/json"})
        assert response.status_code == 200, response.text

    def send_cases(self, cases: Iterable[str], feature: str = "refunds") -> None:
        self.send(answered(cases, feature=feature))

    def connect(self, judge: FakeJudge, **more: Any) -> None:
        connection = {
            "provider": "openai",
            "base_url": judge.openai_url,
            "api_key": "key",
            "default_model": "judge-1",
            "concurrency_max": 64,
            **PRICES,
        }
        self.call("PUT", "/judge-connections/default", connection | more)

    def make_judge(self, name: str = "relevance", **fields: Any) -> str:
        """The id of an evaluator that asks the judge about every trace at once."""
        definition = {
            "name": name,
            "kind": "judge",
            "options": {"rubric": "answer_relevance", "score_name": name},
            "sampling_rate": 1.0,
            "delay_s": 0,
            "concurrency_max": 8,
            "budget_usd_per_day": 1000.0,
        }
        return self.make(**(definition | fields))

    def make(self, **definition: Any) -> str:
        made: str = self.call("POST", "/evaluators", definition)["id"]
        return made

    def change(self, evaluator_id: str, **fields: Any) -> Any:
        return self.call("PATCH", f"/evaluators/{evaluator_id}", fields)

    def state(self, evaluator_id: str) -> Any:
        return self.call("GET", f"/evaluators/{evaluator_id}")["state"]

    def scores(self, name: str = "relevance") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.call(
                "GET", "/scores", name=name, limit=1000, **({"cursor": cursor} if cursor else {})
            )
            found += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return found

    def await_scores(self, count: int, name: str = "relevance") -> list[dict[str, Any]]:
        return wait_for(lambda: self.scores(name), lambda found: len(found) >= count)

    def await_state(self, evaluator_id: str, is_so: Callable[[Any], bool]) -> Any:
        return wait_for(lambda: self.state(evaluator_id), is_so)

    def await_idle(self, evaluator_id: str) -> Any:
        """Everything that is stored by now was looked at, and this is written down."""
        now_s = time.time()
        return self.await_state(evaluator_id, lambda state: _seconds(state["watermark"]) > now_s)


def wait_for(look: Callable[[], Any], is_so: Callable[[Any], bool], *, wait_s: float = WAIT_S) -> Any:
    deadline = time.monotonic() + wait_s
    while not is_so(found := look()):
        assert time.monotonic() < deadline, str(found)[:2000]
        time.sleep(0.1)
    return found


def counts_by_case(scores: Iterable[Mapping[str, Any]], cases: Iterable[str]) -> Counter[str]:
    """How many scores each case's trace has."""
    by_trace = {trace_id_of(case): case for case in cases}
    return Counter(by_trace[score["trace_id"]] for score in scores)


def _seconds(time_text: str | None) -> float:
    from datetime import datetime

    return datetime.fromisoformat(time_text).timestamp() if time_text else 0.0
