"""The metrics of an application's own process, as a Prometheus would scrape them."""

from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.sdk_calls.ended_spans import ended, replay

from spanglass import _prometheus
from spanglass._call_processor import CallProcessor, make

SECOND = 1_000_000_000
WHERE = {
    "service": "rag-api",
    "environment": "prod",
    "feature": "search",
    "team": "growth",
}
CALL = {"model": "gpt-4o-mini", "provider": "openai", **WHERE}
RESOURCE = {"service.name": "rag-api", "deployment.environment.name": "prod"}


def call(attributes: Mapping[str, Any] | None = None, **given: Any) -> Any:
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "spanglass.feature": "search",
        "spanglass.team": "growth",
    }
    return ended(told | dict(attributes or {}), resource=RESOURCE, **given)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def processor(registry: CollectorRegistry) -> CallProcessor:
    made = make(prometheus=registry)
    assert made is not None
    return made


def scraped(registry: CollectorRegistry) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = generate_latest(registry).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def key(name: str, labels: Mapping[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_a_call_is_counted_with_its_tokens_cost_and_times(
    registry: CollectorRegistry, processor: CallProcessor
) -> None:
    span = call(
        {
            "gen_ai.usage.input_tokens": 1_000_000,
            "gen_ai.usage.output_tokens": 1_000,
            "gen_ai.usage.cache_read.input_tokens": 400_000,
            "gen_ai.usage.reasoning.output_tokens": 64,
            "gen_ai.response.time_to_first_chunk": 0.3,
        },
        start_ns=1_790_000_000 * SECOND,
        end_ns=1_790_000_000 * SECOND + 2 * SECOND,
    )
    replay(processor, [span])
    assert processor.force_flush()

    values = scraped(registry)
    assert values[key("llm_requests_total", CALL | {"status": "success"})] == 1
    tokens = {"input": 1_000_000, "output": 1_000, "cache_read": 400_000, "reasoning": 64}
    for kind, count in tokens.items():
        assert values[key("llm_tokens_total", CALL | {"type": kind})] == count
    # $0.15 and $0.60 for a million input and output tokens, $0.075 for cached ones.
    cost = 0.6 * 0.15 + 0.4 * 0.075 + 0.001 * 0.6
    assert values[key("llm_cost_usd_total", CALL)] == pytest.approx(cost, rel=1e-12)
    assert values[key("llm_latency_seconds_sum", CALL)] == 2
    assert values[key("llm_latency_seconds_bucket", CALL | {"le": "1.0"})] == 0
    assert values[key("llm_latency_seconds_bucket", CALL | {"le": "2.0"})] == 1
    assert values[key("llm_ttft_seconds_bucket", CALL | {"le": "0.25"})] == 0
    assert values[key("llm_ttft_seconds_bucket", CALL | {"le": "0.5"})] == 1
    assert (
        values[
            key(
                "llm_span_duration_seconds_count",
                {"kind": "llm", "name": "chat", "service": "rag-api", "environment": "prod"},
            )
        ]
        == 1
    )
    assert not [name for name, _ in values if name == "llm_unpriced_requests_total"]


def test_a_model_without_a_price_is_counted_as_unpriced_and_costs_nothing(
    registry: CollectorRegistry, processor: CallProcessor
) -> None:
    replay(processor, [call({"gen_ai.request.model": "house-7b", "gen_ai.usage.input_tokens": 10})])
    processor.force_flush()

    values = scraped(registry)
    unpriced = {"model": "house-7b", "provider": "openai"}
    assert values[key("llm_unpriced_requests_total", unpriced)] == 1
    assert not [name for name, _ in values if name == "llm_cost_usd_total"]


def test_a_reported_cost_wins_over_the_price_list(
    registry: CollectorRegistry, processor: CallProcessor
) -> None:
    replay(processor, [call({"gen_ai.usage.input_tokens": 10, "spanglass.cost_usd": 0.25})])
    processor.force_flush()

    assert scraped(registry)[key("llm_cost_usd_total", CALL)] == 0.25


def test_a_failed_call_is_an_error_and_not_unpriced(
    registry: CollectorRegistry, processor: CallProcessor
) -> None:
    replay(processor, [call(status=StatusCode.ERROR, message="Error code: 429")])
    processor.force_flush()

    values = scraped(registry)
    assert values[key("llm_requests_total", CALL | {"status": "error"})] == 1
    assert not [name for name, _ in values if name == "llm_unpriced_requests_total"]


def test_look_ups_in_caches_are_hits_or_misses(registry: CollectorRegistry, processor: CallProcessor) -> None:
    lookups = [
        ended(
            {"spanglass.kind": "cache", "spanglass.cache_hit": n < 2, "spanglass.feature": "search"},
            name="semantic_cache",
            span_id=n + 1,
            resource=RESOURCE,
        )
        for n in range(3)
    ]
    replay(processor, lookups)
    processor.force_flush()

    values = scraped(registry)
    labels = {name: WHERE[name] for name in ("feature", "service", "environment")} | {
        "cache": "semantic_cache"
    }
    assert values[key("llm_cache_lookups_total", labels | {"result": "hit"})] == 2
    assert values[key("llm_cache_lookups_total", labels | {"result": "miss"})] == 1


def test_feature_and_team_come_from_the_spans_around(
    registry: CollectorRegistry, processor: CallProcessor
) -> None:
    around = ended(
        {"spanglass.feature": "chat", "spanglass.team": "core"}, span_id=9, start_ns=1, end_ns=9 * SECOND
    )
    inner = call({"spanglass.feature": "", "spanglass.team": ""}, span_id=1, parent=9)
    replay(processor, [around, inner])
    processor.force_flush()

    labels = CALL | {"feature": "chat", "team": "core", "status": "success"}
    assert scraped(registry)[key("llm_requests_total", labels)] == 1


def test_exemplars_lead_to_the_trace(registry: CollectorRegistry, processor: CallProcessor) -> None:
    replay(processor, [call(trace_id=0xABC, span_id=0xD)])
    processor.force_flush()

    families = parse_openmetrics(generate_openmetrics(registry).decode())
    exemplars = [
        (sample.name, sample.exemplar.labels)
        for family in families
        for sample in family.samples
        if sample.exemplar is not None
    ]
    ids = {"trace_id": f"{0xABC:032x}", "span_id": f"{0xD:016x}"}
    assert ("llm_requests_total", ids) in exemplars
    assert ("llm_latency_seconds_bucket", ids) in exemplars


def test_names_from_outside_cannot_make_series_without_end(
    registry: CollectorRegistry, processor: CallProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_prometheus, "SERIES_MAX", 3)
    replay(processor, [call({"gen_ai.request.model": f"model-{n}"}, span_id=n) for n in range(1, 11)])
    processor.force_flush()

    requests = {
        dict(labels)["model"]: value
        for (name, labels), value in scraped(registry).items()
        if name == "llm_requests_total"
    }
    assert requests == {"model-1": 1, "model-2": 1, "model-3": 1, "_other": 7}


def test_a_registry_is_shared_by_all_that_count_in_it(registry: CollectorRegistry) -> None:
    for n in (1, 2):
        processor = make(prometheus=registry)
        assert processor is not None
        replay(processor, [call(span_id=n)])
        processor.shutdown()

    assert scraped(registry)[key("llm_requests_total", CALL | {"status": "success"})] == 2


def test_an_application_that_has_such_metrics_itself_keeps_them(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    Counter("llm_requests_total", "The application's own.", registry=registry)

    assert make(prometheus=registry) is None
    assert "not counted" in caplog.text


def test_after_shutdown_nothing_is_counted(registry: CollectorRegistry, processor: CallProcessor) -> None:
    processor.shutdown()
    replay(processor, [call()])
    processor.shutdown()

    assert not [name for name, _ in scraped(registry) if name == "llm_requests_total"]
