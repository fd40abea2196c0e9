"""Logs, scores, Langfuse's events, and rows without inputs and outputs."""

from typing import Any

import orjson
from tests.support.redaction import COUNT_KEY, KEY, event, rules, span_record

from spanglass_server.model.redaction import FieldRule, RedactionPolicy
from spanglass_server.normalize.langfuse_merge import TYPE
from spanglass_server.normalize.langfuse_spans import Extent, observation_record
from spanglass_server.normalize.pipeline import normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.redaction import Redactor, Tally
from spanglass_server.wire.langfuse import EventRecord
from spanglass_server.wire.records import Attributes, LogRecord, Resource, Scope
from spanglass_server.wire.scores import ScoreRecord, read_score

EMAIL = "kim@firma.co.kr"
BODY = EMAIL.encode()
SCOPE = Scope(name="s", version="1", attributes={})


def log_record(body: Any, attributes: Attributes, event_name: str = "") -> LogRecord:
    return LogRecord(1, "", "", 9, "INFO", event_name, body, attributes, Resource(attributes={}), SCOPE)


def langfuse_event(**body: Any) -> EventRecord:
    return EventRecord("batch[0]", "e", "generation-create", "", "observation", "o", "t", body, "2.60")


def score(**fields: Any) -> ScoreRecord:
    return read_score({"name": "good", "value": 1, "trace_id": "1" * 32, **fields})


def test_logs_are_redacted_in_body_and_attributes() -> None:
    record = log_record({"msg": f"sent to {EMAIL}"}, {"to": EMAIL, "n": 3})
    (clean,) = Redactor(rules("email"), KEY).logs([record], BODY, Tally())
    assert clean.body == {"msg": "sent to [email]"}
    assert clean.attributes == {"to": "[email]", "n": 3, COUNT_KEY: 2}


def test_bodies_and_attributes_of_logs_are_dropped_as_a_whole() -> None:
    policy = RedactionPolicy(fields=(FieldRule("log_body", "drop"), FieldRule("log_attributes", "drop")))
    (clean,) = Redactor(policy, KEY).logs([log_record("hello", {"to": "x"})], b"", Tally())
    assert clean.body is None
    assert clean.attributes.keys() <= {COUNT_KEY}


def test_logs_keep_no_messages_where_no_content_is_stored() -> None:
    records = [
        log_record({"content": "hello"}, {"gen_ai.system": "openai"}, "gen_ai.user.message"),
        log_record("a line", {"gen_ai.input.messages": "hello", "user.id": "u"}),
        log_record("judged", {"gen_ai.evaluation.name": "good"}, "gen_ai.evaluation.result"),
    ]
    message, line, judged = Redactor(RedactionPolicy(stores_content=False), KEY).logs(records, b"", Tally())
    assert (message.body, message.attributes) == (None, {"gen_ai.system": "openai"})
    assert (line.body, line.attributes) == ("a line", {"user.id": "u"})
    assert judged is records[2]


def test_scores_are_redacted_in_comment_text_and_metadata() -> None:
    records = [
        score(comment=f"{EMAIL} complained", metadata={"who": EMAIL}),
        score(value=f"ask {EMAIL}", data_type="text"),
        score(value="good", data_type="categorical", session_id=EMAIL),
    ]
    first, text, label = Redactor(rules("email"), KEY).scores(records, Tally())
    assert first.comment == "[email] complained"
    assert first.metadata == {"who": "[email]"}
    assert text.value == "ask [email]"
    assert label.value == "good"
    assert label.session_id == "[email]"


def test_a_session_has_one_hash_in_spans_scores_and_langfuse_events() -> None:
    redactor = Redactor(RedactionPolicy(fields=(FieldRule("session_id", "hash"),)), KEY)
    (span,) = redactor.spans([span_record({"session.id": "s-1"})], b"", Tally())
    (scored,) = redactor.scores([score(session_id="s-1")], Tally())
    (told,) = redactor.events([langfuse_event(id="o", sessionId="s-1")], b"", Tally())
    assert span.attributes["session.id"] == scored.session_id == told.body["sessionId"]
    assert "s-1" not in scored.session_id


def test_comments_of_scores_are_dropped_as_a_whole_and_scores_stay() -> None:
    policy = RedactionPolicy(fields=(FieldRule("score", "drop"),))
    (clean,) = Redactor(policy, KEY).scores([score(comment="why", metadata={"a": 1})], Tally())
    assert (clean.comment, clean.metadata, clean.value) == ("", None, 1)


def test_langfuse_events_are_redacted_and_ids_stay() -> None:
    record = langfuse_event(
        id=EMAIL, traceId="t", input=[{"content": EMAIL}], metadata={"a": EMAIL}, usage={"input": 7}
    )
    (clean,) = Redactor(rules("email"), KEY).events([record], BODY, Tally())
    assert clean.body["input"] == [{"content": "[email]"}]
    assert clean.body["metadata"] == {"a": "[email]"}
    assert clean.body["usage"] == {"input": 7}
    assert clean.body["id"] == EMAIL
    made = observation_record(
        {TYPE: "span", **clean.body}, trace_id="t", span_id="o", extent=Extent(1, 2), scope=SCOPE
    )
    assert made.attributes[COUNT_KEY] == 2


def test_usage_and_cost_stay_where_no_content_is_stored() -> None:
    """Also what only the answer's body tells."""
    answer = {
        "id": "r-1",
        "model": "gpt-4o-2024-08-06",
        "choices": [{"message": {"role": "assistant", "content": "secret answer"}}],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 300},
    }
    record = span_record(
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o",
            "input.value": "secret question",
            "output.value": orjson.dumps(answer).decode(),
            "llm.input_messages.0.message.content": "secret question",
            "a.long.one": "secret " * 200,
            "kept": "short",
        },
        events=(event("gen_ai.user.message", content="secret"), event("retry", reason="busy")),
    )
    redactor = Redactor(RedactionPolicy(stores_content=False), KEY)
    (span,) = redactor.strip(normalize_spans([record], project_id="p", prices=PriceBook(), version=1))
    assert (span.input_tokens, span.output_tokens) == (1200, 300)
    assert span.cost_usd is not None
    assert "secret" not in repr(span)
    assert "kept" in span.attributes
    assert "busy" in span.events


def test_outputs_alone_can_be_left_out() -> None:
    record = span_record({"input.value": "asked", "output.value": "answered"})
    redactor = Redactor(RedactionPolicy(fields=(FieldRule("output", "drop"),)), KEY)
    (span,) = redactor.strip(normalize_spans([record], project_id="p", prices=PriceBook(), version=1))
    assert (span.input, span.input_preview) == ("asked", "asked")
    assert "answered" not in repr(span)
