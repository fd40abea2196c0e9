"""Citations point to retrieved documents, quotations stand in them."""

from typing import Any

import pytest
from tests.support.evaluators import score_of, scores_of

from spanglass.evaluators import RetrievedDocument

DOCUMENTS = (
    RetrievedDocument(id="doc-1", content="Refunds take five business days after we receive the item."),
    RetrievedDocument(id="kb/shipping.md", content="Shipping is free. See https://shop.test/ship?x=1."),
    RetrievedDocument(id="https://www.shop.test/faq/", content="FAQ"),
)


def cited(text: str, **options: Any) -> tuple[float, int]:
    """(the score, how many citations were found)"""
    score = score_of("citations", {"quotes": False, **options}, output=text, documents=DOCUMENTS)
    assert isinstance(score.value, float)
    return score.value, int((score.metadata or {}).get("citations", 0))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "value", "count"),
    [
        ("Five days [1].", 1.0, 1),
        ("Five days[1][4], free [2-3].", 0.75, 4),
        ("Five days [1, 9].", 0.5, 2),
        ("Five days.[^1]", 1.0, 1),
        ("Five days [0].", 0.0, 1),
        ("Five days \u30101\u2020source\u3011 \u30109:0\u2020src\u3011", 0.5, 2),
        ("See [doc-1] and [doc-9].", 0.5, 2),
        ("See [DOC-1].", 1.0, 1),
        ("Free (source: shipping.md), (출처: 없는 문서).", 0.5, 2),
        ("Five days [source: 1; doc-77].", 0.5, 2),
        ("Five days [Document 2].", 1.0, 1),
        ("See https://shop.test/faq.", 1.0, 1),
        ("See [the page](https://shop.test/ship?x=1).", 1.0, 1),
        ("See [here](http://other.test/a) and http://other.test/b.", 0.0, 2),
        ("- [x] done, [optional], ![image](https://x.test/a.png), five days [1]", 1.0, 1),
        ("Take `a[7]`\n```\nb[8]\n```\nas said in [1].", 1.0, 1),
    ],
)
def test_citations_are_found_and_looked_up(text: str, value: float, count: int) -> None:
    assert cited(text) == (value, count)


def test_wrong_ones_are_named() -> None:
    score = score_of("citations", {}, output="Five days [1], free [7].", documents=DOCUMENTS)
    assert score.comment == (
        "citations that point to a retrieved document: 1 of 2; not: [7] (there are 3 documents)"
    )
    assert score.metadata == {"citations": 2, "cited_documents": 1, "documents": 3}


def test_documents_may_be_counted_from_zero() -> None:
    assert cited("Five days [0], [3].", first_number=0) == (0.5, 2)


def test_urls_can_be_left_alone() -> None:
    assert cited("Five days [1], see https://other.test/.", urls=False) == (1.0, 1)


def test_an_answer_without_citations_is_bad_unless_it_does_not_know() -> None:
    score = score_of("citations", {}, output="Five days.", documents=DOCUMENTS)
    assert (score.value, score.comment) == (0.0, "cites none of 3 documents")
    assert scores_of("citations", {}, output="I don't know.", documents=DOCUMENTS) == []
    assert scores_of("citations", {"required": False}, output="Five days.", documents=DOCUMENTS) == []
    assert scores_of("citations", {}, output="Five days [1].") == []


@pytest.mark.parametrize(
    ("quote", "value"),
    [
        ("\u201crefunds take five business days\u201d", 1.0),
        ('"Refunds take FIVE business days, after we receive"', 1.0),
        ("\u300cRefunds take five business days\u300d", 1.0),
        ("\n> Refunds take five business days after\n", 1.0),
        ("\u201cRefunds take five \u2026 we receive the item\u201d", 1.0),
        ("\u201cRefunds take [only] five business days\u201d", 1.0),
        ('"Refunds take six business days"', 0.0),
        ('"how long do my refunds take here"', 1.0),
    ],
)
def test_quotations_stand_in_a_document_or_in_the_question(quote: str, value: float) -> None:
    _, score = scores_of(
        "citations",
        {},
        input="Tell me, how long do my refunds take here?",
        output=f"It says {quote} [1].",
        documents=DOCUMENTS,
    )
    assert (score.name, score.value) == ("quotes", value)


def test_short_quotations_are_words_and_a_missing_one_is_shown() -> None:
    text = 'A "refund" is [1] what "nobody has ever written down".'
    _, score = scores_of("citations", {}, output=text, documents=DOCUMENTS)
    assert score.comment == (
        "quotations that stand in the documents: 0 of 1; not: \u201cnobody has ever written down\u201d"
    )
