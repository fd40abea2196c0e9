"""Regular expressions, JSON schemas, lengths and bounds."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.evaluators import score_of, scores_of

from spanglass import semconv
from spanglass.evaluators import TargetSpan
from spanglass.evaluators.kinds import find_kind
from spanglass.evaluators.texts import count_sentences, count_words, estimate_tokens


@pytest.mark.parametrize(
    ("options", "text", "passed"),
    [
        ({"pattern": r"\[[0-9]+\]"}, "five days [1]", True),
        ({"pattern": r"\[[0-9]+\]"}, "five days", False),
        ({"pattern": "as an ai", "expect": "no_match", "ignore_case": True}, "As an AI model", False),
        ({"pattern": "as an ai", "expect": "no_match"}, "As an AI model", True),
        ({"pattern": "yes|no", "whole_text": True}, "yes, of course", False),
        ({"pattern": "yes|no", "whole_text": True}, "no", True),
        ({"pattern": "환불"}, "환불은 닷새가 걸립니다", True),
        ({"pattern": "x"}, "\ud800x", True),
    ],
)
def test_an_expression_matches_or_not(options: dict[str, Any], text: str, passed: bool) -> None:
    assert score_of("regex", options, output=text).value is passed


def test_a_match_is_quoted_and_the_question_can_be_judged() -> None:
    score = score_of("regex", {"pattern": "re.und", "part": "input"}, input="My refund?")
    assert score.comment == "the question matches \u201cre.und\u201d: \u201crefund\u201d"


@pytest.mark.parametrize("pattern", ["(a", "(?=a)b", r"(a)\1", "a{1001}"])
def test_an_expression_that_is_none_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(ValidationError) as raised:
        find_kind("regex").options.model_validate({"pattern": pattern})
    (error,) = raised.value.errors()
    assert error["loc"] == ("pattern",)
    assert "no regular expression of RE2" in error["msg"]


SCHEMA = {
    "type": "object",
    "required": ["answer"],
    "properties": {
        "answer": {"type": "string"},
        "items": {"type": "array", "items": {"properties": {"price": {"type": "number"}}}},
    },
}


@pytest.mark.parametrize(
    ("answer", "comment"),
    [
        ('{"answer": "yes"}', "valid"),
        ('Here it is:\n```json\n{"answer": "yes"}\n```\nAnything else?', "valid"),
        ('```\n{"answer": "yes"}\n```', "valid"),
        ("{}", '$: "answer" is a required property'),
        ('{"answer": "a", "items": [{}, {"price": "1"}]}', '$.items[1].price: "1" is not of type "number"'),
        ('{"answer": NaN}', 'the answer is no JSON: NaN is no JSON number; it begins with “{"answer": NaN}”'),
        (
            "five days",
            "the answer is no JSON: expecting value (line 1, column 1); it begins with \u201cfive days\u201d",
        ),
        ("[" * 100_000, "the answer is no JSON that can be read: it is nested too deeply"),
    ],
)
def test_an_answer_is_json_of_the_schema_or_the_comment_says_where_not(answer: str, comment: str) -> None:
    score = score_of("json_schema", {"answer_schema": SCHEMA}, output=answer)
    assert (score.comment or "").startswith(comment)
    assert score.value is (comment == "valid")


def test_half_a_character_is_told() -> None:
    score = score_of("json_schema", {"answer_schema": {"pattern": "a"}}, output='"\\ud800"')
    assert score.value is False
    assert "half of a character" in (score.comment or "")


def test_a_code_block_counts_only_where_it_may() -> None:
    fenced = "```json\n{}\n```"
    assert score_of("json_schema", {"allow_fence": False}, output=fenced).value is False
    assert score_of("json_schema", {}, output=fenced).value is True


def test_formats_are_checked_where_they_shall_be() -> None:
    schema = {"type": "string", "format": "date"}
    assert score_of("json_schema", {"answer_schema": schema}, output='"tomorrow"').value is True
    strict = {"answer_schema": schema, "validate_formats": True}
    assert score_of("json_schema", strict, output='"tomorrow"').value is False


def test_many_errors_are_counted_not_listed() -> None:
    schema = {"items": {"type": "string"}}
    comment = score_of("json_schema", {"answer_schema": schema}, output=str(list(range(20)))).comment
    assert (comment or "").endswith('$[2]: 2 is not of type "string"; and 17 errors more')


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": 5}, r"\$\.type"),
        ({"pattern": "(?=a)"}, "regex"),
        ({"$ref": "http://127.0.0.1:9/other.json"}, "disabled"),
        ({"$ref": "#/$defs/nowhere"}, "nowhere"),
        ({"$schema": "http://127.0.0.1:9/meta"}, "meta"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_and_reaches_nothing(
    schema: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason) as raised:
        find_kind("json_schema").options.model_validate({"answer_schema": schema})
    assert raised.value.errors()[0]["loc"] == ("answer_schema",)


def test_a_schema_that_refers_to_itself_ends() -> None:
    assert score_of("json_schema", {"answer_schema": {"$ref": "#"}}, output="1").value is True
    endless = {"anyOf": [{"$ref": "#"}, {"items": {"$ref": "#"}}]}
    score_of("json_schema", {"answer_schema": endless}, output="[" * 200 + "]" * 200)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Refunds take five days.", 4),
        ("It's 3.14, isn't it?", 4),
        ("환불은 닷새가 걸립니다.", 3),
        ("退款需要五天", 6),
        ("返品は5日", 5),
        ("", 0),
        ("\u2014 ... !", 0),
    ],
)
def test_words_are_counted_in_every_language(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", 3),
        ("It costs 3.50 today", 1),
        ("하나입니다. 둘입니다.", 2),
        ("一。二！", 2),
        ("A heading\n\nA paragraph", 2),
        ("...", 0),
    ],
)
def test_sentences_are_counted_in_every_language(text: str, sentences: int) -> None:
    assert count_sentences(text) == sentences


def test_tokens_are_estimated() -> None:
    assert 4 <= estimate_tokens("Refunds take five days.") <= 8
    assert 6 <= estimate_tokens("환불은 닷새가 걸립니다.") <= 14


@pytest.mark.parametrize(
    ("options", "passed", "comment"),
    [
        ({"unit": "words", "at_most": 4}, True, "the answer has 4 words"),
        ({"unit": "words", "at_most": 3}, False, "the answer has 4 words, at most 3 expected"),
        ({"unit": "words", "at_least": 5}, False, "the answer has 4 words, at least 5 expected"),
        ({"unit": "sentences", "at_least": 1, "at_most": None}, True, "the answer has 1 sentence"),
    ],
)
def test_lengths_are_bounded(options: dict[str, Any], passed: bool, comment: str) -> None:
    score = score_of("length", options, output="Refunds take five days.")
    assert (score.value, score.comment) == (passed, comment)


@pytest.mark.parametrize("options", [{"at_least": 5, "at_most": 4}, {"at_least": None, "at_most": None}])
def test_bounds_that_say_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="at_least"):
        find_kind("length").options.model_validate(options)


def test_time_cost_and_tokens_are_bounded_and_what_is_unknown_is_not_judged() -> None:
    options = {"duration_ms_max": 1000, "cost_usd_max": 0.01, "total_tokens_max": 100}
    score = score_of("bounds", options, duration_ms=1500.4, cost_usd=0.002, input_tokens=150)
    assert score.value is False
    assert score.comment == "took 1,500 ms, at most 1,000 expected; 150 tokens, at most 100 expected"
    assert score.metadata == {"duration_ms": 1500.4, "cost_usd": 0.002, "total_tokens": 150}
    assert score_of("bounds", options, cost_usd=0.01).value is True
    assert scores_of("bounds", {"duration_ms_max": None, "cost_usd_max": 1}, duration_ms=5.0) == []
    with pytest.raises(ValidationError, match="at least one bound"):
        find_kind("bounds").options.model_validate({"duration_ms_max": None})


def test_the_first_token_is_that_of_the_judged_span() -> None:
    def call(span_id: str, seconds: str) -> TargetSpan:
        attributes = {semconv.TIME_TO_FIRST_CHUNK: seconds}
        return TargetSpan(span_id=span_id, name="", kind="llm", input="", output="", attributes=attributes)

    spans = (call("a", "no number"), call("b", "0.25"), call("c", "0.75"))
    options = {"ttft_ms_max": 500, "duration_ms_max": None}
    assert score_of("bounds", options, spans=spans).comment == "250 ms to the first token"
    assert score_of("bounds", options, spans=spans, span_id="c").value is False
