"""What PromQL's functions take and give, by Prometheus' promql/parser/functions.go (August 2026)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spanglass_server.promql.ast import ValueType


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    arguments: tuple[ValueType, ...]
    """Where more are given than stand here, the last one's type is theirs."""
    optional: int = 0
    """How many of the last type are optional, itself included; -1: any number."""
    result: ValueType = "vector"
    is_experimental: bool = False


_STABLE: Final = {
    "": "pi=scalar time=scalar",
    "vector": """abs absent acos acosh asin asinh atan atanh ceil cos cosh days_in_month? day_of_month?
        day_of_week? day_of_year? deg exp floor histogram_avg histogram_count histogram_sum histogram_stddev
        histogram_stdvar hour? ln log10 log2 minute? month? rad scalar=scalar sgn sin sinh sort sort_desc sqrt
        tan tanh timestamp year?""",
    "matrix": """absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate
        last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time
        stdvar_over_time sum_over_time""",
    "scalar": "vector",
    "vector scalar": "clamp_max clamp_min round?",
    "vector scalar scalar": "clamp",
    "scalar scalar vector": "histogram_fraction",
    "scalar vector": "histogram_quantile",
    "scalar matrix": "quantile_over_time",
    "matrix scalar": "predict_linear",
    "vector string string string string": "label_replace",
    "vector string string string": "label_join*",
}
_EXPERIMENTAL: Final = {
    "": "start=scalar end=scalar range=scalar step=scalar",
    "matrix": """first_over_time mad_over_time ts_of_first_over_time ts_of_max_over_time ts_of_min_over_time
        ts_of_last_over_time""",
    "scalar scalar": "max_of=scalar min_of=scalar",
    "matrix scalar": "integral?",
    "matrix scalar scalar": "double_exponential_smoothing",
    "vector string": "sort_by_label* sort_by_label_desc*",
    "vector string scalar scalar": "histogram_quantiles?9",
    "vector vector": "info?",
}


def _signatures(table: Mapping[str, str], *, is_experimental: bool) -> dict[str, Signature]:
    """Reads `name`, `name?` (the last argument is optional), `name?9`, `name*` (any number of them) and
    `name=scalar` (its result)."""
    found: dict[str, Signature] = {}
    for arguments, words in table.items():
        for word in words.split():
            name, _, result = word.partition("=")
            name, question, count = name.partition("?")
            found[name.rstrip("*")] = Signature(
                arguments=tuple(arguments.split()),  # type: ignore[arg-type]
                optional=-1 if name.endswith("*") else int(count or 1) if question else 0,
                result=result or "vector",  # type: ignore[arg-type]
                is_experimental=is_experimental,
            )
    return found


SIGNATURES: Final[Mapping[str, Signature]] = _signatures(_STABLE, is_experimental=False) | _signatures(
    _EXPERIMENTAL, is_experimental=True
)
