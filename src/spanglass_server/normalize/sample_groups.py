"""Samples by label set, whatever protocol brought them, not yet admitted."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from spanglass_server.base.limits import (
    LABEL_NAME_CHARS_MAX,
    LABEL_VALUE_CHARS_MAX,
    LABELS_PER_SERIES_MAX,
    SAMPLES_PER_REQUEST_MAX,
)
from spanglass_server.model.series import METRIC_NAME, Exemplar, Labels, MetricMetadata
from spanglass_server.wire.records import Rejection

_SHOWN_CHARS_MAX: Final = 200


class SampleLimits(NamedTuple):
    """What one request and one series may hold; beyond it samples are rejected."""

    samples: int = SAMPLES_PER_REQUEST_MAX
    labels: int = LABELS_PER_SERIES_MAX
    name_chars: int = LABEL_NAME_CHARS_MAX
    value_chars: int = LABEL_VALUE_CHARS_MAX


DEFAULT_SAMPLE_LIMITS = SampleLimits()


class Sample(NamedTuple):
    labels: Labels
    time_ms: int
    value: float


class SampleGroup(NamedTuple):
    """Samples that are taken or rejected together: those of a data point, or of a written series."""

    item: str
    """Which it is, for a rejection; empty where its labels say it."""
    point_count: int
    """How many the sender counts it as: 1 for a data point, the samples of a series."""
    samples: Sequence[Sample]
    exemplars: Sequence[tuple[Labels, Exemplar]] = ()
    is_delta: bool = False
    """Values are what was added since the group before; storing makes a running total of them."""


class SampleBatch(NamedTuple):
    groups: list[SampleGroup]
    metadata: list[MetricMetadata]
    rejections: list[Rejection]
    """One for each data point or sample, as the sender counts them."""


def shown_labels(labels: Labels) -> str:
    """`name{a="b"}`, cut off where it is long."""
    name = dict(labels).get(METRIC_NAME, "")
    rest = ",".join(f'{key}="{value}"' for key, value in labels if key != METRIC_NAME)
    shown = f"{name}{{{rest}}}"
    return shown if len(shown) <= _SHOWN_CHARS_MAX else f"{shown[: _SHOWN_CHARS_MAX - 1]}…"
