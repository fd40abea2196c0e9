"""Scores held to the configuration that they name."""

from spanglass_server.model.score import ScoreConfig
from spanglass_server.wire.scores import RefusedScoreError, ScoreRecord, read_value, shown


def fit_config(record: ScoreRecord, config: ScoreConfig) -> ScoreRecord:
    """The score with the configuration's type. Raises RefusedScoreError where it is none of its."""
    name = shown(record.name)
    if config.is_archived:
        raise RefusedScoreError(
            f"the configuration of the score `{name}` is archived", "use another, or none"
        )
    if record.name != config.name:
        raise RefusedScoreError(
            f"the score `{name}` names the configuration of `{config.name}`", "give that name, or another id"
        )
    if record.data_type and record.data_type != config.data_type:
        raise RefusedScoreError(
            f"the score `{name}` is {record.data_type}", f"its configuration asks for {config.data_type}"
        )
    value = read_value(record.value, config.data_type, record.name)
    if config.data_type == "numeric":
        _check_range(float(value), config)
    labels = [category.label for category in config.categories]
    if config.data_type == "categorical" and value not in labels:
        raise RefusedScoreError(
            f"the score `{name}` is none of its configuration's categories",
            f"it is one of {shown(', '.join(labels))}",
        )
    return record._replace(data_type=config.data_type, value=value)


def _check_range(value: float, config: ScoreConfig) -> None:
    is_low = config.min_value is not None and value < config.min_value
    if is_low or (config.max_value is not None and value > config.max_value):
        low, high = ("" if edge is None else f"{edge:g}" for edge in (config.min_value, config.max_value))
        raise RefusedScoreError(
            f"the score `{config.name}` is {value:g}", f"its configuration asks for {low}..{high}"
        )
