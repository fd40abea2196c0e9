"""A shop's assistant whose logs, calls and scores go to the server at argv[1]. Prints its trace's id."""

import logging
import sys

import spanglass

logging.basicConfig(level=logging.INFO)
spanglass.init(service="shop", environment="test", endpoint=sys.argv[1], log_calls=True, logs=True)
log = logging.getLogger("shop.orders")


@spanglass.observe(kind="llm")
def ask(question: str) -> str:
    spanglass.update_current_span(
        model="gpt-4o-mini", provider="openai", usage={"input_tokens": 1000, "output_tokens": 100}
    )
    log.warning("order %d is late", 7, extra={"order": 7})
    return "It comes tomorrow."


@spanglass.observe
def answer(question: str) -> str:
    spanglass.update_current_trace(feature="orders")
    log.info("asked")
    found = ask(question)
    sys.stdout.write(f"{spanglass.current_trace_id()}\n")
    return found


answer("Where is my order?")
log.info("done")
