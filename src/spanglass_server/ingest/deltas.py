"""Running totals of metrics that are sent as deltas: Prometheus' counters only ever grow.

A total goes on from the last stored sample, so it survives a restart. Two servers that take turns with one
series would each add to their own memory of it: senders of deltas stay with one server.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from spanglass_server.base.limits import DELTA_SERIES_MAX
from spanglass_server.model.series import Labels
from spanglass_server.normalize.sample_groups import Sample, SampleGroup
from spanglass_server.store.series import LastSample, SampleStore
from spanglass_server.wire.checks import RefusedError

_REACH_MS: Final = 86_400_000
"""How long ago the last sample may be; after a longer silence a total starts anew, which rates understand."""


class DeltaTotals:
    """Of one thread. What is made within a commit counts for the commits after it when it is stored."""

    def __init__(self, store: SampleStore) -> None:
        self._store = store
        self._last: OrderedDict[tuple[str, Labels], LastSample] = OrderedDict()

    def load(self, project_id: str, groups: Sequence[SampleGroup]) -> None:
        """Make known what is stored of the groups' series. Raises what the store raises."""
        unknown = {
            sample.labels: sample.time_ms
            for group in groups
            if group.is_delta
            for sample in group.samples
            if (project_id, sample.labels) not in self._last
        }
        if unknown:
            since_ms = max(min(unknown.values()) - _REACH_MS, 0)
            found = self._store.find_last_samples(project_id, list(unknown), since_ms=since_ms)
            self._remember(project_id, found)

    def add(self, project_id: str, group: SampleGroup) -> SampleGroup:
        """The group with totals for what was added; without samples where it was counted before, as when a
        sender tries again. Raises RefusedError for what is older than that."""
        known = [self._last.get((project_id, sample.labels)) for sample in group.samples]
        newest_ms = max((last.time_ms for last in known if last is not None), default=-1)
        time_ms = group.samples[0].time_ms
        if time_ms < newest_ms:
            raise RefusedError(
                "a delta is older than the last one of its series; send deltas in the order of time, "
                "or export cumulative metrics"
            )
        if time_ms == newest_ms:
            return group._replace(samples=())
        samples = [
            Sample(sample.labels, sample.time_ms, sample.value + (last.value if last is not None else 0.0))
            for sample, last in zip(group.samples, known, strict=True)
        ]
        self._remember(project_id, {s.labels: LastSample(s.time_ms, s.value) for s in samples})
        return group._replace(samples=samples)

    def forget(self, project_id: str, groups: Sequence[SampleGroup]) -> None:
        """Their commit failed: what is stored has to be looked at again."""
        for group in groups:
            for sample in group.samples if group.is_delta else ():
                self._last.pop((project_id, sample.labels), None)

    def forget_project(self, project_id: str) -> None:
        for key in [key for key in self._last if key[0] == project_id]:
            del self._last[key]

    def trim(self) -> None:
        """Between two commits, so that none loses what it loaded."""
        while len(self._last) > DELTA_SERIES_MAX:
            self._last.popitem(last=False)

    def _remember(self, project_id: str, last: Mapping[Labels, LastSample]) -> None:
        for labels, sample in last.items():
            key = (project_id, labels)
            self._last[key] = sample
            self._last.move_to_end(key)
