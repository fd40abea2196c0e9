"""A dashboard's document, as docs/dashboards.md tells it. Field order is the order in which it is written."""

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from spanglass_server.base.limits import PANELS_PER_DASHBOARD_MAX
from spanglass_server.query.fields import Target

SCHEMA_VERSION: Final = 1
COLUMNS: Final = 24
"""Width of the grid that panels are laid on."""

PanelKind: TypeAlias = Literal[
    "line", "area", "bar", "bar_list", "value", "table", "heatmap", "pie", "text", "row"
]
Unit: TypeAlias = Literal[
    "", "count", "ms", "s", "USD", "tokens", "ratio", "percent", "bytes", "per_second", "per_minute"
]
Reduction: TypeAlias = Literal["last", "mean", "min", "max", "sum"]
Color: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(good|warn|bad|neutral|#[0-9a-fA-F]{6})$")]

Short: TypeAlias = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Text: TypeAlias = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Url: TypeAlias = Annotated[
    str,
    StringConstraints(
        max_length=2_000, pattern=r"^(https?://[^\x00-\x20]+|/([^/\\\x00-\x20][^\x00-\x20]*)?)$"
    ),
]
"""Of this app, or of the web: nothing that runs when it is clicked."""
Moment: TypeAlias = Annotated[str, StringConstraints(max_length=64)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PromqlQuery(_Part):
    kind: Literal["promql"]
    expr: Text
    legend: Short = Field(default="", description="`{{label}}` stands for a label's value.")


class AggregateQuery(_Part):
    kind: Literal["aggregate"]
    target: Target = "spans"
    filter: Text = ""
    measures: list[Short] = Field(default=["count()"], min_length=1, max_length=10)
    group_by: list[Short] = Field(default=[], max_length=5)
    order: Short = ""
    limit: int = Field(default=10, ge=1, le=1000)
    legend: Short = Field(default="", description="`{{field}}` stands for a group's value.")


class SqlQuery(_Part):
    kind: Literal["sql"]
    query: Text
    legend: Short = ""


Query: TypeAlias = Annotated[PromqlQuery | AggregateQuery | SqlQuery, Field(discriminator="kind")]


class Place(_Part):
    """On the grid: columns from the left, rows from the top."""

    x: int = Field(ge=0, lt=COLUMNS)
    y: int = Field(ge=0, le=10_000)
    w: int = Field(ge=1, le=COLUMNS)
    h: int = Field(ge=1, le=60)

    @model_validator(mode="after")
    def _fits(self) -> "Place":
        if self.x + self.w > COLUMNS:
            raise ValueError(f"reaches beyond the {COLUMNS} columns: x {self.x} and w {self.w}")
        return self


class Threshold(_Part):
    value: float = Field(allow_inf_nan=False, description="From here on.")
    color: Color


class Link(_Part):
    title: Short
    url: Url = Field(description="`$variable`, `${__from}` and `${__to}` are filled in.")


class Panel(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    kind: PanelKind
    title: Short = ""
    description: Text = ""
    place: Place
    queries: list[Query] = Field(default=[], max_length=10)
    unit: Unit = Field(default="", description="Empty: as the query tells it.")
    decimals: int | None = Field(default=None, ge=0, le=10)
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    is_stacked: bool = False
    legend: Literal["list", "table", "none"] = "list"
    reduce: Reduction = Field(default="last", description="What one number says of a course.")
    thresholds: list[Threshold] = Field(default=[], max_length=20)
    links: list[Link] = Field(default=[], max_length=20)
    text: Text = Field(default="", description="Markdown, of the kind `text`.")


class _Variable(_Part):
    name: Name
    label: Short = ""
    is_multi: bool = False
    has_all: bool = False
    default: list[Short] = Field(default=[], max_length=200)
    is_hidden: bool = False


class FacetVariable(_Variable):
    """Values of a field of the filter language."""

    kind: Literal["facet"]
    target: Target = "traces"
    field: Short
    filter: Text = ""


class LabelVariable(_Variable):
    """Values of a label, of the series that match."""

    kind: Literal["label"]
    label_name: Short
    match: Text = ""


class ListVariable(_Variable):
    kind: Literal["list"]
    values: list[Short] = Field(max_length=1_000)


class TextVariable(_Variable):
    kind: Literal["text"]


Variable: TypeAlias = Annotated[
    FacetVariable | LabelVariable | ListVariable | TextVariable, Field(discriminator="kind")
]


class OwnMark(_Part):
    time: Moment = Field(description="RFC 3339.", examples=["2026-11-24T09:30:00Z"])
    label: Short


class Annotation(_Part):
    """What is marked on every chart over time."""

    kind: Literal["releases", "alerts", "promql", "own"]
    name: Short = ""
    is_shown: bool = True
    color: Color = "neutral"
    expr: Text = Field(
        default="", description="Of the kind `promql`: marked where it begins to have a value."
    )
    marks: list[OwnMark] = Field(default=[], max_length=500)


class TimeSelection(_Part):
    from_: Moment = Field(default="now-6h", alias="from")
    to: Moment = "now"

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Document(_Part):
    schema_: Literal[1] = Field(default=SCHEMA_VERSION, alias="schema")
    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    description: Text = ""
    tags: list[Short] = Field(default=[], max_length=50)
    time: TimeSelection = TimeSelection()
    refresh: Literal["off", "10s", "30s", "1m", "5m"] = "off"
    variables: list[Variable] = Field(default=[], max_length=50)
    annotations: list[Annotation] = Field(default=[], max_length=20)
    panels: list[Panel] = Field(default=[], max_length=PANELS_PER_DASHBOARD_MAX)

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _has_unique_names(self) -> "Document":
        for what, names in (
            ("panels share the id", [panel.id for panel in self.panels]),
            ("variables share the name", [variable.name for variable in self.variables]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"two {what} `{twice}`")
        return self

    def json_value(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)

    def json_text(self) -> str:
        return self.model_dump_json(by_alias=True)
