"""Full-text search over the handbook: BM25, with Korean words cut into pairs of syllables."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"[\w']+")
_K1, _B = 1.4, 0.7


class Document(NamedTuple):
    id: str
    title: str
    text: str


class Hit(NamedTuple):
    document: Document
    score: float


def load_handbook() -> Sequence[Document]:
    """The shipped documents: a heading `# id | title`, then the text."""
    source = resources.files(__package__).joinpath("handbook.md").read_text(encoding="utf-8")
    documents = []
    for section in source.split("# ")[1:]:
        heading, _, text = section.partition("\n")
        identifier, _, title = heading.partition(" | ")
        documents.append(Document(identifier.strip(), title.strip(), text.strip()))
    return documents


class Index:
    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._counts = [Counter(_terms(f"{one.title} {one.title} {one.text}")) for one in documents]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean_length = sum(self._lengths) / len(self._lengths)
        self._found_in = Counter(term for counts in self._counts for term in counts)

    def find(self, query: str, *, limit: int) -> Sequence[Hit]:
        """The best documents, best first, with scores above 0; at most `limit`."""
        terms = _terms(query)
        hits = [Hit(document, self._score(number, terms)) for number, document in enumerate(self._documents)]
        ranked = sorted(hits, key=lambda hit: -hit.score)
        return [hit for hit in ranked[:limit] if hit.score > 0]

    def _score(self, number: int, terms: Sequence[str]) -> float:
        counts = self._counts[number]
        norm = _K1 * (1 - _B + _B * self._lengths[number] / self._mean_length)
        return sum(self._rarity(term) * counts[term] * (_K1 + 1) / (counts[term] + norm) for term in terms)

    def _rarity(self, term: str) -> float:
        found_in = self._found_in[term]
        return math.log(1 + (len(self._documents) - found_in + 0.5) / (found_in + 0.5))


def documents_of(hits: Sequence[Hit]) -> list[dict[str, object]]:
    """As they are shown on a span."""
    return [
        {"id": hit.document.id, "content": hit.document.text, "score": round(hit.score, 4)} for hit in hits
    ]


def overlap(query: str, text: str) -> float:
    """Share of the query's terms that the text has: what the reranker looks at. 0 to 1."""
    wanted, had = set(_terms(query)), set(_terms(text))
    return len(wanted & had) / len(wanted) if wanted else 0.0


def _terms(text: str) -> list[str]:
    return [term for word in _WORD.findall(text.lower()) for term in _parts(word)]


def _parts(word: str) -> list[str]:
    if "가" <= word[0] <= "힣" and len(word) > 2:
        return [word[start : start + 2] for start in range(len(word) - 1)]
    return [word.rstrip("s")] if len(word) > 3 else [word]
