"""Screening saves work and nothing else: what a request's screen lets pass has nothing in it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.redaction import EVERYTHING, KEY, body_of, rules, span_record

from spanglass_server.model.redaction import PatternRule
from spanglass_server.normalize.redaction import DEFAULT_POLICY, Redactor, Tally
from spanglass_server.normalize.redaction.rewriting import COUNT_KEY
from spanglass_server.normalize.redaction.values import ValueRedactor

VALUES = (
    *("kim@firma.co.kr", "010-1234-5678", "4111 1111 1111 1111", "900101-1234568", "DE89370400440532013000"),
    *("ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5", "password: q7rT2vX9zLpW4", "여권번호 M12345678"),
    *("postgres://app:q7rT2vX9zLpW4@db", "KD-123456", "계좌번호: 110-234-567890"),
)
POLICIES = (
    EVERYTHING,
    DEFAULT_POLICY,
    rules("email", "kr_passport", "bank_account"),
    EVERYTHING._replace(patterns=(PatternRule("own", r"^KD-\d{6}$|고객", "mask"),)),
)

noise = st.text(alphabet=st.sampled_from("aZ09 .-_:/@\\\"'\n\t{}[],가나é🙂\0"), max_size=12)
plain = st.lists(st.one_of(noise, st.sampled_from(VALUES)), max_size=5).map("".join)
documents = st.recursive(
    plain, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(noise, inner, max_size=3))
)


def escaped(document: Any) -> str:
    return json.dumps(document)


texts = st.one_of(
    plain,
    documents.map(escaped),
    documents.map(lambda document: json.dumps(document, ensure_ascii=False)),
    documents.map(escaped).map(lambda text: json.dumps({"arguments": text})),
    documents.map(lambda document: json.dumps(document).replace("/", "\\/")),
)
keys = st.sampled_from(["input.value", "user.id", "db.password", "여권번호", "x"])


@given(st.sampled_from(POLICIES), st.dictionaries(keys, texts, max_size=4))
def test_screening_changes_nothing(policy: Any, attributes: dict[str, str]) -> None:
    record = span_record(attributes)
    (screened,) = Redactor(policy, KEY).spans([record], body_of(record), Tally())
    values, tally = ValueRedactor(policy, KEY), Tally()
    wanted = {key: values.value(text, "attributes", key, tally) for key, text in attributes.items()}
    got = {key: text for key, text in screened.attributes.items() if key != COUNT_KEY}
    assert got == wanted


@given(documents)
def test_a_document_stays_one_of_the_same_shape(document: Any) -> None:
    clean = ValueRedactor(EVERYTHING, KEY).text(json.dumps(document), "input", "", Tally())
    assert type(json.loads(clean)) is type(document)
