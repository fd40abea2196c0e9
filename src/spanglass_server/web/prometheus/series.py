"""What is stored: series, labels and their values, metadata, exemplars."""

import itertools
import re
import sys
from collections.abc import Sequence
from typing import Final

import orjson

from spanglass_server.base.errors import BadInput
from spanglass_server.model.series import Matcher, MetricMetadata
from spanglass_server.promql.ast import Selector, walk
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse, parse_selector
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars
from spanglass_server.web.prometheus.endpoint import Answer, Asked
from spanglass_server.web.prometheus.failures import BadParameter
from spanglass_server.web.prometheus.params import Params
from spanglass_server.web.prometheus.queries import TRUNCATED
from spanglass_server.web.prometheus.results import labels_json
from spanglass_server.web.prometheus.values import time_text, value_text

_MS_NS: Final = 1_000_000
_DAY_MS: Final = 86_400_000
NAMES_MAX: Final = 100_000
"""Of series, label names or values in one answer, whatever `limit` is asked for."""
EXEMPLARS_MAX: Final = 10_000
"""In one answer; the newest."""
_ESCAPED: Final = "U__"
_ESCAPE: Final = re.compile(r"__|_([0-9A-Fa-f]{1,6})_")


def list_series(asked: Asked) -> Answer:
    selectors = parse_selectors(asked.params)
    if not selectors:
        raise BadInput("no match[] parameter provided")
    during, limit = _during(asked), _limit(asked.params)
    found = asked.services.series.list_series(asked.project_id, during, selectors, limit=limit + 1)
    rows = ",".join(labels_json(labels) for labels in found[:limit])
    return Answer(data=f"[{rows}]".encode(), warnings=_warnings(found, limit))


def list_labels(asked: Asked) -> Answer:
    during, limit, selectors = _during(asked), _limit(asked.params), parse_selectors(asked.params)
    found = asked.services.series.list_label_names(asked.project_id, during, selectors, limit=limit + 1)
    return Answer(data=orjson.dumps(list(found[:limit])), warnings=_warnings(found, limit))


def list_label_values(asked: Asked) -> Answer:
    label = unescape_name(asked.path["name"])
    during, limit, selectors = _during(asked), _limit(asked.params), parse_selectors(asked.params)
    found = asked.services.series.list_label_values(
        asked.project_id, during, selectors, label=label, limit=limit + 1
    )
    return Answer(data=orjson.dumps(list(found[:limit])), warnings=_warnings(found, limit))


def list_metadata(asked: Asked) -> Answer:
    """`{family: [{type, help, unit}]}`."""
    limit = asked.params.number("limit")
    per_metric = asked.params.number("limit_per_metric")
    wanted = min(limit, NAMES_MAX) if limit >= 0 else NAMES_MAX
    found = asked.services.series.list_metadata(
        asked.project_id, metric=asked.params.get("metric"), limit=max(1, wanted)
    )
    families: dict[str, list[dict[str, str]]] = {}
    for metadata in found:
        told = families.setdefault(metadata.name, [])
        if per_metric <= 0 or len(told) < per_metric:
            told.append(_metadata_json(metadata))
    return Answer(data=orjson.dumps(dict(itertools.islice(families.items(), wanted))))


def query_exemplars(asked: Asked) -> Answer:
    start_ms, end_ms = _start_end_ms(asked)
    if end_ms < start_ms:
        raise BadInput("end timestamp must not be before start timestamp")
    expression = parse(asked.params.get("query"))
    selectors = [node.matchers for node in walk(expression) if isinstance(node, Selector)]
    if not selectors:
        return Answer(data=b"[]")
    found = asked.services.series.list_exemplars(
        asked.project_id, _time_range(start_ms, end_ms), selectors, limit=EXEMPLARS_MAX
    )
    return Answer(data=f"[{','.join(map(_exemplars_json, found))}]".encode())


def unescape_name(name: str) -> str:
    """A name that is no plain label name stands in a path as `U__` with `_` doubled and every other character
    as its code point between underscores (Prometheus' escaping "values")."""
    if not name.startswith(_ESCAPED):
        return name
    return _ESCAPE.sub(_unescape, name.removeprefix(_ESCAPED))


def _unescape(found: re.Match[str]) -> str:
    code = int(found[1] or "5f", 16)
    is_character = code <= sys.maxunicode and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_character else found[0]


def parse_selectors(params: Params) -> list[tuple[Matcher, ...]]:
    try:
        return [parse_selector(text) for text in params.all("match[]")]
    except ExpressionInvalid as error:
        raise BadParameter("match[]", error.message) from error


def _during(asked: Asked) -> TimeRange:
    start_ms, end_ms = _start_end_ms(asked)
    return _time_range(start_ms, end_ms)


def _start_end_ms(asked: Asked) -> tuple[int, int]:
    """All of the past where none is given, and a day of a future that clocks ahead may have sent."""
    last_ms = asked.now_ms + _DAY_MS
    return asked.params.time_ms("start", 0), min(last_ms, asked.params.time_ms("end", last_ms))


def _time_range(start_ms: int, end_ms: int) -> TimeRange:
    """Both ends belong to it."""
    start_ms = max(0, start_ms)
    return TimeRange(start_ms * _MS_NS, max(start_ms, end_ms + 1) * _MS_NS)


def _limit(params: Params) -> int:
    return min(params.limit() or NAMES_MAX, NAMES_MAX)


def _warnings(found: Sequence[object], limit: int) -> list[str]:
    return [TRUNCATED] if len(found) > limit else []


def _metadata_json(metadata: MetricMetadata) -> dict[str, str]:
    return {"type": metadata.type, "help": metadata.help, "unit": metadata.unit}


def _exemplars_json(found: SeriesExemplars) -> str:
    rows = ",".join(
        f'{{"labels":{labels_json(exemplar.labels)},"value":"{value_text(exemplar.value)}",'
        f'"timestamp":{time_text(exemplar.time_ms)}}}'
        for exemplar in found.exemplars
    )
    return f'{{"seriesLabels":{labels_json(found.labels)},"exemplars":[{rows}]}}'
