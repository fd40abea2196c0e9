"""Which samples of a commit are let in: names that are the server's own, and the limit on series."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from spanglass_server.base.limits import COMMIT_DAYS_MAX
from spanglass_server.metrics.own import OWN_PREFIX
from spanglass_server.model.series import METRIC_NAME, Labels, series_id_of
from spanglass_server.normalize.sample_groups import SampleGroup
from spanglass_server.store.series import SampleStore, SeriesDay

_DAY_MS: Final = 86_400_000
_TOO_MANY_DAYS: Final = (
    f"the samples that came together lie on more than {COMMIT_DAYS_MAX} days; send older ones day by day"
)


class Admission(NamedTuple):
    groups: list[SampleGroup]
    refused: list[tuple[SampleGroup, str]]
    """With the reason."""


class Doorkeeper:
    def __init__(self, store: SampleStore, *, series_max: int, view_names: Collection[str]) -> None:
        """`view_names`: series that are computed from spans."""
        self._store = store
        self._series_max = series_max
        self._view_names = frozenset(view_names)

    def admit(self, project_id: str, groups: Iterable[SampleGroup]) -> Admission:
        """Raises what the store raises."""
        admission = Admission([], [])
        named: list[SampleGroup] = []
        wanted: list[list[SeriesDay]] = []
        open_days: set[int] = set()
        for group in groups:
            reason = self._find_reserved(group)
            days = list(_days_of(group))
            new = {day for _, day in days} - open_days
            if not reason and len(open_days) + len(new) > COMMIT_DAYS_MAX:
                reason = _TOO_MANY_DAYS
            if reason:
                admission.refused.append((group, reason))
                continue
            open_days |= new
            named.append(group)
            wanted.append(days)
        refused = self._store.admit(
            project_id, [day for days in wanted for day in days], series_max=self._series_max
        )
        if not refused:
            admission.groups.extend(named)
            return admission
        for group, days in zip(named, wanted, strict=True):
            if refused.isdisjoint(days):
                admission.groups.append(group)
            else:
                admission.refused.append((group, self._too_many_series()))
        return admission

    def _find_reserved(self, group: SampleGroup) -> str:
        """Why not; empty where nothing speaks against it."""
        for labels in _label_sets(group):
            name = next(value for key, value in labels if key == METRIC_NAME)
            if name in self._view_names:
                return (
                    f"{name} is computed from spans by this server and cannot be sent; "
                    "drop it from what you send, or give it another name"
                )
            if name.startswith(OWN_PREFIX):
                return (
                    f"names that begin with {OWN_PREFIX} are this server's own metrics; "
                    "drop them from what you send, or give them another name"
                )
        return ""

    def _too_many_series(self) -> str:
        return (
            f"the project has {self._series_max} series on this day, as many as it may (setting series_max); "
            "send fewer series (look for labels with many values), or raise it"
        )


def _label_sets(group: SampleGroup) -> Iterator[Labels]:
    last = None
    for sample in group.samples:
        if sample.labels is not last:
            yield sample.labels
        last = sample.labels
    for labels, _ in group.exemplars:
        if labels is not last:
            yield labels
        last = labels


def _days_of(group: SampleGroup) -> Iterator[SeriesDay]:
    for sample in group.samples:
        yield SeriesDay(series_id_of(sample.labels), sample.time_ms // _DAY_MS)
    for labels, exemplar in group.exemplars:
        yield SeriesDay(series_id_of(labels), exemplar.time_ms // _DAY_MS)
