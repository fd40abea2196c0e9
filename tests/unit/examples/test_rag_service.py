"""The application, run as it is, with real HTTP between its parts and waiting left out."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from spanglass_examples.clock import SkippingClock
from spanglass_examples.conditions import Conditions, World
from spanglass_examples.rag_service import history, incidents
from spanglass_examples.rag_service.agent import evaluate
from spanglass_examples.rag_service.application import Application, running
from spanglass_examples.rag_service.features import FEATURES, USERS
from spanglass_examples.rag_service.gateway import Visit
from spanglass_examples.rag_service.search import Index, load_handbook
from spanglass_examples.rag_service.semantic_cache import SemanticCache
from spanglass_examples.rag_service.traffic import busyness, choose_visit, spread_arrivals

BY_NAME = {feature.name: feature for feature in FEATURES}


@pytest.fixture(scope="module")
def clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture(scope="module")
def world(clock: SkippingClock) -> World:
    return World(clock=clock, conditions=Conditions(error_rate=0.0))


@pytest.fixture(scope="module")
def application(world: World) -> Iterator[Application]:
    with running(world, seed=5) as started:
        yield started


@pytest.fixture
def ask(application: Application, world: World):
    world.conditions = Conditions(error_rate=0.0)

    def visit(feature: str, question: str, session: str = "s", *, succeeds: bool = True):
        spans: list[ReadableSpan] = []
        application.outlet.take = spans.append
        assert application.gateway.ask(Visit(USERS[0], session, BY_NAME[feature], question)) is succeeds
        return spans

    return visit


def named(spans: Sequence[ReadableSpan], name: str) -> ReadableSpan:
    (found,) = (span for span in spans if span.name == name)
    return found


def seconds(span: ReadableSpan, clock: SkippingClock) -> float:
    return (clock.stretch(span.end_time) - clock.stretch(span.start_time)) / 1e9


def test_one_request_is_one_trace_over_two_services(ask) -> None:
    spans = ask("handbook-search", "What does the warranty cover?")
    assert len({span.context.trace_id for span in spans}) == 1
    assert {span.resource.attributes["service.name"] for span in spans} == {"gateway", "rag-service"}
    ids = {span.context.span_id for span in spans}
    roots = [span for span in spans if span.parent is None]
    assert [span.name for span in roots] == ["POST /handbook-search"]
    assert all(span.parent.span_id in ids for span in spans if span.parent)
    assert roots[0].attributes["spanglass.feature"] == "handbook-search"
    assert roots[0].attributes["user.id"] == USERS[0].id
    steps = {span.name for span in spans}
    assert {"semantic_cache.lookup", "retrieve", "rerank", "generate", "CreateEmbeddings"} <= steps


def test_the_anthropic_client_is_traced_twice_as_in_the_real_world(ask) -> None:
    spans = ask("summaries", BY_NAME["summaries"].questions[0])
    scopes = {span.instrumentation_scope.name for span in spans}
    assert {"com.anthropic.sdk.python", "openinference.instrumentation.anthropic"} <= scopes


def test_the_same_question_again_is_answered_by_the_cache(ask) -> None:
    question = "When does planned maintenance take place?"
    first, second = ask("handbook-search", question), ask("handbook-search", question)
    assert named(first, "semantic_cache.lookup").attributes["spanglass.cache_hit"] is False
    assert named(second, "semantic_cache.lookup").attributes["spanglass.cache_hit"] is True
    assert "generate" not in {span.name for span in second}
    root = named(second, "POST /handbook-search")
    assert root.attributes["output.value"] == named(first, "POST /handbook-search").attributes["output.value"]


def test_the_agent_uses_its_tools(ask) -> None:
    spans = ask("order-agent", "Order 50977 arrived broken. What is 3 x 49.90?")
    used = [span.name for span in spans if span.attributes.get("spanglass.kind") == "tool"]
    assert used == ["get_order", "search_docs", "calculate"]
    assert "149.7" in named(spans, "calculate").attributes["spanglass.output"]


def test_a_conversation_carries_what_was_said(ask) -> None:
    question = "How long do customers have to return a product?"
    ask("support-chat", question, "talk")
    spans = ask("support-chat", "Which second factors are supported?", "talk")
    assert question in named(spans, "ChatCompletion").attributes["input.value"]


def test_korean_questions_find_korean_documents(ask) -> None:
    spans = ask("support-chat", "환불은 며칠 안에 신청해야 하나요?", "korean")
    found = json.loads(named(spans, "retrieve").attributes["gen_ai.retrieval.documents"])
    assert found[0]["id"] == "환불"
    assert "환불" in named(spans, "POST /support-chat").attributes["output.value"]


def test_slow_retrieval_shows_in_retrieval_alone(ask, world: World, clock: SkippingClock) -> None:
    world.conditions = Conditions(error_rate=0.0, retrieval_slowness=40)
    spans = ask("support-chat", "What may guests see in an organization?", "slow")
    assert seconds(named(spans, "retrieve"), clock) > 1.0
    assert seconds(named(spans, "rerank"), clock) < 0.3


def test_context_growth_shows_in_documents_and_tokens(ask, world: World) -> None:
    def tokens() -> int:
        spans = ask("support-chat", "How are webhooks signed and retried?", "growing")
        return int(named(spans, "ChatCompletion").attributes["llm.token_count.prompt"])

    world.conditions = Conditions(error_rate=0.0, is_cache_working=False)
    usual = tokens()
    world.conditions = Conditions(error_rate=0.0, is_cache_working=False, documents_factor=8)
    assert tokens() > 1.5 * usual


def test_failing_models_fail_the_request_with_the_error_on_the_spans(ask, world: World) -> None:
    world.conditions = Conditions(error_rate=1.0)
    spans = ask("summaries", "Summarize in one sentence: nothing works", succeeds=False)
    failed = [span.name for span in spans if span.status.status_code.name == "ERROR"]
    assert {"POST /summaries", "POST /v1/complete", "anthropic.messages.create"} <= set(failed)


def test_a_broken_cache_never_hits(ask, world: World) -> None:
    world.conditions = Conditions(error_rate=0.0, is_cache_working=False)
    question = "Which file formats can be imported?"
    for spans in (ask("handbook-search", question), ask("handbook-search", question)):
        assert named(spans, "semantic_cache.lookup").attributes["spanglass.cache_hit"] is False


def test_the_costly_model_takes_over(ask, world: World) -> None:
    world.conditions = Conditions(error_rate=0.0, is_costly_model_chosen=True)
    spans = ask("handbook-search", "Does the mobile app work offline?")
    call = named(spans, "anthropic.messages.create")
    assert call.attributes["gen_ai.request.model"] == "claude-opus-4-6"


def test_a_streamed_answer_has_its_first_piece_before_its_last(
    ask, application: Application, clock: SkippingClock
) -> None:
    spans = ask("handbook-search", "How do I search for an exact phrase?")
    recording = history._to_recording(spans, clock.stretch)
    call = named(recording.spans, "anthropic.messages.create")
    waited = call.attributes["gen_ai.response.time_to_first_chunk"]
    assert 0.2 < waited < (call.end_time - call.start_time) / 1e9


def test_a_recording_told_again_is_another_trace(ask, clock: SkippingClock) -> None:
    recording = history._to_recording(ask("order-agent", "Where is order 48213?"), clock.stretch)
    told = history.Told(
        start_ns=1_700_000_000_000_000_000, user=USERS[5], session_id="s9", release="1", pace=2.0
    )
    first, second = history.retell(recording, told).spans, history.retell(recording, told).spans
    assert len(first) == len(recording.spans)
    assert {span.context.span_id for span in first}.isdisjoint(span.context.span_id for span in second)
    assert min(span.start_time for span in first) == told.start_ns
    root, old_root = named(first, "POST /order-agent"), named(recording.spans, "POST /order-agent")
    assert root.end_time - root.start_time == pytest.approx(
        2 * (old_root.end_time - old_root.start_time), abs=9
    )
    assert (root.attributes["user.id"], root.attributes["session.id"]) == (USERS[5].id, "s9")
    assert root.resource.attributes["service.version"] == "1"
    texts = [str(span.attributes) for span in (*recording.spans, *first, *second)]
    counted = Counter(given for given in recording.given_ids for text in texts if given in text)
    assert set(counted) == set(recording.given_ids), "the recording's own, and in no retelling"
    assert not any(given in str(span.attributes) for given in recording.given_ids for span in first)
    parents = {span.context.span_id for span in first} | {None}
    assert {span.parent and span.parent.span_id for span in first} <= parents


def test_who_asks_travels_to_the_service_behind(ask) -> None:
    spans = ask("support-chat", "Which file formats can be imported?", "carried")
    behind = [span for span in spans if span.resource.attributes["service.name"] == "rag-service"]
    assert {span.attributes["spanglass.feature"] for span in behind} == {"support-chat"}
    assert {span.attributes["spanglass.user_id"] for span in behind} == {USERS[0].id}
    assert {span.attributes["spanglass.session_id"] for span in behind} == {"carried"}


def test_an_answer_is_scored_and_its_calls_are_logged(
    application: Application, clock: SkippingClock, world: World
) -> None:
    world.conditions = Conditions(error_rate=0.0)
    visit = Visit(
        USERS[0], "scored", BY_NAME["handbook-search"], "How do we set up single sign-on with SAML?"
    )
    recording = history.record_one(application, clock, visit)
    told = history.Told(
        start_ns=1_700_000_000_000_000_000, user=USERS[5], session_id="s9", release="1", pace=2.0
    )

    again = history.retell(recording, told)

    trace_id = f"{again.spans[0].context.trace_id:032x}"
    groundedness = next(score for score in again.scores if score["name"] == "groundedness")
    assert 0.3 < groundedness["value"] <= 1
    assert {score["trace_id"] for score in again.scores} == {trace_id}
    assert all(score["timestamp"].startswith("2023-11-14T22:13:") for score in again.scores)
    records = [record.log_record for record in again.logs]
    assert {f"{record.trace_id:032x}" for record in records} == {trace_id}
    calls = [json.loads(record.body) for record in records if "llm_call" in record.body]
    assert sorted(call["model"] for call in calls) == ["claude-sonnet-4-6", "text-embedding-3-small"]
    answered = next(call for call in calls if call["model"].startswith("claude"))
    span = next(span for span in again.spans if f"{span.context.span_id:016x}" == answered["span_id"])
    assert answered["latency_ms"] == pytest.approx((span.end_time - span.start_time) / 1e6, abs=0.001)
    assert 200 < answered["ttft_ms"] < answered["latency_ms"]
    assert answered["cost_usd"] > 0
    assert (answered["feature"], answered["trace_id"]) == ("handbook-search", trace_id)


def test_people_say_what_they_think_of_answers(ask, application: Application) -> None:
    application.recorded.clear()
    for number in range(40):
        ask("summaries", BY_NAME["summaries"].questions[number % 4])
    thumbs = [score["value"] for score in application.recorded.scores if score["name"] == "user_feedback"]
    assert 2 <= len(thumbs) <= 20
    assert set(thumbs) <= {True, False}


def test_history_follows_the_day_and_the_table_of_incidents() -> None:
    started_s = 1_763_900_000.0
    moments = spread_arrivals(2000, from_s=started_s - 86400, to_s=started_s, chance=random.Random(1))
    assert len(moments) == 2000
    assert list(moments) == sorted(moments)
    busy = sum(busyness(moment) for moment in moments) / 2000
    assert busy > 1.15, "more of them come when it is busy"
    for incident in incidents.INCIDENTS:
        start_s = started_s - incident.hours_ago * 3600
        assert incidents.in_history(start_s, started_s=started_s) is incident
        assert incidents.in_history(start_s - 1, started_s=started_s) is None
        after_s = start_s + incident.minutes * 60
        assert incidents.in_history(after_s, started_s=started_s) is None
        live_s = started_s + (incident.live_minute + incidents.LIVE_CYCLE_MIN) * 60
        assert incidents.in_live(live_s, started_s=started_s) is incident
    assert incidents.in_live(started_s, started_s=started_s) is None


def test_the_average_hour_is_as_busy_as_promised() -> None:
    hours = [busyness(1_763_900_000 + minute * 60) for minute in range(0, 1440, 10)]
    assert sum(hours) / len(hours) == pytest.approx(1.0, abs=0.12)
    assert max(hours) > 3 * min(hours)


def test_the_same_seed_brings_the_same_people() -> None:
    visits = [[choose_visit(1e9, random.Random(seed)) for seed in range(20)] for _ in range(2)]
    assert visits[0] == visits[1]
    assert len({visit.feature.name for visit in visits[0]}) > 2


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("how often are webhooks retried", "webhooks"),
        ("reset my password", "password"),
        ("비밀번호를 잊어버렸어요", "비밀번호"),
        ("API 요청 제한", "요청제한"),
    ],
)
def test_search_finds_the_right_chapter(query: str, document: str) -> None:
    hits = Index(load_handbook()).find(query, limit=3)
    assert hits[0].document.id == document
    assert len(hits) <= 3


def test_cached_answers_grow_old_and_stay_in_their_feature() -> None:
    cache = SemanticCache(kept_s=10)
    cache.put([1.0, 0.0], scope="a", question="q", answer="yes", now_s=0)
    entry, similarity = cache.find([1.0, 0.0], scope="a", now_s=9)
    assert (entry.answer, similarity) == ("yes", 1.0)
    assert cache.find([0.0, 1.0], scope="a", now_s=9)[0] is None
    assert cache.find([1.0, 0.0], scope="b", now_s=9)[0] is None
    assert cache.find([1.0, 0.0], scope="a", now_s=11)[0] is None


@pytest.mark.parametrize(("text", "value"), [("3 * 49.90", 149.7), ("(1 + 2) / 4", 0.75), ("2 - 5", -3)])
def test_the_calculator_calculates(text: str, value: float) -> None:
    assert evaluate(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["__import__('os')", "2 ** 99999", "'a' * 3", "x", "1 if 1 else 2"])
def test_the_calculator_runs_nothing_else(text: str) -> None:
    with pytest.raises(ValueError):
        evaluate(text)
