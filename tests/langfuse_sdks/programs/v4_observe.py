"""Functions of every kind, traced by decorator and context managers of Langfuse's Python SDK 4 and 5."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import journal
from langfuse import get_client, observe, propagate_attributes

langfuse = get_client()
made: dict[str, Any] = {}


@journal.around
@observe(as_type="retriever")
@journal.inside
def retrieve(question: str, *, limit: int = 2) -> list[str]:
    langfuse.update_current_span(metadata={"index": "handbook", "limit": limit, "is_cold": False})
    return ["Refunds take 14 days.", "Delivery takes two days."][:limit]


@observe(as_type="generation")
def stream(question: str) -> Iterator[str]:
    langfuse.update_current_generation(
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


@observe(as_type="tool")
async def look_up(order: int) -> dict[str, Any]:
    await asyncio.sleep(0.01)
    return {"order": order, "is_paid": True}


@journal.around
@observe()
@journal.inside
def fail(reason: str) -> None:
    raise ValueError(f"no {reason}")


def generate(question: str) -> str:
    with langfuse.start_as_current_observation(
        as_type="generation",
        name="generate",
        model="gpt-5.4-mini",
        input=[{"role": "user", "content": question}],
    ) as generation:
        generation.update(
            output={"role": "assistant", "content": "14 days."},
            usage_details={"input": 100, "output": 20, "cache_read_input_tokens": 40},
            cost_details={"input": 0.001, "output": 0.002, "total": 0.003},
        )
        generation.score(name="relevance", value="high", data_type="CATEGORICAL")
        return generation.id


def fail_in_block() -> None:
    with langfuse.start_as_current_observation(name="block", input="text as it is"):
        raise KeyError("shelf")


@journal.around
@observe(as_type="agent")
@journal.inside
def agent(question: str) -> str:
    with propagate_attributes(
        trace_name="support agent",
        user_id="ada",
        session_id="session-3",
        tags=["support", "v4"],
        version="3.1",
        metadata={"tenant": "acme", "attempt": "2"},
    ):
        retrieve(question, limit=1)
        answer = "".join(stream(question))
        made["orders"] = asyncio.run(look_up(17))
        made["numbers"] = asyncio.run(_collect())
        for broken in (lambda: fail("stock"), fail_in_block):
            try:
                broken()
            except (ValueError, KeyError) as error:
                made.setdefault("errors", []).append(repr(error))
        made["generation_id"] = generate(question)
        langfuse.create_event(
            name="handed over", level="WARNING", status_message="queue is long", input={"to": 2}
        )
        langfuse.score_current_span(name="steps", value=7)
        langfuse.score_current_trace(name="helpful", value=1, data_type="BOOLEAN", comment="thumbs up")
        langfuse.update_current_span(
            metadata={"tenant": "acme", "attempt": 2, "is_beta": True, "filters": {"language": "en"}}
        )
        made.update(trace_id=langfuse.get_current_trace_id(), agent_id=langfuse.get_current_observation_id())
        return answer


async def _collect() -> list[int]:
    return [number async for number in stream_later(3)]


answer = agent("How long do refunds take?")
langfuse.flush()
journal.report(**made, answer=answer)
