"""The templates of alerting rules: Prometheus' data and functions in Go's language.

Source: Prometheus' documentation, "Template reference" and "Template examples".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    return parse_go_template(_PREFIX + text, name=name, functions=FUNCTIONS)


def expand(text: str, *, name: str, labels: Labels, value: float, context: TemplateContext) -> str:
    """An error becomes a part of the text, as in Prometheus: an alert with a broken annotation is better
    than none."""
    if "{{" not in text:
        return text
    data = Record(
        type_name="template.Data",
        fields={
            "Labels": dict(labels),
            "ExternalLabels": dict(context.external_labels),
            "ExternalURL": context.external_url,
            "Value": value,
        },
    )
    functions = {**external_functions(context.external_url), "query": _limited_query(context.run_query)}
    try:
        return parse_template(text, name=name).render(data, functions=functions)
    except TemplateInvalid as error:
        return f"<error expanding template: error parsing template {name}: {error.message}>"
    except TemplateError as error:
        return f"<error expanding template: error executing template {name}: {error.message}>"


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
