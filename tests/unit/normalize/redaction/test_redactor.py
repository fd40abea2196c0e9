"""What is found where, what stands there after, and what stays as it was."""

import json
from urllib.parse import quote

import pytest
from tests.support.redaction import (
    COUNT_KEY,
    EVERYTHING,
    KEY,
    body_of,
    event,
    pattern,
    redact,
    redact_text,
    rules,
    span_record,
)

from spanglass_server.model.redaction import FieldRule, KeyRule, RedactionPolicy
from spanglass_server.normalize.redaction import DEFAULT_POLICY, Redactor, Tally
from spanglass_server.wire.records import Attributes, Resource

EMAIL = "kim@firma.co.kr"
TOKEN = "ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
VALUES = {
    "email": EMAIL,
    "phone": "010-1234-5678",
    "payment_card": "4111 1111 1111 1111",
    "kr_resident_number": "900101-1234568",
    "us_ssn": "536-22-8321",
    "iban": "DE89370400440532013000",
    "github_token": TOKEN,
}
CONTEXTS = {
    "alone": lambda value: value,
    "korean": lambda value: f"제 정보는 {value} 입니다",
    "particle": lambda value: f"연락처는 '{value}'로 주세요",
    "lines": lambda value: f"first\n{value}\nlast",
    "crlf": lambda value: f"first\r\n{value}\r\n",
    "json": lambda value: json.dumps({"a": [{"b": value}]}),
    "json line": lambda value: json.dumps({"content": f"first\n{value}\tx"}),
    "escaped korean": lambda value: json.dumps({"content": f"제 정보는 {value} 입니다\n"}),
    "json in json": lambda value: json.dumps({"arguments": json.dumps({"to": f"x\n{value}"})}),
    "three deep": lambda value: json.dumps([json.dumps({"x": json.dumps({"y": f"\n{value}"})})]),
    "quoted": lambda value: json.dumps(f"say\n{value}"),
    "cut json": lambda value: json.dumps({"content": f"first\n{value} "})[:-3],
    "python repr": lambda value: repr({"content": f"first\n{value}\n"}),
    "all escaped": lambda value: '{"x":"' + "".join(f"\\u{ord(char):04x}" for char in value) + '"}',
    "markdown": lambda value: f"**{value}**, `{value}`",
    "xml": lambda value: f"<to>{value}</to>",
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("context", CONTEXTS)
def test_values_are_found_in_every_context(kind: str, context: str) -> None:
    text = CONTEXTS[context](VALUES[kind])
    clean = redact_text(rules(kind), text)
    assert f"[{kind}]" in clean.replace("\\", "")
    assert VALUES[kind] not in clean


@pytest.mark.parametrize("context", ["json", "json line", "escaped korean", "json in json", "three deep"])
def test_what_was_json_stays_json(context: str) -> None:
    clean = redact_text(rules("email", "phone"), CONTEXTS[context](f"{EMAIL} 010-1234-5678"))
    assert EMAIL not in clean
    json.loads(clean)


def test_addresses_are_found_as_they_stand_in_urls() -> None:
    url = f"https://shop.example/?to={quote(EMAIL)}&x=1"
    assert redact_text(rules("email"), url) == "https://shop.example/?to=[email]&x=1"


@pytest.mark.parametrize("text", ["a2ltQGZpcm1hLmNvLmty", "kim [at] firma.co.kr", "kim@firma"])
def test_what_is_not_found(text: str) -> None:
    """docs/privacy.md says so: base64, what people disguise, what has no form."""
    assert redact_text(EVERYTHING, text) == text


def test_numbers_in_json_are_found_and_become_texts() -> None:
    clean = redact_text(rules("payment_card"), '{"card":4111111111111111,"n":12,"x":1.5}')
    assert json.loads(clean) == {"card": "[payment_card]", "n": 12, "x": 1.5}


def test_a_number_attribute_that_is_a_card_is_masked() -> None:
    clean, _ = redact(rules("payment_card"), span_record({"card": 4111111111111111, "count": 12}))
    assert clean.attributes["card"] == "[payment_card]"
    assert clean.attributes["count"] == 12


def test_the_name_before_a_value_tells_what_it_is() -> None:
    policy = rules("generic_secret", "aws_secret_key")
    attributes: Attributes = {
        "db.password": "q7rT2vX9zLpW4",
        "aws.secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYzA9Kq1mP4sD2",
        "config": json.dumps({"password": "q7rT2vX9zLpW4", "max_tokens": 2048}),
        "note": "q7rT2vX9zLpW4",
    }
    clean, _ = redact(policy, span_record(attributes))
    assert clean.attributes["db.password"] == "[generic_secret]"
    assert clean.attributes["aws.secret_access_key"] == "[aws_secret_key]"
    assert json.loads(str(clean.attributes["config"]))["password"] == "[generic_secret]"
    assert clean.attributes["note"] == "q7rT2vX9zLpW4"


def test_nothing_found_gives_the_same_records() -> None:
    record = span_record({"input.value": "nothing to see", "n": 1})
    assert redact(EVERYTHING, record)[0] is record


def test_equal_values_have_equal_hashes_that_nobody_else_can_make() -> None:
    policy = rules("email", action="hash")
    one, other = redact_text(policy, f"to {EMAIL}"), redact_text(policy, f"from {EMAIL.upper()}")
    digest = one.removeprefix("to ")
    assert other == f"from {digest}"
    assert digest != redact_text(policy, "lee@firma.co.kr")
    theirs = Redactor(policy, b"1" * 32)
    record = span_record({"input.value": f"to {EMAIL}"})
    (elsewhere,) = theirs.spans([record], body_of(record), Tally())
    assert elsewhere.attributes["input.value"] != one


def test_dropping_leaves_nothing_of_the_field() -> None:
    attributes: Attributes = {"input.value": f"all of this, {EMAIL}, goes", "output.value": "stays"}
    clean, tally = redact(rules("email", action="drop"), span_record(attributes))
    assert clean.attributes == {"output.value": "stays", COUNT_KEY: 1}
    assert [(key.detector, key.field, key.action) for key in tally.counts] == [("email", "input", "drop")]


def test_a_span_says_how_often_and_nothing_else() -> None:
    record = span_record({"input.value": f"{EMAIL} and {EMAIL}", "x": EMAIL})
    clean, tally = redact(rules("email"), record)
    assert clean.attributes[COUNT_KEY] == tally.total == 3


def test_rules_hold_where_they_are_for() -> None:
    policy = rules("email", fields=("input", "user_id"))
    attributes: Attributes = {
        "gen_ai.input.messages": EMAIL,
        "gen_ai.output.messages": EMAIL,
        "user.id": EMAIL,
        "session.id": EMAIL,
        "any.thing": EMAIL,
    }
    clean, _ = redact(policy, span_record(attributes, name=EMAIL, status_message=EMAIL))
    kept = {key for key, value in clean.attributes.items() if value == EMAIL}
    assert kept == {"gen_ai.output.messages", "session.id", "any.thing"}
    assert clean.name == clean.status_message == EMAIL


def test_names_statuses_events_links_and_resources_are_looked_at() -> None:
    record = span_record(
        {},
        name=f"mail to {EMAIL}",
        status_message=f"refused {EMAIL}",
        events=(event(f"sent {EMAIL}", to=EMAIL), event("exception", **{"exception.message": EMAIL})),
        resource=Resource(attributes={"host.owner": EMAIL, "service.name": "shop"}),
    )
    clean, _ = redact(rules("email"), record)
    assert EMAIL not in repr(clean)
    assert clean.resource.attributes == {"host.owner": "[email]", "service.name": "shop"}


def test_records_that_share_a_resource_share_the_clean_one() -> None:
    resource = Resource(attributes={"host.owner": EMAIL})
    records = [span_record({}, resource=resource), span_record({}, resource=resource)]
    one, other = Redactor(rules("email"), KEY).spans(records, EMAIL.encode(), Tally())
    assert one.resource is other.resource
    assert EMAIL not in repr(one)


def test_attributes_are_replaced_by_their_names() -> None:
    policy = RedactionPolicy(
        keys=(KeyRule("http.*.header.*", "drop"), KeyRule("Customer.Id", "hash"), KeyRule("secret", "mask"))
    )
    attributes: Attributes = {
        "http.request.header.cookie": "a=b",
        "http.url": "https://shop.example",
        "customer.id": 4711,
        "secret": ["x", "y"],
    }
    clean, _ = redact(policy, span_record(attributes))
    assert clean.attributes["http.url"] == "https://shop.example"
    assert clean.attributes["secret"] == "[redacted]"
    assert str(clean.attributes["customer.id"]).startswith("[redacted#")
    assert "http.request.header.cookie" not in clean.attributes


def test_whole_fields_are_hashed_or_dropped_whatever_convention_tells_them() -> None:
    policy = RedactionPolicy(fields=(FieldRule("user_id", "hash"), FieldRule("metadata", "drop")))
    attributes: Attributes = {
        "langfuse.user.id": "u1",
        "enduser.id": "u1",
        "langfuse.trace.metadata.city": "Seoul",
        "spanglass.metadata": '{"a":1}',
        "kept": "u1",
    }
    clean, _ = redact(policy, span_record(attributes))
    assert clean.attributes["langfuse.user.id"] == clean.attributes["enduser.id"]
    assert str(clean.attributes["enduser.id"]).startswith("[user_id#")
    assert clean.attributes.keys() == {"langfuse.user.id", "enduser.id", "kept", COUNT_KEY}


@pytest.mark.parametrize(
    ("text", "told", "left"),
    [
        (r"KD-\d{6}", "order KD-123456!", "order [own]!"),
        (r"name is (\w+)", "my name is Kim.", "my name is [own]."),
        (r"^Kim$", "Lee\nKim\nPark", "Lee\n[own]\nPark"),
        (r"^Kim$", "Kim", "[own]"),
        (r"\bKim\b", "Kimchi, Kim", "Kimchi, [own]"),
        (r"고객번호\s*(\d+)", "고객번호 12345", "고객번호 [own]"),
        (r"(?i)project\s+x", "PROJECT  X", "[own]"),
        (r"a\\b", "a\\b", "[own]"),
        (r"x", '{"x":"x"}', '{"[own]":"[own]"}'),
    ],
)
def test_patterns_of_ones_own(text: str, told: str, left: str) -> None:
    assert redact_text(pattern(text), told) == left


def test_what_is_left_has_nothing_more_to_find() -> None:
    """Marks are no findings, hashed ones neither."""
    told = " ".join(VALUES.values()) + " password: q7rT2vX9zLpW4"
    for action in ("mask", "hash"):
        policy = RedactionPolicy(
            detectors=tuple(rule._replace(action=action) for rule in EVERYTHING.detectors)  # type: ignore[arg-type]
        )
        clean = redact_text(policy, told)
        assert redact_text(policy, clean) == clean


def test_a_list_of_addresses_without_end_is_dropped_as_a_whole() -> None:
    clean, tally = redact(rules("email"), span_record({"input.value": f"{EMAIL} " * 20_000}))
    assert "input.value" not in clean.attributes
    assert {key.detector for key in tally.counts} == {"too_many"}


def test_the_default_masks_keys_and_nothing_else() -> None:
    told = f"{TOKEN} {EMAIL} 010-1234-5678 sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
    clean = redact_text(DEFAULT_POLICY, told)
    assert clean == f"[github_token] {EMAIL} 010-1234-5678 [openai_key]"


def test_urls_with_passwords_are_found_however_slashes_are_escaped() -> None:
    text = '{"dsn":"postgres:\\/\\/app:q7rT2vX9zLpW4@db\\/x"}'
    assert "q7rT2vX9zLpW4" not in redact_text(DEFAULT_POLICY, text)


def test_labels_are_redacted_and_known_ones_not_looked_at_again() -> None:
    redactor, tally = Redactor(rules("email"), KEY), Tally()
    labels = (("__name__", "mails"), ("to", EMAIL))
    clean = redactor.labels(labels, tally)
    assert clean == (("__name__", "mails"), ("to", "[email]"))
    assert redactor.labels((("__name__", "mails"), ("to", EMAIL)), tally) == clean
    assert tally.total == 1
    harmless = (("__name__", "mails"), ("to", "nobody"))
    assert redactor.labels(harmless, tally) is harmless
