"""Functions of every kind, traced by the decorator of Langfuse's Python SDK 2."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import journal
from langfuse.decorators import langfuse_context, observe

made: dict[str, Any] = {}


@journal.around
@observe()
@journal.inside
def retrieve(question: str, *, limit: int = 2) -> list[str]:
    langfuse_context.update_current_observation(
        metadata={"index": "handbook", "limit": limit, "is_cold": False}
    )
    return ["Refunds take 14 days.", "Delivery takes two days."][:limit]


@observe(as_type="generation")
def stream(question: str) -> Iterator[str]:
    langfuse_context.update_current_observation(
        model="claude-haiku-4-5",
        model_parameters={"temperature": 0.2, "max_tokens": 100},
        completion_start_time=datetime.now(UTC),
    )
    yield "Refunds take "
    yield "14 days."


@observe()
async def stream_later(count: int) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number


@observe()
async def look_up(order: int) -> dict[str, Any]:
    await asyncio.sleep(0.01)
    return {"order": order, "is_paid": True}


@journal.around
@observe()
@journal.inside
def fail(reason: str) -> None:
    raise ValueError(f"no {reason}")


@journal.around
@observe(as_type="generation", capture_input=False)
@journal.inside
def generate(question: str) -> dict[str, str]:
    langfuse_context.update_current_observation(
        model="gpt-5.4-mini",
        input=[{"role": "user", "content": question}],
        usage_details={"input": 100, "output": 20, "cache_read_input_tokens": 40},
        cost_details={"input": 0.001, "output": 0.002, "total": 0.003},
    )
    langfuse_context.score_current_observation(name="relevance", value="high")
    made["generation_id"] = langfuse_context.get_current_observation_id()
    return {"role": "assistant", "content": "14 days."}


@observe()
def write(text: str) -> str:
    langfuse_context.update_current_observation(level="WARNING", status_message="shelf is full", version="9")
    return check(text)


@observe(name="spell check")
def check(text: str) -> str:
    made["check_id"] = langfuse_context.get_current_observation_id()
    return text.title()


@journal.around
@observe(name="agent")
@journal.inside
def agent(question: str) -> str:
    langfuse_context.update_current_trace(
        name="support agent",
        user_id="ada",
        session_id="session-3",
        tags=["v2", "support"],
        version="3.1",
        metadata={"tenant": "acme", "attempt": 2, "is_beta": True, "filters": {"language": "en"}},
    )
    retrieve(question, limit=1)
    answer = "".join(stream(question))
    made["orders"] = asyncio.run(look_up(17))
    made["numbers"] = asyncio.run(_collect())
    try:
        fail("stock")
    except ValueError as error:
        made["error"] = repr(error)
    generate(question)
    write("refunds")
    langfuse_context.update_current_trace(tags=["later"], metadata={"filters": {"country": "kr"}})
    langfuse_context.score_current_trace(name="helpful", value=1, data_type="BOOLEAN", comment="thumbs up")
    made["trace_id"] = langfuse_context.get_current_trace_id()
    return answer


async def _collect() -> list[int]:
    return [number async for number in stream_later(3)]


@observe()
def crash() -> None:
    made["crashed_trace_id"] = langfuse_context.get_current_trace_id()
    raise RuntimeError("the oven is cold")


@observe(as_type="generation")
def alone(question: str) -> str:
    langfuse_context.update_current_observation(model="gpt-5.4-mini", usage={"input": 7, "output": 3})
    made["alone_trace_id"] = langfuse_context.get_current_trace_id()
    return f"{question}!"


@observe()
def chosen(name: str) -> str:
    made["chosen_trace_id"] = langfuse_context.get_current_trace_id()
    return retrieve_again(name)


@observe()
def retrieve_again(name: str) -> str:
    return name.upper()


answer = agent("How long do refunds take?")
try:
    crash()
except RuntimeError as error:
    made["crash"] = repr(error)
alone("Why")
chosen("a", langfuse_observation_id="Bestellung 17/ä")
langfuse_context.flush()
journal.report(**made, answer=answer)
