"""Puts a project's thresholds into the text of the rules that come with Spanglass.

`defaults/llm.yml` is an ordinary rule file that holds the default numbers. Each threshold names the places in
which its number stands, by alert; another number is written there and nowhere else, so that comments and
everything else stay as they are. An alert keeps its state, since what tells rules apart stays the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.model.thresholds import DEFAULTS, ThresholdName, Thresholds

_RULE: Final = re.compile(r"^ +- (?:alert|record): (.+)$", re.MULTILINE)


class Place(NamedTuple):
    alert: str
    text: str
    """As it stands in the file, with `<n>` for the number, `<%>` for it in percent, `<5>` for it of five."""


PLACES: Final[Mapping[ThresholdName, Sequence[Place]]] = {
    "latency_p99_seconds": (
        Place("LLMHighLatencyP99", "(rate(llm_latency_seconds_bucket[10m]))) > <n>\n"),
        Place("LLMHighLatencyP99", "the threshold is <n> s."),
    ),
    "error_ratio": (
        Place("LLMHighErrorRate", "(rate(llm_requests_total[10m])) > <n>\n"),
        Place("LLMHighErrorRate", "the error rate is over <%> %."),
    ),
    "tokens_growth_ratio": (
        Place("LLMTokensPerRequestGrowth", "> <n> * last_over_time("),
        Place("LLMTokensPerRequestGrowth", "over <n> times the usual"),
        Place("LLMTokensPerRequestGrowth", "more than <n> times those of the day before"),
    ),
    "cost_growth_ratio": (
        Place("LLMCostSpike", "> <n> * avg_over_time("),
        Place("LLMCostSpike", "over <n> times its usual hour"),
        Place("LLMCostSpike", "more than <n> times the mean hour"),
    ),
    "cost_per_hour_usd": (
        Place("LLMCostSpike", "(increase(llm_cost_usd_total[1h])) > <n>\n"),
        Place("LLMCostSpike", "More than $<n> in an hour"),
    ),
    "budget_used_ratio": (
        Place("LLMBudgetHalfSpent", "and spanglass_budget_used_ratio < <n>\n"),
        Place("LLMBudgetNearlySpent", "spanglass_budget_used_ratio >= <n> and"),
        Place("LLMBudgetNearlySpent", "Over <%> % of the amount are gone."),
    ),
    "quality_mean": (
        Place("LLMLowQuality", "            < <n>\n"),
        Place("LLMLowQuality", "below <n> (<5> of 5)"),
    ),
    "cache_hit_ratio": (
        Place("LLMLowCacheHitRate", "(rate(llm_cache_lookups_total[1h])) < <n>\n"),
        Place("LLMLowCacheHitRate", "Below <%> % a semantic cache"),
    ),
    "prompt_cache_ratio": (
        Place("LLMLowPromptCacheRate", '(rate(llm_tokens_total{type="input"}[1h])) < <n>\n'),
    ),
}

OWNERS: Final[Mapping[ThresholdName, str]] = {name: places[-1].alert for name, places in PLACES.items()}
"""The alert that watches each threshold."""


def apply_thresholds(text: str, thresholds: Thresholds) -> str:
    """The rule file's text with these numbers in place of the defaults. A file without the alerts stays as it
    is."""
    changed = {name: value for name, value in thresholds.items() if value != DEFAULTS[name]}
    if not changed:
        return text
    return "".join(_applied(alert, part, changed) for alert, part in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the name of the rule that it begins with."""
    starts = [(match.start(), match[1].strip()) for match in _RULE.finditer(text)]
    yield "", text[: starts[0][0]] if starts else text
    ends = [start for start, _ in starts[1:]] + [len(text)]
    for (start, alert), end in zip(starts, ends, strict=True) if starts else ():
        yield alert, text[start:end]


def _applied(alert: str, part: str, changed: Mapping[ThresholdName, float]) -> str:
    for name, value in changed.items():
        for place in PLACES[name]:
            if place.alert == alert:
                part = part.replace(written(place, DEFAULTS[name]), written(place, value))
    return part


def written(place: Place, value: float) -> str:
    text = place.text
    for mark, number in (("<n>", value), ("<%>", 100 * value), ("<5>", 5 * value)):
        text = text.replace(mark, f"{number:.10g}")
    return text
