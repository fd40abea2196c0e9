"""Generators: their span covers all of their work, and only that."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

import spanglass
from spanglass.testing import Capture, capture


@spanglass.observe
def words(*given: str) -> Iterator[str]:
    with spanglass.span("inside"):
        for word in given:  # noqa: UP028 - a step between two items
            yield word


@spanglass.observe
async def awords(*given: str) -> AsyncIterator[str]:
    with spanglass.span("inside"):
        for word in given:
            await asyncio.sleep(0)
            yield word


@spanglass.observe
def echo() -> Any:
    said = yield "ready"
    while said is not None:
        try:
            said = yield said
        except ValueError as error:
            said = yield f"caught {error}"
    return "done"


def test_a_stream_is_one_span_with_its_text_and_its_time_to_the_first_item(captured: Capture) -> None:
    assert list(words("a", "b")) == ["a", "b"]
    span = captured.span("words")
    assert (span.input, span.output) == ({"given": ["a", "b"]}, "ab")
    assert span.attributes["spanglass.stream.items"] == 2
    assert 0 < span.attributes["gen_ai.response.time_to_first_chunk"] < span.duration_ns / 1e9
    assert captured.tree() == "words\n  inside"


def test_consumers_never_see_the_spans_of_a_stream(captured: Capture) -> None:
    with spanglass.span("consumer") as consumer:
        one, two = words("a", "b"), words("c", "d")
        for _ in zip(one, two, strict=True):
            assert spanglass.current_span_id() == consumer.span_id
            with spanglass.span("work"):
                pass
    assert captured.tree() == ("consumer\n  words\n    inside\n  words\n    inside\n  work\n  work")


def test_consumers_of_async_streams_neither(captured: Capture) -> None:
    async def consume() -> None:
        with spanglass.span("consumer") as consumer:
            async for _ in awords("a", "b"):
                assert spanglass.current_span_id() == consumer.span_id
                with spanglass.span("work"):
                    await asyncio.sleep(0)

    asyncio.run(consume())
    assert captured.tree() == "consumer\n  awords\n    inside\n  work\n  work"
    assert captured.span("awords").output == "ab"


def test_what_is_sent_and_thrown_arrives(captured: Capture) -> None:
    stream = echo()
    assert next(stream) == "ready"
    assert stream.send("x") == "x"
    assert stream.throw(ValueError("oops")) == "caught oops"
    with pytest.raises(StopIteration) as stop:
        stream.send(None)
    assert stop.value.value == "done"
    assert captured.span("echo").status == "unset"


def test_async_streams_take_values_and_exceptions_too(captured: Capture) -> None:
    @spanglass.observe
    async def aecho() -> Any:
        said = yield "ready"
        try:
            yield said
        except ValueError as error:
            yield f"caught {error}"

    async def talk() -> list[Any]:
        stream = cast("Any", aecho())
        return [await stream.asend(None), await stream.asend("x"), await stream.athrow(ValueError("oops"))]

    assert asyncio.run(talk()) == ["ready", "x", "caught oops"]
    assert captured.span("aecho").output == "readyxcaught oops"


def test_a_stream_that_fails_is_a_failed_span(captured: Capture) -> None:
    @spanglass.observe
    def breaks() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    with pytest.raises(KeyError):
        list(breaks())
    span = captured.span("breaks")
    assert (span.status, span.error_type, span.output) == ("error", "KeyError", [1])


@pytest.mark.parametrize("how", ["close", "collect", "break"])
def test_a_stream_left_early_ends_its_spans_without_an_error(captured: Capture, how: str) -> None:
    stream: Any = words("a", "b", "c")
    if how == "break":
        for _ in stream:
            break
    else:
        next(stream)
    with spanglass.span("elsewhere") as elsewhere:
        if how == "close":
            stream.close()
        del stream
        gc.collect()
        assert spanglass.current_span_id() == elsewhere.span_id
    assert spanglass.current_span_id() is None
    span = captured.span("words")
    assert (span.status, span.output) == ("unset", "a")
    assert span.attributes["spanglass.closed_early"] is True
    assert captured.span("inside").status == "unset"


def test_an_async_stream_left_early_ends_its_spans_too(captured: Capture) -> None:
    async def leave() -> None:
        stream = cast("Any", awords("a", "b"))
        await stream.asend(None)
        await stream.aclose()
        async for _ in awords("c", "d"):
            break
        gc.collect()
        await asyncio.sleep(0.01)

    asyncio.run(leave())
    assert [span.output for span in captured.named("awords")] == ["a", "c"]
    assert {span.status for span in captured.spans} == {"unset"}
    assert len(captured.named("inside")) == 2


def test_streams_that_a_function_returns_are_part_of_its_call(captured: Capture) -> None:
    def plain() -> Iterator[str]:
        with spanglass.span("part"):
            yield "a"
        yield "b"

    async def aplain() -> AsyncIterator[str]:
        yield "a"

    async def later() -> str:
        with spanglass.span("part of later"):
            return "c"

    @spanglass.observe
    def returns_a_stream() -> Iterator[str]:
        return plain()

    @spanglass.observe
    async def returns_an_async_stream() -> AsyncIterator[str]:
        return aplain()

    @spanglass.observe
    def returns_a_coroutine() -> Any:
        return later()

    async def run() -> str:
        async for _ in await returns_an_async_stream():
            assert spanglass.current_span_id() is None
        return str(await returns_a_coroutine())

    stream = returns_a_stream()
    assert spanglass.current_span_id() is None
    assert list(stream) == ["a", "b"]
    assert asyncio.run(run()) == "c"
    assert captured.span("returns_a_stream").output == "ab"
    assert captured.span("returns_an_async_stream").output == "a"
    assert captured.span("returns_a_coroutine").output == "c"
    assert captured.span("part").parent == captured.span("returns_a_stream")
    assert captured.span("part of later").parent == captured.span("returns_a_coroutine")


def test_a_returned_stream_that_nobody_reads_still_ends_its_span(captured: Capture) -> None:
    @spanglass.observe
    def unread() -> Iterator[int]:
        return (n for n in range(3))

    unread()
    gc.collect()
    assert captured.span("unread").status == "unset"


def test_a_stream_may_be_read_on_another_thread(captured: Capture) -> None:
    import threading

    stream = words("a", "b", "c")
    next(stream)
    rest: list[str] = []
    thread = threading.Thread(target=lambda: rest.extend(stream))
    thread.start()
    thread.join()
    assert rest == ["b", "c"]
    assert captured.tree() == "words\n  inside"


def test_an_endless_stream_is_kept_to_its_limit() -> None:
    @spanglass.observe
    def endless() -> Iterator[int]:
        n = 0
        while True:
            n += 1
            yield n

    with capture() as captured:
        started = time.monotonic()
        stream: Any = endless()
        for _ in range(50_000):
            next(stream)
        stream.close()
        assert time.monotonic() - started < 20
    span = captured.span("endless")
    assert span.attributes["spanglass.stream.items"] == 50_000
    assert len(span.output) == 1_002
    assert span.output[-1] == "… [48999 more items]"


def test_a_stream_called_with_wrong_arguments_leaves_no_span_behind(captured: Capture) -> None:
    @spanglass.observe
    def words(text: str) -> Iterator[str]:
        yield from text.split()

    with pytest.raises(TypeError):
        list(words())  # type: ignore[call-arg]
    assert spanglass.current_span_id() is None
    assert list(words("a b")) == ["a", "b"]
    assert [span.name for span in captured.spans] == ["words"]


def test_a_long_text_is_kept_whole_up_to_the_size_limit() -> None:
    text = ["word "] * 5_000
    with capture() as captured:
        list(words(*text))
    assert captured.span("words").output == "word " * 5_000
    with capture(capture_chars_max=12) as cut:
        list(words(*text))
    assert cut.span("words").output.startswith("word word wo")
    assert "more" in cut.span("words").output


def test_streams_run_without_init() -> None:
    assert list(words("a")) == ["a"]

    async def collect() -> list[str]:
        return [word async for word in awords("b")]

    assert asyncio.run(collect()) == ["b"]
