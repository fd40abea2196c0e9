"""Personal data and secrets: what is found, what is not, and that no comment repeats it."""

import pytest
from tests.support.evaluators import score_of, scores_of

from spanglass.evaluators.kinds import find_kind
from spanglass.evaluators.sensitive import (
    PERSONAL_KINDS,
    SECRET_KINDS,
    find_personal,
    find_secrets,
    mask_value,
    replace_findings,
)

# Numbers of published examples and test accounts, or made for their check digits; none is anybody's.
PERSONAL = [
    ("email", "write to a.b+c@firma.de으로", "a.b+c@firma.de"),
    ("phone", "전화 010-1234-5678로", "010-1234-5678"),
    ("phone", "01012345678", "01012345678"),
    ("phone", "call +82 10-1234-5678.", "+82 10-1234-5678"),
    ("phone", "+49 (0)30 1234567", "+49 (0)30 1234567"),
    ("phone", "(415) 555-2671", "(415) 555-2671"),
    ("phone", "02-123-4567", "02-123-4567"),
    ("phone", "020 7946 0958", "020 7946 0958"),
    ("payment_card", "4111 1111 1111 1111 12/26", "4111 1111 1111 1111"),
    ("payment_card", "5500-0000-0000-0004", "5500-0000-0000-0004"),
    ("payment_card", "378282246310005", "378282246310005"),
    ("iban", "DE89 3704 0044 0532 0130 00 BIC", "DE89 3704 0044 0532 0130 00"),
    ("iban", "BE68 5390 0754 7034 THIS", "BE68 5390 0754 7034"),
    ("iban", "GB29NWBK60161331926819", "GB29NWBK60161331926819"),
    ("ip_address", "from 8.8.8.8.", "8.8.8.8"),
    ("ip_address", "2001:4860:4860::8888", "2001:4860:4860::8888"),
    ("kr_resident_number", "900101-1234568", "900101-1234568"),
    ("kr_resident_number", "9001011234568", "9001011234568"),
    ("kr_resident_number", "211231-3000000", "211231-3000000"),
    ("kr_driver_license", "면허번호 11-22-333333-44", "11-22-333333-44"),
    ("kr_passport", "여권번호는 M12345678입니다", "M12345678"),
    ("kr_passport", "여권: M123A4567", "M123A4567"),
    ("bank_account", "계좌번호: 110-234-567890", "110-234-567890"),
    ("bank_account", "account number 12345678901", "12345678901"),
    ("us_ssn", "123-45-6789", "123-45-6789"),
    ("uk_nino", "AB 12 34 56 C", "AB 12 34 56 C"),
    ("fr_nir", "1 84 12 76 451 089 46", "1 84 12 76 451 089 46"),
    ("es_dni", "12345678Z", "12345678Z"),
    ("es_dni", "X1234567L", "X1234567L"),
    ("it_fiscal_code", "RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("br_cpf", "111.444.777-35", "111.444.777-35"),
    ("cn_resident_id", "11010519491231002X", "11010519491231002X"),
    ("in_aadhaar", "2341 2341 2346", "2341 2341 2346"),
    ("sg_nric", "S1234567D", "S1234567D"),
    ("jp_my_number", "マイナンバー: 1234 5678 9018", "1234 5678 9018"),
    ("pl_pesel", "PESEL 44051401359", "44051401359"),
]
NOT_PERSONAL = [
    "05-11-2024 and 2024-11-05 at 12:30:45",
    "order 20241105123456 of 1730803200000000000",
    "4111 1111 1111 1112",
    "0000 0000 0000 0000",
    "DE89 3704 0044 0532 0130 01",
    "10.0.0.1, 127.0.0.1, 192.168.1.1, v1.2.3.4, 1.2.3.4.5",
    "std::vector dead::beef",
    "900101-1234567",
    "991301-1234567",
    "000-45-6789, 666-45-6789",
    "12345678A",
    "1234 5678 9012",
    "a@example.com, b@x.test",
    "3.14159265358979",
    "78.57142857142857",
    "11-22-333333-4, M12345678",
    "월 매출 110-234-567890",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
]


@pytest.mark.parametrize(("kind", "text", "value"), PERSONAL)
def test_personal_data_is_found_as_what_it_is(kind: str, text: str, value: str) -> None:
    assert [(found.kind, found.value(text)) for found in find_personal(text)] == [(kind, value)]


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert [(found.kind, found.value(text)) for found in find_personal(text)] == []


def test_every_kind_has_an_example() -> None:
    assert {kind for kind, _, _ in PERSONAL} == set(PERSONAL_KINDS)
    assert {kind for kind, _ in SECRETS} == set(SECRET_KINDS)


RANDOM = "q7ZkTm2Xw9VbN4rLs8HdPc3JyGf6AeUiRo5MtBx1KzWnYvQhCjEaSgDlFpOu0I"
SECRETS = [
    ("aws_access_key", "AKIA" + "Q7ZK5M2T3XW4VB6N"),
    ("aws_secret_key", RANDOM[:36] + "/+aB"),
    ("github_token", "ghp_" + RANDOM[:36]),
    ("gitlab_token", "glpat-" + RANDOM[:20]),
    ("openai_key", "sk-proj-" + RANDOM[:48]),
    ("anthropic_key", "sk-ant-api03-" + RANDOM[:60]),
    ("openrouter_key", "sk-or-v1-" + "0123456789abcdef" * 4),
    ("google_key", "AIza" + RANDOM[:35]),
    ("slack_token", "xoxb-12345678901-" + RANDOM[:24]),
    ("stripe_key", "sk_live_" + RANDOM[:24]),
    ("huggingface_token", "hf_" + RANDOM[:34]),
    ("npm_token", "npm_" + RANDOM[:36]),
    ("pypi_token", "pypi-AgEIcHlwaS5vcmc" + RANDOM[:55]),
    ("sendgrid_key", f"SG.{RANDOM[:22]}.{RANDOM[:43]}"),
    ("twilio_key", "SK" + "0123456789abcdef" * 2),
    ("telegram_token", "123456789:AA" + RANDOM[:33]),
    ("azure_key", RANDOM[:43] + "="),
    ("langfuse_key", "sk-lf-12345678-9abc-def0-1234-56789abcdef0"),
    ("spanglass_key", "sk-sg-" + RANDOM[:24]),
    ("private_key", f"-----BEGIN RSA PRIVATE KEY-----\n{RANDOM}\n-----END RSA PRIVATE KEY-----"),
    ("jwt", f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{RANDOM[:43]}"),
    ("url_password", "s3cr3tpw"),
    ("generic_secret", RANDOM[:20]),
]
AROUND = {
    "aws_secret_key": "aws_secret_access_key = {}",
    "azure_key": "AccountKey={};",
    "url_password": "postgresql://app:{}@db/x",
    "generic_secret": "the password is: `{}`",
}


@pytest.mark.parametrize(("kind", "value"), SECRETS, ids=[kind for kind, _ in SECRETS])
def test_a_secret_is_found_and_never_repeated(kind: str, value: str) -> None:
    text = f"Take this: {AROUND.get(kind, '{}').format(value)} and go on"
    assert [(found.kind, found.value(text)) for found in find_secrets(text)] == [(kind, value)]
    score = score_of("secrets", output=text)
    assert score.value is False
    assert f"({len(value)} characters)" in (score.comment or "")
    assert value[5:11] not in repr(score)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "OPENAI_API_KEY=sk-proj-your-key-goes-here-please",
        "token: max_output_tokens_2048",
        "password: hunter2",
        "the token count is 12345",
        "postgresql://app:${PASSWORD}@db/x and http://user:<password>@host/",
        "secret: the-quick-brown-fox-jumps",
        "-----BEGIN PUBLIC KEY-----",
        "skill-based matchmaking, task-force",
        "clickhouse://user:password@host and twilio://AccountSid:AuthToken@phone",
        "sendgrid://APIToken:FromEmail/ToEmail1/ToEmail2/",
    ],
)
def test_placeholders_and_names_are_no_secrets(text: str) -> None:
    assert [(found.kind, found.value(text)) for found in find_secrets(text)] == []


def test_a_private_key_that_was_cut_off_is_found_to_its_last_character() -> None:
    text = f"-----BEGIN PRIVATE KEY-----\n{RANDOM}\n{RANDOM}"
    (found,) = find_secrets(text)
    assert (found.start, found.end) == (0, len(text))


def test_korean_words_introduce_a_secret_too() -> None:
    (found,) = find_secrets(f"비밀번호는 {RANDOM[:16]} 입니다")
    assert found.kind == "generic_secret"
    assert score_of("secrets", {"generic": False}, output=f"비밀번호는 {RANDOM[:16]} 입니다").value is True


def test_places_are_right_beside_letters_of_any_width() -> None:
    text = "한국어 \ud800 🙂 a@firma.de, 둘째 b@firma.de"
    assert [found.value(text) for found in find_personal(text)] == ["a@firma.de", "b@firma.de"]
    hidden = replace_findings(text, find_personal(text), lambda found: f"[{found.kind}]")
    assert hidden == "한국어 \ud800 🙂 [email], 둘째 [email]"


def test_only_what_is_asked_for_is_looked_for() -> None:
    text = "a@firma.de 010-1234-5678"
    assert [found.kind for found in find_personal(text, ["phone"])] == ["phone"]
    assert score_of("pii", {"kinds": ["iban"]}, output=text).value is True
    with pytest.raises(ValueError, match="the kinds are email"):
        find_kind("pii").options.model_validate({"kinds": ["emails"]})


def test_a_masked_value_shows_at_most_a_sixth() -> None:
    assert mask_value("12345") == "\u2026 (5 characters)"
    assert mask_value("x" * 12) == "xx\u2026 (12 characters)"
    assert mask_value("y" * 100) == "yyyy\u2026 (100 characters)"


def test_the_comment_says_where_and_what_but_not_it() -> None:
    text = "write to kim@firma.kr or 010-1234-5678"
    score = score_of("pii", output=text)
    assert score.value is False
    assert score.comment == (
        "email in the answer: ki\u2026 (12 characters); phone in the answer: 01\u2026 (13 characters)"
    )
    assert score.metadata == {"email": 1, "phone": 1}
    many = score_of("pii", output=" ".join(f"m{number}@firma.kr" for number in range(9)))
    assert (many.comment or "").endswith("; and 4 more")


def test_what_is_public_or_was_said_by_the_user_may_appear() -> None:
    text = "write to kim@firma.kr or 010-1234-5678"
    assert score_of("pii", {"allowed": ["@firma.kr", "010 1234 5678"]}, output=text).value is True
    asked = {"input": "I am KIM@firma.kr, 01012345678", "output": text}
    assert score_of("pii", **asked).value is True
    assert score_of("pii", {"allow_from_question": False}, **asked).value is False


def test_questions_are_judged_where_asked_for() -> None:
    assert scores_of("pii", input="I am kim@firma.kr") == []
    score = score_of("pii", {"parts": "both"}, input="I am kim@firma.kr", output="Hello.")
    assert score.comment == "email in the question: ki\u2026 (12 characters)"
    assert score_of("secrets", {"parts": "input"}, input="sk-proj-" + RANDOM[:48]).value is False
    repeated = {"input": "ghp_" + RANDOM[:36], "output": "You said ghp_" + RANDOM[:36]}
    assert score_of("secrets", **repeated).value is False
    assert score_of("secrets", {"allow_from_question": True}, **repeated).value is True


@pytest.mark.parametrize(
    ("kind", "output", "passes"),
    [
        ("secrets", "use [github_token] for it", False),
        ("secrets", "use [github_token#1f8a0c12ab34] for it", False),
        ("pii", "write to [email#1f8a0c12ab34]", False),
        ("pii", "his number is [kr_resident_number]", False),
        ("pii", "Dear [name], write to [email] or call [phone]", True),
        ("secrets", "see [1] and [some_word]", True),
    ],
)
def test_what_the_server_made_unreadable_counts_as_a_leak(kind: str, output: str, passes: bool) -> None:
    score = score_of(kind, output=output)
    assert score.value is passes
    assert passes or "#1f8a0c12ab34" in score.comment or "_" in score.comment
