"""What a model call cost: usage times rates. Unknown stays unknown, there is no default price."""

from collections.abc import Iterable

from spanglass_server.model.price import (
    ModelChange,
    Priced,
    PricePeriod,
    PriceSchedule,
    Rates,
    RepriceSummary,
)
from spanglass_server.model.span import Span
from spanglass_server.normalize.price_catalog import DAY_NS
from spanglass_server.normalize.prices import ModelKey, PriceBook
from spanglass_server.normalize.usage import NO_USAGE, Usage

UNPRICED = Priced(None, {}, "unpriced", "")
UNKNOWN_USAGE = Priced(None, {}, "", "")

MODEL_KINDS = frozenset({"llm", "embedding", "reranker"})
"""A span of another kind is priced only where it carries usage or a cost."""

SAME_COST = 1e-12
"""USD; costs this close are the same cost computed twice."""


def price_usage(
    prices: PriceBook,
    *,
    provider: str,
    model: str,
    usage: Usage,
    at_ns: int,
    request_model: str = "",
    reported_cost_usd: float | None = None,
) -> Priced:
    """Price one call that happened at `at_ns`.

    `model` is the response's model where it is known; `request_model` is tried where that has no price. A
    cost that the sender reported counts only where we know none. Usage unknown (neither input nor output
    tokens): no cost, source empty, except for models sold by the request.
    """
    schedule = prices.find_schedule(ModelKey(provider, model, request_model, usage.is_batch))
    period = _period_at(schedule, at_ns) if schedule else None
    is_known = usage.input_tokens is not None or usage.output_tokens is not None
    if period is not None and period.steps and (is_known or period.is_per_request):
        details = _charge(usage, _rates_for(period, usage.input_tokens or 0))
        return Priced(sum(details.values()), details, period.source, period.version)
    if reported_cost_usd is not None and reported_cost_usd > 0:
        return Priced(reported_cost_usd, {}, "reported", "")
    return UNPRICED if is_known else UNKNOWN_USAGE


def _period_at(schedule: PriceSchedule, at_ns: int) -> PricePeriod | None:
    for period in schedule:
        if at_ns < period.valid_from_ns or (period.valid_to_ns is not None and at_ns >= period.valid_to_ns):
            continue
        window = period.daily_window_ns
        if window is None or window[0] <= at_ns % DAY_NS < window[1]:
            return period
    return None


def _rates_for(period: PricePeriod, input_tokens: int) -> Rates:
    steps = period.steps
    if len(steps) > 1:
        for step in steps:
            if input_tokens > step.above_input_tokens:
                return step.rates
    return steps[-1].rates


def _charge(usage: Usage, rates: Rates) -> dict[str, float]:
    """USD by token class.

    Cached and audio tokens are parts of the input, reasoning and audio of the output. Where the parts are
    more than the whole (a sender's mistake), the rest is none rather than negative.
    """
    details: dict[str, float] = {}
    plain = usage.input_tokens or 0
    if usage.cache_read_tokens:
        plain -= usage.cache_read_tokens
        details["cache_read"] = usage.cache_read_tokens * rates.cache_read
    if usage.cache_write_tokens:
        hour = min(usage.cache_write_1h_tokens or 0, usage.cache_write_tokens)
        plain -= usage.cache_write_tokens
        if hour < usage.cache_write_tokens:
            details["cache_write"] = (usage.cache_write_tokens - hour) * rates.cache_write
        if hour:
            details["cache_write_1h"] = hour * rates.cache_write_1h
    if usage.audio_input_tokens and rates.audio_input != rates.input:
        audio = min(usage.audio_input_tokens, max(plain, 0))
        plain -= audio
        details["audio_input"] = audio * rates.audio_input
    if plain > 0:
        details["input"] = plain * rates.input
    if usage.output_tokens:
        _charge_output(usage, usage.output_tokens, rates, details)
    if rates.request:
        details["request"] = rates.request
    return details


def _charge_output(usage: Usage, output: int, rates: Rates, details: dict[str, float]) -> None:
    if usage.reasoning_tokens and rates.reasoning != rates.output:
        reasoning = min(usage.reasoning_tokens, output)
        output -= reasoning
        details["reasoning"] = reasoning * rates.reasoning
    if usage.audio_output_tokens and rates.audio_output != rates.output:
        audio = min(usage.audio_output_tokens, output)
        output -= audio
        details["audio_output"] = audio * rates.audio_output
    if output > 0:
        details["output"] = output * rates.output


def reprice(span: Span, prices: PriceBook) -> Priced:
    """The price of a stored span by these prices, at the time of the call. A span that is no model call and
    carries no usage has nothing to price, as at ingest."""
    usage = usage_of(span)
    if usage == NO_USAGE and span.reported_cost_usd is None and span.kind not in MODEL_KINDS:
        return UNKNOWN_USAGE
    return price_usage(
        prices,
        provider=span.provider,
        model=span.response_model or span.request_model,
        request_model=span.request_model,
        usage=usage,
        at_ns=span.start_time_ns,
        reported_cost_usd=span.reported_cost_usd,
    )


def usage_of(span: Span) -> Usage:
    return Usage(
        input_tokens=span.input_tokens,
        output_tokens=span.output_tokens,
        cache_read_tokens=span.cache_read_tokens,
        cache_write_tokens=span.cache_write_tokens,
        cache_write_1h_tokens=span.cache_write_1h_tokens,
        reasoning_tokens=span.reasoning_tokens,
        audio_input_tokens=span.audio_input_tokens,
        audio_output_tokens=span.audio_output_tokens,
        is_batch=span.is_batch,
    )


def is_changed(span: Span, priced: Priced) -> bool:
    """Whether the stored row has to be rewritten."""
    if (span.cost_usd is None) != (priced.cost_usd is None) or span.cost_source != priced.source:
        return True
    if span.price_version != priced.price_version:
        return True
    return abs((span.cost_usd or 0.0) - (priced.cost_usd or 0.0)) > SAME_COST


def summarize_reprice(pairs: Iterable[tuple[Span, Priced]]) -> RepriceSummary:
    """What repricing changed, over spans as stored and their new prices."""
    span_count = changed = newly = no_longer = 0
    before_total = after_total = 0.0
    by_model: dict[str, ModelChange] = {}
    for span, priced in pairs:
        span_count += 1
        changed += is_changed(span, priced)
        if not span.is_billable:
            continue
        before, after = span.cost_usd or 0.0, priced.cost_usd or 0.0
        newly += span.cost_usd is None and priced.cost_usd is not None
        no_longer += span.cost_usd is not None and priced.cost_usd is None
        before_total += before
        after_total += after
        if (span.cost_usd is None) != (priced.cost_usd is None) or abs(before - after) > SAME_COST:
            change = ModelChange(count=1, before_usd=before, after_usd=after)
            _add_change(by_model, span.response_model or span.request_model, change)
    return RepriceSummary(
        span_count=span_count,
        changed_span_count=changed,
        newly_priced_count=newly,
        no_longer_priced_count=no_longer,
        before_usd=before_total,
        after_usd=after_total,
        by_model=by_model,
    )


def _add_change(by_model: dict[str, ModelChange], model: str, change: ModelChange) -> None:
    old = by_model.get(model, ModelChange(count=0, before_usd=0.0, after_usd=0.0))
    by_model[model] = ModelChange(
        count=old.count + change.count,
        before_usd=old.before_usd + change.before_usd,
        after_usd=old.after_usd + change.after_usd,
    )


def merge_summaries(one: RepriceSummary, other: RepriceSummary) -> RepriceSummary:
    """Of two disjoint batches, as if they had been one."""
    by_model = dict(one.by_model)
    for model, change in other.by_model.items():
        _add_change(by_model, model, change)
    return RepriceSummary(
        span_count=one.span_count + other.span_count,
        changed_span_count=one.changed_span_count + other.changed_span_count,
        newly_priced_count=one.newly_priced_count + other.newly_priced_count,
        no_longer_priced_count=one.no_longer_priced_count + other.no_longer_priced_count,
        before_usd=one.before_usd + other.before_usd,
        after_usd=one.after_usd + other.after_usd,
        by_model=by_model,
    )
