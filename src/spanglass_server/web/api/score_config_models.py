"""The shapes of score configurations in docs/api.md, for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spanglass_server.base.limits import SCORE_NAME_CHARS_MAX
from spanglass_server.model.score import ScoreDirection

ConfigType: TypeAlias = Literal["numeric", "categorical", "boolean", "text"]
Word = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=SCORE_NAME_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]+$", strip_whitespace=True
    ),
]
Number = Annotated[float, Field(allow_inf_nan=False)]
Description = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Category(_Given):
    label: Word
    value: Number = Field(description="Where it stands among the others: the highest is best.")


Categories = Annotated[list[Category], Field(max_length=500)]


class ScoreConfigInput(_Given):
    name: Word = Field(examples=["helpfulness"])
    data_type: ConfigType
    min_value: Number | None = Field(default=None, description="Of numbers, included; null: no bound.")
    max_value: Number | None = Field(default=None, description="Of numbers, included; null: no bound.")
    categories: Categories = Field(default=[], description="Of a categorical one: what there is.")
    description: Description | None = None
    better: ScoreDirection = Field(
        default="higher", description="Which way is better; none: it tells nothing of quality."
    )


class ScoreConfigChange(_Given):
    """What is absent stays. The type is for good."""

    name: Word | None = None
    min_value: Number | None = Field(default=None, description="Null takes the bound away.")
    max_value: Number | None = Field(default=None, description="Null takes the bound away.")
    categories: Categories | None = None
    description: Description | None = None
    better: ScoreDirection | None = None
    is_archived: bool | None = None


class ScoreConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    data_type: ConfigType
    min_value: float | None
    max_value: float | None
    categories: list[Category] = Field(description="Empty for other types than categorical.")
    description: str | None
    better: ScoreDirection
    is_archived: bool
    created_at: datetime
    updated_at: datetime


class ScoreConfigs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: list[ScoreConfig]
