"""The imitation, as the providers' own clients see it."""

import random
from collections.abc import Iterator

import anthropic
import openai
import pytest

from spanglass_examples.clock import SkippingClock
from spanglass_examples.conditions import Conditions, World
from spanglass_examples.fake_models import ModelServer
from spanglass_examples.fake_models.brain import answer, count_tokens

PROMPT = (
    '<document id="refunds">Returns are free for 30 days. Cats are nice.</document><question>{}</question>'
)
TOOL = {
    "name": "get_order",
    "description": "The state of an order.",
    "input_schema": {"type": "object", "properties": {"order_id": {"type": "string"}}},
}


@pytest.fixture
def world() -> World:
    return World(clock=SkippingClock(), conditions=Conditions(error_rate=0.0))


@pytest.fixture
def url(world: World) -> Iterator[str]:
    with ModelServer(world, seed=3).running() as served:
        yield served


@pytest.fixture
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="x", max_retries=0) as client:
        yield client


@pytest.fixture
def gpt(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
        yield client


def ask_claude(client: anthropic.Anthropic, question: str, **more):
    return client.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=500,
        messages=[{"role": "user", "content": PROMPT.format(question)}],
        **more,
    )


def test_claude_answers_from_the_documents(claude: anthropic.Anthropic) -> None:
    message = ask_claude(claude, "How long are returns free?")
    assert "Returns are free for 30 days. [refunds]" in message.content[0].text
    assert message.stop_reason == "end_turn"
    assert message.id.startswith("msg_")
    assert message.usage.output_tokens == count_tokens(message.content[0].text)


def test_a_cached_system_prompt_is_written_once_and_read_then(
    claude: anthropic.Anthropic, world: World
) -> None:
    system = [{"type": "text", "text": "Be kind. " * 200, "cache_control": {"type": "ephemeral"}}]
    first = ask_claude(claude, "returns?", system=system).usage
    second = ask_claude(claude, "returns?", system=system).usage
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (
        second.cache_read_input_tokens,
        0,
    )
    assert first.cache_creation_input_tokens > 300
    assert first.input_tokens == second.input_tokens < 100, "the rest is counted apart"
    world.clock.sleep(600)
    assert ask_claude(claude, "returns?", system=system).usage.cache_creation_input_tokens > 0


def test_claude_streams_what_it_would_have_said(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(
        model="claude-haiku-4-5",
        max_tokens=500,
        messages=[{"role": "user", "content": PROMPT.format("returns?")}],
    ) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 3
    assert "".join(pieces) == final.content[0].text
    assert final.usage.output_tokens == count_tokens(final.content[0].text)


def test_claude_calls_a_tool_and_then_answers(claude: anthropic.Anthropic) -> None:
    asked = {"role": "user", "content": "Where is order 48213?"}
    call = claude.messages.create(model="claude-sonnet-4-6", max_tokens=500, messages=[asked], tools=[TOOL])
    assert call.stop_reason == "tool_use"
    block = call.content[-1]
    assert (block.name, block.input) == ("get_order", {"order_id": "48213"})
    result = {"type": "tool_result", "tool_use_id": block.id, "content": "delivered"}
    answered = claude.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=500,
        messages=[
            asked,
            {"role": "assistant", "content": [one.model_dump() for one in call.content]},
            {"role": "user", "content": [result]},
        ],
        tools=[TOOL],
    )
    assert answered.stop_reason == "end_turn"
    assert "delivered" in answered.content[0].text


def test_gpt_answers_streams_and_counts(gpt: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": PROMPT.format("returns?")}]
    whole = gpt.chat.completions.create(model="gpt-5.4-mini", messages=messages)
    assert whole.choices[0].finish_reason == "stop"
    assert "Returns are free" in whole.choices[0].message.content
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    chunks = list(
        gpt.chat.completions.create(
            model="gpt-5.4-mini", messages=messages, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "Returns are free" in text


def test_gpt_calls_a_tool(gpt: openai.OpenAI) -> None:
    function = {key: TOOL[key] for key in ("name", "description")} | {"parameters": TOOL["input_schema"]}
    made = gpt.chat.completions.create(
        model="gpt-5.4-mini",
        messages=[{"role": "user", "content": "Where is order 48213?"}],
        tools=[{"type": "function", "function": function}],
    )
    assert made.choices[0].finish_reason == "tool_calls"
    assert made.choices[0].message.tool_calls[0].function.arguments == '{"order_id": "48213"}'


@pytest.mark.parametrize("encoding", ["float", openai.omit], ids=["float", "base64"])
def test_words_in_common_make_embeddings_alike(gpt: openai.OpenAI, encoding) -> None:
    def embed(text: str) -> list[float]:
        made = gpt.embeddings.create(model="text-embedding-3-small", input=text, encoding_format=encoding)
        assert made.usage.prompt_tokens > 0
        return made.data[0].embedding

    def likeness(left: str, right: str) -> float:
        return sum(one * other for one, other in zip(embed(left), embed(right), strict=True))

    assert likeness("reset a password", "reset my password") > likeness("reset a password", "shipping costs")


def test_errors_are_the_providers_own(claude: anthropic.Anthropic, gpt: openai.OpenAI, world: World) -> None:
    world.conditions = Conditions(error_rate=1.0)
    seen = set()
    for _ in range(30):
        with pytest.raises((anthropic.APIStatusError, openai.APIStatusError)) as caught:
            ask_claude(claude, "returns?")
        seen.add(caught.value.status_code)
        with pytest.raises(openai.APIStatusError):
            gpt.embeddings.create(model="text-embedding-3-small", input="x", encoding_format="float")
    assert seen == {429, 500, 529}


def test_an_unknown_model_is_not_found(claude: anthropic.Anthropic, gpt: openai.OpenAI) -> None:
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.create(model="claude-0", max_tokens=5, messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.NotFoundError):
        gpt.chat.completions.create(model="gpt-0", messages=[{"role": "user", "content": "x"}])


def test_a_slow_provider_is_slow_alone(claude: anthropic.Anthropic, gpt: openai.OpenAI, world: World) -> None:
    def seconds(ask) -> float:
        before = world.clock.now_s()
        for _ in range(5):
            ask()
        return world.clock.now_s() - before

    def embed() -> None:
        gpt.embeddings.create(model="text-embedding-3-small", input="x", encoding_format="float")

    def claude_asks() -> None:
        ask_claude(claude, "returns?")

    usual, usual_embedding = seconds(claude_asks), seconds(embed)
    world.conditions = Conditions(error_rate=0.0, slow_provider="anthropic", provider_slowness=20)
    assert seconds(claude_asks) > 5 * usual
    assert seconds(embed) < 4 * usual_embedding


def test_korean_questions_get_korean_answers() -> None:
    prompt = (
        '<document id="환불" title="환불 규정">30일 안에 반품하면 전액 환불됩니다.</document>'
        "<question>환불은 며칠 안에 신청하나요?</question>"
    )
    said = answer(prompt, verbosity=1.0, chance=random.Random(1))
    assert "30일 안에 반품하면 전액 환불됩니다. [환불]" in said
    assert count_tokens("환불 규정") > count_tokens("refund")
