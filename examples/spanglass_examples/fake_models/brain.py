"""What the imitation says: sentences of the prompt's own context, so that answers are about something."""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

_SENTENCE: Final = re.compile(r"(?<=[.!?。])\s+")
_WORD: Final = re.compile(r"[\w']+")
_CONTEXT: Final = re.compile(r"<document id=\"([^\"]+)\"[^>]*>\s*(.*?)\s*</document>", re.DOTALL)
_QUESTION: Final = re.compile(r"<question>\s*(.*?)\s*</question>", re.DOTALL)


class ToolCall(NamedTuple):
    name: str
    arguments: Mapping[str, object]


def count_tokens(text: str) -> int:
    """About what a tokenizer makes of it: four characters of Latin script, or one and a half of Korean."""
    wide = sum(1 for character in text if ord(character) >= 0x1100)
    return max(1, round((len(text) - wide) / 4.1 + wide / 1.5)) if text else 0


def is_korean(text: str) -> bool:
    return any("가" <= character <= "힣" for character in text)


def answer(prompt: str, *, verbosity: float, chance: random.Random) -> str:
    """An answer to the prompt's question from the prompt's documents."""
    found = _QUESTION.search(prompt)
    question = found.group(1) if found else prompt.strip()[-400:]
    documents = _CONTEXT.findall(prompt)
    sentences = _rank(question, documents)[: max(2, round(4 * verbosity * chance.uniform(0.6, 1.4)))]
    if not sentences:
        return _without_documents(question)
    if is_korean(question):
        lead = chance.choice(("문서에 따르면 다음과 같습니다.", "확인한 내용은 다음과 같습니다."))
        tail = "더 궁금한 점이 있으면 알려 주세요."
    else:
        lead = chance.choice(("Here is what the handbook says.", "In short:", "From the documents I found:"))
        tail = chance.choice(("", "Let me know if you need the exact steps.", "Anything else I can look up?"))
    lines = [f"- {sentence} [{document}]" for document, sentence in sentences]
    return "\n".join((lead, "", *lines, "", tail)).strip()


def choose_tool(question: str, tools: Sequence[str], used: Sequence[str]) -> ToolCall | None:
    """The next tool that the question asks for and that is still unused; None when it is time to answer."""
    order = re.search(r"\b(\d{5})\b", question)
    sums = re.search(r"(\d+(?:\.\d+)?)\s*(?:x|times|\*)\s*(\d+(?:\.\d+)?)", question)
    wanted = [ToolCall("search_docs", {"query": question[:80]})]
    if order:
        wanted.insert(0, ToolCall("get_order", {"order_id": order.group(1)}))
    if sums:
        wanted.append(ToolCall("calculate", {"expression": f"{sums.group(1)} * {sums.group(2)}"}))
    return next((call for call in wanted if call.name in tools and call.name not in used), None)


def embed(text: str, dimensions: int = 64) -> list[float]:
    """A bag of words hashed into a unit vector: near in words is near in space."""
    vector = [0.0] * dimensions
    for word in _WORD.findall(text.lower()):
        seed = sum(ord(character) * 31**position for position, character in enumerate(word[:8]))
        vector[seed % dimensions] += 1.0
    length = sum(value * value for value in vector) ** 0.5 or 1.0
    return [round(value / length, 6) for value in vector]


def text_of(content: Any) -> str:
    """The text of a message's content, which both APIs allow to be a string or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(
        text_of(part.get("text") or part.get("content") or "") if isinstance(part, dict) else str(part)
        for part in content
    )


def _rank(question: str, documents: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    words = {_stem(word) for word in _WORD.findall(question.lower())}
    scored = [
        (len(words & {_stem(word) for word in _WORD.findall(sentence.lower())}), -order, document, sentence)
        for order, (document, text) in enumerate(documents)
        for sentence in _SENTENCE.split(text)
    ]
    return [(document, sentence) for _, _, document, sentence in sorted(scored, reverse=True)]


def _stem(word: str) -> str:
    return word[:2] if is_korean(word) else word[:5]


def _without_documents(question: str) -> str:
    if question.startswith("Classify"):
        return next((label for word, label in _LABELS.items() if word in question), "other")
    if question.startswith("Summarize"):
        return question.partition(":")[2].strip().capitalize() + "; fixed, and an alert was added."
    if is_korean(question):
        return "관련 문서를 찾지 못했습니다. 질문을 조금 더 자세히 적어 주시겠어요?"
    return "I found nothing about this in the handbook. Could you say a little more?"


_LABELS: Final = {"charged": "billing", "crash": "bug", "add me": "access", "webhook": "integration"}
