"""Experiments of every origin as one kind of thing: those that only spans tell of (Spanglass' SDK, Langfuse's
from 5 on) and those that were told as runs of a dataset (Langfuse's SDKs up to 4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final, Literal, NamedTuple, TypeVar

import orjson

from spanglass_server.base.errors import NotFound
from spanglass_server.base.limits import EXPERIMENT_ITEMS_MAX
from spanglass_server.model.score import Score
from spanglass_server.quality.experiment_statistics import ItemResult, ItemScore
from spanglass_server.store.experiments import (
    PREFIX,
    ExperimentItem,
    ExperimentQuery,
    ExperimentReader,
    RunKey,
    RunSpan,
)
from spanglass_server.store.experiments import Experiment as SpanExperiment
from spanglass_server.store.library import DatasetRun, Datasets, PageOf, Slice
from spanglass_server.store.ports import ScoreQuery, ScoreReader, TimeRange
from spanglass_server.store.views import ViewReader

Value = TypeVar("Value")

_ALL_TIME: Final = TimeRange(0, 2**63 - 1)
_LISTED_MAX: Final = 1_000
"""Of each origin, the last ones."""
_TRACES_AT_A_TIME: Final = 2_000
_NOT_STATISTICAL: Final = frozenset({"text", "correction"})


class Experiment(NamedTuple):
    id: str
    name: str
    dataset_id: str
    """Empty without one."""
    dataset_name: str
    """Empty where the dataset is not here."""
    description: str
    metadata: str
    """JSON text."""
    origin: Literal["spans", "run"]
    start_ns: int
    end_ns: int
    dataset_version: str
    """RFC 3339: the state of the dataset that it ran on; empty where it does not say."""


class RunScore(NamedTuple):
    """Of the whole run."""

    name: str
    value: float | None
    label: str
    comment: str


class ExperimentResults(NamedTuple):
    experiment: Experiment
    items: Sequence[ItemResult]
    """Oldest first, EXPERIMENT_ITEMS_MAX at most."""
    scores: Sequence[RunScore]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDesk:
    """Reads experiments together with what their items led to. Blocks."""

    datasets: Datasets
    experiments: ExperimentReader
    views: ViewReader
    scores: ScoreReader

    def list(
        self, project_id: str, part: Slice, *, dataset_id: str = "", text: str = ""
    ) -> PageOf[Experiment]:
        """The one that began last first. `text`: in the name, upper or lower case."""
        found = [
            experiment
            for experiment in self._all(project_id, dataset_id)
            if text.casefold() in experiment.name.casefold()
        ]
        found.sort(key=lambda experiment: (-experiment.start_ns, experiment.id))
        return PageOf(found[part.offset : part.offset + part.limit], len(found))

    def get(self, project_id: str, ids: Sequence[str]) -> Sequence[Experiment]:
        """In this order. Raises NotFound for the first that is not there."""
        told = self.datasets.find_runs(project_id, ids)
        query = ExperimentQuery(_ALL_TIME, ids=ids)
        seen = self.experiments.list_experiments(project_id, query, limit=len(ids))
        by_id = {one.id: one for one in self._named(project_id, seen)}
        by_id |= {key: self._merged(_of_run(run), by_id.get(key)) for key, run in told.items()}
        for key in ids:
            if key not in by_id:
                raise NotFound(
                    f"there is no experiment `{key}`",
                    hint="its traces may be deleted or past their retention, or it is another project's",
                )
        return [by_id[key] for key in ids]

    def read_results(self, project_id: str, experiments: Sequence[Experiment]) -> Sequence[ExperimentResults]:
        items = self._items_of(project_id, experiments)
        keys = list({item.key for found in items.values() for item in found})
        outcomes = _Outcomes(
            self.experiments.read_spans(project_id, keys),
            self._traces(project_id, keys),
            self._scores(project_id, keys),
        )
        return [self._results(project_id, one, items.get(one.id, ()), outcomes) for one in experiments]

    def _results(
        self,
        project_id: str,
        experiment: Experiment,
        items: Sequence[ExperimentItem],
        outcomes: "_Outcomes",
    ) -> ExperimentResults:
        version = max((item.version for item in items), default="")
        if version:
            experiment = experiment._replace(dataset_version=version)
        query = ScoreQuery(during=_ALL_TIME, dataset_run_ids=[experiment.id])
        of_run = self.scores.list_scores(project_id, query, limit=_LISTED_MAX)
        return ExperimentResults(
            experiment,
            [outcomes.result_of(item) for item in items],
            [RunScore(s.name, s.value, s.string_value, s.comment) for s in reversed(of_run)],
        )

    def _all(self, project_id: str, dataset_id: str) -> Iterator[Experiment]:
        part = Slice(_LISTED_MAX, 0)
        query = ExperimentQuery(_ALL_TIME, dataset_ids=[dataset_id] if dataset_id else [])
        seen = self.experiments.list_experiments(project_id, query, limit=_LISTED_MAX)
        by_id = {one.id: one for one in self._named(project_id, seen)}
        if dataset_id:
            name = self.datasets.find_datasets(project_id, [dataset_id])[dataset_id].name
            runs = self.datasets.list_runs(project_id, name, part).items
        else:
            runs = self.datasets.list_all_runs(project_id, part).items
        # Langfuse's SDK 4 tells an experiment both ways, under one id.
        for run in runs:
            yield self._merged(_of_run(run), by_id.pop(run.id, None))
        yield from by_id.values()

    def _named(self, project_id: str, found: Sequence[SpanExperiment]) -> Iterator[Experiment]:
        ids = sorted({one.dataset_id for one in found if one.dataset_id})
        names = {key: one.name for key, one in self.datasets.find_datasets(project_id, ids).items()}
        for one in found:
            yield _of_spans(one, names.get(one.dataset_id, ""))

    def _merged(self, run: Experiment, spans: Experiment | None) -> Experiment:
        if spans is None:
            return run
        return run._replace(
            description=run.description or spans.description,
            metadata=spans.metadata if run.metadata == "null" else run.metadata,
            start_ns=min(run.start_ns, spans.start_ns),
            end_ns=max(run.end_ns, spans.end_ns),
        )

    def _items_of(
        self, project_id: str, experiments: Sequence[Experiment]
    ) -> Mapping[str, Sequence[ExperimentItem]]:
        query = ExperimentQuery(_ALL_TIME, ids=[experiment.id for experiment in experiments])
        found: dict[str, list[ExperimentItem]] = {}
        for item in self.experiments.list_keys(project_id, query, limit=EXPERIMENT_ITEMS_MAX):
            found.setdefault(item.experiment_id, []).append(item)
        # Runs tell which trace an item led to, spans which span of it too.
        untold = [one.id for one in experiments if one.origin == "run" and one.id not in found]
        told = self.datasets.list_items_of_runs(project_id, untold, limit=EXPERIMENT_ITEMS_MAX)
        for run_id, items in told.items():
            found[run_id] = [
                ExperimentItem(run_id, item.item_id, RunKey(item.trace_id, item.observation_id or ""), "")
                for item in items
            ]
        return found

    def _traces(self, project_id: str, keys: Sequence[RunKey]) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for ids in _some(list(dict.fromkeys(key.trace_id for key in keys))):
            found |= self.views.find_traces(project_id, ids)
        return found

    def _scores(self, project_id: str, keys: Sequence[RunKey]) -> Mapping[str, Sequence[Score]]:
        found: dict[str, Sequence[Score]] = {}
        for ids in _some(list(dict.fromkeys(key.trace_id for key in keys))):
            found |= self.scores.list_scores_of(project_id, ids)
        return found


@dataclass(frozen=True, slots=True)
class _Outcomes:
    spans: Mapping[RunKey, RunSpan]
    traces: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, Sequence[Score]]

    def result_of(self, item: ExperimentItem) -> ItemResult:
        trace_id, span_id = item.key
        span, trace = self.spans.get(item.key), self.traces.get(trace_id)
        if span is None and trace is not None:
            # Of a trace without a root, or whose span has not come yet, the trace tells.
            status, message = trace["status"], ""
            start_ns, end_ns, output_hash = trace["start_time_ns"], trace["end_time_ns"], None
        elif span is not None:
            status, message = span.status, span.error_message
            start_ns, end_ns, output_hash = span.start_ns, span.end_ns, span.output_hash
        else:
            status, message, start_ns, end_ns, output_hash = "", "", None, None, None
        return ItemResult(
            item_id=item.item_id,
            trace_id=trace_id,
            span_id=span_id,
            start_ns=start_ns,
            latency_ns=None if start_ns is None or end_ns is None else end_ns - start_ns,
            cost_usd=trace["cost_usd"] if trace else None,
            is_unpriced=bool(trace and trace["unpriced_count"]),
            input_tokens=trace["input_tokens"] if trace else None,
            output_tokens=trace["output_tokens"] if trace else None,
            is_error=status == "error",
            error_message=message,
            output_hash=output_hash,
            scores=_item_scores(self.scores.get(trace_id, ()), span_id),
        )


def by_item(results: Iterable[ItemResult]) -> dict[str, ItemResult]:
    """An item that ran several times counts by its last time."""
    return {result.item_id: result for result in results}


def _item_scores(scores: Sequence[Score], span_id: str) -> dict[str, ItemScore]:
    """Of the item's span, or of its trace; of any span where the item is a whole trace."""
    by_name: dict[str, list[Score]] = {}
    for score in scores:
        if score.data_type not in _NOT_STATISTICAL and (not span_id or score.span_id in ("", span_id)):
            by_name.setdefault(score.name, []).append(score)
    return {name: _one_score([s for s in named if not s.span_id] or named) for name, named in by_name.items()}


def _one_score(scores: Sequence[Score]) -> ItemScore:
    values = [score.value for score in scores if score.value is not None]
    qualities = [score.quality for score in scores if score.quality is not None]
    labels = {score.string_value for score in scores}
    return ItemScore(
        value=fmean(values) if values else None,
        label=labels.pop() if len(labels) == 1 else "",
        quality=fmean(qualities) if len(qualities) == len(scores) else None,
        comment=scores[-1].comment,
    )


def _of_run(run: DatasetRun) -> Experiment:
    return Experiment(
        id=run.id,
        name=run.name,
        dataset_id=run.dataset_id,
        dataset_name=run.dataset_name,
        description=run.description or "",
        metadata=run.metadata,
        origin="run",
        start_ns=run.created_at_ns,
        end_ns=run.updated_at_ns,
        dataset_version="",
    )


def _of_spans(experiment: SpanExperiment, dataset_name: str) -> Experiment:
    attributes = orjson.loads(experiment.attributes) if experiment.attributes else {}
    return Experiment(
        id=experiment.id,
        name=experiment.name,
        dataset_id=experiment.dataset_id,
        dataset_name=dataset_name,
        description=str(attributes.get(f"{PREFIX}description") or ""),
        metadata=_metadata_of(attributes),
        origin="spans",
        start_ns=experiment.start_ns,
        end_ns=experiment.end_ns,
        dataset_version="",
    )


def _metadata_of(attributes: Mapping[str, Any]) -> str:
    """SDKs write one JSON text or, Langfuse's fourth, an attribute a key."""
    whole = attributes.get(f"{PREFIX}metadata")
    if isinstance(whole, str) and whole:
        try:
            return orjson.dumps(orjson.loads(whole)).decode()
        except orjson.JSONDecodeError:
            return orjson.dumps(whole).decode()
    prefix = f"{PREFIX}metadata."
    single = {key.removeprefix(prefix): value for key, value in attributes.items() if key.startswith(prefix)}
    return orjson.dumps(single or None).decode()


def _some(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), _TRACES_AT_A_TIME):
        yield values[start : start + _TRACES_AT_A_TIME]
