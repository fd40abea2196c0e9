"""Values and orders that nobody plans; Langfuse's Python SDK 2."""

import asyncio
import datetime
import decimal
from dataclasses import dataclass
from typing import Any

import journal
from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe

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
    return langfuse_context.get_current_trace_id()


@observe()
async def inner(number: int) -> int:
    await asyncio.sleep(0.01 * (5 - number))
    return number


@observe()
async def task(number: int) -> int:
    langfuse_context.update_current_observation(name=f"task {number}", metadata={"number": number})
    return await inner(number)


@observe()
async def together() -> str:
    await asyncio.gather(*(task(number) for number in range(5)))
    return langfuse_context.get_current_trace_id()


odd_id = odd()
together_id = asyncio.run(together())
langfuse.score(trace_id="to come", name="early", value=0.5)
langfuse.flush()
langfuse.trace(id="to come", name="at last")
langfuse.span(id="orphan", trace_id="never told", name="orphan").end()
langfuse_context.flush()
langfuse.flush()
journal.report(odd_id=odd_id, together_id=together_id, scored_id="to come", orphan_id="never told")
