"""The functions that only rules' templates have: queries and what is done with their results."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote_plus

from spanglass_server.gotemplate import Function, Record, TemplateFailed
from spanglass_server.gotemplate.functions import FUNCTIONS as SHARED
from spanglass_server.gotemplate.functions import path_of, to_text
from spanglass_server.promql.result import Sample

_SAMPLE: Final = "*template.sample"


def sample_records(samples: Sequence[Sample]) -> Sequence[Record]:
    return [
        Record(type_name=_SAMPLE, fields={"Labels": dict(sample.labels), "Value": sample.value})
        for sample in samples
    ]


def external_functions(external_url: str) -> Mapping[str, Function]:
    return {"externalURL": lambda: external_url, "pathPrefix": lambda: path_of(external_url)}


def graph_link(expression: object) -> str:
    return f"/graph?g0.expr={quote_plus(to_text(expression, 'graphLink'))}&g0.tab=0"


def table_link(expression: object) -> str:
    return f"/graph?g0.expr={quote_plus(to_text(expression, 'tableLink'))}&g0.tab=1"


def _first(samples: object) -> Record:
    found = _samples(samples)
    if not found:
        raise TemplateFailed("first() called on vector with no elements")
    return found[0]


def _label(name: object, sample: object) -> str:
    return _labels(sample).get(to_text(name, "label"), "")


def _value(sample: object) -> object:
    return _sample(sample).fields["Value"]


def _strvalue(sample: object) -> str:
    return _labels(sample).get("__value__", "")


def _sort_by_label(name: object, samples: object) -> Sequence[Record]:
    label = to_text(name, "sortByLabel")
    return sorted(_samples(samples), key=lambda sample: _labels(sample).get(label, ""))


def _query(expression: object) -> Sequence[Record]:
    raise TemplateFailed(f"query {expression!r} cannot be run here")


def _labels(sample: object) -> Mapping[str, str]:
    labels = _sample(sample).fields["Labels"]
    assert isinstance(labels, Mapping)
    return labels


def _sample(value: object) -> Record:
    if not isinstance(value, Record) or value.type_name != _SAMPLE:
        raise TemplateFailed("expected a sample of a query: pipe the query through `first`")
    return value


def _samples(value: object) -> Sequence[Record]:
    if not isinstance(value, list):
        raise TemplateFailed("expected the result of a query")
    return [_sample(item) for item in value]


FUNCTIONS: Final[Mapping[str, Function]] = {
    **SHARED,
    **external_functions(""),
    "first": _first,
    "graphLink": graph_link,
    "label": _label,
    "query": _query,
    "sortByLabel": _sort_by_label,
    "strvalue": _strvalue,
    "tableLink": table_link,
    "value": _value,
}
