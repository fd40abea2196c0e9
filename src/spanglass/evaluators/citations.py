"""Whether an answer's citations point to documents that were retrieved, and its quotations stand in them.

Read are numbers in brackets ([1], [1, 3], [2-4], [^1]), ids ([doc-3], (source: refunds.md), [source: 2]),
OpenAI's marks, Markdown links and URLs. Code is left out.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import Field

from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, Judges, ScoreForm
from spanglass.evaluators.options import EvaluatorOptions, score_name_field
from spanglass.evaluators.refusal import find_refusal
from spanglass.evaluators.target import EvaluationTarget, RetrievedDocument
from spanglass.evaluators.texts import normalize_text, plural, shown, valid_unicode

CITATIONS_MAX = 500
"""Of one answer; the rest is not looked at."""
SHOWN_MAX = 5
RANGE_MAX = 50
"""Numbers that `[1-9]` may stand for."""
PIECE_CHARS_MIN = 6
"""Of a quotation's pieces between dots; shorter ones say nothing."""
BEGINNING_CHARS = 300
"""Of a document, where its title may stand."""
LABEL_CHARS_MIN = 4
"""Of a label that is looked for within ids."""


class CitationsOptions(EvaluatorOptions):
    required: bool = Field(
        default=True,
        description="An answer without any citation scores 0, unless it says that it does not know. "
        "Otherwise it gets no score.",
    )
    first_number: int = Field(default=1, ge=0, le=1, description="The number of the first document: 1 or 0.")
    urls: bool = Field(
        default=True, description="URLs and links must be those of documents, or stand in them."
    )
    quotes: bool = Field(
        default=True, description="Quotations are looked for in the documents; their score is `quotes`."
    )
    quote_chars_min: int = Field(
        default=25, ge=5, le=1000, description="Shorter quotations are words that are talked about."
    )
    score_name: str = score_name_field("citations")
    quotes_score_name: str = score_name_field("quotes")


class Citation(NamedTuple):
    shown: str
    """As it stands in the answer."""
    labels: tuple[str, ...]
    """What it may mean: one of them must be known."""
    is_url: bool = False


class CitationsEvaluator:
    def __init__(self, options: CitationsOptions) -> None:
        self._options = options

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        if not target.output or not target.documents:
            return ()
        prose = strip_code(target.output)
        sources = Sources(target.documents, self._options.first_number)
        return [*self._citations(prose, sources), *self._quotes(prose, target)]

    def _citations(self, prose: str, sources: "Sources") -> Iterator[Score]:
        name = self._options.score_name
        found = list(find_citations(prose, sources))[:CITATIONS_MAX]
        if not self._options.urls:
            found = [citation for citation in found if not citation.is_url]
        if not found:
            if self._options.required and find_refusal(prose) is None:
                yield Score(0.0, f"cites none of {plural(sources.count, 'document')}", name)
            return
        cited = [sources.resolve(citation) for citation in found]
        wrong = [citation.shown for citation, at in zip(found, cited, strict=True) if at is None]
        good = len(found) - len(wrong)
        comment = f"citations that point to a retrieved document: {good:,} of {len(found):,}"
        if wrong:
            comment += f"; not: {_listed(wrong)} (there are {plural(sources.count, 'document')})"
        metadata = {
            "citations": len(found),
            "cited_documents": len({at for at in cited if at is not None}),
            "documents": sources.count,
        }
        yield Score(round(good / len(found), 4), comment, name, metadata)

    def _quotes(self, prose: str, target: EvaluationTarget) -> Iterator[Score]:
        if not self._options.quotes:
            return
        quotes = [quote for quote in find_quotes(prose) if len(quote) >= self._options.quote_chars_min]
        if not quotes:
            return
        texts = [*(document.content for document in target.documents), target.input]
        known = "\n".join(normalize_text(text) for text in texts)
        wrong = [quote for quote in quotes if not _is_quoted(quote, known)]
        good = len(quotes) - len(wrong)
        comment = f"quotations that stand in the documents: {good:,} of {len(quotes):,}"
        if wrong:
            comment += f"; not: {_listed([shown(quote, 60) for quote in wrong])}"
        yield Score(round(good / len(quotes), 4), comment, self._options.quotes_score_name)


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN_MAX:,} more" if len(items) > SHOWN_MAX else ""
    return ", ".join(items[:SHOWN_MAX]) + more


_INLINE_CODE = re.compile(r"`[^`\n]*`")


def strip_code(text: str) -> str:
    return _INLINE_CODE.sub(" ", "\n".join(text.split("```")[::2]))


class Sources:
    """The retrieved documents, by everything that a citation may call them."""

    def __init__(self, documents: Sequence[RetrievedDocument], first_number: int) -> None:
        self.count = len(documents)
        self._first = first_number
        self._ids = [document.id.strip().casefold() for document in documents]
        self._at = {name: at for at, name in reversed(list(enumerate(self._ids))) if name}
        self._texts = [f"{document.id}\n{document.content}".casefold() for document in documents]

    def has(self, label: str) -> bool:
        return label.strip().casefold() in self._at

    def resolve(self, citation: Citation) -> int | None:
        """The place of the document that is meant."""
        find = self._find_url if citation.is_url else self._find
        return next((at for at in map(find, citation.labels) if at is not None), None)

    def _find(self, label: str) -> int | None:
        name = label.strip().casefold()
        if name in self._at:
            return self._at[name]
        if name.isascii() and name.isdigit() and len(name) < 6:
            at = int(name) - self._first
            return at if 0 <= at < self.count else None
        if name.startswith(("http://", "https://")):
            return self._find_url(name)
        if len(name) < LABEL_CHARS_MIN:
            return None
        ids = (at for at, known in enumerate(self._ids) if name in known)
        beginnings = (at for at, text in enumerate(self._texts) if name in text[:BEGINNING_CHARS])
        return next(ids, next(beginnings, None))

    def _find_url(self, url: str) -> int | None:
        key = url_key(url)
        return next((at for at, text in enumerate(self._texts) if key and key in text), None)


def url_key(url: str) -> str:
    """An address as it is compared: without scheme, `www.`, fragment, tracking and the last slash."""
    bare = url.casefold().partition("://")[2].removeprefix("www.").partition("#")[0].partition("?utm_")[0]
    return bare.rstrip("/")


_CITED = re.compile(
    r"(?P<image>!)?\[(?P<label>[^\[\]\n]{1,200})\](?:\((?P<link>https?://[^()\s]{1,2000})[^()\n]{0,200}\))?"
    r"|\u3010(?P<mark>[0-9]{1,4})(?::[0-9]{1,4})?\u2020[^\u3010\u3011\n]{0,200}\u3011"
    r"|[(\uff08](?:sources?|source documents?|see|ref(?:erence)?s?|출처|참고|참조|근거|出典|来源|來源)"
    r"\s?[:\uff1a]\s?"
    r"(?P<named>[^()\uff08\uff09\n]{1,300})[)\uff09]"
    r"|(?P<url>https?://[^\s<>()\[\]\"'`\u3000-\u303f]{3,2000})",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\^?\s*[0-9]{1,4}(?:\s*(?:[,;]|-|\u2013)\s*\^?[0-9]{1,4})*\s*")
_PREFIX = re.compile(
    r"(?:sources?|docs?|documents?|refs?|references?|chunks?|passages?|contexts?|출처|문서|자료)"
    r"\s*[:#_.\-\u2013 ]\s*(?=\S)",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?*_\u2019\u201d\u3002"


def find_citations(text: str, sources: Sources) -> Iterator[Citation]:
    for match in _CITED.finditer(text):
        if match["image"]:
            continue
        if match["link"] or match["url"]:
            url = (match["link"] or match["url"]).rstrip(_TRAILING)
            yield Citation(shown_label(url), (url,), is_url=True)
        elif match["mark"]:
            yield Citation(shown_label(match[0]), (match["mark"],))
        elif match["named"]:
            yield from _named(match["named"], is_sure=True, sources=sources)
        elif not match["label"].strip().startswith(("x", "X")) or len(match["label"].strip()) > 1:
            yield from _bracketed(match["label"], sources)


def _bracketed(label: str, sources: Sources) -> Iterator[Citation]:
    if _NUMBERS.fullmatch(label) and not sources.has(label):
        yield from (Citation(f"[{number}]", (number,)) for number in _numbers(label))
    else:
        yield from _named(label, is_sure=False, sources=sources)


def _numbers(label: str) -> Iterator[str]:
    """`1, 3-5` as 1, 3, 4 and 5."""
    for piece in re.split("[,;]", label.replace("^", "").replace("\u2013", "-")):
        numbers = [int(number) for number in piece.split("-")]
        last = min(numbers[-1], numbers[0] + RANGE_MAX)
        yield from map(str, range(numbers[0], max(numbers[0], last) + 1))


def _named(label: str, *, is_sure: bool, sources: Sources) -> Iterator[Citation]:
    """Ids, with or without a word before them. Other words in brackets are none unless they are an id."""
    pieces = [label] if sources.has(label) else re.split("[,;]", label)
    for piece in filter(None, map(str.strip, pieces)):
        prefix = _PREFIX.match(piece)
        if prefix is None and not is_sure and not sources.has(piece):
            continue
        rest = piece if prefix is None else piece[prefix.end() :]
        yield Citation(f"[{shown_label(piece)}]", (piece, rest) if rest != piece else (piece,))


def shown_label(label: str) -> str:
    label = valid_unicode(label)
    return label if len(label) <= 80 else label[:79] + "\u2026"


_QUOTED = re.compile(
    r"\u201c([^\u201c\u201d]{1,2000})\u201d|\"([^\"\n]{1,2000})\"|\u00ab([^\u00ab\u00bb]{1,2000})\u00bb"
    r"|\u300c([^\u300c\u300d]{1,2000})\u300d|\u300e([^\u300e\u300f]{1,2000})\u300f|^> ?(.{1,2000})$",
    re.MULTILINE,
)
_GAP = re.compile(r"\u2026|\.{3,}|\[[^\[\]]{0,40}\]")


def find_quotes(text: str) -> Iterator[str]:
    """What stands in quotation marks, or in a Markdown quotation."""
    for match in _QUOTED.finditer(text):
        quoted = next(filter(None, match.groups()), "").strip(" \"'\u201c\u201d\u2018\u2019*_")
        if quoted:
            yield quoted


def _is_quoted(quote: str, known: str) -> bool:
    """Its words stand there in order; where it leaves some out, its pieces do."""
    pieces = [normalize_text(piece) for piece in _GAP.split(quote)]
    told = [piece for piece in pieces if len(piece) >= PIECE_CHARS_MIN] or pieces
    return all(piece in known for piece in told)


def _build(options: CitationsOptions, judges: Judges) -> CitationsEvaluator:
    return CitationsEvaluator(options)


def _forms(options: CitationsOptions) -> Sequence[ScoreForm]:
    forms = [ScoreForm(options.score_name, "numeric", 0.0, 1.0)]
    if options.quotes:
        forms.append(ScoreForm(options.quotes_score_name, "numeric", 0.0, 1.0))
    return forms


KIND = EvaluatorKind(
    name="citations",
    title="Citations",
    description="The answer's citations point to retrieved documents, and its quotations stand in them.",
    options=CitationsOptions,
    build=_build,
    forms=_forms,
)
