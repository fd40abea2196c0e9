"""Experiments in the form of dataset runs: SDK 5 tells them by spans alone, older readers look for runs."""

from collections.abc import Collection, Sequence
from typing import Final

from spanglass_server.base.errors import NotFound
from spanglass_server.store.experiments import PREFIX, Experiment, ExperimentQuery
from spanglass_server.store.library import Dataset, DatasetRun, RunItem
from spanglass_server.web.langfuse.asked import ALL_TIME
from spanglass_server.web.langfuse.shape import as_object, read_whole
from spanglass_server.web.services import Services
from spanglass_server.wire.json_documents import json_text

EXPERIMENTS_MAX: Final = 1_000
"""Of one dataset, the last ones."""
_ITEMS_MAX: Final = 10_000


def list_experiment_runs(
    services: Services, project_id: str, dataset: Dataset, known_ids: Collection[str]
) -> Sequence[DatasetRun]:
    """Without those that were told as runs, too: SDK 4 gives an experiment its run's id."""
    query = ExperimentQuery(ALL_TIME, dataset_ids=[dataset.id])
    found = services.experiments.list_experiments(project_id, query, limit=EXPERIMENTS_MAX)
    return [_run_of(experiment, dataset) for experiment in found if experiment.id not in known_ids]


def get_experiment_run(
    services: Services, project_id: str, dataset: Dataset, run_name: str
) -> tuple[DatasetRun, Sequence[RunItem]]:
    """The last one of the name, with its items."""
    query = ExperimentQuery(ALL_TIME, names=[run_name], dataset_ids=[dataset.id])
    found = services.experiments.list_experiments(project_id, query, limit=1)
    if not found:
        raise NotFound(f"Dataset run not found: '{run_name}'")
    items = services.experiments.list_items(project_id, query._replace(ids=[found[0].id]), limit=_ITEMS_MAX)
    run = _run_of(found[0], dataset)
    return run, [
        RunItem(
            id=row["span_id"],
            run_id=run.id,
            run_name=run.name,
            item_id=read_whole(row).attributes.get(f"{PREFIX}item.id", ""),
            trace_id=row["trace_id"],
            observation_id=row["span_id"],
            created_at_ns=row["start_time_ns"],
        )
        for row in items
    ]


def _run_of(experiment: Experiment, dataset: Dataset) -> DatasetRun:
    attributes = as_object(experiment.attributes)
    return DatasetRun(
        id=experiment.id,
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        name=experiment.name,
        description=attributes.get(f"{PREFIX}description"),
        metadata=json_text(as_object(attributes.get(f"{PREFIX}metadata")) or None),
        created_at_ns=experiment.start_ns,
        updated_at_ns=experiment.end_ns,
    )
