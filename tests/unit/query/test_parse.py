"""Text of the filter language, and the tree that it means."""

import pytest

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import And, Expression, Not, Operator, Or, Term, Text
from spanglass_server.query.parse import FILTER_CHARS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX, parse_filter
from spanglass_server.query.printer import print_filter


def term(
    field: str, value: str | float | bool | None, operator: Operator = "=", *, pattern: bool = False
) -> Term:
    return Term(field=field, operator=operator, value=value, is_pattern=pattern)


def word(text: str) -> Text:
    return Text(text=text, is_phrase=False)


def phrase(text: str) -> Text:
    return Text(text=text, is_phrase=True)


def both(*operands: Expression) -> And:
    return And(operands=operands)


def either(*operands: Expression) -> Or:
    return Or(operands=operands)


def no(operand: Expression) -> Not:
    return Not(operand=operand)


MEANINGS: list[tuple[str, Expression]] = [
    ("status:error", term("status", "error")),
    ("status=ERROR", term("status", "error")),
    ("status: error", term("status", "error")),
    ("user:u1", term("user_id", "u1")),
    ("span.user:u1", term("span.user_id", "u1")),
    ("env:prod", term("environment", "prod")),
    ("duration>2s", term("duration", 2e9, ">")),
    ("duration > 2s", term("duration", 2e9, ">")),
    ("duration:>=300ms", term("duration", 3e8, ">=")),
    ("duration<1.5m", term("duration", 9e10, "<")),
    ("duration:1s..5s", both(term("duration", 1e9, ">="), term("duration", 5e9, "<="))),
    ("duration:..5s", term("duration", 5e9, "<=")),
    ("duration:5s..", term("duration", 5e9, ">=")),
    ("cost>0.01", term("cost", 0.01, ">")),
    ("cost>$0.01", term("cost", 0.01, ">")),
    ("tokens>10k", term("total_tokens", 10_000.0, ">")),
    ("tokens:2M", term("total_tokens", 2_000_000.0)),
    ("model:claude*", term("model", "claude*", pattern=True)),
    (r"model:a\*b", term("model", "a*b")),
    (r"model:a\\*", term("model", r"a\\*", pattern=True)),
    ('name:"POST /ask"', term("name", "POST /ask")),
    ('name:"say \\"hi\\""', term("name", 'say "hi"')),
    ('name:"*refund policy*"', term("name", "*refund policy*", pattern=True)),
    ('name~"^chat .*5$"', term("name", "^chat .*5$", "~")),
    ('attributes.http.route:"/ask"', term("attributes.http.route", "/ask")),
    ('attributes."odd key: x":1', term("attributes.odd key: x", "1")),
    ("attributes.retries>=3", term("attributes.retries", 3.0, ">=")),
    ("attributes.retries:>=3", term("attributes.retries", 3.0, ">=")),
    ("scores.quality:<0.5", term("scores.quality", 0.5, "<")),
    ("attributes.note:<b>", term("attributes.note", "<b>")),
    ("metadata.tenant:acme", term("metadata.tenant", "acme")),
    ("resource.host.name:web-1", term("resource.host.name", "web-1")),
    ("streaming:true", term("streaming", True)),
    ("cache_hit:no", term("cache_hit", False)),
    ("cost:null", term("cost", None)),
    ('feature:"null"', term("feature", "null")),
    ("has:cost", no(term("cost", None))),
    ("feature:*", no(term("feature", None))),
    ("status!=ok", no(term("status", "ok"))),
    ("-status:ok", no(term("status", "ok"))),
    ("!status:ok", no(term("status", "ok"))),
    ("not status:ok", no(term("status", "ok"))),
    ("NOT (status:ok)", no(term("status", "ok"))),
    ("kind:(llm or tool)", either(term("kind", "llm"), term("kind", "tool"))),
    ("kind:llm,tool", either(term("kind", "llm"), term("kind", "tool"))),
    ("-tags:(a or b)", no(either(term("tags", "a"), term("tags", "b")))),
    ("refund", word("refund")),
    ("환불 정책", both(word("환불"), word("정책"))),
    ('"refund policy"', phrase("refund policy")),
    ("12:30", word("12:30")),
    ("well-known", word("well-known")),
    ("a b or c d", either(both(word("a"), word("b")), both(word("c"), word("d")))),
    ("a and b && c", both(word("a"), word("b"), word("c"))),
    ("a (b or c)", both(word("a"), either(word("b"), word("c")))),
    ("a (b c)", both(word("a"), word("b"), word("c"))),
    ("a or (b or c)", either(word("a"), word("b"), word("c"))),
    ("order android", both(word("order"), word("android"))),
    (
        'kind:llm model:claude* duration>2s "refund policy"',
        both(
            term("kind", "llm"), term("model", "claude*", pattern=True),
            term("duration", 2e9, ">"), phrase("refund policy"),
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_text_means(text: str, meaning: Expression) -> None:
    assert parse_filter(text, "traces") == meaning


@pytest.mark.parametrize("text", [text for text, _ in MEANINGS])
def test_what_is_printed_means_the_same(text: str) -> None:
    parsed = parse_filter(text, "traces")
    assert parsed is not None
    assert parse_filter(print_filter(parsed, "traces"), "traces") == parsed


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_a_blank_text_asks_nothing(text: str) -> None:
    assert parse_filter(text, "traces") is None


def test_terms_know_where_they_stand() -> None:
    parsed = parse_filter('kind:llm  "refund"', "traces")
    assert isinstance(parsed, And)
    first, second = parsed.operands
    assert isinstance(first, Term)
    assert isinstance(second, Text)
    assert (first.column, second.column) == (5, 10)


def test_a_filter_of_spans_may_say_span_before_its_fields() -> None:
    assert parse_filter("span.name:chat", "spans") == term("name", "chat")


ERRORS: list[tuple[str, int, str, str]] = [
    ("knd:llm", 0, "there is no field `knd`", "did you mean `kind`?"),
    ("kind:llm modle:gpt*", 9, "there is no field `modle`", "did you mean `model`?"),
    ("zzzzzz:1", 0, "there is no field `zzzzzz`", "/api/v1/fields"),
    ("http://example.org", 0, "there is no field `http`", ""),
    ("kind:lm", 5, "`lm` is not a value of `kind`", "did you mean `llm`?"),
    ("kind:zzz", 5, "`zzz` is not a value of `kind`", "one of llm, embedding"),
    ("status:(ok or eror)", 14, "`eror` is not a value of `status`", "did you mean `error`?"),
    ("duration>2", 9, "`2` is not a value of `duration`", "a unit"),
    ("duration:1s..x", 13, "`x` is not a value of `duration`", "a unit"),
    ("cost>cheap", 5, "`cheap` is not a value of `cost`", "US dollars"),
    ("tokens>many", 7, "`many` is not a value of `total_tokens`", "write a number"),
    ("streaming:maybe", 10, "`maybe` is not a value of `streaming`", "true or false"),
    ("kind>llm", 5, "`kind` cannot be compared with >", ""),
    ("kind~llm", 5, "`kind` cannot be matched with ~", ""),
    ('name~"["', 5, "`[` is not a regular expression", ""),
    ("has:colour", 4, "there is no field `colour`", ""),
    ("attributes.:x", 0, "there is no field `attributes.`", ""),
    ("status:", 7, "expected a value, not the end", "status:\n       ^"),
    ("(a or b", 7, "a `(` is never closed", "^"),
    ("a) b", 1, "this `)` closes nothing", "a) b\n ^"),
    ("a ()", 3, "there is nothing in the parentheses", ""),
    ('say "hi', 4, 'this `"` is never closed', "say \"hi\n    ^"),
    ("a or", 4, "expected a term, not the end", ""),
    ("or a", 0, "expected a term, not `or`", ""),
    ("a and or b", 6, "expected a term, not `or`", ""),
    ("tags:(a or)", 10, "expected a value, not `)`", ""),
    ("status : error", 7, "expected a term, not `:`", ""),
    ("->", 1, "expected a term, not `>`", ""),
    ("...", 0, "`...` holds no word to search for", ""),
    ('" "', 0, "the quotes hold nothing to search for", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message", "hint"), ERRORS, ids=[error[0] for error in ERRORS])
def test_a_mistake_is_named_and_pointed_at(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(QueryInvalid) as caught:
        parse_filter(text, "traces")
    assert caught.value.column == column
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint
    assert caught.value.hint.splitlines()[-1] == " " * column + "^"


def test_trace_fields_are_refused_for_spans_with_the_reason() -> None:
    with pytest.raises(QueryInvalid, match="`error_count` is a field of traces, not of spans"):
        parse_filter("error_count>1", "spans")


@pytest.mark.parametrize(
    "text",
    [
        "a" * (FILTER_CHARS_MAX + 1),
        " ".join(["a"] * (FILTER_TERMS_MAX + 1)),
        "tags:(" + " or ".join(["a"] * (FILTER_TERMS_MAX + 1)) + ")",
        "(" * FILTER_DEPTH_MAX + "a" + ")" * FILTER_DEPTH_MAX,
        "-" * FILTER_DEPTH_MAX + "a",
    ],
    ids=["long", "terms", "values", "parentheses", "negations"],
)
def test_limits_are_told(text: str) -> None:
    with pytest.raises(QueryInvalid, match=r"characters|more than \d+"):
        parse_filter(text, "traces")


def test_the_caret_of_a_long_filter_shows_its_surroundings() -> None:
    text = "word " * 40 + "knd:llm" + " word" * 40
    with pytest.raises(QueryInvalid) as caught:
        parse_filter(text, "traces")
    shown, caret = caught.value.hint.splitlines()[-2:]
    assert len(shown) <= 120
    assert shown[caret.index("^") :].startswith("knd:llm")
