"""Calls to the models, through the providers' own clients."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import anthropic
import openai
from opentelemetry.trace import TracerProvider

_TOKENS_MAX: Final = 1024
_RETRIES_MAX: Final = 1

Tool = Mapping[str, Any]
"""A tool as Anthropic's API declares it: name, description, input_schema."""


class Turn(NamedTuple):
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Models:
    anthropic: anthropic.Anthropic
    openai: openai.OpenAI

    def close(self) -> None:
        self.anthropic.close()
        self.openai.close()


def connect(url: str, provider: TracerProvider) -> Models:
    """Clients of the model server at this URL; the keys are never looked at."""
    return Models(
        anthropic.Anthropic(
            base_url=url,
            api_key="unused",
            max_retries=_RETRIES_MAX,
            open_telemetry={"tracer_provider": provider},
        ),
        openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=_RETRIES_MAX),
    )


def embed(models: Models, text: str) -> Sequence[float]:
    answer = models.openai.embeddings.create(
        model="text-embedding-3-small", input=text, encoding_format="float"
    )
    return answer.data[0].embedding


def complete(
    models: Models, model: str, *, system: str, prompt: str, earlier: Sequence[Turn], is_streamed: bool
) -> str:
    """The model's whole answer, however it came."""
    if not model.startswith("claude"):
        return _complete_openai(models.openai, model, system, prompt, earlier, is_streamed=is_streamed)
    messages: list[Any] = [*_earlier_messages(earlier), {"role": "user", "content": prompt}]
    cached_system: list[Any] = [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]
    if not is_streamed:
        answer = models.anthropic.messages.create(
            model=model, max_tokens=_TOKENS_MAX, system=cached_system, messages=messages
        )
        return "".join(block.text for block in answer.content if block.type == "text")
    with models.anthropic.messages.create(
        model=model, max_tokens=_TOKENS_MAX, system=cached_system, messages=messages, stream=True
    ) as events:
        deltas = [event.delta for event in events if event.type == "content_block_delta"]
    return "".join(delta.text for delta in deltas if delta.type == "text_delta")


def _complete_openai(
    client: openai.OpenAI,
    model: str,
    system: str,
    prompt: str,
    earlier: Sequence[Turn],
    *,
    is_streamed: bool,
) -> str:
    messages: list[Any] = [
        {"role": "system", "content": system},
        *_earlier_messages(earlier),
        {"role": "user", "content": prompt},
    ]
    if not is_streamed:
        answer = client.chat.completions.create(model=model, messages=messages)
        return answer.choices[0].message.content or ""
    chunks = client.chat.completions.create(
        model=model,
        messages=messages,
        stream=True,
        stream_options={"include_usage": True},
    )
    with chunks:
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def next_move(
    models: Models, model: str, *, system: str, messages: Sequence[Mapping[str, Any]], tools: Sequence[Tool]
) -> anthropic.types.Message:
    """One turn of an agent: the model's text, or the tools it wants called."""
    given_messages: list[Any] = list(messages)
    given_tools: list[Any] = list(tools)
    return models.anthropic.messages.create(
        model=model, max_tokens=_TOKENS_MAX, system=system, messages=given_messages, tools=given_tools
    )


def tool_result(call_id: str, result: object) -> Mapping[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": json.dumps(result, ensure_ascii=False)}


def _earlier_messages(earlier: Sequence[Turn]) -> list[dict[str, str]]:
    return [
        message
        for turn in earlier
        for message in (
            {"role": "user", "content": turn.question},
            {"role": "assistant", "content": turn.answer},
        )
    ]
