"""`many THREADS STEPS`: much at once, a trace a thread; Langfuse's Python SDKs 3 to 5."""

import sys
from concurrent.futures import ThreadPoolExecutor

import journal
from langfuse import get_client, observe

THREADS, STEPS = (int(word) for word in sys.argv[1:])
langfuse = get_client()


@observe()
def step(worker: int, number: int) -> int:
    langfuse.update_current_span(name=f"step {worker}.{number}")
    return worker * 1000 + number


@observe()
def work(worker: int) -> str:
    for number in range(STEPS):
        step(worker, number)
    return langfuse.get_current_trace_id()


with ThreadPoolExecutor(THREADS) as pool:
    trace_ids = list(pool.map(work, range(THREADS)))
langfuse.flush()
journal.report(trace_ids=trace_ids)
