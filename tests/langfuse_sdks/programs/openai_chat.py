"""Chats through Langfuse's stand-in for OpenAI's client; any Python SDK of Langfuse."""

import os
from typing import Any

import journal
import openai
from langfuse.openai import OpenAI

client = OpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="none", max_retries=0)
MODEL = "gpt-5.4-mini"
MESSAGES = [
    {"role": "system", "content": "You answer from a handbook."},
    {"role": "user", "content": "How long do refunds take?"},
]


def ask() -> dict[str, Any]:
    answer = client.chat.completions.create(name="plain", model=MODEL, messages=MESSAGES, max_tokens=200)
    return {
        "text": answer.choices[0].message.content,
        "tokens": [answer.usage.prompt_tokens, answer.usage.completion_tokens],
    }


def stream() -> dict[str, Any]:
    text, tokens = "", []
    for piece in client.chat.completions.create(
        name="streamed",
        model=MODEL,
        messages=MESSAGES,
        stream=True,
        stream_options={"include_usage": True},
    ):
        if piece.choices:
            text += piece.choices[0].delta.content or ""
        if piece.usage:
            tokens = [piece.usage.prompt_tokens, piece.usage.completion_tokens]
    return {"text": text, "tokens": tokens}


def fail() -> str:
    try:
        client.chat.completions.create(name="failed", model="no-such-model", messages=MESSAGES)
    except openai.NotFoundError as error:
        return error.message
    return ""


def flush() -> None:
    try:
        from langfuse import get_client

        get_client().flush()
    except ImportError:
        openai.flush_langfuse()


made = {"plain": ask(), "streamed": stream(), "failed": fail()}
flush()
journal.report(**made, messages=MESSAGES)
