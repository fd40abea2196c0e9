"""A small application: asks the models at argv[1], instrumented by what argv[2] names (`all` for all), and
sends to the server at argv[3].

Prints one JSON object: which instrumentors are on, every span that ended, every sample of a metric.
"""

import contextlib
import json
import logging
import sys

import anthropic
import openai
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

import spanglass

models_url, wanted, endpoint = sys.argv[1:]
logging.basicConfig(level=logging.WARNING)

spanglass.init(
    service="shop",
    environment="test",
    instrument=True if wanted == "all" else wanted.split(","),
    prometheus=True,
    endpoint=endpoint,
)
spanglass.init(instrument=True)  # Again is harmless.
spans = InMemorySpanExporter()
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(spans))

gpt = openai.OpenAI(base_url=f"{models_url}/v1", api_key="none", max_retries=0)
claude = anthropic.Anthropic(base_url=models_url, api_key="none", max_retries=0)
question = [{"role": "user", "content": "How long are returns free?"}]


@spanglass.observe(kind="chain")
def ask_all() -> str | None:
    spanglass.update_current_trace(feature="search", team="growth")
    gpt.chat.completions.create(model="gpt-5.4-mini", messages=question)
    chunks = gpt.chat.completions.create(
        model="gpt-5.4-mini", messages=question, stream=True, stream_options={"include_usage": True}
    )
    for _ in chunks:
        pass
    gpt.embeddings.create(model="text-embedding-3-small", input=["returns"])
    claude.messages.create(model="claude-sonnet-4-6", max_tokens=100, messages=question)
    with claude.messages.stream(model="claude-sonnet-4-6", max_tokens=100, messages=question) as stream:
        stream.get_final_message()
    with contextlib.suppress(openai.NotFoundError):
        gpt.chat.completions.create(model="no-such-model", messages=question)
    return spanglass.current_trace_id()


trace_id = ask_all()
spanglass.flush(10)
report = {
    "trace_id": trace_id,
    "instrumented": spanglass.instrumented(),
    "spans": [
        {"name": span.name, "scope": span.instrumentation_scope.name} for span in spans.get_finished_spans()
    ],
    "samples": [
        [sample.name, sample.labels, sample.value]
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name.startswith("llm_")
    ],
}
json.dump(report, sys.stdout)
spanglass.shutdown(0.1)
