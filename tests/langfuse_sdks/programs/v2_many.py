"""`many THREADS STEPS`: much at once, a trace a thread; Langfuse's Python SDK 2."""

import sys
from concurrent.futures import ThreadPoolExecutor

import journal
from langfuse.decorators import langfuse_context, observe

THREADS, STEPS = (int(word) for word in sys.argv[1:])


@observe()
def step(worker: int, number: int) -> int:
    langfuse_context.update_current_observation(name=f"step {worker}.{number}")
    return worker * 1000 + number


@observe()
def work(worker: int) -> str:
    langfuse_context.update_current_trace(name=f"worker {worker}", user_id=f"user {worker}")
    for number in range(STEPS):
        step(worker, number)
    return langfuse_context.get_current_trace_id()


with ThreadPoolExecutor(THREADS) as pool:
    trace_ids = list(pool.map(work, range(THREADS)))
langfuse_context.flush()
journal.report(trace_ids=trace_ids)
