"""A fake judge, and questions put to it that leave no connection open."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from tests.support.fake_judge import FakeJudge
from tests.support.loops import run_apart

from spanglass.evaluators.judge import Judge, Limits, Retries, connect

Connect = Callable[..., Judge]
SECRET = "sk-very-secret-0123456789"


@pytest.fixture
def fake() -> Iterator[FakeJudge]:
    with FakeJudge() as judge:
        yield judge


class Sleeps(list[float]):
    """Notes how long somebody would have slept."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture(params=["anthropic", "openai"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connected(fake: FakeJudge, provider: str, sleeps: Sleeps) -> Connect:
    """`connect` to the fake, by each API, without waiting."""

    def make(**wanted: Any) -> Judge:
        model = "claude-haiku-4-5" if provider == "anthropic" else "gpt-4.1-mini"
        url = fake.anthropic_url if provider == "anthropic" else fake.openai_url
        given = {
            "base_url": url,
            "api_key": SECRET,
            "sleep": sleeps,
            "chance": lambda: 0.5,
            "limits": Limits(sleep=sleeps),
            "retries": Retries(),
        }
        return connect(provider, wanted.pop("model", model), **{**given, **wanted})

    return make


def run(judge: Judge, question: Callable[[], Awaitable[Any]]) -> Any:
    async def asked() -> Any:
        try:
            return await question()
        finally:
            await judge.aclose()

    return run_apart(asked())
