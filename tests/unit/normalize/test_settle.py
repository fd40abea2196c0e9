"""Which span of a call is billed, what spans inherit, and what a list shows of their trace."""

from typing import Any

from tests.support.telemetry import record, understand

from spanglass_server.model.span import INHERITED_FEATURE, INHERITED_TEAM, INHERITED_USER, TraceSummary
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.settle import facts_of, settle, summarize
from spanglass_server.wire.records import Attributes, SpanRecord

ANTHROPIC_SDK = "com.anthropic.sdk.python"
OPENINFERENCE = "openinference.instrumentation.anthropic"
OPENLLMETRY = "opentelemetry.instrumentation.anthropic"
CLAUDE = "claude-sonnet-4-5-20250929"


def used(input_tokens: int, output_tokens: int, model: str = CLAUDE, **more: Any) -> Attributes:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic" if "claude" in model else "openai",
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": input_tokens,
        "gen_ai.usage.output_tokens": output_tokens,
        **more,
    }


def judge(*records: SpanRecord) -> dict[str, Verdict]:
    traces: dict[str, list[SpanFacts]] = {}
    for span in understand(*records):
        traces.setdefault(span.trace_id, []).append(facts_of(span))
    verdicts = settle(traces)
    backwards = settle({key: facts[::-1] for key, facts in reversed(list(traces.items()))})
    assert sorted(backwards) == sorted(verdicts)
    return {verdict.span_id: verdict for verdict in verdicts}


def billed(*records: SpanRecord) -> set[str]:
    return {span_id for span_id, verdict in judge(*records).items() if verdict.is_billable}


def called(*records: SpanRecord) -> set[str]:
    return {span_id for span_id, verdict in judge(*records).items() if verdict.is_call}


def test_an_agents_usage_counts_only_where_no_call_below_tells_any() -> None:
    agent = record({"openinference.span.kind": "AGENT", "llm.token_count.prompt": 33}, span_id="agent")
    chain = record({"openinference.span.kind": "CHAIN"}, span_id="chain", parent="agent")
    silent = record({"openinference.span.kind": "LLM"}, span_id="call", parent="chain")
    telling = record(used(33, 4), span_id="call", parent="chain")
    assert billed(agent, chain, telling) == {"call"}
    assert billed(agent, chain, silent) == {"agent"}
    assert called(agent, chain, silent) == {"agent"}


def test_the_innermost_agent_with_usage_counts() -> None:
    outer = record({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9}, span_id="outer")
    inner = record(
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9},
        span_id="inner",
        parent="outer",
    )
    assert billed(outer, inner) == {"inner"}


def test_the_ai_sdks_wrapper_never_counts() -> None:
    wrapper = record(
        {"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 18},
        name="ai.generateText",
        scope="ai",
        span_id="wrapper",
    )
    first = record(
        {"ai.operationId": "ai.generateText.doGenerate", "gen_ai.usage.input_tokens": 15},
        scope="ai",
        span_id="first",
        parent="wrapper",
    )
    second = record(
        {"ai.operationId": "ai.generateText.doGenerate", "gen_ai.usage.input_tokens": 18},
        scope="ai",
        span_id="second",
        parent="wrapper",
    )
    assert billed(wrapper, first, second) == {"first", "second"}
    assert billed(wrapper) == set()


def test_one_response_told_in_two_traces_is_one_call() -> None:
    ours = record(
        used(10, 5, **{"gen_ai.response.id": "msg_1"}), scope=OPENLLMETRY, span_id="a", trace_id="t1"
    )
    sdks = record(
        used(10, 5, **{"gen_ai.response.id": "msg_1"}), scope=ANTHROPIC_SDK, span_id="b", trace_id="t2"
    )
    assert billed(ours, sdks) == called(ours, sdks) == {"a"}


def test_a_response_replayed_later_by_a_caching_server_is_another_call() -> None:
    first = record(used(10, 5, **{"gen_ai.response.id": "r"}), scope="app", span_id="a", trace_id="t1")
    later = record(
        used(10, 5, **{"gen_ai.response.id": "r"}), scope="app", span_id="b", trace_id="t2", start_ms=60_000
    )
    assert billed(first, later) == {"a", "b"}


def test_the_anthropic_sdks_numbers_win_where_they_differ() -> None:
    library = record(used(10, 19), scope=OPENLLMETRY, span_id="library", parent="root", duration_ms=900)
    sdk = record(used(10, 18), scope=ANTHROPIC_SDK, span_id="sdk", parent="root", start_ms=1, duration_ms=890)
    root = record({}, span_id="root")
    assert billed(root, library, sdk) == {"sdk"}
    nested = record(used(10, 18), scope=ANTHROPIC_SDK, span_id="sdk", parent="library")
    assert billed(root, library, nested) == {"sdk"}


def test_a_generation_around_an_instrumented_call_is_one_call() -> None:
    outer = record(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "claude-sonnet-4-5",
            "langfuse.observation.usage_details": '{"input": 10, "output": 5}',
        },
        scope="langfuse-sdk",
        span_id="outer",
    )
    inner = record(used(10, 5), scope=OPENINFERENCE, span_id="inner", parent="outer")
    assert billed(outer, inner) == {"outer"}
    silent = record({"langfuse.observation.type": "generation"}, scope="langfuse-sdk", span_id="outer")
    assert billed(silent, inner) == called(silent, inner) == {"inner"}


def test_a_model_span_that_adds_up_several_calls_is_a_wrapper() -> None:
    outer = record(used(20, 10), scope="langfuse-sdk", span_id="outer")
    first = record(used(10, 5), span_id="first", parent="outer")
    second = record(used(10, 5), span_id="second", parent="outer", start_ms=10)
    assert billed(outer, first, second) == {"first", "second"}


def test_nested_calls_with_other_tokens_are_two() -> None:
    outer = record(used(500, 10), span_id="outer")
    tool = record({"gen_ai.operation.name": "execute_tool"}, span_id="tool", parent="outer")
    inner = record(used(20, 5), span_id="inner", parent="tool")
    assert billed(outer, tool, inner) == {"outer", "inner"}


def test_parallel_alike_calls_of_one_library_are_all_billed() -> None:
    root = record({}, span_id="root")
    calls = [record(used(10, 5), scope=OPENINFERENCE, span_id=f"c{n}", parent="root") for n in range(4)]
    assert len(billed(root, *calls)) == 4
    sdks = [
        record(used(10, 5), scope=ANTHROPIC_SDK, span_id=f"x{n}", parent="root", start_ms=1) for n in range(4)
    ]
    assert billed(root, *calls, *sdks) == {"c0", "c1", "c2", "c3"}


def test_an_embedding_inside_an_embedding_without_usage_is_one_call() -> None:
    outer = record({"gen_ai.operation.name": "embeddings"}, span_id="outer")
    inner = record(
        {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 9},
        span_id="inner",
        parent="outer",
    )
    assert billed(outer, inner) == called(outer, inner) == {"inner"}


def test_a_failed_call_told_twice_is_one_call_and_not_billed() -> None:
    attributes: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-x"}
    outer = record(attributes, scope=OPENINFERENCE, span_id="outer", status=2)
    inner = record(attributes, scope=ANTHROPIC_SDK, span_id="inner", status=2, parent="outer")
    assert len(called(outer, inner)) == 1
    assert billed(outer, inner) == set()


def test_a_streams_log_and_its_opener_are_one_call() -> None:
    root = record({}, span_id="root")
    opener = record(
        {"gen_ai.operation.name": "chat", "gen_ai.response.model": "gpt-4o", "logfire.span_type": "span"},
        scope="logfire.openai",
        span_id="opener",
        parent="root",
        duration_ms=5,
    )
    log = record(
        used(10, 5, "gpt-4o", **{"logfire.span_type": "log"}),
        scope="logfire.openai",
        span_id="log",
        parent="root",
        start_ms=900,
        duration_ms=0,
    )
    assert billed(root, opener, log) == called(root, opener, log) == {"log"}


def test_calls_told_in_two_traces_without_an_id_are_one() -> None:
    library = record(used(10, 5), scope=OPENINFERENCE, span_id="library", trace_id="t1", duration_ms=500)
    sdk = record(
        used(10, 5, **{"gen_ai.response.id": "msg_1"}),
        scope=ANTHROPIC_SDK,
        span_id="sdk",
        trace_id="t2",
        start_ms=20,
        duration_ms=470,
    )
    assert billed(library, sdk) == {"library"}
    elsewhere = sdk._replace(start_time_ns=sdk.start_time_ns - 10**9)
    assert billed(library, elsewhere) == {"library", "sdk"}


def test_spans_that_are_each_others_parents_settle() -> None:
    one = record(used(10, 5), span_id="one", parent="two")
    two = record(used(10, 5), span_id="two", parent="one")
    assert len(billed(one, two)) == 1


def test_a_deep_and_wide_trace_settles_fast() -> None:
    chain = [record({"gen_ai.operation.name": "invoke_agent"}, span_id="n0")]
    chain += [
        record(used(10, 5) if n % 3 == 0 else {}, scope=f"s{n % 2}", span_id=f"n{n}", parent=f"n{n - 1}")
        for n in range(1, 3000)
    ]
    assert judge(*chain)


def test_identity_comes_from_the_nearest_ancestor_then_the_trace_then_the_resource() -> None:
    resource: Attributes = {"service.name": "svc", "team": "core"}
    root = record({"feature": "search"}, span_id="root", resource=resource)
    child = record({"feature": "suggest"}, span_id="child", parent="root", resource=resource)
    leaf = record({}, span_id="leaf", parent="child", resource=resource)
    lone = record({"user.id": "u1"}, span_id="lone", parent="gone", start_ms=5, resource=resource)
    verdicts = judge(root, child, leaf, lone)
    assert [verdicts[n].feature for n in ("root", "child", "leaf", "lone")] == [
        "search",
        "suggest",
        "suggest",
        "search",
    ]
    assert {verdict.team for verdict in verdicts.values()} == {"core"}
    assert {verdict.user_id for verdict in verdicts.values()} == {"u1"}
    assert verdicts["child"].inherited == INHERITED_TEAM | INHERITED_USER
    assert verdicts["leaf"].inherited == INHERITED_FEATURE | INHERITED_TEAM | INHERITED_USER


def test_a_traces_metadata_tells_what_no_span_does() -> None:
    root = record({"langfuse.trace.metadata.feature": "search"}, span_id="root")
    leaf = record({}, span_id="leaf", parent="root")
    assert judge(root, leaf)["leaf"].feature == "search"


def test_facts_leave_out_what_was_inherited() -> None:
    (span,) = understand(record({"feature": "search"}))
    stored = span._replace(team="core", inherited=INHERITED_TEAM, is_call=True, version=2)
    assert facts_of(stored) == facts_of(span)
    assert facts_of(stored).team == ""


def summary_of(*records: SpanRecord) -> TraceSummary:
    facts = [facts_of(span) for span in understand(*records)]
    return summarize(facts, judge(*records), project_id="p", version=7)


def test_a_summary_adds_up_what_is_billed() -> None:
    root = record({"input.value": "hi", "output.value": "yo"}, name="ask", span_id="root", duration_ms=2000)
    call = record(used(10, 5, **{"gen_ai.usage.cache_read.input_tokens": 4}), span_id="call", parent="root")
    sdk = record(used(10, 5), scope=ANTHROPIC_SDK, span_id="sdk", parent="call")
    summary = summary_of(root, call, sdk)
    assert (summary.name, summary.root_span_id, summary.span_count) == ("ask", "root", 3)
    assert (summary.input_tokens, summary.output_tokens, summary.cache_read_tokens) == (10, 5, 4)
    assert summary.llm_call_count == 1
    assert summary.cost_usd is not None
    assert summary.unpriced_count == 0
    assert (summary.input_preview, summary.output_preview) == ("hi", "yo")
    assert (summary.models, summary.kinds, summary.version) == ((CLAUDE,), ("llm", "span"), 7)


def test_a_later_foreign_root_does_not_rename_a_trace() -> None:
    root = record({}, name="ask", span_id="root")
    foreign = record({}, name="GET /health", span_id="foreign", start_ms=50)
    assert summary_of(foreign, root).name == "ask"
    named = record({"langfuse.trace.name": "support chat"}, name="x", span_id="x", parent="root")
    assert summary_of(root, named).name == "support chat"


def test_a_trace_without_root_is_named_by_its_earliest_orphan() -> None:
    orphan = record({}, name="step", span_id="a", parent="gone")
    child = record({}, name="inner", span_id="b", parent="a", start_ms=1)
    summary = summary_of(child, orphan)
    assert (summary.name, summary.root_span_id) == ("step", "")


def test_a_trace_fails_with_its_root_or_its_calls() -> None:
    failing = record(
        {"gen_ai.operation.name": "chat", "error.type": "timeout"}, span_id="call", parent="mid", status=2
    )
    mid = record({}, span_id="mid", parent="root")
    assert summary_of(record({}, span_id="root"), mid, failing).status == "error"
    assert summary_of(record({}, span_id="root", status=1), mid, failing).status == "ok"
    assert summary_of(record({}, span_id="root"), mid).status == "unset"
    broken = record({}, span_id="x", parent="mid", status=2)
    assert summary_of(record({}, span_id="root"), mid, broken).status == "unset"


def test_unknown_usage_and_unknown_prices_are_counted_and_failures_are_not() -> None:
    root = record({}, span_id="root")
    unknown = record({"gen_ai.operation.name": "chat"}, span_id="a", parent="root")
    unpriced = record(used(10, 5, "house-model"), span_id="b", parent="root", start_ms=1500)
    failed = record({"gen_ai.operation.name": "chat"}, span_id="c", parent="root", status=2, start_ms=3000)
    summary = summary_of(root, unknown, unpriced, failed)
    assert summary.unpriced_count == 2
    assert summary.cost_usd is None
    assert summary.llm_call_count == 3
    assert summary.error_count == 1


def test_a_reranker_is_a_call_only_where_it_costs_something() -> None:
    local = {"openinference.span.kind": "RERANKER", "reranker.model_name": "ms-marco-MiniLM-L6-v2"}
    assert called(record(local)) == set()
    assert called(record(local, span_id="local"), record(used(9, 1), span_id="chat")) == {"chat"}
    assert billed(record(local | {"llm.cost.total": 0.002}, span_id="paid")) == {"paid"}
    assert billed(record(local | {"llm.token_count.prompt": 40}, span_id="counted")) == {"counted"}


def test_an_llm_call_without_usage_is_still_a_call() -> None:
    silent = record({"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o-mini"}, span_id="call")
    assert called(silent) == billed(silent) == {"call"}


def test_two_libraries_side_by_side_tell_one_stream_whose_usage_nobody_knows() -> None:
    silent = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o-mini"}
    step = record(span_id="step")
    framework = record(silent, scope="openinference.instrumentation.llama_index", span_id="a", parent="step")
    client = record(
        silent,
        scope="openinference.instrumentation.openai",
        span_id="b",
        parent="step",
        start_ms=5,
        duration_ms=900,
    )
    assert len(called(step, framework, client)) == 1
    later = client._replace(end_time_ns=framework.end_time_ns + 1)
    assert len(called(step, framework, later)) == 2
