"""Values and orders that nobody plans; Langfuse's Python SDKs 3 to 5."""

import asyncio
import datetime
import decimal
from dataclasses import dataclass
from typing import Any

import journal
from langfuse import Langfuse, observe

langfuse = Langfuse()


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@dataclass
class Order:
    number: int
    placed: datetime.date


@observe()
def take(what: Any) -> Any:
    return what


@observe()
def odd() -> str:
    loop: list[Any] = []
    loop.append(loop)
    take(Unprintable())
    take(loop)
    take({"order": Order(7, datetime.date(2026, 1, 2)), "price": decimal.Decimal("1.50"), "set": {1}})
    take([float("nan"), float("inf"), 2**70, b"bytes"])
    take("zero \x00, half \ud83d, whole \U0001f600")
    take("long " * 60_000)
    return langfuse.get_current_trace_id()


@observe()
async def inner(number: int) -> int:
    await asyncio.sleep(0.01 * (5 - number))
    return number


@observe()
async def task(number: int) -> int:
    langfuse.update_current_span(name=f"task {number}", metadata={"number": number})
    return await inner(number)


@observe()
async def together() -> str:
    await asyncio.gather(*(task(number) for number in range(5)))
    return langfuse.get_current_trace_id()


def orphan() -> str:
    context = {"trace_id": langfuse.create_trace_id(), "parent_span_id": "00f067aa0ba902b7"}
    with langfuse.start_as_current_observation(name="orphan", trace_context=context) as span:
        return span.trace_id


odd_id = odd()
together_id = asyncio.run(together())
scored_id = langfuse.create_trace_id(seed="to come")
langfuse.create_score(trace_id=scored_id, name="early", value=0.5)
langfuse.create_score(session_id="session-9", name="mood", value="good", comment="at the end")
langfuse.flush()
with langfuse.start_as_current_observation(name="at last", trace_context={"trace_id": scored_id}):
    pass
orphan_id = orphan()
langfuse.flush()
journal.report(odd_id=odd_id, together_id=together_id, scored_id=scored_id, orphan_id=orphan_id)
