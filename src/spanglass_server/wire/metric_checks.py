"""What a label set and a time must be to be stored."""

from collections.abc import Sequence

from spanglass_server.model.series import METRIC_NAME, Labels
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.metric_records import SampleLimits

TIME_MS_MAX = (2**63 - 1) // 1_000_000
"""The year 2262: what fits a signed 64-bit count of nanoseconds."""
_SHOWN_CHARS = 60


def check_labels(pairs: Sequence[tuple[str, str]], limits: SampleLimits) -> Labels:
    """The label set, sorted, labels without a value left out. Raises RefusedError."""
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


def check_time_ms(time_ms: int) -> int:
    if time_ms <= 0:
        raise RefusedError("a sample's time is missing or before 1970")
    if time_ms > TIME_MS_MAX:
        raise RefusedError("a sample's time lies past the year 2262; times are milliseconds since 1970")
    return time_ms


def too_many_samples(limit: int) -> str:
    return (
        f"the request holds more than {limit} samples (setting samples_per_request_max); "
        "send smaller batches or raise it"
    )
