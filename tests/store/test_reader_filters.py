"""What each filter finds, on both engines; and the SQL that each shape becomes."""

from collections.abc import Callable

import pytest
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.score import Score
from spanglass_server.model.span import Span
from spanglass_server.query.fields import Target
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.admin import DAY_NS
from spanglass_server.store.clickhouse.compile import span_condition, trace_condition
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PageRequest, TimeRange

DURING = TimeRange(EPOCH_NS - SECOND_NS, EPOCH_NS + 86_400 * SECOND_NS)
Finder = Callable[[str], list[str]]


class Story:
    """Four traces, named a to d, that differ in what filters ask for."""

    def __init__(self, factory: SpanFactory) -> None:
        self.factory = factory
        self.spans: list[Span] = []
        self.traces: dict[str, list[Span]] = {}
        self.scores: list[Score] = []

    def trace(self, letter: str, *spans: Span) -> None:
        self.traces[letter] = list(spans)
        self.spans += spans

    def score(self, letter: str, *, at: int | None = None, **fields: object) -> None:
        """Of the trace, or of its span at this place; ten days later, as people do."""
        spans = self.traces[letter]
        score = make_score(self.factory.project_id, f"s{len(self.scores)}", trace_id=spans[0].trace_id)
        given = {"span_id": "" if at is None else spans[at].span_id, "time_ns": EPOCH_NS + 10 * DAY_NS}
        self.scores.append(score._replace(**given, **fields))  # type: ignore[arg-type]

    def name_of(self, trace_id: str) -> str:
        return next(letter for letter, spans in self.traces.items() if spans[0].trace_id == trace_id)


def told(factory: SpanFactory) -> Story:
    story = Story(factory)
    at = [EPOCH_NS + minute * 60 * SECOND_NS for minute in range(4)]
    root = factory.span(
        name="POST /ask", kind="chain", status="ok", feature="search", user_id="u1", session_id="s1",
        tags=("rag", "beta"), metadata='{"tenant":"acme","plan":{"tier":"pro"},"seats":12}', release="1.4.2",
        start_time_ns=at[0], end_time_ns=at[0] + 5 * SECOND_NS,
        attribute_index={"http.route": "/ask", "retries": "3", "50%_off": "yes"},
        resource='{"service.name":"rag-api","host.name":"web-1","process.pid":42}',
    )  # fmt: skip
    story.trace(
        "a", root,
        factory.call(
            trace_id=root.trace_id, parent_span_id=root.span_id, start_time_ns=at[0] + SECOND_NS,
            input="What is your refund policy?", output="환불을 받으시려면 30일 이내에 신청하세요.",
            finish_reasons=("stop",),
        ),
    )  # fmt: skip
    root = factory.span(
        name="POST /chat", kind="chain", status="error", error_type="timeout", feature="chat", user_id="u2",
        start_time_ns=at[1], end_time_ns=at[1] + SECOND_NS, tags=("rag",),
    )  # fmt: skip
    story.trace(
        "b", root,
        factory.call(
            trace_id=root.trace_id, parent_span_id=root.span_id, start_time_ns=at[1] + 1000, status="error",
            provider="openai", request_model="gpt-4o", response_model="", cost_usd=None,
            cost_source="unpriced", input_tokens=20_000, output_tokens=None, finish_reasons=(),
            streaming=False, ttft_ns=None, input="Tell me the policy on refunds", output="",
            error_message="upstream timed out",
        ),
        factory.span(
            trace_id=root.trace_id, parent_span_id=root.span_id, start_time_ns=at[1] + 2000, kind="tool",
            name="lookup", tool_name="web_search", cache_hit=True,
        ),
    )  # fmt: skip
    root = factory.span(
        name="nightly job", kind="agent", start_time_ns=at[2], end_time_ns=at[2] + 200_000_000,
        service="batch", environment="staging", team="growth", warnings=("clock_skew",), trace_name="",
    )  # fmt: skip
    story.trace("c", root)
    root = factory.call(
        start_time_ns=at[3], end_time_ns=at[3] + 2 * SECOND_NS, cost_usd=0.5,
        response_model="claude-opus-4-5", prompt_name="answer", prompt_version="12",
        input="안녕하세요 배송 문의입니다", output="policy: none. Refund? no",
        response_id="msg_01", feature="search", finish_reasons=("length", "stop"),
    )  # fmt: skip
    story.trace("d", root)
    story.score("a", name="quality", value=0.9)
    story.score("a", name="tone", data_type="categorical", value=None, string_value="friendly")
    story.score("b", at=1, name="quality", value=0.2)
    story.score("b", at=1, name="my score", data_type="boolean", value=1.0, string_value="true")
    story.score("d", name="quality", value=0.2, is_deleted=True)
    return story


@pytest.fixture(scope="module")
def stories() -> dict[str, Story]:
    """By the engine's name: filters only read, so a story is told once to each."""
    return {}


@pytest.fixture
def story(engine: Engine, span_factory: SpanFactory, stories: dict[str, Story]) -> Story:
    if engine.name not in stories:
        stories[engine.name] = found = told(span_factory)
        summaries = [span_factory.summary(spans) for spans in found.traces.values()]
        ClickHouseWriter(engine).write_batch(
            spans=found.spans, traces=summaries, logs=[], scores=found.scores
        )
    return stories[engine.name]


@pytest.fixture
def find(engine: Engine, story: Story) -> Finder:
    """Letters of the traces that a filter finds, oldest first."""

    def found(text: str) -> list[str]:
        page = ClickHouseReader(engine).list_traces(
            story.factory.project_id, DURING, parse_filter(text, "traces"), PageRequest(50, "", "start_time")
        )
        return [story.name_of(row["trace_id"]) for row in page.items]

    return found


TRACES = [
    ("", "abcd"),
    # What a trace knows of itself.
    ("status:error", "b"),
    ("-status:error", "acd"),
    ("status:(ok or error)", "ab"),
    ("feature:search", "ad"),
    ("feature:null", "c"),
    ("has:feature", "abd"),
    ("-feature:search", "bc"),
    ("user:u1", "a"),
    ("service:batch or team:growth", "c"),
    ("env:staging", "c"),
    ("name:POST*", "ab"),
    ("name:*/chat", "b"),
    ('name~"^POST .(ask|chat)$"', "ab"),
    ("release:1.4.*", "abcd"),
    ("tags:rag", "ab"),
    ("tags:rag tags:beta", "a"),
    ("tags:b*", "a"),
    ('tags~"^r"', "ab"),
    ("has:tags", "ab"),
    ("-tags:beta", "bcd"),
    ("metadata.tenant:acme", "a"),
    ("metadata.plan.tier:pro", "a"),
    ("metadata.seats:12", "a"),
    ("metadata.seats>10", "a"),
    ("-metadata.tenant:acme", "bcd"),
    ("has:metadata.tenant", "a"),
    ("duration>1s", "ad"),
    ("duration:1s..2s", "bd"),
    ("duration<1s", "c"),
    ("cost>0.01", "d"),
    ("cost:null", "c"),
    ("-cost>0.01", "abc"),
    ("tokens>10k", "b"),
    ("error_count>0", "b"),
    ("span_count:2..3", "ab"),
    ("llm_calls:0", "c"),
    ("unpriced>0", "b"),
    # A span of the trace that matches.
    ("kind:llm", "abd"),
    ("model:claude*", "ad"),
    ("model:gpt-4o", "b"),
    ("provider:openai", "b"),
    ("error_type:timeout", "b"),
    ("error_message:*timed*", "b"),
    ("finish_reason:length", "d"),
    ("tool:web_search", "b"),
    ("ttft>100ms", "ad"),
    ("streaming:false", "b"),
    ("cache_hit:true", "b"),
    ("has:cache_hit", "b"),
    ("-has:cache_hit", "acd"),
    ("has:tool kind:llm", ""),
    ("has:ttft kind:llm", "ad"),
    ("cost_source:unpriced", "b"),
    ("prompt:answer prompt_version:12", "d"),
    ("response_id:msg_01", "d"),
    ("warnings:clock_skew", "c"),
    ("attributes.http.route:/ask", "a"),
    ("attributes.http.route:/*", "a"),
    ("attributes.retries>=3", "a"),
    ("attributes.retries>3", ""),
    ('attributes."50%_off":yes', "a"),
    ("has:attributes.http.route", "a"),
    ("resource.host.name:web-1", "a"),
    ("resource.process.pid:42", "a"),
    ("span.name:lookup", "b"),
    ("span.status:error", "b"),
    ("span.duration>4s", "a"),
    # Terms side by side ask the same span, a negated one asks all of them.
    ("kind:llm tool:web_search", ""),
    ("kind:tool tool:web_search", "b"),
    ("kind:llm provider:openai", "b"),
    ("kind:chain provider:openai", ""),
    ("kind:llm -kind:tool", "ad"),
    ("-kind:llm", "c"),
    ("-(kind:llm provider:openai)", "acd"),
    ("kind:llm (provider:openai or model:claude-opus*)", "bd"),
    ("kind:llm status:error", "b"),
    ("kind:agent or cost>0.1", "cd"),
    ("-(kind:agent or cost>0.1)", "ab"),
    # Scores, of the trace or of one of its spans.
    ("scores.quality<0.5", "b"),
    ("scores.quality>=0.2", "ab"),
    ("scores.quality:0.9", "a"),
    ("-scores.quality<0.5", "acd"),
    ("scores.tone:friendly", "a"),
    ("scores.tone:f*", "a"),
    ('scores.tone~"^f"', "a"),
    ('scores."my score":true', "b"),
    ("scores.tone>0", ""),
    ("has:scores", "ab"),
    ("-has:scores", "cd"),
    ("has:scores.tone", "a"),
    ("scores.tone:null", "bcd"),
    ("scores:tone", "a"),
    ("score:(tone or nothing)", "a"),
    ("span.scores.quality<0.5", "b"),
    ("span.scores.quality>0.5", ""),
    ("kind:llm span.scores.quality<0.5", "b"),
    ("kind:tool span.scores.quality<0.5", ""),
    ("has:scores status:error", "b"),
    # Words.
    ("refund", "ad"),
    ("REFUND policy", "ad"),
    ('"refund policy"', "a"),
    ('"policy on refunds"', "b"),
    ("refu", ""),
    ("환불", "a"),
    ("환불을", "a"),
    ("배송", "d"),
    ("문의", "d"),
    ("불환", ""),
    ("nightly", "c"),
    ("-refund", "bc"),
    ("kind:llm refund", "ad"),
    ("kind:chain refund", ""),
    ("refund provider:anthropic cost>0.1", "d"),
    ("input:refund", "a"),
    ('output:"refund"', "d"),
    ("input:*fund*", "ab"),
    ('input~"refund(s)?$"', "b"),
    ("has:output kind:llm", "ad"),
]


@pytest.mark.parametrize(("text", "letters"), TRACES, ids=[text for text, _ in TRACES])
def test_traces_are_found(find: Finder, text: str, letters: str) -> None:
    assert "".join(find(text)) == letters


SPANS = [
    ("kind:llm", 3),
    ("kind:llm provider:openai", 1),
    ("status:error", 2),
    ("name:POST*", 2),
    ("span.name:lookup", 1),
    ("is_root:true", 4),
    ("root:false kind:llm", 2),
    ("billable:true", 3),
    ("model:null", 4),
    ("-has:model", 4),
    ("has:ttft", 2),
    ("total_tokens>=20k", 1),
    ("output_tokens:null kind:llm", 1),
    ("-output_tokens>100", 5),
    ("cache_hit:true", 1),
    ("-cache_hit:true", 6),
    ("refund", 2),
    ("-refund", 5),
    ("refund or kind:tool", 3),
    ('kind:llm "refund policy"', 1),
    ("환불", 1),
    ("input:null", 4),
    ("attributes.retries:3", 1),
    ("metadata.tenant:acme", 1),
    ("otlp_kind:client", 3),
    ("duration>1s", 2),
    ("scores.quality<0.5", 1),
    ("scores.quality>0.5", 0),
    ("has:scores kind:llm", 1),
    ("-has:scores", 6),
    ('scores."my score":true', 1),
]


@pytest.mark.parametrize(("text", "count"), SPANS, ids=[text for text, _ in SPANS])
def test_spans_are_found(engine: Engine, story: Story, text: str, count: int) -> None:
    page = ClickHouseReader(engine).list_spans(
        story.factory.project_id, DURING, parse_filter(text, "spans"), PageRequest(50, "", "-start_time")
    )
    assert len(page.items) == count


SHAPES: list[tuple[Target, str, str]] = [
    ("traces", "status:error", "status = {p0:String}"),
    ("traces", "-status:error", "NOT status = {p0:String}"),
    ("traces", "feature:null", "feature = ''"),
    ("traces", "name:a_*", "name LIKE {p0:String}"),
    ("traces", "name~x", "match(name, {p0:String})"),
    ("traces", "tags:x", "has(tags, {p0:String})"),
    ("traces", "tags:x*", "arrayExists(item -> item LIKE {p0:String}, tags)"),
    ("traces", "duration>2s", "(end_time_ns - start_time_ns) > {p0:Float64}"),
    ("traces", "cost>1", "ifNull(cost_usd > {p0:Float64}, false)"),
    ("traces", "cost:null", "isNull(cost_usd)"),
    (
        "traces", "status:ok (team:a or team:b)",
        "(status = {p0:String} AND (team = {p1:String} OR team = {p2:String}))",
    ),
    ("traces", "kind:llm", "has(kinds, {p0:String})"),
    ("traces", "-error_type:time*", "NOT arrayExists(item -> item LIKE {p0:String}, error_types)"),
    (
        "traces", "tool:x",
        "trace_id IN (SELECT trace_id FROM spans FINAL WHERE SPANS AND tool_name = {p0:String})",
    ),
    (
        "traces", "kind:llm status:error provider:x",
        "(status = {p0:String} AND trace_id IN (SELECT trace_id FROM spans FINAL WHERE SPANS"
        " AND kind = {p1:String} AND provider = {p2:String}))",
    ),
    (
        "traces", "-tool:x",
        "NOT trace_id IN (SELECT trace_id FROM spans FINAL WHERE SPANS AND tool_name = {p0:String})",
    ),
    (
        "traces", "tool:x or status:ok",
        "(trace_id IN (SELECT trace_id FROM spans FINAL WHERE SPANS AND tool_name = {p0:String})"
        " OR status = {p1:String})",
    ),
    (
        "traces", "refund",
        "trace_id IN (SELECT trace_id FROM spans WHERE SPANS AND (hasAllTokens(input, {p1:String})"
        " OR hasAllTokens(output, {p2:String}) OR positionCaseInsensitiveUTF8(name, {p0:String}) > 0))",
    ),
    (
        "traces", 'kind:llm input:"a b"',
        "trace_id IN (SELECT trace_id FROM spans FINAL WHERE SPANS AND kind = {p0:String}"
        " AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM spans"
        " WHERE SPANS AND (hasAllTokens(input, {p1:String})"
        " AND positionCaseInsensitiveUTF8(input, {p2:String}) > 0)))",
    ),
    (
        "spans", "attributes.x:y",
        "(mapContains(attribute_index, {p1:String}) AND attribute_index[{p0:String}] = {p2:String})",
    ),
    ("spans", "attributes.x:null", "NOT mapContains(attribute_index, {p1:String})"),
    (
        "spans", "attributes.x>1",
        "(mapContains(attribute_index, {p1:String})"
        " AND ifNull(toFloat64OrNull(attribute_index[{p0:String}]) > {p2:Float64}, false))",
    ),
    (
        "traces", "scores.quality<0.5",
        "trace_id IN (SELECT trace_id FROM scores FINAL WHERE project_id = {project:String}"
        " AND time_ns >= {from_ns:Int64} - 86400000000000 AND trace_id != '' AND name = {p0:String}"
        " AND ifNull(value < {p1:Float64}, false))",
    ),
    (
        "spans", "scores.tone:good",
        "(trace_id, span_id) IN (SELECT trace_id, span_id FROM scores FINAL WHERE"
        " project_id = {project:String} AND time_ns >= {from_ns:Int64} - 86400000000000 AND span_id != ''"
        " AND name = {p0:String} AND string_value = {p1:String})",
    ),
    (
        "traces", "scores:null",
        "trace_id NOT IN (SELECT trace_id FROM scores FINAL WHERE project_id = {project:String}"
        " AND time_ns >= {from_ns:Int64} - 86400000000000 AND trace_id != '')",
    ),
    ("spans", "cache_hit:true", "ifNull(cache_hit = {p0:Bool}, false)"),
    ("spans", "model:x", "if(response_model != '', response_model, request_model) = {p0:String}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "text", "sql"), SHAPES, ids=[f"{target}-{text}" for target, text, _ in SHAPES]
)
def test_a_filter_becomes_this_sql_and_the_engine_runs_it(
    embedded_engine: Engine, target: Target, text: str, sql: str
) -> None:
    expression, bind = parse_filter(text, target), Binder()
    assert expression is not None
    compiled = {"traces": trace_condition, "spans": span_condition}[target](expression, bind, "SPANS")
    assert compiled == sql
    runnable = compiled.replace("SPANS", "project_id = 'none' AND start_time_ns > 0")
    embedded_engine.query_arrow(
        f"SELECT count() FROM {target} FINAL WHERE project_id = 'none' AND start_time_ns > 0 AND {runnable}",
        {"project": "none", "from_ns": 0, **bind.params},
    )


HOSTILE = [
    "'",
    '"',
    "\\",
    "'; DROP TABLE spans; --",
    "{p0:String}",
    "%",
    "_",
    "\n",
    "\t",
    "\x00",
    "${x}",
    "a\\'b",
    "🙂",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_only_values(engine: Engine, span_factory: SpanFactory, value: str) -> None:
    span = span_factory.call(
        user_id=value, attribute_index={value: value}, metadata="{}", input=f"x {value} y"
    )
    other = span_factory.call(user_id="other", input="plain")
    writer = ClickHouseWriter(engine)
    writer.write_batch(
        spans=[span, other],
        traces=[span_factory.summary([span]), span_factory.summary([other])],
        logs=[],
        scores=[
            make_score(
                span_factory.project_id,
                "s",
                trace_id=span.trace_id,
                span_id=span.span_id,
                name=value,
                string_value=value,
            )
        ],
    )
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'
    reader = ClickHouseReader(engine)
    for text in (
        f"user_id:{quoted}",
        f"attributes.{quoted}:{quoted}",
        f"input:{quoted}",
        f"scores.{quoted}:{quoted}",
    ):
        page = reader.list_spans(
            span_factory.project_id, DURING, parse_filter(text, "spans"), PageRequest(5, "", "-start_time")
        )
        assert [row["span_id"] for row in page.items] == [span.span_id], text


def test_a_regular_expression_that_the_engine_refuses_is_the_askers_mistake(
    engine: Engine, span_factory: SpanFactory
) -> None:
    span = span_factory.span()
    ClickHouseWriter(engine).write_batch(spans=[span], traces=[span_factory.summary([span])], logs=[])
    with pytest.raises(QueryInvalid):
        ClickHouseReader(engine).list_traces(
            span_factory.project_id,
            DURING,
            parse_filter('name~"(?<=a)b"', "traces"),
            PageRequest(5, "", "-cost"),
        )
