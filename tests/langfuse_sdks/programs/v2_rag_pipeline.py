"""Answers a question from a small handbook; traced by Langfuse's Python SDK 2."""

from typing import Any

import journal
from anthropic import Anthropic
from langfuse.decorators import langfuse_context, observe

HANDBOOK = {
    "refunds": "Refunds are paid within 14 days of the return.",
    "delivery": "Delivery takes two to four working days.",
    "warranty": "The warranty lasts three years.",
}
QUESTION = "How long do refunds take?"
MODEL = "claude-haiku-4-5"
anthropic = Anthropic()
made: dict[str, Any] = {}


@journal.around
@observe()
@journal.inside
def retrieve(question: str, limit: int = 2) -> list[dict[str, Any]]:
    words = set(question.lower().strip("?").split())
    found = [
        {"id": name, "text": text, "score": float(len(words & set(text.lower().split())) + (name in words))}
        for name, text in HANDBOOK.items()
    ]
    langfuse_context.update_current_observation(metadata={"index": "handbook", "limit": limit})
    return sorted(found, key=lambda document: -document["score"])[:limit]


@journal.around
@observe()
@journal.inside
def rerank(question: str, documents: list[dict[str, Any]]) -> list[str]:
    return [document["text"] for document in documents if document["score"] > 0]


@journal.around
@observe(as_type="generation")
@journal.inside
def generate(question: str, context: list[str]) -> str:
    messages = [{"role": "user", "content": f"{question}\n\n" + "\n".join(context)}]
    message = anthropic.messages.create(model=MODEL, max_tokens=200, temperature=0.2, messages=messages)
    text = message.content[0].text
    langfuse_context.update_current_observation(
        model=MODEL,
        input=messages,
        model_parameters={"max_tokens": 200, "temperature": "0.2"},
        usage={"input": message.usage.input_tokens, "output": message.usage.output_tokens, "unit": "TOKENS"},
    )
    made.update(
        generation_id=langfuse_context.get_current_observation_id(),
        messages=messages,
        input_tokens=message.usage.input_tokens,
        output_tokens=message.usage.output_tokens,
    )
    return text


@journal.around
@observe()
@journal.inside
def rag_pipeline(question: str) -> str:
    langfuse_context.update_current_trace(
        user_id="ada",
        session_id="session-7",
        tags=["rag", "handbook"],
        metadata={"tenant": "acme", "attempt": 1, "is_beta": True, "filters": {"language": "en"}},
        release="1.4.2",
        version="3",
    )
    documents = retrieve(question)
    context = rerank(question, documents)
    answer = generate(question, context)
    langfuse_context.score_current_trace(name="groundedness", value=0.9, comment="cites the handbook")
    made.update(trace_id=langfuse_context.get_current_trace_id(), documents=documents, context=context)
    return answer


answer = rag_pipeline(QUESTION)
langfuse_context.flush()
journal.report(**made, question=QUESTION, answer=answer, model=MODEL)
