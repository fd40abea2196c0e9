"""Statistics of scores as the JSON of docs/api.md."""

from collections.abc import Sequence
from math import isfinite

from spanglass_server.model.score_statistics import ScoreName, ScorePair
from spanglass_server.quality.agreement import NumbersCompared, strength
from spanglass_server.quality.pairs import Categorized, Compared, Scale
from spanglass_server.quality.statistics import Difference, Estimate
from spanglass_server.quality.summary import Change, Quantile, Summary
from spanglass_server.web.api.shape import Json, time_text


def estimate_json(estimate: Estimate) -> Json:
    return {
        "value": _finite(estimate.value),
        "low": _finite(estimate.low),
        "high": _finite(estimate.high),
    }


def _difference_json(difference: Difference) -> Json:
    ends = {"value": difference.value, "low": difference.low, "high": difference.high}
    return {**ends, "p_value": difference.p_value, "has_moved": difference.has_moved}


def summary_json(summary: Summary, categories: Sequence[str]) -> Json:
    return {
        "count": summary.scores,
        "units": summary.units,
        "population": estimate_json(summary.population),
        "sampled_share": summary.sampled_share,
        "mean": estimate_json(summary.mean),
        "quality": estimate_json(summary.quality),
        "shares": _shares_json(categories, summary.shares),
    }


def _shares_json(categories: Sequence[str], shares: Sequence[Estimate]) -> list[Json]:
    return [
        {"category": category, "share": estimate_json(share)}
        for category, share in zip(categories, shares, strict=False)
    ]


def change_json(before: Summary, change: Change, categories: Sequence[str]) -> Json:
    return {
        "baseline": summary_json(before, categories),
        "mean": _difference_json(change.mean),
        "quality": _difference_json(change.quality),
        "shares": [
            {"category": category, "share": _difference_json(share)}
            for category, share in zip(categories, change.shares, strict=False)
        ],
    }


def quantile_json(quantile: Quantile) -> Json:
    return {
        "level": quantile.level,
        "value": quantile.value,
        "low": quantile.low,
        "high": quantile.high,
    }


def trend_json(start_ns: int, summary: Summary) -> Json:
    return {
        "start_time": time_text(start_ns),
        "count": summary.scores,
        "mean": estimate_json(summary.mean),
        "quality": estimate_json(summary.quality),
    }


def trend_bucket_json(start_ns: int, summary: Summary, categories: Sequence[str]) -> Json:
    return {**trend_json(start_ns, summary), "shares": _shares_json(categories, summary.shares)}


def name_json(name: ScoreName, summary: Summary, trend: Sequence[Json]) -> Json:
    return {
        "name": name.name,
        "data_type": name.data_type,
        **summary_json(summary, ()),
        "count": name.scores,
        "sources": name.sources,
        "evaluators": [
            {"id": id_, "author": author, "version": version} for id_, author, version in name.evaluators
        ],
        "authors": name.authors,
        "config_id": name.config_id or None,
        "last_at": time_text(name.last_ns),
        "trend": trend,
    }


def agreement_json(compared: Compared, *, is_cut: bool) -> Json:
    return {
        "pairs": compared.pairs,
        "is_cut": is_cut,
        "numbers": _numbers_json(compared.numbers, compared.scale),
        "categories": _categorized_json(compared.categories),
        "threshold": compared.threshold if compared.passed else None,
        "passed": _categorized_json(compared.passed),
        "disagreements": [_disagreement_json(pair, apart, compared.scale) for pair, apart in compared.apart],
    }


def _numbers_json(numbers: NumbersCompared | None, scale: Scale | None) -> Json | None:
    if numbers is None:
        return None
    return {
        "scale": scale,
        "mean_difference": estimate_json(numbers.mean_difference),
        "mean_absolute_difference": estimate_json(numbers.mean_absolute),
        "pearson": estimate_json(numbers.correlation.pearson),
        "spearman": estimate_json(numbers.correlation.spearman),
    }


def _categorized_json(found: Categorized | None) -> Json | None:
    if found is None:
        return None
    kappas = found.kappas
    linear, quadratic = kappas.get("linear"), kappas.get("quadratic")
    return {
        "labels": found.labels,
        "is_ordered": found.is_ordered,
        "table": found.table,
        "agreement": estimate_json(found.raw),
        "kappa": estimate_json(kappas["none"]),
        "kappa_linear": estimate_json(linear) if linear else None,
        "kappa_quadratic": estimate_json(quadratic) if quadratic else None,
        "strength": strength(kappas["none"].value),
    }


def _disagreement_json(pair: ScorePair, apart: float, scale: Scale | None) -> Json:
    if scale == "quality":
        first, second = pair.first_quality, pair.second_quality
    else:
        first, second = pair.first, pair.second
    return {
        "trace_id": pair.trace_id or None,
        "span_id": pair.span_id or None,
        "session_id": pair.session_id or None,
        "first": pair.first_label or first,
        "second": pair.second_label or second,
        "difference": apart,
        "first_comment": pair.first_comment or None,
        "second_comment": pair.second_comment or None,
        "timestamp": time_text(pair.time_ns),
    }


def _finite(number: float | None) -> float | None:
    return number if number is None or isfinite(number) else None
