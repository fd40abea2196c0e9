"""Experiments as the JSON of docs/api.md."""

from collections.abc import Mapping

import orjson

from spanglass_server.quality.experiment_statistics import ItemResult, summarize
from spanglass_server.quality.experiments import ExperimentResults
from spanglass_server.store.experiments import RunKey, RunTexts
from spanglass_server.store.library import DatasetItem
from spanglass_server.web.api.shape import Json, milliseconds, time_text
from spanglass_server.web.documents import raw


def experiment_json(results: ExperimentResults) -> Json:
    experiment, summary = results.experiment, summarize(results.items)
    p50_ns = summary.latency_p50_ns
    return {
        "id": experiment.id,
        "name": experiment.name,
        "dataset_id": experiment.dataset_id or None,
        "dataset_name": experiment.dataset_name or None,
        "dataset_version": experiment.dataset_version or None,
        "description": experiment.description,
        "metadata": raw(experiment.metadata),
        "origin": experiment.origin,
        "start_time": time_text(experiment.start_ns),
        "end_time": time_text(experiment.end_ns),
        "item_count": summary.item_count,
        "missing_count": summary.missing_count,
        "error_count": summary.error_count,
        "unpriced_count": summary.unpriced_count,
        "cost_usd": summary.cost_usd,
        "input_tokens": summary.input_tokens,
        "output_tokens": summary.output_tokens,
        "latency_p50_ms": None if p50_ns is None else p50_ns / 1_000_000,
        "scores": [score._asdict() for score in summary.scores],
        "run_scores": [score._asdict() for score in results.scores],
    }


def compared_item_json(
    item_id: str,
    item: DatasetItem | None,
    results: Mapping[str, ItemResult | None],
    differences: Mapping[str, float | None],
    texts: Mapping[RunKey, RunTexts],
    *,
    is_changed: bool,
) -> Json:
    said = [texts[key] for one in results.values() if one and (key := _key(one)) in texts]
    return {
        "item_id": item_id,
        "is_in_dataset": item is not None,
        "input": raw(item.input) if item else _told(said, "item_input") or _told(said, "input"),
        "expected_output": raw(item.expected_output) if item else _told(said, "expected_output"),
        "metadata": raw(item.metadata) if item else _told(said, "item_metadata"),
        "is_changed": is_changed,
        "results": {
            key: _result_json(result, differences[key], texts) if result else None
            for key, result in results.items()
        },
    }


def _result_json(result: ItemResult, difference: float | None, texts: Mapping[RunKey, RunTexts]) -> Json:
    said = texts.get(_key(result))
    return {
        "trace_id": result.trace_id,
        "span_id": result.span_id or None,
        "is_stored": result.start_ns is not None,
        "output": _value(said.output) if said else None,
        "is_error": result.is_error,
        "error_message": result.error_message or None,
        "latency_ms": milliseconds(result.latency_ns),
        "cost_usd": result.cost_usd,
        "input_tokens": result.input_tokens,
        "output_tokens": result.output_tokens,
        "scores": {name: score._asdict() for name, score in result.scores.items()},
        "difference": difference,
    }


def _key(result: ItemResult) -> RunKey:
    return RunKey(result.trace_id, result.span_id)


def _told(said: list[RunTexts], field: str) -> object:
    return _value(next((text for one in said if (text := getattr(one, field))), ""))


def _value(text: str) -> object:
    """A JSON value where it was JSON, else the text; None where nothing was said."""
    if text[:1] in ("{", "[", '"'):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text or None
