"""Whatever a text holds and however long it is: evaluators judge it, in linear time."""

import json
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evaluators import scores_of

from spanglass.evaluators import RetrievedDocument
from spanglass.evaluators.kinds import KINDS
from spanglass.evaluators.sensitive import Finding, find_personal, find_secrets, mask_value, replace_findings

OPTIONS: dict[str, dict[str, Any]] = {"regex": {"pattern": "(a+)+$"}, "pii": {"parts": "both"}}
NAMES = [kind.name for kind in KINDS if kind.name not in ("judge", "python")]
any_text = st.text(st.characters(codec=None, categories=None))
marked_text = st.lists(
    st.sampled_from(
        [
            *(
                "[",
                "]",
                "(",
                ")",
                "[1]",
                "[doc-1]",
                "(source: ",
                "```",
                "`",
                '"',
                "\u201c",
                "\u201d",
                "> ",
                "\n",
            ),
            *(
                "https://a.test/",
                "{",
                "}",
                "1",
                "-",
                ".",
                "@",
                "a",
                "환불",
                "返",
                "sk-",
                "-----BEGIN PRIVATE KEY-----",
            ),
            *("password: ", "I can't help", "+82 10", "4111 1111", "\ud800", "\0", "\u3010", "\u2020", "eyJ"),
        ]
    ),
    max_size=30,
).map("".join)
texts = any_text | marked_text


@given(question=texts, answer=texts, document=texts, reference=texts)
def test_evaluators_are_total(question: str, answer: str, document: str, reference: str) -> None:
    for name in NAMES:
        scores = scores_of(
            name,
            OPTIONS.get(name),
            input=question,
            output=answer,
            reference=reference,
            documents=(RetrievedDocument(id="doc-1", content=document),),
        )
        for score in scores:
            assert score.name
            assert score.comment
            json.dumps(score, ensure_ascii=False, allow_nan=False).encode()
            assert 0 <= float(score.value) <= 1


@given(text=texts)
def test_findings_are_in_order_inside_the_text_and_hidden_when_replaced(text: str) -> None:
    for find in (find_personal, find_secrets):
        found = find(text)
        places = [place for finding in found for place in (finding.start, finding.end)]
        assert places == sorted(places)
        assert all(0 <= finding.start < finding.end <= len(text) for finding in found)
        hidden = replace_findings(text, found, lambda finding: "\u2588")
        assert len(hidden) == len(text) - sum(item.end - item.start - 1 for item in found)


@given(value=st.text(min_size=1, max_size=200))
def test_a_masked_value_tells_at_most_a_sixth_of_it(value: str) -> None:
    seen = mask_value(value).partition("\u2026")[0]
    assert len(seen) <= len(value) / 6
    assert Finding("x", 0, len(value)).value(value).startswith(seen)


HOSTILE = {
    "one letter": "a" * 1_000_000,
    "digits": "1" * 1_000_000,
    "cards": "4111 " * 200_000,
    "addresses": "ab@cd.de " * 110_000,
    "open addresses": "a@a." * 250_000,
    "open brackets": "[" * 1_000_000,
    "numbers in brackets": "[1," * 330_000,
    "citations": "[1]" * 330_000,
    "sources": "(source: " * 110_000,
    "quotation marks": '"' * 1_000_000,
    "open quotations": "\u201ca" * 500_000,
    "quoted lines": "> a\n" * 250_000,
    "code fences": "```" * 330_000,
    "links": "http://" * 140_000,
    "keys": "-----BEGIN PRIVATE KEY-----" * 37_000,
    "words before secrets": "token=a1b2c3d4e5f6 " * 50_000,
    "passwords in addresses": "a://b:" * 160_000,
    "tokens": "eyJaaaaaaaa." * 80_000,
    "accounts": "DE89 3704 " * 100_000,
    "colons": "2001:" * 200_000,
    "spaces": " " * 1_000_000,
    "dots": "." * 1_000_000,
    "Korean": "죄송 " * 330_000,
    "nested JSON": '{"a":' * 200_000,
}
SECONDS_MAX = 60
"""For a millionfold character: some tenths of a second where the time is linear, hours where it is not."""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_of_a_million_characters_stalls_an_evaluator(text: str) -> None:
    documents = (RetrievedDocument(id="doc-1", content=text), RetrievedDocument(content="short"))
    for name in NAMES:
        began = monotonic()
        scores_of(name, OPTIONS.get(name), input=text, output=text, reference=text, documents=documents)
        assert monotonic() - began < SECONDS_MAX, name
