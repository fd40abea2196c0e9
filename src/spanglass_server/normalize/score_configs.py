"""Scores held to the configuration that they name, and how good they say that what they judge is."""

from collections.abc import Iterable, Sequence
from typing import Final

from spanglass_server.base.errors import BadInput
from spanglass_server.model.score import YES_AND_NO, ScoreCategory, ScoreConfig
from spanglass_server.wire.scores import RefusedScoreError, ScoreRecord, read_value, shown


class ScoreCatalog:
    """The configurations of a project, newest first."""

    def __init__(self, configs: Iterable[ScoreConfig]) -> None:
        self._by_id: dict[str, ScoreConfig] = {}
        self._by_name: dict[str, list[ScoreConfig]] = {}
        for config in configs:
            self._by_id[config.id] = config
            if not config.is_archived:
                self._by_name.setdefault(config.name, []).append(config)

    def settle(self, record: ScoreRecord) -> ScoreRecord:
        """The score as its configuration has it, with its quality where that is not given. A configuration
        that is not here, but maybe where the program came from, asks for nothing; one that is not named but
        has the score's name says what a fitting value means, and refuses nothing. Raises RefusedScoreError.
        """
        config = self._by_id.get(record.config_id) if record.config_id else None
        if config is not None:
            record = fit_config(record, config)
        if record.quality is not None:
            return record
        if config is not None:
            return record._replace(quality=quality_of(record.value, config))
        return record._replace(quality=self._quality_by_name(record))

    def _quality_by_name(self, record: ScoreRecord) -> float | None:
        for config in self._by_name.get(record.name, ()):
            try:
                return quality_of(fit_config(record, config).value, config)
            except RefusedScoreError:
                continue
        is_share = not isinstance(record.value, str) and 0 <= record.value <= 1
        return float(record.value) if is_share else None


NO_CONFIGS: Final = ScoreCatalog(())


def quality_of(value: float | str | bool, config: ScoreConfig) -> float | None:
    """How good a value is that fits the configuration: 0 to 1, 1 is best. None where that is not said: a
    text, a number without both bounds, categories of one value, or no direction that is better."""
    if config.better == "none":
        return None
    if config.data_type == "boolean":
        share: float | None = float(bool(value))
    elif config.data_type == "numeric":
        share = _share(float(value), config.min_value, config.max_value)
    else:
        values = {category.label: category.value for category in config.categories}
        share = _share(values[str(value)], min(values.values()), max(values.values())) if values else None
    return 1 - share if share is not None and config.better == "lower" else share


def _share(value: float, low: float | None, high: float | None) -> float | None:
    if low is None or high is None or not low < high:
        return None
    return min(max((value - low) / (high - low), 0.0), 1.0)


def fit_config(record: ScoreRecord, config: ScoreConfig) -> ScoreRecord:
    """The score with the configuration's type. Raises RefusedScoreError where it is none of its."""
    if config.is_archived:
        raise RefusedScoreError(
            f"the configuration of the score `{shown(record.name)}` is archived", "use another, or none"
        )
    if record.name != config.name:
        raise RefusedScoreError(
            f"the score `{shown(record.name)}` names the configuration of `{config.name}`",
            "give that name, or another id",
        )
    if record.data_type and record.data_type != config.data_type:
        raise RefusedScoreError(
            f"the score `{shown(record.name)}` is {record.data_type}",
            f"its configuration asks for {config.data_type}",
        )
    value = read_value(record.value, config.data_type, record.name)
    if config.data_type == "numeric":
        _check_range(float(value), config)
    labels = [category.label for category in config.categories]
    if config.data_type == "categorical" and value not in labels:
        raise RefusedScoreError(
            f"the score `{shown(record.name)}` is none of its configuration's categories",
            f"it is one of {shown(', '.join(labels))}",
        )
    return record._replace(data_type=config.data_type, value=value)


def check_config(config: ScoreConfig) -> None:
    """Raises BadInput where no score could ever fit, or it says what its type does not have."""
    low, high = config.min_value, config.max_value
    if config.data_type != "numeric" and (low is not None or high is not None):
        raise BadInput("a range is of numbers", hint="leave least and greatest value out, or make it numeric")
    if low is not None and high is not None and low >= high:
        raise BadInput("the least value is not below the greatest")
    if config.data_type == "categorical":
        _check_categories(config.categories)
    elif config.categories and config.categories != YES_AND_NO:
        raise BadInput("`categories` are of categorical configurations", hint="leave them out")


def _check_categories(categories: Sequence[ScoreCategory]) -> None:
    if not categories:
        raise BadInput("`categories` is empty", hint="give the labels and values that there are")
    for what in ("label", "value"):
        given = [getattr(category, what) for category in categories]
        if len(set(given)) < len(given):
            raise BadInput(f"`categories` has a {what} twice")


def _check_range(value: float, config: ScoreConfig) -> None:
    is_low = config.min_value is not None and value < config.min_value
    if is_low or (config.max_value is not None and value > config.max_value):
        low, high = ("" if edge is None else f"{edge:g}" for edge in (config.min_value, config.max_value))
        raise RefusedScoreError(
            f"the score `{config.name}` is {value:g}", f"its configuration asks for {low}..{high}"
        )
