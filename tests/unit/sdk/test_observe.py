"""Whatever is decorated behaves as before, and every call is a span."""

import asyncio
import functools
import inspect
import pickle
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import spanglass
from spanglass.testing import Capture, capture


@spanglass.observe
def add(a: int, b: int = 2, *rest: int, scale: float = 1.0, **more: int) -> float:
    """Adds."""
    return (a + b + sum(rest) + sum(more.values())) * scale


@spanglass.observe(name="the answer", kind="chain")
async def answer(question: str) -> str:
    return question.upper()


class Rag:
    def __init__(self) -> None:
        self.asked = 0

    @spanglass.observe(kind="retriever")
    def retrieve(self, query: str) -> list[str]:
        self.asked += 1
        return [query]

    @spanglass.observe
    @classmethod
    def outer_class(cls, a: int) -> str:
        return f"{cls.__name__}{a}"

    @classmethod
    @spanglass.observe
    def inner_class(cls, a: int) -> str:
        return f"{cls.__name__}{a}"

    @spanglass.observe
    @staticmethod
    def outer_static(a: int) -> int:
        return a

    @staticmethod
    @spanglass.observe
    def inner_static(a: int) -> int:
        return a


@spanglass.observe(kind="tool")
class Calculator:
    def __call__(self, a: int) -> int:
        return a * 2


class Doubler:
    def __init__(self) -> None:
        self.name = "doubler"

    def __call__(self, a: int) -> int:
        return a * 2


def test_a_function_is_a_span_with_its_arguments_and_its_result(captured: Capture) -> None:
    assert add(1, 3, 4, scale=2.0, extra=5) == 26.0
    span = captured.span("add")
    assert span.input == {"a": 1, "b": 3, "rest": [4], "scale": 2.0, "extra": 5}
    assert (span.output, span.status, span.kind) == ("26.0", "unset", "span")


def test_a_coroutine_is_a_span_until_it_is_awaited(captured: Capture) -> None:
    assert asyncio.run(answer("why")) == "WHY"
    span = captured.span("the answer")
    assert (span.input, span.output, span.kind) == ({"question": "why"}, "WHY", "chain")


def test_what_is_decorated_keeps_its_looks() -> None:
    plain = typing.cast("Any", add).__wrapped__
    assert str(inspect.signature(add)) == str(inspect.signature(plain))
    assert typing.get_type_hints(add) == typing.get_type_hints(plain)
    assert (add.__name__, add.__doc__, add.__module__) == ("add", "Adds.", __name__)
    assert inspect.iscoroutinefunction(answer)
    assert not inspect.iscoroutinefunction(add)
    assert pickle.loads(pickle.dumps(add)) is add
    assert pickle.loads(pickle.dumps(answer)) is answer
    assert pickle.loads(pickle.dumps(Rag())).asked == 0


def test_generators_stay_generators() -> None:
    @spanglass.observe
    def count() -> Iterator[int]:
        yield 1

    @spanglass.observe()
    async def acount() -> typing.AsyncIterator[int]:
        yield 1

    assert inspect.isgeneratorfunction(count)
    assert inspect.isasyncgenfunction(acount)


def test_methods_do_not_record_self_or_cls(captured: Capture) -> None:
    rag = Rag()
    assert rag.retrieve("q") == ["q"]
    assert rag.asked == 1
    assert Rag.outer_class(1) == Rag.inner_class(1) == "Rag1"
    assert rag.outer_class(2) == "Rag2"
    assert Rag.outer_static(3) == rag.inner_static(3) == 3
    assert [span.name for span in captured.spans] == [
        "Rag.retrieve",
        "Rag.outer_class",
        "Rag.inner_class",
        "Rag.outer_class",
        "Rag.outer_static",
        "Rag.inner_static",
    ]
    assert [span.input for span in captured.spans] == [
        {"query": "q"},
        {"a": 1},
        {"a": 1},
        {"a": 2},
        {"a": 3},
        {"a": 3},
    ]


def test_callable_objects_and_their_classes_can_be_observed(captured: Capture) -> None:
    assert Calculator()(2) == 4
    assert spanglass.observe(Doubler())(3) == 6
    assert spanglass.observe(functools.partial(add, 1))(5) == 6
    assert spanglass.observe(len)("four") == 4
    assert [(span.name, span.input) for span in captured.spans] == [
        ("Calculator", {"a": 2}),
        ("Doubler", {"a": 3}),
        ("add", {"a": 1, "b": 5}),
        ("add", {"b": 5}),
        ("len", {"obj": "four"}),
    ]


def test_a_cache_below_can_still_be_asked_and_cleared(captured: Capture) -> None:
    @spanglass.observe
    @functools.lru_cache
    def double(n: int) -> int:
        return n * 2

    assert double(2) == double(2) == 4
    assert double.cache_info().hits == 1
    double.cache_clear()
    assert double.cache_info().currsize == 0
    assert [span.output for span in captured.spans] == ["4", "4"]


def test_the_stack_of_an_exception_with_a_huge_message_keeps_its_frames(captured: Capture) -> None:
    @spanglass.observe
    def fails() -> None:
        raise ValueError("x" * 200_000)

    with pytest.raises(ValueError, match="x"):
        fails()
    ((_, event),) = captured.spans[0].events
    stack = event["exception.stacktrace"]
    assert "in fails" in stack
    assert len(stack) < 60_000


def test_calls_nest(captured: Capture) -> None:
    @spanglass.observe
    def outer() -> float:
        with spanglass.span("block", kind="tool"):
            return add(1)

    outer()
    assert captured.tree() == "outer\n  block\n    add"
    assert spanglass.current_trace_id() is None


def test_concurrent_tasks_keep_apart(captured: Capture) -> None:
    @spanglass.observe
    async def leaf(n: int) -> None:
        await asyncio.sleep(0)

    @spanglass.observe
    async def branch(n: int) -> None:
        await leaf(n)
        await asyncio.sleep(0)
        await leaf(n)

    @spanglass.observe
    async def root() -> None:
        await asyncio.gather(*(branch(n) for n in range(3)))

    asyncio.run(root())
    for span in captured.named("leaf"):
        assert span.parent is not None
        assert span.parent.input == span.input
    assert captured.tree().count("  branch\n    leaf\n    leaf") == 3


class Boom(Exception):
    pass


def test_an_exception_is_recorded_with_its_stack_and_goes_on(captured: Capture) -> None:
    error = Boom("no luck")

    @spanglass.observe
    def fails(password: str) -> None:
        raise error

    with pytest.raises(Boom) as raised:
        fails("x")
    assert raised.value is error
    span = captured.span("fails")
    assert (span.status, span.error_message) == ("error", "no luck")
    ((name, event),) = span.events
    assert name == "exception"
    assert event["exception.type"] == f"{__name__}.Boom"
    assert event["exception.message"] == "no luck"
    assert "raise error" in event["exception.stacktrace"]
    assert "spanglass/_observe.py" not in event["exception.stacktrace"]


def test_what_is_left_is_not_failed(captured: Capture) -> None:
    @spanglass.observe
    async def waits() -> None:
        await asyncio.sleep(60)

    async def cancels() -> None:
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @spanglass.observe
    def exits() -> None:
        raise SystemExit(0)

    asyncio.run(cancels())
    with pytest.raises(SystemExit):
        exits()
    for name in ("waits", "exits"):
        span = captured.span(name)
        assert (span.status, span.attributes["spanglass.closed_early"]) == ("unset", True)


def test_an_interrupt_is_a_failure(captured: Capture) -> None:
    @spanglass.observe
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert captured.span("interrupted").status == "error"


def test_capture_can_be_switched_off_for_all_and_on_for_one() -> None:
    @spanglass.observe
    def plain(a: int) -> int:
        return a

    @spanglass.observe(capture=True)
    def loud(a: int) -> int:
        return a

    @spanglass.observe(capture_output=False)
    def half(a: int) -> int:
        return a

    with capture(capture=False) as quiet:
        plain(1), loud(1)
    with capture() as usual:
        half(1)
    assert [(span.input, span.output) for span in quiet.spans] == [(None, None), ({"a": 1}, "1")]
    assert (usual.spans[0].input, usual.spans[0].output) == ({"a": 1}, None)


def test_an_output_that_was_set_by_hand_stays(captured: Capture) -> None:
    @spanglass.observe
    def long() -> str:
        spanglass.update_current_span(output="short")
        return "very long"

    long()
    assert captured.span("long").output == "short"


def test_without_init_functions_only_run(caplog: pytest.LogCaptureFixture) -> None:
    assert add(1) == 3
    assert asyncio.run(answer("x")) == "X"
    with spanglass.span("nothing") as span:
        span.update(output="x")
        spanglass.update_current_trace(user_id="u")
        assert spanglass.score("s", 1) is None
    assert (span.trace_id, spanglass.current_trace_id(), spanglass.current_span_id()) == (None, None, None)
    assert spanglass.flush()
    assert len([r for r in caplog.records if "spanglass.init()" in r.message]) <= 1


def test_what_cannot_be_observed_is_left_as_it_is() -> None:
    assert spanglass.observe(typing.cast("Any", 3)) == 3

    @spanglass.observe
    class NotCallable:
        pass

    assert isinstance(NotCallable(), NotCallable)
