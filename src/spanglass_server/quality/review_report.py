"""What the reviews of a queue say together: how far people agree, and evaluators with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.model.review import AnswerValue, QueueItem, Review
from spanglass_server.model.score import Score, ScoreConfig
from spanglass_server.quality.review_agreement import (
    PairAgreement,
    ReviewAgreement,
    Unit,
    agree,
    compare,
    consensus,
)
from spanglass_server.store.ports import ScoreReader

PEOPLE: Final = "people"
_TRACES: Final = 200
"""Whose scores are read at a time."""


class ConfigReport(NamedTuple):
    config: ScoreConfig
    people: ReviewAgreement
    evaluators: Sequence[PairAgreement]
    """`first` is PEOPLE, what the reviewers of an item say together; `second` the evaluator, whose scores of
    the same name and kind of value are compared."""


def report(
    reader: ScoreReader,
    project_id: str,
    configs: Sequence[ScoreConfig],
    items: Sequence[QueueItem],
    reviews: Sequence[Review],
) -> list[ConfigReport]:
    judged = _judgements(configs, reviews)
    reviewed = {review.item_id for review in reviews if review.status == "done"}
    said = _evaluations(reader, project_id, configs, [item for item in items if item.id in reviewed])
    return [
        ConfigReport(
            config=config,
            people=agree(list(judged[config.id].values()), config),
            evaluators=_compare_evaluators(config, judged[config.id], said[config.id]),
        )
        for config in configs
    ]


def _judgements(
    configs: Sequence[ScoreConfig], reviews: Sequence[Review]
) -> dict[str, dict[str, dict[str, AnswerValue]]]:
    """By configuration, item and reviewer."""
    found: dict[str, dict[str, dict[str, AnswerValue]]] = {config.id: {} for config in configs}
    for review in reviews:
        if review.status != "done":
            continue
        for config_id, value in review.answers.items():
            if config_id in found:
                found[config_id].setdefault(review.item_id, {})[review.reviewer] = value
    return found


def _evaluations(
    reader: ScoreReader, project_id: str, configs: Sequence[ScoreConfig], items: Sequence[QueueItem]
) -> dict[str, dict[str, dict[str, AnswerValue]]]:
    """By configuration, item and evaluator."""
    found: dict[str, dict[str, dict[str, AnswerValue]]] = {config.id: {} for config in configs}
    of_traces = [item for item in items if item.target.trace_id]
    for start in range(0, len(of_traces), _TRACES):
        part = of_traces[start : start + _TRACES]
        scores = reader.list_scores_of(project_id, sorted({item.target.trace_id for item in part}))
        for item in part:
            for config in configs:
                values = _by_evaluator(scores.get(item.target.trace_id, ()), item, config)
                if values:
                    found[config.id][item.id] = values
    return found


def _by_evaluator(scores: Iterable[Score], item: QueueItem, config: ScoreConfig) -> dict[str, AnswerValue]:
    """The newest of each: they come oldest first."""
    return {
        score.author or score.evaluator_id or "?": _value_of(score, config)
        for score in scores
        if (score.source, score.name, score.span_id, score.data_type)
        == ("evaluator", config.name, item.target.span_id, config.data_type)
    }


def _value_of(score: Score, config: ScoreConfig) -> AnswerValue:
    """Of a number, on the scale that people were asked for: a judge may tell 0 to 1 of what they grade from 1
    to 5."""
    if score.data_type == "boolean":
        return bool(score.value)
    if score.value is None:
        return score.string_value
    low, high = config.min_value, config.max_value
    if score.quality is None or low is None or high is None or config.better == "none":
        return score.value
    share = score.quality if config.better == "higher" else 1 - score.quality
    return round(low + share * (high - low), 9)


def _compare_evaluators(
    config: ScoreConfig, judged: Mapping[str, Unit], said: Mapping[str, Unit]
) -> list[PairAgreement]:
    if config.data_type == "text":
        return []
    agreed = {item_id: consensus(unit, config) for item_id, unit in judged.items()}
    evaluators = sorted({evaluator for values in said.values() for evaluator in values})
    return [compare(_beside(agreed, said, evaluator), config, PEOPLE, evaluator) for evaluator in evaluators]


def _beside(agreed: Mapping[str, AnswerValue | None], said: Mapping[str, Unit], evaluator: str) -> list[Unit]:
    return [
        {PEOPLE: people, evaluator: said[item_id][evaluator]}
        for item_id, people in agreed.items()
        if people is not None and evaluator in said.get(item_id, {})
    ]
