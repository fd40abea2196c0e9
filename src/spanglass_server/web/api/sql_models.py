"""What SQL's endpoints take and give."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.base.limits import SQL_CHARS_MAX, SQL_PARAMETERS_MAX, SQL_ROWS_MAX

SqlFormatName: TypeAlias = Literal["json", "csv", "jsonl", "parquet"]
ParameterValue: TypeAlias = bool | int | float | str | list["bool | int | float | str | None"] | None


class SqlStatement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        max_length=SQL_CHARS_MAX,
        description="One SELECT, in ClickHouse's SQL, over the tables of `GET /api/v1/sql/schema`.",
        examples=["SELECT model, count() AS calls FROM spans WHERE is_call GROUP BY model"],
    )
    parameters: dict[str, ParameterValue] = Field(
        default_factory=dict,
        max_length=SQL_PARAMETERS_MAX,
        description="Values of `{name:Type}` in the query, bound and never put into its text.",
    )
    from_: Annotated[
        str, Field(alias="from", description="Rows from before are not there. RFC 3339 or `now-24h`.")
    ] = ""
    to: Annotated[str, Field(description="Rows from then on are not there. `now` without it.")] = ""
    limit: int = Field(1_000, ge=1, le=SQL_ROWS_MAX, description="Most rows of an answer as JSON.")


class SqlResultColumn(BaseModel):
    name: str
    type: str = Field(description="ClickHouse's: `String`, `Nullable(Int64)`, `DateTime64(9, 'UTC')`.")


class SqlResult(BaseModel):
    columns: list[SqlResultColumn]
    rows: list[list[Any]] = Field(
        description="Values in the order of the columns. Times are RFC 3339 in UTC; integers beyond 2^53 and"
        " decimals are text; not-a-number and infinity are null."
    )
    row_count: int
    is_cut: bool = Field(description="There are more rows than `limit`.")
    elapsed_ms: float
    read_rows: int


class SqlSchemaColumn(BaseModel):
    name: str
    type: str
    meaning: str


class SqlSchemaTable(BaseModel):
    name: str
    meaning: str
    columns: list[SqlSchemaColumn]


class SqlSchemaExample(BaseModel):
    name: str
    title: str
    query: str


class SqlLimits(BaseModel):
    seconds: float
    memory_bytes: int
    rows: int
    file_rows: int
    answer_bytes: int


class SqlSchema(BaseModel):
    tables: list[SqlSchemaTable]
    functions: list[str] = Field(description="Those that a statement may call; aggregates with combinators.")
    examples: list[SqlSchemaExample]
    limits: SqlLimits
