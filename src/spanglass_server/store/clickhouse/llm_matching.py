"""Which label sets a selector matches."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.series import METRIC_NAME, Matcher
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.llm_metrics import LABELS, METRICS, LabelFamily, LlmMetric
from spanglass_server.store.clickhouse.reader_rows import read_table

Hashes: TypeAlias = npt.NDArray[np.uint64]
_ANSWERS_MAX: Final = 20_000


class Wanted(NamedTuple):
    """A series name that a selector may match, and what is left to match of its labels."""

    metric: LlmMetric
    series_name: str
    parts: tuple[int, ...]
    """Those of the metric's parts that match."""
    matchers: tuple[Matcher, ...]
    """Of labels in `metric_labels`."""


class Matching:
    """Evaluates matchers. Regular expressions are RE2 of the whole value, by ClickHouse itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[tuple[str, str], bool] = {}
        self._lock = threading.Lock()

    def wanted(self, matchers: Sequence[Matcher]) -> Sequence[Wanted]:
        """Raises QueryInvalid for a regular expression that is none."""
        named = [matcher for matcher in matchers if matcher.name == METRIC_NAME]
        rest = [matcher for matcher in matchers if matcher.name != METRIC_NAME]
        found = []
        for metric in METRICS:
            for name in metric.series_names:
                if self._matches_all(named, name):
                    wanted = self._of_series(metric, name, rest)
                    if wanted is not None:
                        found.append(wanted)
        return found

    def matches(self, family: LabelFamily, matchers: Sequence[Matcher], values: Sequence[str]) -> bool:
        """Whether a label set, in the order of LABELS[family], is matched."""
        names = LABELS[family]
        return all(self._matches(matcher, values[names.index(matcher.name)]) for matcher in matchers)

    def _of_series(self, metric: LlmMetric, name: str, matchers: Sequence[Matcher]) -> Wanted | None:
        stored, of_part = [], []
        part_label = "" if name.endswith(("_sum", "_count")) else metric.part_label
        for matcher in matchers:
            if matcher.name in metric.labels:
                stored.append(matcher)
            elif matcher.name == part_label:
                of_part.append(matcher)
            elif not self._matches_all([matcher], ""):
                return None
        parts = tuple(
            number for number, value in enumerate(metric.parts) if self._matches_all(of_part, value)
        )
        return Wanted(metric, name, parts, tuple(stored)) if parts else None

    def _matches_all(self, matchers: Iterable[Matcher], value: str) -> bool:
        return all(self._matches(matcher, value) for matcher in matchers)

    def _matches(self, matcher: Matcher, value: str) -> bool:
        match matcher.op:
            case "=":
                return value == matcher.value
            case "!=":
                return value != matcher.value
            case "=~":
                return self._is_match(matcher.value, value)
            case "!~":
                return not self._is_match(matcher.value, value)

    def _is_match(self, pattern: str, value: str) -> bool:
        key = (pattern, value)
        if key not in self._answers:
            bind = Binder()
            sql = f"SELECT match({bind(value)}, {bind(anchored(pattern))}) AS is_match"
            try:
                answer = bool(self._engine.query_arrow(sql, bind.params).column(0)[0].as_py())
            except QueryInvalid as error:
                raise _bad_pattern(pattern) from error
            with self._lock:
                if len(self._answers) >= _ANSWERS_MAX:
                    self._answers.clear()
                self._answers[key] = answer
            return answer
        return self._answers[key]


def anchored(pattern: str) -> str:
    # Prometheus' dot matches line ends as well.
    return f"^(?s:{pattern})$"


def _bad_pattern(pattern: str) -> QueryInvalid:
    return QueryInvalid(f"the regular expression {pattern!r} is not valid", hint="write it in RE2's syntax")


class LabelSets(NamedTuple):
    """Label sets of a family that at least one of several matcher lists matches."""

    values: Mapping[int, tuple[str, ...]]
    """By hash, in the order of LABELS[family]."""
    matched: Sequence[Hashes]
    """For each matcher list its hashes, sorted."""


class LabelTable:
    """Reads `metric_labels`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(
        self, project_id: str, family: LabelFamily, matcher_lists: Sequence[tuple[Matcher, ...]]
    ) -> LabelSets:
        bind = Binder()
        conditions = [matchers_sql(family, matchers, bind) for matchers in matcher_lists]
        flags = ", ".join(f"{condition} AS m{n}" for n, condition in enumerate(conditions))
        either = " OR ".join(f"m{n}" for n in range(len(conditions)))
        sql = (
            f"SELECT labels_hash, label_values, {flags}\nFROM metric_labels FINAL\n"
            f"WHERE project_id = {bind(project_id)} AND family = {bind(family)} AND ({either})"
        )
        try:
            table = read_table(self._engine, sql, bind.params)
        except QueryInvalid as error:
            patterns = [m.value for matchers in matcher_lists for m in matchers if m.op in ("=~", "!~")]
            raise _bad_pattern(patterns[0]) if len(patterns) == 1 else error from None
        hashes = table.column("labels_hash").to_numpy()
        values = zip(hashes.tolist(), map(tuple, table.column("label_values").to_pylist()), strict=True)
        matched = [
            np.sort(hashes[table.column(f"m{n}").to_numpy().astype(bool)]) for n in range(len(conditions))
        ]
        return LabelSets(dict(values), matched)


def matchers_sql(family: LabelFamily, matchers: Sequence[Matcher], bind: Binder) -> str:
    names = LABELS[family]
    terms = []
    for matcher in matchers:
        column = f"label_values[{names.index(matcher.name) + 1}]"
        match matcher.op:
            case "=":
                terms.append(f"{column} = {bind(matcher.value)}")
            case "!=":
                terms.append(f"{column} != {bind(matcher.value)}")
            case "=~":
                terms.append(f"match({column}, {bind(anchored(matcher.value))})")
            case "!~":
                terms.append(f"NOT match({column}, {bind(anchored(matcher.value))})")
    return f"({' AND '.join(terms)})" if terms else "true"
