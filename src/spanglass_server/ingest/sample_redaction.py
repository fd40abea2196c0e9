"""Labels of samples and exemplars, by a project's rules."""

from spanglass_server.model.series import Exemplar, Labels
from spanglass_server.normalize.redaction import Redactor, Tally
from spanglass_server.normalize.sample_groups import SampleBatch, SampleGroup


def redact_samples(batch: SampleBatch, redactor: Redactor, tally: Tally) -> SampleBatch:
    """The same object where nothing is replaced."""
    groups = [_redact_group(group, redactor, tally) for group in batch.groups]
    is_changed = any(new is not old for new, old in zip(groups, batch.groups, strict=True))
    return batch._replace(groups=groups) if is_changed else batch


def _redact_group(group: SampleGroup, redactor: Redactor, tally: Tally) -> SampleGroup:
    known: dict[int, Labels] = {}

    def clean(labels: Labels) -> Labels:
        found = known.get(id(labels))
        if found is None:
            found = known[id(labels)] = redactor.labels(labels, tally)
        return found

    samples = [clean(sample.labels) for sample in group.samples]
    exemplars = [(clean(labels), clean(exemplar.labels)) for labels, exemplar in group.exemplars]
    if all(found is sample.labels for found, sample in zip(samples, group.samples, strict=True)) and all(
        pair[0] is labels and pair[1] is exemplar.labels
        for pair, (labels, exemplar) in zip(exemplars, group.exemplars, strict=True)
    ):
        return group
    return group._replace(
        samples=[sample._replace(labels=found) for found, sample in zip(samples, group.samples, strict=True)],
        exemplars=[
            (pair[0], Exemplar(pair[1], exemplar.value, exemplar.time_ms))
            for pair, (_, exemplar) in zip(exemplars, group.exemplars, strict=True)
        ],
    )
