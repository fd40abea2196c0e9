"""Like a server that loads the application, then forks its workers: argv[1] workers call a model twice each.

Prints one JSON object: the sum of all workers' metrics, and every call line, of the parent and the workers.
"""

import json
import logging
import os
import sys

from prometheus_client import CollectorRegistry, multiprocess

import spanglass


def call_model(tokens: int) -> None:
    with spanglass.span("chat", kind="llm"):
        spanglass.update_current_span(
            model="gpt-4o-mini", provider="openai", usage={"input_tokens": tokens, "output_tokens": 1}
        )


logging.basicConfig(format="%(message)s", stream=sys.stderr)
spanglass.init(service="shop", prometheus=True, log_calls=True, endpoint="http://127.0.0.1:9")
call_model(1)  # Its thread is at work when the workers are forked.
workers = []
for _worker in range(int(sys.argv[1])):
    worker = os.fork()
    if worker == 0:
        call_model(10)
        call_model(100)
        spanglass.shutdown(0.1)
        os._exit(0)
    workers.append(worker)
for worker in workers:
    os.waitpid(worker, 0)
spanglass.shutdown(0.1)
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
samples = [
    [sample.name, sample.labels, sample.value] for family in registry.collect() for sample in family.samples
]
json.dump(samples, sys.stdout)
