"""Label sets as Prometheus has them, checked."""

from collections.abc import Iterable
from typing import Final

from spanglass_server.base.limits import EXEMPLAR_CHARS_MAX, METADATA_CHARS_MAX
from spanglass_server.model.series import METRIC_NAME, Labels, MetricMetadata
from spanglass_server.normalize.sample_groups import SampleLimits
from spanglass_server.wire.checks import RefusedError

_SHOWN_CHARS: Final = 60
_ID_CHARS: Final = 128
_SETS_MAX: Final = 32_768
_SET_CHARS_MAX: Final = 2_048
# Most series were sent a few seconds ago.
_sets: dict[tuple[Labels, SampleLimits], Labels] = {}


def check_labels(pairs: Labels, limits: SampleLimits) -> Labels:
    """The label set of names and values, sorted, labels without a value left out. Raises RefusedError."""
    key = (pairs, limits)
    labels = _sets.get(key)
    if labels is None:
        labels = _check(pairs, limits)
        if sum(len(name) + len(value) for name, value in labels) <= _SET_CHARS_MAX:
            if len(_sets) >= _SETS_MAX:
                _sets.clear()
            _sets[key] = labels
    return labels


def _check(pairs: Labels, limits: SampleLimits) -> Labels:
    labels = tuple(sorted((name, value) for name, value in pairs if value))
    names = [name for name, _ in labels]
    if METRIC_NAME not in names:
        raise RefusedError("a series has no metric name; send the label __name__")
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"the label {repeated:.{_SHOWN_CHARS}} stands twice in a series; send it once")
    if len(labels) > limits.labels:
        raise RefusedError(
            f"the series has {len(labels)} labels, more than {limits.labels} "
            "(setting labels_per_series_max); drop some or raise it"
        )
    for name, value in labels:
        if not name:
            raise RefusedError("a label has no name; drop it")
        if len(name) > limits.name_chars:
            raise RefusedError(
                f"the name of the label {name:.{_SHOWN_CHARS}}… has {len(name)} characters, more than "
                f"{limits.name_chars} (setting label_name_chars_max); shorten it or raise the setting"
            )
        if len(value) > limits.value_chars:
            raise RefusedError(
                f"the value of the label {name:.{_SHOWN_CHARS}} has {len(value)} characters, more than "
                f"{limits.value_chars} (setting label_value_chars_max); shorten it or raise the setting"
            )
    return labels


def exemplar_labels(pairs: Iterable[tuple[str, str]]) -> Labels:
    """An exemplar's own labels, sorted; of too long ones those that lead to a trace."""
    labels = tuple(sorted((name, value) for name, value in pairs if value))
    if sum(len(name) + len(value) for name, value in labels) <= EXEMPLAR_CHARS_MAX:
        return labels
    return tuple((name, value[:_ID_CHARS]) for name, value in labels if name in ("trace_id", "span_id"))


def cut_metadata(metadata: MetricMetadata) -> MetricMetadata:
    return metadata._replace(help=metadata.help[:METADATA_CHARS_MAX], unit=metadata.unit[:METADATA_CHARS_MAX])
