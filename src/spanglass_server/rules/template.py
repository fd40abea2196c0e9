"""The templates of alerting rules: Prometheus' data and functions in Go's language.

Source: Prometheus' documentation, "Template reference" and "Template examples".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

from spanglass_server.base.errors import SpanglassError
from spanglass_server.gotemplate import (
    Function,
    Record,
    Template,
    TemplateError,
    TemplateFailed,
    TemplateInvalid,
)
from spanglass_server.gotemplate import parse as parse_go_template
from spanglass_server.gotemplate.functions import to_text
from spanglass_server.model.series import Labels
from spanglass_server.promql.result import Sample
from spanglass_server.rules.template_functions import FUNCTIONS, external_functions, sample_records

_PREFIX: Final = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
    "{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
_PREFIX_NODES: Final = 4
QUERIES_MAX: Final = 10
"""That one template may run."""

RunQuery: TypeAlias = Callable[[str], Sequence[Sample]]
"""At the time of the evaluation. Raises SpanglassError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContext:
    """What is the same for all alerts of an evaluation."""

    external_labels: Mapping[str, str]
    external_url: str
    run_query: RunQuery


@lru_cache(maxsize=20_000)
def parse_template(text: str, *, name: str) -> Template:
    """Raises TemplateInvalid in Go's words."""
    parsed = parse_go_template(_PREFIX + text, name=name, functions=FUNCTIONS)
    return parsed.without_beginning(_PREFIX_NODES)


class Expander:
    """Expands the templates of a rule for one sample. An error becomes a part of the text, as in Prometheus:
    an alert with a broken annotation is better than none."""

    def __init__(self, name: str, labels: Labels, value: float, context: TemplateContext) -> None:
        self._name = name
        self._labels = labels
        self._value = value
        self._context = context

    def expand(self, text: str) -> str:
        if "{{" not in text:
            return text
        name = self._name
        try:
            return parse_template(text, name=name).render(
                self._data,
                functions={**self._functions, "query": _limited_query(self._context.run_query)},
                variables=self._variables,
            )
        except TemplateInvalid as error:
            return f"<error expanding template: error parsing template {name}: {error.message}>"
        except TemplateError as error:
            return f"<error expanding template: error executing template {name}: {error.message}>"

    @cached_property
    def _data(self) -> Record:
        fields = {
            "Labels": dict(self._labels),
            "ExternalLabels": self._context.external_labels,
            "ExternalURL": self._context.external_url,
            "Value": self._value,
        }
        return Record(type_name="template.Data", fields=fields)

    @cached_property
    def _variables(self) -> Mapping[str, object]:
        """What the prefix would set."""
        fields = self._data.fields
        return {f"${name[:1].lower()}{name[1:]}": fields[name] for name in fields}

    @cached_property
    def _functions(self) -> Mapping[str, Function]:
        return external_functions(self._context.external_url)


def _limited_query(run_query: RunQuery) -> Function:
    left = QUERIES_MAX

    def query(expression: object) -> Sequence[Record]:
        nonlocal left
        left -= 1
        if left < 0:
            raise TemplateFailed(f"more than {QUERIES_MAX} queries in one template")
        try:
            return sample_records(run_query(to_text(expression, "query")))
        except SpanglassError as error:
            raise TemplateFailed(error.message) from None

    return query
