"""Traces made by hand with the client of Langfuse's Python SDK 2."""

from datetime import UTC, datetime, timedelta

import journal
from langfuse import Langfuse

langfuse = Langfuse()
START = datetime.now(UTC) - timedelta(minutes=5)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


trace = langfuse.trace(
    name="checkout",
    timestamp=at(0),
    user_id="grace",
    session_id="cart-9",
    input={"cart": [1, 2]},
    metadata={"shop": "north", "visits": 3},
    tags=["shop", "web"],
    release="2.0.0",
    version="7",
)
plan = trace.span(name="plan", start_time=at(0.5), input="a cart", metadata={"depth": 1, "nested": {"a": 1}})
write = plan.generation(
    name="write",
    start_time=at(1),
    completion_start_time=at(1.25),
    model="gpt-5.4-mini",
    model_parameters={"temperature": 0.5, "stop": ["\n"]},
    input=[{"role": "system", "content": "Be short."}, {"role": "user", "content": "Confirm."}],
)
write.end(
    end_time=at(2),
    output="Confirmed.",
    usage={"promptTokens": 50, "completionTokens": 5, "totalTokens": 55},
    level="DEBUG",
)
plan.update(metadata={"nested": {"b": 2}})
moment = trace.event(name="mail sent", start_time=at(2.5), level="WARNING", status_message="slow relay")
plan.end(end_time=at(3), output={"steps": ["write"]})
failed = trace.span(name="charge", start_time=at(3), input={"amount": 12.5})
failed.end(end_time=at(3.5), level="ERROR", status_message="card declined")
trace.update(output="done", metadata={"paid": False}, tags=["later"])
trace.score(name="satisfaction", value=4.5, comment="a survey", id="satisfaction-1")
write.score(name="tone", value="friendly", data_type="CATEGORICAL")
langfuse.score(trace_id=trace.id, name="satisfaction", value=2.5, comment="changed", id="satisfaction-1")
langfuse.score(trace_id=trace.id, name="is_paid", value=0, data_type="BOOLEAN")
langfuse.flush()

ids = {"trace": trace.id, "plan": plan.id, "write": write.id, "mail sent": moment.id, "charge": failed.id}
journal.report(
    ids=ids,
    trace_id=trace.id,
    start=START.isoformat(),
    trace_url=trace.get_trace_url(),
)
