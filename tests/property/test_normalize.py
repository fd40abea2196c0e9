"""Normalizing is total and repeatable, and settling is a function of the set of spans."""

import random
from collections.abc import Sequence

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass_server.model.span import KINDS, Span
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.links import links_of
from spanglass_server.normalize.pipeline import normalize_logs, normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.settle import facts_of, settle, summarize
from spanglass_server.normalize.table import TABLE
from spanglass_server.normalize.values import dump_json
from spanglass_server.wire.records import (
    Attributes,
    AttributeValue,
    EventRecord,
    LinkRecord,
    LogRecord,
    Resource,
    Scope,
    SpanRecord,
)

PRICES = PriceBook()
KNOWN_KEYS = sorted(TABLE)
PREFIXED_KEYS = [
    "langfuse.trace.metadata.k",
    "ai.telemetry.metadata.k",
    "ai.settings.maxTokens",
    "gen_ai.request.top_p",
    "gen_ai.completion.0.finish_reason",
    "llm.input_messages.0.message.role",
    "retrieval.documents.0.document.id",
    "traceloop.association.properties.k",
    "langsmith.metadata.k",
]
SCOPES = [
    "",
    "langfuse-sdk",
    "ai",
    "gen_ai",
    "logfire.openai",
    "com.anthropic.sdk.python",
    "openlit.x",
    "strands.t",
]

any_text = st.text(alphabet=st.characters(), max_size=40)
awkward_text = st.sampled_from(
    [
        "",
        " ",
        '"',
        '""',
        '"x',
        "{",
        "{}",
        "[]",
        '{"input": 1}',
        "{'a': 1}",
        "-1",
        "NaN",
        "1e999",
        "\x00",
        "\ud800",
        "nan",
    ]
)
scalars = st.one_of(
    any_text,
    awkward_text,
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.binary(max_size=8),
    st.none(),
)
values: st.SearchStrategy[AttributeValue] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3)),
    max_leaves=6,
)
keys = st.one_of(st.sampled_from(KNOWN_KEYS), st.sampled_from(PREFIXED_KEYS), any_text)
attributes: st.SearchStrategy[Attributes] = st.dictionaries(keys, values, max_size=12)
times = st.integers(min_value=0, max_value=2**64 - 1)


@st.composite
def span_records(draw: st.DrawFn) -> SpanRecord:
    return SpanRecord(
        trace_id="0" * 31 + "1",
        span_id=draw(st.sampled_from(["a" * 16, "b" * 16])),
        parent_span_id=draw(st.sampled_from(["", "a" * 16, "c" * 16])),
        name=draw(any_text),
        otlp_kind=draw(st.integers(min_value=-1, max_value=9)),
        start_time_ns=draw(times),
        end_time_ns=draw(times),
        status_code=draw(st.integers(min_value=0, max_value=3)),
        status_message=draw(any_text),
        attributes=draw(attributes),
        events=tuple(draw(st.lists(st.builds(EventRecord, times, any_text, attributes), max_size=2))),
        links=tuple(draw(st.lists(st.builds(LinkRecord, any_text, any_text, attributes), max_size=1))),
        resource=Resource(attributes=draw(attributes)),
        scope=Scope(name=draw(st.sampled_from(SCOPES)), version=draw(any_text), attributes=draw(attributes)),
    )


def assert_storable(value: object) -> None:
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, int):
        assert -(2**63) <= value < 2**64
    elif isinstance(value, dict):
        for key, item in value.items():
            assert_storable(key)
            assert_storable(item)
    elif isinstance(value, tuple):
        for item in value:
            assert_storable(item)


@settings(max_examples=150, deadline=None)
@given(st.lists(span_records(), max_size=4))
def test_any_span_becomes_a_row_that_can_be_stored(records: list[SpanRecord]) -> None:
    spans = normalize_spans(records, project_id="p", prices=PRICES, version=1)
    announced = [r for r in records if r.attributes.get("logfire.span_type") == "pending_span"]
    assert len(records) - len(announced) <= len(spans) <= len(records)
    for span in spans:
        assert len(span) == len(Span._fields)
        assert_storable(tuple(span))
        assert span.kind in KINDS
        assert span.start_time_ns <= span.end_time_ns
        for column in ("attributes", "resource", "scope"):
            assert isinstance(orjson.loads(getattr(span, column)), dict)
        for column in ("events", "links"):
            assert isinstance(orjson.loads(getattr(span, column)), list)
        for column in ("metadata", "request_parameters"):
            assert not getattr(span, column) or isinstance(orjson.loads(getattr(span, column)), dict)
        for count in (span.input_tokens, span.output_tokens, span.cache_read_tokens, span.ttft_ns):
            assert count is None or count >= 0
    assert normalize_spans(records, project_id="p", prices=PRICES, version=1) == spans


@settings(max_examples=100, deadline=None)
@given(values, attributes, any_text)
def test_any_log_becomes_a_row_with_a_stable_id(
    body: AttributeValue, given_attributes: Attributes, name: str
) -> None:
    record = LogRecord(
        5,
        "t",
        "s",
        9,
        "INFO",
        name,
        body,
        given_attributes,
        Resource(attributes={}),
        Scope(name="s", version="1", attributes={}),
    )
    first, second = normalize_logs([record, record], project_id="p", version=1)
    assert_storable(tuple(first))
    assert first == second
    assert isinstance(orjson.loads(first.attributes), dict)


@settings(max_examples=100, deadline=None)
@given(
    attributes, st.sampled_from(["event", "message", "msg"]), any_text, st.sampled_from(["level", "trace_id"])
)
def test_any_structured_line_becomes_a_row_that_keeps_its_body(
    fields: Attributes, key: str, message: str, told: str
) -> None:
    body = dump_json({**fields, told: message, key: message})
    resource, scope = Resource(attributes={}), Scope(name="s", version="1", attributes={})
    record = LogRecord(5, "", "", 0, "", "", body, {}, resource, scope)
    [log] = normalize_logs([record], project_id="p", version=1)
    assert_storable(tuple(log))
    assert log.body == body
    assert 0 <= log.severity_number <= 24


TOLD_BY = ["openinference.x", "com.anthropic.sdk.python", "logfire.openai", "langfuse-sdk", "ai"]
KINDS_TOLD = ["llm", "llm", "embedding", "agent", "chain", "span"]
MODELS_TOLD = ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"]
IDENTITIES_TOLD: list[Attributes] = [
    {},
    {"feature": "search"},
    {"user.id": "u1"},
    {"metadata": '{"team": "x"}'},
]


@st.composite
def facts(draw: st.DrawFn) -> list[SpanFacts]:
    """Up to fourteen spans of up to three traces, alike enough to be taken for each other."""
    found: list[SpanFacts] = []
    for n in range(draw(st.integers(min_value=1, max_value=14))):
        scope = draw(st.sampled_from(TOLD_BY))
        start = draw(st.integers(min_value=0, max_value=5))
        record = SpanRecord(
            trace_id=draw(st.sampled_from(["t1", "t2", "t3"])),
            span_id=f"s{n}",
            parent_span_id=draw(st.sampled_from(["", *(f"s{k}" for k in range(14))])),
            name=draw(st.sampled_from(["call", "ai.generateText"])),
            otlp_kind=1,
            start_time_ns=1_700_000_000_000_000_000 + start,
            end_time_ns=1_700_000_000_000_000_000 + start + draw(st.integers(min_value=0, max_value=4)),
            status_code=draw(st.sampled_from([0, 1, 2])),
            status_message="",
            attributes={
                "spanglass.kind": draw(st.sampled_from(KINDS_TOLD)),
                "gen_ai.provider.name": "anthropic",
                "gen_ai.response.model": draw(st.sampled_from(MODELS_TOLD)),
                **draw(st.sampled_from([{}, {"gen_ai.response.id": "r1"}, {"gen_ai.response.id": "r2"}])),
                **draw(
                    st.sampled_from(
                        [
                            {},
                            {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5},
                            {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 6},
                        ]
                    )
                ),
                **draw(st.sampled_from(IDENTITIES_TOLD)),
            },
            events=(),
            links=(),
            resource=Resource(attributes={"service.name": "svc", "team": "core"}),
            scope=Scope(name=scope, version="1", attributes={}),
        )
        found += [
            facts_of(span) for span in normalize_spans([record], project_id="p", prices=PRICES, version=1)
        ]
    return found


def settled(given_facts: Sequence[SpanFacts]) -> dict[tuple[str, str], Verdict]:
    traces: dict[str, list[SpanFacts]] = {}
    for fact in given_facts:
        traces.setdefault(fact.trace_id, []).append(fact)
    return {(verdict.trace_id, verdict.span_id): verdict for verdict in settle(traces)}


def components(given_facts: Sequence[SpanFacts]) -> list[list[SpanFacts]]:
    """The facts by connected traces, as ingest gives them."""
    groups: dict[str, set[str]] = {fact.trace_id: {fact.trace_id} for fact in given_facts}
    for one in given_facts:
        for other in given_facts:
            if set(links_of(one).sought) & set(links_of(other).own):
                merged = groups[one.trace_id] | groups[other.trace_id]
                for trace_id in merged:
                    groups[trace_id] = merged
    distinct = {frozenset(group) for group in groups.values()}
    return [[fact for fact in given_facts if fact.trace_id in group] for group in distinct]


@settings(max_examples=150, deadline=None)
@given(facts(), st.randoms(use_true_random=False))
def test_settling_does_not_depend_on_order_or_grouping(
    given_facts: list[SpanFacts], rng: random.Random
) -> None:
    verdicts = settled(given_facts)
    shuffled = given_facts.copy()
    rng.shuffle(shuffled)
    assert settled(shuffled) == verdicts
    apart: dict[tuple[str, str], Verdict] = {}
    for component in components(given_facts):
        apart |= settled(component)
    assert apart == verdicts


@settings(max_examples=100, deadline=None)
@given(facts())
def test_every_span_gets_one_verdict_and_what_is_billed_is_a_call(given_facts: list[SpanFacts]) -> None:
    verdicts = settled(given_facts)
    assert verdicts.keys() == {(fact.trace_id, fact.span_id) for fact in given_facts}
    for verdict in verdicts.values():
        assert verdict.is_call or not verdict.is_billable
    used = any(fact.input_tokens for fact in given_facts if fact.name != "ai.generateText")
    assert not used or any(verdict.is_billable for verdict in verdicts.values())


@settings(max_examples=100, deadline=None)
@given(facts(), st.randoms(use_true_random=False))
def test_a_summary_does_not_depend_on_order(given_facts: list[SpanFacts], rng: random.Random) -> None:
    verdicts = {
        key[1]: verdict for key, verdict in settled(given_facts).items() if key[0] == given_facts[0].trace_id
    }
    of_trace = [fact for fact in given_facts if fact.trace_id == given_facts[0].trace_id]
    summary = summarize(of_trace, verdicts, project_id="p", version=1)
    shuffled = of_trace.copy()
    rng.shuffle(shuffled)
    assert summarize(shuffled, verdicts, project_id="p", version=1) == summary
    assert summary.span_count == len(of_trace)
    assert summary.start_time_ns <= summary.end_time_ns
