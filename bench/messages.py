"""What payloads, rendering and pricing cost per span, single-threaded: `python -m bench.messages`."""

import json
import time
from collections.abc import Callable
from functools import partial

from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.messages import render
from spanglass_server.normalize.payload import extract_payload
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.usage import Usage
from spanglass_server.wire.records import Attributes, AttributeValue, Resource, Scope, SpanRecord

RESOURCE = Resource(attributes={})
SCOPE = Scope(name="bench", version="1", attributes={})
PROMPT = "Answer from these passages only. " * 60
ROUNDS, REPEATS = 2_000, 7


def main() -> None:
    plain: Attributes = {f"http.request.field.{number}": number for number in range(12)}
    spans = {
        "plain span": plain,
        "text in and out": plain | {"input.value": "refund policy", "output.value": "14 days"},
        "model span, 2 KB": plain | _messages(PROMPT),
        "model span, 2 KB, escaped Korean": plain | _messages("환불 정책을 알려 주세요. " * 30),
        "model span, flattened": plain
        | {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": PROMPT,
            "gen_ai.completion.0.content": "14 days.",
        },
    }
    for name, attributes in spans.items():
        record = SpanRecord("a" * 32, "b" * 16, "", "s", 1, 1, 2, 0, "", attributes, (), (), RESOURCE, SCOPE)
        _report(f"payload: {name}", partial(extract_payload, record))
    attributes = spans["model span, 2 KB"]
    _report("render: model span, 2 KB", lambda: render(attributes=attributes, kind="llm"))
    book, usage = PriceBook(), Usage(2_207, 18, cache_read_tokens=2_048)
    _report(
        "price: known model",
        lambda: price_usage(book, provider="openai", model="gpt-4o-mini", usage=usage, at_ns=time.time_ns()),
    )


def _messages(prompt: str) -> dict[str, AttributeValue]:
    user = {"role": "user", "parts": [{"type": "text", "content": prompt}]}
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "14 days."}]}
    return {"gen_ai.input.messages": json.dumps([user]), "gen_ai.output.messages": json.dumps([answer])}


def _report(name: str, call: Callable[[], object]) -> None:
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(ROUNDS):
            call()
        best = min(best, (time.perf_counter() - started) / ROUNDS)
    print(f"{name:45} {best * 1e6:8.2f} us")


if __name__ == "__main__":
    main()
